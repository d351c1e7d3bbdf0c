/* table_codec.c: table definitions as bytes, for the dictionary and for messages.
 *
 *   version u8 | table fields | columns | indexes with their parts
 *
 * Numbers are LEB128, texts and values carry their sizes. A decoder reads any bytes without harm:
 * the reader stops at the end, counts are bounded before memory is taken for them, and the
 * definition passes table_check before anybody sees it. A later version that adds fields raises the
 * number and reads the older ones.
 */
#include "row/table.h"

#define TABLE_FORMAT 2

/* --- writing --- */

static void put_number(struct buffer *out, uint64_t number) {
    uint8_t memory[10];
    struct writer writer = writer_of(memory, sizeof(memory));
    writer_varint(&writer, number);
    CHECK(!writer.failed);
    buffer_append(out, writer_written(&writer));
}

static void put_text(struct buffer *out, struct slice text) {
    put_number(out, text.size);
    buffer_append(out, text);
}

static void put_column(struct buffer *out, const struct column_definition *column) {
    put_text(out, column->name);
    column_type_encode(&column->type, out);
    put_number(out, column->default_kind);
    put_number(out, column->options);
    value_encode(&column->default_value, out);
    value_encode(&column->absent_value, out);
    put_text(out, column->default_text);
    put_text(out, column->comment);
}

static void put_index(struct buffer *out, const struct index_definition *index) {
    put_text(out, index->name);
    put_number(out, index->id);
    put_number(out, index->kind);
    put_number(out, index->state);
    put_number(out, index->is_invisible);
    put_number(out, index->hidden_table_id);
    put_text(out, index->comment);
    put_number(out, index->part_count);
    for (uint16_t i = 0; i < index->part_count; i++) {
        put_number(out, index->parts[i].column);
        put_number(out, index->parts[i].flags);
        put_number(out, index->parts[i].prefix_chars);
    }
}

void table_encode(const struct table_definition *table, struct buffer *out) {
    put_number(out, TABLE_FORMAT);
    put_number(out, table->id);
    put_number(out, table->schema_version);
    put_number(out, table->born_version);
    put_number(out, table->bucket_map_version);
    put_number(out, table->base_table_id);
    put_text(out, table->database);
    put_text(out, table->name);
    put_text(out, table->comment);
    put_number(out, table->auto_increment);
    put_number(out, table->created_epoch_s);
    put_number(out, table->options);
    put_number(out, table->collation);
    put_number(out, table->collation_weights_version);
    put_number(out, table->partition_part_count);
    put_number(out, table->column_count);
    for (uint32_t i = 0; i < table->column_count; i++) put_column(out, &table->columns[i]);
    put_number(out, table->index_count);
    for (uint32_t i = 0; i < table->index_count; i++) put_index(out, &table->indexes[i]);
}

/* --- reading --- */

struct decoder {
    struct reader reader;
    struct arena *arena;
};

/* A number up to `max`; a larger one fails the reader. */
static uint64_t take_number(struct decoder *decoder, uint64_t max) {
    uint64_t number = reader_varint(&decoder->reader);
    if (number <= max) return number;
    reader_fail(&decoder->reader);
    return 0;
}

/* A count of things that take a byte each at least. */
static uint16_t take_count(struct decoder *decoder, uint16_t max) {
    uint64_t count = take_number(decoder, max);
    if (count <= reader_left(&decoder->reader)) return (uint16_t)count;
    reader_fail(&decoder->reader);
    return 0;
}

static struct slice take_text(struct decoder *decoder) {
    return arena_copy(decoder->arena, reader_slice(&decoder->reader));
}

static struct value take_value(struct decoder *decoder) {
    struct value value = value_decode(&decoder->reader, decoder->arena);
    return value_copy(&value, decoder->arena);
}

static void take_column(struct decoder *decoder, struct column_definition *column) {
    *column = (struct column_definition){.name = take_text(decoder)};
    column_type_decode(&decoder->reader, decoder->arena, &column->type);
    column->default_kind = (uint8_t)take_number(decoder, UINT8_MAX);
    column->options = (uint8_t)take_number(decoder, UINT8_MAX);
    column->default_value = take_value(decoder);
    column->absent_value = take_value(decoder);
    column->default_text = take_text(decoder);
    column->comment = take_text(decoder);
}

static void take_index(struct decoder *decoder, struct index_definition *index) {
    *index = (struct index_definition){.name = take_text(decoder)};
    index->id = (uint32_t)take_number(decoder, UINT32_MAX);
    index->kind = (uint8_t)take_number(decoder, UINT8_MAX);
    index->state = (uint8_t)take_number(decoder, UINT8_MAX);
    index->is_invisible = (uint8_t)take_number(decoder, 1);
    index->hidden_table_id = take_number(decoder, UINT64_MAX);
    index->comment = take_text(decoder);
    index->part_count = take_count(decoder, INDEX_PART_COUNT_MAX);
    struct index_part *parts = arena_array(decoder->arena, struct index_part, index->part_count);
    for (uint16_t i = 0; i < index->part_count; i++) {
        parts[i].column = (uint16_t)take_number(decoder, UINT16_MAX);
        parts[i].flags = (uint16_t)take_number(decoder, UINT16_MAX);
        parts[i].prefix_chars = (uint32_t)take_number(decoder, UINT32_MAX);
    }
    index->parts = parts;
}

static void take_head(struct decoder *decoder, struct table_definition *table, uint64_t format) {
    table->id = take_number(decoder, UINT64_MAX);
    table->schema_version = take_number(decoder, UINT64_MAX);
    if (format >= 2) table->born_version = take_number(decoder, UINT64_MAX);
    table->bucket_map_version = take_number(decoder, UINT64_MAX);
    table->base_table_id = take_number(decoder, UINT64_MAX);
    table->database = take_text(decoder);
    table->name = take_text(decoder);
    table->comment = take_text(decoder);
    table->auto_increment = take_number(decoder, UINT64_MAX);
    table->created_epoch_s = take_number(decoder, UINT64_MAX);
    table->options = (uint32_t)take_number(decoder, UINT32_MAX);
    table->collation = (uint16_t)take_number(decoder, UINT16_MAX);
    table->collation_weights_version = (uint16_t)take_number(decoder, UINT16_MAX);
    table->partition_part_count = (uint16_t)take_number(decoder, INDEX_PART_COUNT_MAX);
}

enum status table_decode(struct slice bytes, struct arena *arena, struct table_definition **out) {
    struct decoder decoder = {reader_of(bytes), arena};
    struct table_definition *table = arena_new(arena, struct table_definition);
    *out = NULL;
    uint64_t format = take_number(&decoder, UINT8_MAX);
    if (format == 0 || format > TABLE_FORMAT) return STATUS_CORRUPT;
    take_head(&decoder, table, format);
    table->column_count = take_count(&decoder, TABLE_COLUMN_COUNT_MAX);
    struct column_definition *columns =
        arena_array(arena, struct column_definition, table->column_count);
    for (uint32_t i = 0; i < table->column_count && !decoder.reader.failed; i++) {
        take_column(&decoder, &columns[i]);
    }
    table->columns = columns;
    table->index_count = take_count(&decoder, TABLE_INDEX_COUNT_MAX);
    struct index_definition *indexes =
        arena_array(arena, struct index_definition, table->index_count);
    for (uint32_t i = 0; i < table->index_count && !decoder.reader.failed; i++) {
        take_index(&decoder, &indexes[i]);
    }
    table->indexes = indexes;
    if (decoder.reader.failed || reader_left(&decoder.reader) > 0) return STATUS_CORRUPT;
    if (table_check(table) != STATUS_OK) return STATUS_CORRUPT;
    *out = table;
    return STATUS_OK;
}
