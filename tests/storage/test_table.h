/* tests/storage/test_table.h: a small table, and fragments in a small memory, for the tests of the
 * engine.
 *
 *   t (id INT UNSIGNED PRIMARY KEY, k INT NULL, note VARBINARY(20000), KEY k (k), KEY note
 *   (note(40)))
 */
#ifndef TESTS_STORAGE_TEST_TABLE_H
#define TESTS_STORAGE_TEST_TABLE_H

#include "row/collation.h"
#include "storage/fragment.h"
#include "storage/inspect.h"
#include "tests/storage/test_region.h"

enum { TEST_INDEX_K = 1, TEST_INDEX_NOTE = 2, TEST_NO_K = INT32_MIN };

struct test_table {
    struct region region;
    struct chunk_source chunks;
    struct arena arena;   /* as long as the test */
    struct arena scratch; /* reset by whoever uses it */
    struct fragments *fragments;
    struct fragment *fragment;
    struct fragment_schema *schema;
};

static inline struct table_definition *test_definition(struct arena *arena, uint32_t index_count,
                                                       enum index_state last_state) {
    struct column_definition *columns = arena_array(arena, struct column_definition, 3);
    columns[0] = (struct column_definition){
        .name = SLICE_LITERAL("id"),
        .type = {.kind = COLUMN_INT, .flags = COLUMN_UNSIGNED | COLUMN_NOT_NULL}};
    columns[1] = (struct column_definition){
        .name = SLICE_LITERAL("k"), .type = {.kind = COLUMN_INT}, .default_kind = DEFAULT_VALUE};
    columns[2] = (struct column_definition){.name = SLICE_LITERAL("note"),
                                            .type = {.kind = COLUMN_VARBINARY,
                                                     .flags = COLUMN_NOT_NULL,
                                                     .length = 20000,
                                                     .collation = COLLATION_BINARY}};
    struct index_definition *indexes = arena_array(arena, struct index_definition, 3);
    struct index_part *parts = arena_array(arena, struct index_part, 3);
    for (uint16_t i = 0; i < 3; i++) parts[i].column = i;
    parts[2].prefix_chars = 40;
    indexes[0] =
        (struct index_definition){SLICE_LITERAL("PRIMARY"), .id = 1, .kind = INDEX_PRIMARY};
    indexes[1] = (struct index_definition){SLICE_LITERAL("k"), .id = 2, .kind = INDEX_ORDERED};
    indexes[2] = (struct index_definition){SLICE_LITERAL("note"), .id = 3, .kind = INDEX_ORDERED};
    for (uint32_t i = 0; i < 3; i++) {
        indexes[i].part_count = 1;
        indexes[i].parts = &parts[i];
    }
    indexes[index_count - 1].state = (uint8_t)last_state;
    struct table_definition *table = arena_new(arena, struct table_definition);
    *table = (struct table_definition){.id = 77,
                                       .schema_version = 1,
                                       .name = SLICE_LITERAL("t"),
                                       .column_count = 3,
                                       .index_count = (uint16_t)index_count,
                                       .partition_part_count = 1,
                                       .columns = columns,
                                       .indexes = indexes};
    return table;
}

static inline void test_table_open(struct test_table *table, size_t region_bytes,
                                   uint32_t index_count) {
    region_open(&table->region, region_bytes, 5);
    table->chunks = region_chunks();
    arena_open(&table->arena, &table->chunks, 0);
    arena_open(&table->scratch, &table->chunks, 0);
    struct fragments_options options = {.memory = &table->region.memory,
                                        .arena = &table->arena,
                                        .writer_count = 64,
                                        .fragment_count_max = 4};
    table->fragments = fragments_open(&options);
    struct table_definition *definition = test_definition(&table->arena, index_count, INDEX_PUBLIC);
    table->schema = fragment_schema_make(definition, &table->arena);
    enum status status = fragment_open(table->fragments, table->schema, &table->fragment);
    CHECK(status == STATUS_OK);
}

static inline void test_table_close(struct test_table *table) {
    fragments_close(table->fragments);
    CHECK(table->region.memory.cell_count == 0);
    arena_close(&table->scratch);
    arena_close(&table->arena);
    region_close(&table->region);
}

/* In the scratch arena; k TEST_NO_K is NULL. */
static inline struct slice test_row(struct test_table *table, uint32_t id, int32_t k,
                                    struct slice note) {
    struct value values[3] = {
        {.kind = VALUE_UINT, .u = id},
        {.kind = k == TEST_NO_K ? VALUE_NULL : VALUE_INT, .i = k},
        {.kind = VALUE_STRING,
         .collation = COLLATION_BINARY,
         .size = (uint32_t)note.size,
         .bytes = note.data},
    };
    struct buffer out = buffer_of(&table->scratch);
    struct slice row;
    enum status status = row_encode(table->schema->row, values, &out, &row);
    CHECK(status == STATUS_OK);
    return row;
}

static inline struct fragment_key test_key(struct test_table *table, uint32_t id) {
    struct value value = {.kind = VALUE_UINT, .u = id};
    struct buffer out = buffer_of(&table->scratch);
    enum status status = key_of_values(table->schema->primary, &value, 1, &out);
    CHECK(status == STATUS_OK);
    return fragment_key_of(buffer_slice(&out));
}

static inline uint32_t test_writer(struct test_table *table, uint64_t number) {
    uint32_t slot;
    enum status status =
        writer_open(fragments_writers(table->fragments), (struct writer_id){1, number}, &slot);
    CHECK(status == STATUS_OK);
    return slot;
}

struct test_write {
    uint32_t writer, statement;
    enum write_kind kind;
    uint32_t id;
    int32_t k; /* the row, but for DELETE */
    struct slice note;
};
MUST_USE static inline enum status test_write(struct test_table *table, struct test_write wanted) {
    struct fragment_write write = {.key = test_key(table, wanted.id),
                                   .kind = wanted.kind,
                                   .writer = wanted.writer,
                                   .statement = wanted.statement};
    if (wanted.kind != WRITE_DELETE) write.row = test_row(table, wanted.id, wanted.k, wanted.note);
    enum status status = fragment_write(table->fragment, &write);
    arena_reset(&table->scratch);
    return status;
}

static inline void test_commit(struct test_table *table, uint32_t writer, uint64_t timestamp,
                               uint64_t position) {
    struct writers *writers = fragments_writers(table->fragments);
    writer_decide_commit(writers, writer, timestamp, position);
    while (!fragment_commit(table->fragments, writer, 3)) {}
    writer_close(writers, writer);
}

static inline void test_abort(struct test_table *table, uint32_t writer) {
    struct writers *writers = fragments_writers(table->fragments);
    writer_decide_abort(writers, writer);
    while (!fragment_undo(table->fragments, writer, 0, 3)) {}
    writer_close(writers, writer);
}

static inline enum version_found test_read(struct test_table *table, uint32_t id,
                                           struct version_view view, struct version_read *read) {
    struct fragment_key key = test_key(table, id);
    enum version_found found = fragment_read(table->fragment, &key, &view, read);
    arena_reset(&table->scratch);
    return found;
}

/* The k of a row. */
static inline int32_t test_k(struct test_table *table, struct slice row) {
    struct value value = row_value(table->schema->row, row, 1, &table->scratch);
    return value.kind == VALUE_NULL ? TEST_NO_K : (int32_t)value.i;
}

#endif
