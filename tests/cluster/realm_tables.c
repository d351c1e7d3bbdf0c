/* realm_tables.c: see realm_tables.h. */
#include "tests/cluster/realm_tables.h"

#include "row/collation.h"

static struct value integer(int64_t number) {
    return (struct value){.kind = VALUE_INT, .i = number};
}

static struct table_definition *definition_make(struct arena *arena, const char *name,
                                                enum realm_table_kind kind) {
    struct table_definition *definition = arena_new(arena, struct table_definition);
    struct column_definition *columns = arena_array(arena, struct column_definition, 2);
    struct index_definition *indexes = arena_array(arena, struct index_definition, 2);
    struct index_part *parts = arena_array(arena, struct index_part, 2);
    parts[0] = (struct index_part){.column = 0};
    parts[1] = (struct index_part){.column = 1};
    columns[0] = (struct column_definition){.name = SLICE_LITERAL("id"),
                                            .type = column_type_bigint(COLUMN_NOT_NULL)};
    columns[1] =
        (struct column_definition){.name = SLICE_LITERAL("value"), .type = column_type_bigint(0)};
    indexes[0] = (struct index_definition){.name = SLICE_LITERAL("PRIMARY"),
                                           .kind = INDEX_PRIMARY,
                                           .part_count = 1,
                                           .parts = &parts[0]};
    indexes[1] =
        (struct index_definition){.name = SLICE_LITERAL("by_value"),
                                  .kind = kind == REALM_UNIQUE ? INDEX_UNIQUE : INDEX_ORDERED,
                                  .part_count = 1,
                                  .parts = &parts[1]};
    definition->database = REALM_DATABASE;
    definition->name = slice_of_text(name);
    definition->collation = COLLATION_BINARY;
    definition->column_count = 2;
    definition->index_count = 2;
    definition->partition_part_count = 1;
    definition->columns = columns;
    definition->indexes = indexes;
    return definition;
}

enum status realm_create_table(struct realm_fiber *fiber, const char *name,
                               enum realm_table_kind kind) {
    struct ddl_change database = {.kind = DDL_CREATE_DATABASE, .database = REALM_DATABASE};
    enum status status = cluster_ddl(fiber->cluster, &fiber->waiter, &database);
    if (status != STATUS_OK && status != STATUS_DUPLICATE) return status;
    struct ddl_change table = {.kind = DDL_CREATE_TABLE,
                               .database = REALM_DATABASE,
                               .name = slice_of_text(name),
                               .definition = definition_make(&fiber->arena, name, kind)};
    return cluster_ddl(fiber->cluster, &fiber->waiter, &table);
}

enum status realm_add_index(struct realm_fiber *fiber, const char *table, const char *name,
                            enum realm_table_kind kind) {
    struct schema *schema = schema_hold(fiber->cluster);
    const struct table *old = schema_table(schema, REALM_DATABASE, slice_of_text(table));
    struct table_definition definition = *old->definition;
    struct index_definition *indexes =
        arena_array(&fiber->arena, struct index_definition, definition.index_count + 1u);
    memcpy(indexes, definition.indexes, definition.index_count * sizeof *indexes);
    indexes[definition.index_count] = indexes[1];
    indexes[definition.index_count].name = slice_of_text(name);
    indexes[definition.index_count].id = 0;
    indexes[definition.index_count].hidden_table_id = 0;
    indexes[definition.index_count].kind = kind == REALM_UNIQUE ? INDEX_UNIQUE : INDEX_ORDERED;
    definition.index_count++;
    definition.indexes = indexes;
    struct ddl_change change = {.kind = DDL_ALTER_TABLE,
                                .database = REALM_DATABASE,
                                .name = slice_of_text(table),
                                .definition = &definition,
                                .based_on = schema_version(schema),
                                .held = schema};
    return cluster_ddl(fiber->cluster, &fiber->waiter, &change);
}

const struct table *realm_table(struct cluster *cluster, const char *name) {
    struct schema *schema = schema_hold(cluster);
    const struct table *table = schema_table(schema, REALM_DATABASE, slice_of_text(name));
    schema_release(cluster, schema);
    CHECK(table != NULL);
    return table;
}

struct slice realm_row(struct realm_fiber *fiber, const struct table *table, int64_t id,
                       int64_t value) {
    struct value values[2] = {integer(id), integer(value)};
    struct buffer buffer = buffer_of(&fiber->arena);
    struct slice row;
    enum status status = row_encode(table->layout, values, &buffer, &row);
    CHECK(status == STATUS_OK);
    return row;
}

int64_t realm_column(struct realm_fiber *fiber, const struct table *table, struct slice row,
                     uint32_t column) {
    return row_value(table->layout, row, column, &fiber->arena).i;
}

struct txn *realm_begin(struct realm_fiber *fiber, enum txn_kind kind) {
    struct txn_options options = {
        .isolation = ISOLATION_REPEATABLE_READ, .kind = kind, .lock_wait_ms = 1000};
    return txn_open(fiber->cluster, &fiber->waiter, &options);
}

static enum status write_one(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                             const struct row_write *write) {
    struct write_spec spec = {
        .table = table, .writes = write, .count = 1, .extent = WRITE_WHOLE_STATEMENT};
    txn_begin_statement(txn);
    enum status status = txn_write(txn, &spec, &fiber->arena);
    if (status != STATUS_OK) {
        enum status undone = txn_fail_statement(txn);
        CHECK(undone == STATUS_OK || txn_is_over(txn));
    }
    return status;
}

enum status realm_insert(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                         int64_t id, int64_t value) {
    struct row_write write = {.kind = ROW_INSERT, .row = realm_row(fiber, table, id, value)};
    return write_one(fiber, txn, table, &write);
}

static struct slice point_of(struct realm_fiber *fiber, const struct table *table, int64_t id) {
    struct buffer key = buffer_of(&fiber->arena), point = buffer_of(&fiber->arena);
    struct value value = integer(id);
    enum status status = key_of_values(table->index_keys[0], &value, 1, &key);
    CHECK(status == STATUS_OK);
    pack_point(&point, buffer_slice(&key));
    return buffer_slice(&point);
}

static enum status get_row(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                           const struct scan_spec *spec, struct slice *row_out) {
    (void)table;
    struct scan *scan;
    struct scan_batch batch;
    enum status status = scan_open(txn, spec, &fiber->arena, &scan);
    if (status != STATUS_OK) return status;
    status = scan_next(scan, &batch);
    if (status == STATUS_OK) *row_out = arena_copy(&fiber->arena, batch.rows[0].bytes);
    scan_close(scan);
    return status == STATUS_END ? STATUS_NOT_FOUND : status;
}

static enum status get_value(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                             const struct scan_spec *spec, int64_t *value_out) {
    struct slice row;
    txn_begin_statement(txn);
    enum status status = get_row(fiber, txn, table, spec, &row);
    if (status == STATUS_OK) *value_out = realm_column(fiber, table, row, 1);
    return status;
}

enum status realm_get(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                      int64_t id, int64_t *value_out) {
    struct scan_spec spec = {.table = table,
                             .position_kind = POSITION_POINTS,
                             .positions = point_of(fiber, table, id),
                             .position_count = 1,
                             .extent = SCAN_WHOLE_STATEMENT};
    return get_value(fiber, txn, table, &spec, value_out);
}

enum status realm_lock(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                       int64_t id, int64_t *value_out) {
    struct scan_spec spec = {.table = table,
                             .position_kind = POSITION_POINTS,
                             .positions = point_of(fiber, table, id),
                             .position_count = 1,
                             .lock_mode = LOCK_EXCLUSIVE};
    return get_value(fiber, txn, table, &spec, value_out);
}

/* The row, locked; then what the write says. */
static enum status change_one(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                              int64_t id, struct row_write *write) {
    struct scan_spec spec = {.table = table,
                             .position_kind = POSITION_POINTS,
                             .positions = point_of(fiber, table, id),
                             .position_count = 1,
                             .lock_mode = LOCK_EXCLUSIVE};
    struct write_spec write_spec = {.table = table, .writes = write, .count = 1};
    txn_begin_statement(txn);
    enum status status = get_row(fiber, txn, table, &spec, &write->old_row);
    if (status == STATUS_OK) status = txn_write(txn, &write_spec, &fiber->arena);
    if (status != STATUS_OK) {
        enum status undone = txn_fail_statement(txn);
        CHECK(undone == STATUS_OK || txn_is_over(txn));
    }
    return status;
}

enum status realm_update(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                         int64_t id, int64_t value) {
    struct row_write write = {.kind = ROW_UPDATE, .row = realm_row(fiber, table, id, value)};
    return change_one(fiber, txn, table, id, &write);
}

enum status realm_delete(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                         int64_t id) {
    struct row_write write = {.kind = ROW_DELETE};
    return change_one(fiber, txn, table, id, &write);
}

enum status realm_scan(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                       uint32_t index, struct realm_rows *rows_out) {
    struct buffer range = buffer_of(&fiber->arena);
    struct pack_range all = {.flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE};
    pack_range(&range, &all);
    struct scan_spec spec = {.table = table,
                             .index = index,
                             .position_kind = POSITION_RANGES,
                             .positions = buffer_slice(&range),
                             .position_count = 1,
                             .order = SCAN_INDEX_ORDER,
                             .extent = SCAN_WHOLE_STATEMENT};
    struct scan *scan;
    struct scan_batch batch;
    rows_out->count = 0;
    txn_begin_statement(txn);
    enum status status = scan_open(txn, &spec, &fiber->arena, &scan);
    if (status != STATUS_OK) return status;
    while ((status = scan_next(scan, &batch)) == STATUS_OK)
        for (uint32_t i = 0; i < batch.count; i++) {
            CHECK(rows_out->count < ARRAY_COUNT(rows_out->ids));
            struct slice row = batch.rows[i].bytes;
            rows_out->ids[rows_out->count] = realm_column(fiber, table, row, 0);
            rows_out->values[rows_out->count++] = realm_column(fiber, table, row, 1);
        }
    scan_close(scan);
    return status == STATUS_END ? STATUS_OK : status;
}

/* value = value + parameter 0 */
static struct slice addition(struct realm_fiber *fiber) {
    struct program_builder builder;
    struct buffer bytes = buffer_of(&fiber->arena);
    program_builder_open(&builder, &fiber->arena, 2);
    program_begin(&builder, SECTION_ASSIGN);
    program_operand sum =
        program_emit_arithmetic(&builder, ARITHMETIC_ADD, operand_column(1), operand_param(0));
    program_add_assignment(&builder, 1, sum);
    enum status status = program_builder_finish(&builder, &bytes);
    CHECK(status == STATUS_OK);
    return buffer_slice(&bytes);
}

enum status realm_change_all(struct realm_fiber *fiber, struct txn *txn, const struct table *table,
                             int64_t more) {
    struct buffer range = buffer_of(&fiber->arena), parameters = buffer_of(&fiber->arena);
    struct pack_range all = {.flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE};
    struct value value = integer(more);
    pack_range(&range, &all);
    value_encode(&value, &parameters);
    struct change_spec spec = {.table = table,
                               .kind = CHANGE_UPDATE,
                               .position_kind = POSITION_RANGES,
                               .positions = buffer_slice(&range),
                               .position_count = 1,
                               .program = addition(fiber),
                               .parameters = buffer_slice(&parameters),
                               .extent = WRITE_WHOLE_STATEMENT};
    struct change_result result;
    txn_begin_statement(txn);
    enum status status = txn_change(txn, &spec, &fiber->arena, &result);
    if (status != STATUS_OK) {
        enum status undone = txn_fail_statement(txn);
        CHECK(undone == STATUS_OK || txn_is_over(txn));
    }
    return status;
}

enum status realm_commit(struct txn *txn) {
    uint64_t floor;
    return txn_commit(txn, &floor);
}

enum status realm_insert_now(struct realm_fiber *fiber, const struct table *table, int64_t id,
                             int64_t value) {
    struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    uint64_t floor;
    enum status status = realm_insert(fiber, txn, table, id, value);
    if (status == STATUS_OK) return realm_commit(txn);
    txn_rollback(txn, &floor);
    return status;
}

enum status realm_get_now(struct realm_fiber *fiber, const struct table *table, int64_t id,
                          int64_t *value_out) {
    struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    enum status status = realm_get(fiber, txn, table, id, value_out);
    enum status committed = realm_commit(txn);
    return status == STATUS_OK ? committed : status;
}
