/* checkpoint_item.c: how do the parts of a shard's state become bytes, and foreign bytes parts again?
 *
 *     item: | u8 kind | varint size of the body | body |
 *   (I1) A kind that is not known, a body with bytes missing or left over: CORRUPT, nothing is passed over.
 *   (I2) A PREPARED item holds a whole valid PREPARE record; lists are verified as in record.c.
 */
#include "storage/checkpoint.h"

#define ITEM_CODEC(number, NAME, name, FIELDS) MESSAGE_CODEC(item_##name, FIELDS)
ITEM_LIST(ITEM_CODEC)
#undef ITEM_CODEC

#define CASE_SIZE(number, NAME, name, FIELDS)                                                      \
    case ITEM_##NAME: return item_##name##_size(&item->name);
static size_t item_body_size(const struct item *item) {
    switch ((enum item_kind)item->kind) { ITEM_LIST(CASE_SIZE) }
    UNREACHABLE();
}

#define CASE_ENCODE(number, NAME, name, FIELDS)                                                    \
    case ITEM_##NAME: item_##name##_encode(writer, &item->name); return;
static void item_body_encode(struct writer *writer, const struct item *item) {
    switch ((enum item_kind)item->kind) { ITEM_LIST(CASE_ENCODE) }
    UNREACHABLE();
}

#define CASE_DECODE(number, NAME, name, FIELDS)                                                    \
    case ITEM_##NAME: item_##name##_decode(reader, &item_out->name); return true;
static bool item_body_decode(struct reader *reader, struct item *item_out) {
    switch ((enum item_kind)item_out->kind) { ITEM_LIST(CASE_DECODE) }
    return false;
}

void item_append(struct buffer *items, const struct item *item) {
    size_t body = item_body_size(item), size = 1 + varint_size(body) + body;
    buffer_reserve(items, size);
    struct writer writer = writer_of(items->data + items->size, size);
    writer_u8(&writer, item->kind);
    writer_varint(&writer, body);
    item_body_encode(&writer, item);
    CHECK(!writer.failed);
    CHECK(writer.at == writer.end);
    items->size += size;
}

/* (I2) */
static bool item_is_sound(const struct item *item) {
    CHECK(item->kind != 0);
    struct record record;
    if (item->kind == ITEM_PREPARED) {
        return record_decode(item->prepared.record, &record) == STATUS_OK &&
               record.kind == RECORD_PREPARE;
    }
    if (item->kind == ITEM_MARK) return item->mark.exceptions.size % sizeof(uint64_t) == 0;
    return true;
}

enum status item_next(struct slice *items, struct item *item_out) {
    CHECK(item_out != NULL);
    if (items->size == 0) return STATUS_END;
    struct reader reader = reader_of(*items);
    memset(item_out, 0, sizeof(*item_out));
    item_out->kind = reader_u8(&reader);
    struct slice body = reader_slice(&reader);
    if (reader.failed) return STATUS_CORRUPT;
    struct reader body_reader = reader_of(body);
    if (!item_body_decode(&body_reader, item_out)) return STATUS_CORRUPT; /* (I1) */
    if (body_reader.failed || reader_left(&body_reader) != 0) return STATUS_CORRUPT;
    if (!item_is_sound(item_out)) return STATUS_CORRUPT;
    CHECK(reader_left(&reader) < items->size);
    *items = slice_of(reader.at, reader_left(&reader));
    return STATUS_OK;
}
