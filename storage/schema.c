/* schema.c: table definitions in force, and what is opened against them.
 *
 *   SCHEMA_CREATE    a new table with an empty fragment
 *   SCHEMA_ALTER     a new definition for the fragment; new indexes are empty; the one before stays valid (SC2)
 *   SCHEMA_BACKFILL  fills an index that already takes new entries, some rows a step, on each replica for itself
 *   SCHEMA_DROP      the table is gone at once, its rows are freed some a step
 *
 * An ALTER that makes an index public ends its backfill first, so that replicas agree on what is public.
 */
#include "storage/schema.h"

#include "base/hash.h"
#include "wire/meta.h"

#define BACKFILL_ALL UINT32_MAX

void schema_open(struct shard_schema *schema, struct chunk_source *source,
                 struct fragments *fragments) {
    CHECK(fragments != NULL);
    *schema = (struct shard_schema){.source = source, .fragments = fragments};
    arena_open(&schema->schema_arena, source, 0);
    map_open(&schema->tables, source);
}

static void table_forget_programs(struct table *table) {
    for (uint32_t i = 0; i < TABLE_PROGRAM_SLOTS; i++) {
        struct table_program *slot = &table->programs[i];
        if (slot->program == NULL) continue;
        arena_close(&slot->program_arena);
        slot->program = NULL;
    }
}

void schema_close(struct shard_schema *schema) {
    uint64_t cursor = 0;
    struct table *table;
    while ((table = map_next(&schema->tables, &cursor, NULL)) != NULL) {
        table_forget_programs(table);
        arena_close(&table->backfill_arena);
    }
    map_close(&schema->tables);
    arena_close(&schema->schema_arena);
}

struct table *schema_find(const struct shard_schema *schema, uint32_t table_id) {
    struct table *table = map_find(&schema->tables, table_id);
    return table == NULL || table->layout == NULL ? NULL : table;
}

struct table *schema_next(const struct shard_schema *schema, uint32_t table_id) {
    struct fragment *fragment = fragments_next(schema->fragments, table_id);
    while (fragment != NULL) {
        uint32_t id = (uint32_t)fragment_schema_of(fragment)->definition->id;
        struct table *table = schema_find(schema, id);
        if (table != NULL) return table;
        if (id == UINT32_MAX) return NULL;
        fragment = fragments_next(schema->fragments, id + 1); /* that one is being dropped */
    }
    return NULL;
}

enum status schema_use(const struct shard_schema *schema, uint32_t table_id, uint32_t version,
                       struct table **table_out) {
    CHECK(table_out != NULL);
    struct table *table = schema_find(schema, table_id);
    *table_out = table;
    if (table == NULL) return STATUS_OLD_SCHEMA; /* dropped, or truncated under a new id */
    if (version != 0 && version < table->previous) return STATUS_OLD_SCHEMA;
    return STATUS_OK;
}

/* (SC4) */
static bool index_is_readable(const struct table *table, const struct index_definition *index,
                              uint32_t version) {
    if (index->state == INDEX_PUBLIC) return true;
    bool is_planned_before = version != 0 && version < table->version;
    return is_planned_before && index->state == INDEX_WRITE_ONLY;
}

enum status table_index_ordinal(const struct table *table, uint32_t version, uint32_t index_id,
                                uint32_t *ordinal_out) {
    CHECK(table->layout != NULL);
    const struct table_definition *definition = table->layout->definition;
    *ordinal_out = 0;
    if (index_id == 0) return STATUS_OK;
    for (uint32_t i = 1; i < definition->index_count; i++) {
        if (definition->indexes[i].id != index_id) continue;
        *ordinal_out = i;
        bool is_readable = index_is_readable(table, &definition->indexes[i], version);
        return is_readable ? STATUS_OK : STATUS_INVALID;
    }
    return STATUS_INVALID;
}

enum status table_program_open(struct shard_schema *schema, struct table *table, struct slice bytes,
                               const struct program **program_out) {
    *program_out = NULL;
    if (bytes.size == 0) return STATUS_OK;
    uint64_t hash = hash_bytes(bytes);
    struct table_program *slot = &table->programs[hash % TABLE_PROGRAM_SLOTS];
    if (slot->program != NULL && slot->hash == hash && slice_equal(slot->bytes, bytes)) {
        *program_out = slot->program;
        return STATUS_OK;
    }
    if (slot->program != NULL) arena_close(&slot->program_arena);
    *slot = (struct table_program){.hash = hash};
    arena_open(&slot->program_arena, schema->source, 0);
    struct program *program = NULL;
    enum status status = program_open(bytes, table->layout->row, &slot->program_arena, &program);
    if (status != STATUS_OK) {
        arena_close(&slot->program_arena);
        return status;
    }
    slot->bytes = arena_copy(&slot->program_arena, bytes);
    slot->program = program;
    *program_out = program;
    CHECK(program != NULL);
    return STATUS_OK;
}

/* ---- changes ---- */

static enum status schema_definition(struct shard_schema *schema, uint32_t table_id,
                                     struct slice bytes, struct arena *arena,
                                     struct table_definition **definition_out) {
    CHECK(schema != NULL);
    enum status status = table_decode(bytes, arena, definition_out);
    if (status != STATUS_OK) return status;
    return (*definition_out)->id == table_id ? STATUS_OK : STATUS_INVALID;
}

static bool table_has_index(const struct table *table, uint32_t index_id) {
    const struct table_definition *definition = table->layout->definition;
    for (uint32_t i = 1; i < definition->index_count; i++)
        if (definition->indexes[i].id == index_id) return true;
    return false;
}

/* V3: a version ends when no transaction holds it. */
static enum status schema_check_uses(struct table *table) {
    table->is_closing = table->use_count > 0;
    return table->is_closing ? STATUS_BUSY : STATUS_OK;
}

enum status schema_check(struct shard_schema *schema, const struct record_schema *change,
                         struct arena *scratch) {
    struct table *table = schema_find(schema, change->table_id);
    struct table_definition *definition = NULL;
    enum status status;
    switch ((enum schema_change)change->schema_change) {
    case SCHEMA_CREATE:
        if (table != NULL) return table->version >= change->version ? STATUS_END : STATUS_DUPLICATE;
        if (map_find(&schema->tables, change->table_id) != NULL)
            return STATUS_END; /* and dropped */
        return schema_definition(schema, change->table_id, change->definition, scratch,
                                 &definition);
    case SCHEMA_ALTER:
        if (table == NULL) return STATUS_NOT_FOUND;
        if (table->version >= change->version) return STATUS_END;
        status =
            schema_definition(schema, change->table_id, change->definition, scratch, &definition);
        return status == STATUS_OK ? schema_check_uses(table) : status;
    case SCHEMA_DROP: return table == NULL ? STATUS_END : schema_check_uses(table);
    case SCHEMA_BACKFILL:
        if (table == NULL) return STATUS_NOT_FOUND;
        return table_has_index(table, change->index_id) ? STATUS_OK : STATUS_INVALID;
    }
    return STATUS_INVALID;
}

static void table_set_definition(struct shard_schema *schema, struct table *table,
                                 const struct fragment_schema *layout, struct slice bytes) {
    CHECK(layout != NULL && bytes.size > 0);
    table_forget_programs(table);
    table->layout = layout;
    table->definition_bytes = arena_copy(&schema->schema_arena, bytes);
    table->is_closing = false;
}

enum status schema_restore(struct shard_schema *schema, uint32_t table_id, uint32_t version,
                           struct slice definition_bytes) {
    struct table_definition *definition = NULL;
    enum status status =
        schema_definition(schema, table_id, definition_bytes, &schema->schema_arena, &definition);
    if (status != STATUS_OK) return status;
    struct fragment_schema *layout = fragment_schema_make(definition, &schema->schema_arena);
    struct table *table = map_find(&schema->tables, table_id);
    if (table != NULL) return STATUS_DUPLICATE;
    struct fragment *fragment = NULL;
    status = fragment_open(schema->fragments, layout, &fragment);
    if (status != STATUS_OK) return status;
    table = arena_new(&schema->schema_arena, struct table);
    table->table_id = table_id;
    table->version = table->previous = version;
    table->fragment = fragment;
    arena_open(&table->backfill_arena, schema->source, 0);
    table_set_definition(schema, table, layout, definition_bytes);
    map_put(&schema->tables, table_id, table);
    schema->version_max = MAX(schema->version_max, version);
    CHECK(schema_find(schema, table_id) == table);
    return STATUS_OK;
}

static const struct index_definition *definition_index(const struct table_definition *definition,
                                                       uint32_t index_id) {
    for (uint32_t i = 1; i < definition->index_count; i++)
        if (definition->indexes[i].id == index_id) return &definition->indexes[i];
    return NULL;
}

static uint32_t table_ordinal_any(const struct table *table, uint32_t index_id) {
    const struct table_definition *definition = table->layout->definition;
    for (uint32_t i = 1; i < definition->index_count; i++)
        if (definition->indexes[i].id == index_id) return i;
    return 0;
}

static void table_backfill_end(struct shard_schema *schema, struct table *table) {
    CHECK(schema->work_count > 0);
    schema->work_count--;
    table->backfill_index_id = 0;
    table->is_backfill_stuck = false;
    arena_close(&table->backfill_arena);
}

/* END: all entries are there. */
static enum status table_backfill_work(struct table *table, uint32_t budget) {
    CHECK(table->backfill_index_id != 0 && table->fragment != NULL);
    uint32_t ordinal = table_ordinal_any(table, table->backfill_index_id);
    if (ordinal == 0) return STATUS_END; /* the index is gone */
    enum status status =
        fragment_backfill(table->fragment, ordinal, budget, &table->backfill_resume);
    table->is_backfill_stuck = status == STATUS_FULL;
    return status;
}

static enum status table_backfill_finish(struct shard_schema *schema, struct table *table) {
    if (table->backfill_index_id == 0) return STATUS_OK;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) status = table_backfill_work(table, BACKFILL_ALL);
    if (status != STATUS_END) return status;
    table_backfill_end(schema, table);
    return STATUS_OK;
}

static enum status schema_alter(struct shard_schema *schema, struct table *table,
                                const struct record_schema *change) {
    struct table_definition *definition = NULL;
    enum status status = schema_definition(schema, change->table_id, change->definition,
                                           &schema->schema_arena, &definition);
    if (status != STATUS_OK) return status;
    bool is_given_up = table->backfill_index_id != 0 &&
                       definition_index(definition, table->backfill_index_id) == NULL;
    if (is_given_up) table_backfill_end(schema, table);
    status = table_backfill_finish(schema, table);
    if (status != STATUS_OK) return status;
    const struct table_definition *before = table->layout->definition;
    for (uint32_t i = 1; i < before->index_count; i++) {
        if (before->indexes[i].kind == INDEX_PRIMARY) continue;
        if (definition_index(definition, before->indexes[i].id) != NULL) continue;
        while (!fragment_empty_index(table->fragment, i, STEP_ROWS_MAX)) {}
    }
    struct fragment_schema *layout = fragment_schema_make(definition, &schema->schema_arena);
    status = fragment_set_schema(table->fragment, layout);
    if (status != STATUS_OK) return status;
    table_set_definition(schema, table, layout, change->definition);
    table->previous = table->version;
    table->version = change->version;
    CHECK(table->previous < table->version);
    return STATUS_OK;
}

static void schema_drop(struct shard_schema *schema, struct table *table) {
    CHECK(table->use_count == 0);
    if (table->backfill_index_id != 0) table_backfill_end(schema, table);
    table_forget_programs(table);
    table->layout = NULL; /* not found any more; the fragment goes in schema_work */
    schema->work_count++;
}

enum status schema_apply(struct shard_schema *schema, const struct record_schema *change) {
    CHECK(change->table_id != 0);
    struct table *table = schema_find(schema, change->table_id);
    schema->version_max = MAX(schema->version_max, change->version);
    switch ((enum schema_change)change->schema_change) {
    case SCHEMA_CREATE:
        if (map_find(&schema->tables, change->table_id) != NULL) return STATUS_OK;
        return schema_restore(schema, change->table_id, change->version, change->definition);
    case SCHEMA_ALTER:
        if (table == NULL || table->version >= change->version) return STATUS_OK;
        return schema_alter(schema, table, change);
    case SCHEMA_DROP:
        if (table != NULL) schema_drop(schema, table);
        return STATUS_OK;
    case SCHEMA_BACKFILL:
        if (table == NULL || table->backfill_index_id == change->index_id) return STATUS_OK;
        if (table_backfill_finish(schema, table) != STATUS_OK) return STATUS_FULL;
        table->backfill_index_id = change->index_id;
        table->backfill_resume = buffer_of(&table->backfill_arena);
        schema->work_count++;
        return STATUS_OK;
    }
    return STATUS_CORRUPT;
}

/* true: there is more to do now. */
static bool table_work(struct shard_schema *schema, struct table *table, uint32_t budget) {
    if (table->layout == NULL) {
        if (table->fragment == NULL) return false;
        if (!fragment_drop(table->fragment, budget)) return true;
        table->fragment = NULL;
        schema->work_count--;
        return false;
    }
    if (table->backfill_index_id == 0) return false;
    if (table_backfill_work(table, budget) == STATUS_END) table_backfill_end(schema, table);
    return table->backfill_index_id != 0 && !table->is_backfill_stuck;
}

bool schema_work(struct shard_schema *schema, uint32_t budget) {
    if (schema->work_count == 0) return false;
    uint64_t cursor = 0;
    struct table *table;
    bool has_more = false;
    while ((table = map_next(&schema->tables, &cursor, NULL)) != NULL)
        has_more |= table_work(schema, table, budget);
    return has_more;
}
