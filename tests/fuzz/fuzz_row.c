/* Do any bytes crash row_verify, table_decode or value_decode, or pass and then read or encode
 * differently? The first byte chooses which reader gets the rest. */
#include "row/key.h"
#include "tests/base/chunks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct column_type types[] = {
    {.kind = COLUMN_INT, .flags = COLUMN_NOT_NULL, .collation = 63},
    {.kind = COLUMN_VARCHAR, .length = 10, .collation = 255},
    {.kind = COLUMN_DECIMAL, .precision = 40, .scale = 10, .collation = 63},
    {.kind = COLUMN_DATETIME, .scale = 3, .collation = 63},
    {.kind = COLUMN_DOUBLE, .scale = SCALE_NOT_FIXED, .collation = 63},
    {.kind = COLUMN_BIT, .length = 11, .collation = 63},
    {.kind = COLUMN_TIME, .collation = 63},
    {.kind = COLUMN_TEXT, .collation = 45},
    {.kind = COLUMN_YEAR, .collation = 63},
};
enum { TYPE_COUNT = ARRAY_COUNT(types) };

static void try_row(struct slice row, struct arena *arena) {
    struct row_layout *layout = row_layout_of_types(types, TYPE_COUNT, arena);
    if (row_verify(layout, row) != STATUS_OK) return;
    struct value values[TYPE_COUNT];
    row_values(layout, row, arena, values);
    struct buffer out = buffer_of(arena), key = buffer_of(arena), text = buffer_of(arena);
    struct slice again;
    enum status status = row_encode(layout, values, &out, &again);
    CHECK(status == STATUS_OK);
    CHECK(row_verify(layout, again) == STATUS_OK);
    struct key_part parts[TYPE_COUNT];
    for (uint16_t i = 0; i < TYPE_COUNT; i++) parts[i] = (struct key_part){i, i % 2, 0};
    key_of_row(key_layout_of_parts(layout, parts, TYPE_COUNT, arena), row, &key);
    row_print(layout, row, &text);
}

static void try_table(struct slice bytes, struct arena *arena) {
    struct table_definition *table;
    if (table_decode(bytes, arena, &table) != STATUS_OK) return;
    struct buffer out = buffer_of(arena);
    table_encode(table, &out);
    struct row_layout *layout = row_layout_of_table(table, arena);
    for (uint32_t i = 0; i < table->index_count; i++) {
        key_layout_of_index(table, i, layout, KEY_WITH_PRIMARY, arena);
    }
}

static void try_value(struct slice bytes, struct arena *arena) {
    struct reader reader = reader_of(bytes);
    struct value value = value_decode(&reader, arena);
    if (reader.failed) return;
    struct buffer out = buffer_of(arena), text = buffer_of(arena);
    value_encode(&value, &out);
    CHECK(slice_equal(buffer_slice(&out), slice_of(bytes.data, out.size)));
    value_print(&value, &text);
    value_hash(&value, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    if (size > 0) {
        struct slice rest = slice_of(data + 1, size - 1);
        if (data[0] % 3 == 0) try_row(rest, &arena);
        if (data[0] % 3 == 1) try_table(rest, &arena);
        if (data[0] % 3 == 2) try_value(rest, &arena);
    }
    arena_close(&arena);
    return 0;
}
