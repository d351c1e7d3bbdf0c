/* storage/schema.h: the tables of a shard, as its log made them (V3).
 *
 *   (SC1) A schema version enters through the log and is in force once confirmed; replicas agree at equal positions.
 *   (SC2) At most two adjacent versions of a table are valid: what was planned with an older one than `previous`
 *         is refused (OLD_SCHEMA) and planned again.
 *   (SC3) Opened programs are kept by their bytes, for the definition they were opened with; a new definition
 *         forgets them.
 *   (SC4) An index on its way out is read by what was planned while it was public: it is kept up until the version
 *         before is used by nobody.
 *   (SC5) A backfill that finds no memory is stuck: nobody steps it again for its own sake, and who waits for it is told FULL. It
 *         goes on with the next turn that finds room, or ends with the index.
 */
#ifndef STORAGE_SCHEMA_H
#define STORAGE_SCHEMA_H

#include "base/map.h"
#include "row/program.h"
#include "storage/fragment.h"
#include "storage/record.h"

#define TABLE_PROGRAM_SLOTS 64 /* (SC3); a power of two */

struct table_program {
    struct arena program_arena;
    uint64_t hash;
    struct slice bytes;
    const struct program *program; /* NULL: the slot is free */
};

struct table {
    uint32_t table_id;
    uint32_t version;          /* schema version that made the definition */
    uint32_t previous;         /* oldest one still valid (SC2) */
    uint32_t use_count;        /* transactions that wrote to it */
    bool is_closing;           /* a change waits for them: new ones are refused */
    struct fragment *fragment; /* NULL once dropped */
    const struct fragment_schema *layout;
    struct slice definition_bytes; /* for checkpoints and learners */
    uint32_t backfill_index_id;    /* 0: none under way */
    bool is_backfill_stuck;        /* (SC5) */
    struct buffer backfill_resume; /* primary key behind which it goes on */
    struct arena backfill_arena;
    struct table_program programs[TABLE_PROGRAM_SLOTS];
};

struct shard_schema {
    struct chunk_source *source;
    struct arena schema_arena; /* dies with the shard: definitions of all versions */
    struct fragments *fragments;
    struct map tables; /* table id -> struct table */
    uint32_t
        work_count; /* tables with a backfill under way, and dropped ones whose rows are not freed yet */
    uint32_t version_max; /* of all changes applied */
};

void schema_open(struct shard_schema *schema, struct chunk_source *source,
                 struct fragments *fragments);
void schema_close(struct shard_schema *schema);

/* NULL when there is none, or it is dropped. */
struct table *schema_find(const struct shard_schema *schema, uint32_t table_id);
/* The table for a request that was planned with `version`: NOT_FOUND, OLD_SCHEMA (SC2). */
MUST_USE enum status schema_use(const struct shard_schema *schema, uint32_t table_id,
                                uint32_t version, struct table **table_out);
/* Ordinal of an index by its id, for a request that was planned with `version`; INVALID when there is none or it could not
 * be read then (SC4). */
MUST_USE enum status table_index_ordinal(const struct table *table, uint32_t version,
                                         uint32_t index_id, uint32_t *ordinal_out);
/* The program of these bytes, opened once. NULL for empty bytes. CORRUPT. */
MUST_USE enum status table_program_open(struct shard_schema *schema, struct table *table,
                                        struct slice bytes, const struct program **program_out);

/* Whether a change can enter the log: DUPLICATE, NOT_FOUND, INVALID, CORRUPT; BUSY while transactions that wrote to
 * the table are open (V3): the table is closed to new ones meanwhile, ask again. END: it is in force already. */
MUST_USE enum status schema_check(struct shard_schema *schema, const struct record_schema *change,
                                  struct arena *scratch);
/* On every replica, once confirmed. FULL: the rows' memory is. */
MUST_USE enum status schema_apply(struct shard_schema *schema, const struct record_schema *change);
/* The table as a checkpoint has it; the fragment is new. */
MUST_USE enum status schema_restore(struct shard_schema *schema, uint32_t table_id,
                                    uint32_t version, struct slice definition);
/* Works on drops and backfills that are under way, up to `budget` rows; false: nothing is left to do. */
bool schema_work(struct shard_schema *schema, uint32_t budget);
/* The table with the lowest id >= table_id that is not dropped; NULL at the end. */
struct table *schema_next(const struct shard_schema *schema, uint32_t table_id);

#endif
