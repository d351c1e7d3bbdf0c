/* row/table.h: what the dictionary knows of one table.
 *
 * Immutable once made: a schema change makes a new definition with a higher schema_version, old
 * ones live on as long as somebody borrows them. Everything hangs in one arena. Storage, SQL and
 * meta exchange it as bytes (table_encode); the bytes are bounds-checked and their sense is checked
 * by table_decode.
 *
 * A table without a primary key gets a hidden one: the last column is "$row_id",
 * BIGINT UNSIGNED, COLUMN_HIDDEN, filled from the table's row-id sequence, and a PRIMARY index on
 * it. So indexes[0] is always the primary key.
 */
#ifndef ROW_TABLE_H
#define ROW_TABLE_H

#include "base/limits.h"
#include "row/value.h"

#define TABLE_COLUMN_COUNT_MAX 4096
#define TABLE_INDEX_COUNT_MAX  65 /* the primary key and 64 more, as MySQL */
#define INDEX_PART_COUNT_MAX   16
#define INDEX_KEY_BYTES_MAX    3072 /* of the values, MySQL 1071 */

enum default_kind {
    DEFAULT_NONE = 0,       /* NOT NULL without DEFAULT: MySQL 1364 when omitted */
    DEFAULT_VALUE = 1,      /* default_value; NULL included */
    DEFAULT_NOW = 2,        /* CURRENT_TIMESTAMP with the column's fsp */
    DEFAULT_EXPRESSION = 3, /* default_text */
};
enum column_option {
    COLUMN_AUTO_INCREMENT = 1,
    COLUMN_ON_UPDATE_NOW = 2,
    COLUMN_HIDDEN = 4,           /* not seen by SELECT * nor by any name: $row_id */
    COLUMN_GENERATED_STORED = 8, /* default_text is the expression */
    COLUMN_GENERATED_VIRTUAL = 16,
    COLUMN_INVISIBLE = 32,
};

struct column_definition {
    struct slice name; /* utf8mb4, as written */
    struct column_type type;
    uint8_t default_kind; /* enum default_kind */
    uint8_t options;      /* enum column_option */
    struct value default_value;
    /* What rows that end before this column hold: NULL for columns of CREATE TABLE (if NOT NULL
     * they are always stored), the default of ALTER TABLE ADD COLUMN otherwise. Never changed
     * later. */
    struct value absent_value;
    struct slice default_text; /* SQL text of expressions */
    struct slice comment;
};

enum index_kind {
    INDEX_PRIMARY = 0,
    INDEX_UNIQUE = 1,  /* a hidden table keyed by the index columns */
    INDEX_ORDERED = 2, /* a B+tree in every fragment */
};
enum index_state { /* CORE.md V3 */
                   INDEX_PUBLIC = 0,
                   INDEX_DELETE_ONLY = 1,
                   INDEX_WRITE_ONLY = 2,
                   INDEX_BACKFILL = 3,
};
enum index_part_flag { INDEX_PART_DESCENDING = 1 };

struct index_part {
    uint16_t column;       /* index into columns */
    uint16_t flags;        /* enum index_part_flag */
    uint32_t prefix_chars; /* characters (text) or bytes (binary strings); 0: the whole value */
};
struct index_definition {
    struct slice name; /* "PRIMARY" for the primary key */
    uint32_t id;       /* unique in the table, never used again */
    uint8_t kind;      /* enum index_kind */
    uint8_t state;     /* enum index_state */
    uint8_t is_invisible;
    uint16_t part_count;
    const struct index_part *parts;
    uint64_t hidden_table_id; /* UNIQUE: the table that holds its entries; 0 otherwise */
    struct slice comment;
};

enum table_option {                   /* what SHOW CREATE TABLE repeats */
                    TABLE_HIDDEN = 1, /* of a unique index, or a copy in the making: not in any list */
                    TABLE_FROZEN = 2, /* its rows are being copied: readers only */
                    TABLE_VIEW = 4,   /* made for a list of columns, never stored */
};

struct table_definition {
    uint64_t id; /* never used again */
    uint64_t schema_version;
    uint64_t born_version; /* dictionary version with which its rows begin: older snapshots see none */
    uint64_t bucket_map_version;
    uint64_t base_table_id; /* of a hidden table: whose index it is; 0 otherwise */
    struct slice database, name;
    struct slice comment;
    uint64_t auto_increment; /* first value, 0: 1 */
    uint64_t created_epoch_s;
    uint32_t options; /* enum table_option */
    uint16_t collation;
    uint16_t collation_weights_version;
    uint16_t column_count;
    uint16_t index_count;
    uint16_t
        partition_part_count; /* leading parts of the primary key that choose the bucket, >= 1 */
    const struct column_definition *columns;
    const struct index_definition *indexes; /* [0] is the primary key */
};

/* By name without regard to case; -1 when there is none. Hidden columns have no name here. */
int32_t table_find_column(const struct table_definition *table, struct slice name);
int32_t table_find_index(const struct table_definition *table, struct slice name);
/* The AUTO_INCREMENT column, or -1. */
int32_t table_auto_increment_column(const struct table_definition *table);
/* The hidden row id column, or -1. */
int32_t table_row_id_column(const struct table_definition *table);
static inline const struct index_definition *table_primary(const struct table_definition *table) {
    return &table->indexes[0];
}
/* Visible columns in order are columns[0 .. count): hidden ones come last. */
uint32_t table_visible_column_count(const struct table_definition *table);

/* The definition of a table without a primary key gets its hidden column and index, in the arena;
 * one with a primary key stays. Called once, by CREATE TABLE. */
void table_add_row_id(struct table_definition *table, struct arena *arena);
/* The hidden table of a UNIQUE index: its columns are the index's columns, then the base's primary
 * key columns that are not among them; its primary key the index's parts. A row whose key holds a
 * NULL has no entry there. *base_columns_out[i] is the base column of hidden column i. */
struct table_definition *table_of_unique_index(const struct table_definition *table, uint32_t index,
                                               struct arena *arena,
                                               const uint16_t **base_columns_out);

/* Limits and cross references: INVALID for a definition that nothing may work with. */
MUST_USE enum status table_check(const struct table_definition *table);
void table_encode(const struct table_definition *table, struct buffer *out);
/* CORRUPT for bytes that are no definition; what is returned passed table_check. Texts and values
 * are copied into the arena. */
MUST_USE enum status table_decode(struct slice bytes, struct arena *arena,
                                  struct table_definition **out);

#endif
