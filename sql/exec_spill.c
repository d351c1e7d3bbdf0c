/* exec_spill.c: rows that are kept on disk: how are they laid out, and how do they come back?
 *
 *   file:  | row | row | row | ..       row: struct packed_row, a multiple of 16 bytes
 *
 * A row is written as it lies in memory; its values' pointers mean nothing in the file and are set anew when it is read, which takes
 * no copy: the row stays in the reader's block. So blocks and rows are aligned to 16 bytes.
 *
 *   (S1) Writers and readers have one block each; only a row larger than a block has memory of its own.
 *   (S2) Files are cut by nobody: a reader ends where its writer was at the flush.
 */
#include "sql/exec_spill.h"

#include "sql/spill.h"

#define BLOCK_BYTES ((size_t)64 * 1024)
static_assert(BLOCK_BYTES <= SPILL_PIECE_BYTES_MAX, "a block is one call");

/* ---- packed rows ---- */

static size_t round_up(size_t size) { return (size + 15) & ~(size_t)15; }

static bool has_bytes(const struct value *value) {
    return value->kind == VALUE_STRING || value->kind == VALUE_JSON;
}

static bool is_large_decimal(const struct value *value) {
    return value->kind == VALUE_DECIMAL && value->size != 0;
}

static size_t tail_size(const struct value *value) {
    if (has_bytes(value)) return round_up(value->size);
    return is_large_decimal(value) ? round_up(sizeof(struct decimal)) : 0;
}

/* The bytes of the value lie at `tail`. */
static void point_at(struct value *value, const uint8_t *tail) {
    if (is_large_decimal(value)) value->decimal = (const struct decimal *)(const void *)tail;
    if (has_bytes(value)) value->bytes = tail;
}

struct packed_row *row_pack(struct arena *arena, const struct value *values, uint32_t count,
                            uint64_t tag) {
    size_t size = sizeof(struct packed_row) + count * sizeof(struct value);
    for (uint32_t i = 0; i < count; i++) size += tail_size(&values[i]);
    CHECK(size <= UINT32_MAX);
    struct packed_row *row = arena_alloc(arena, size);
    *row = (struct packed_row){.size = (uint32_t)size, .value_count = count, .tag = tag};
    uint8_t *tail = (uint8_t *)(row->values + count);
    for (uint32_t i = 0; i < count; i++) {
        row->values[i] = values[i];
        size_t room = tail_size(&values[i]);
        point_at(&row->values[i], tail);
        if (room == 0) continue;
        bool is_decimal = values[i].kind == VALUE_DECIMAL;
        const void *from = is_decimal ? (const void *)values[i].decimal : values[i].bytes;
        size_t bytes = is_decimal ? sizeof(struct decimal) : values[i].size;
        memcpy(tail, from, bytes);
        memset(tail + bytes, 0, room - bytes);
        tail += room;
    }
    return row;
}

/* After the row was moved. */
static void row_mend(struct packed_row *row) {
    const uint8_t *tail = (const uint8_t *)(row->values + row->value_count);
    for (uint32_t i = 0; i < row->value_count; i++) {
        point_at(&row->values[i], tail);
        tail += tail_size(&row->values[i]);
    }
    CHECK((size_t)(tail - (const uint8_t *)row) == row->size);
}

struct packed_row *row_pack_copy(struct arena *arena, const struct packed_row *row) {
    struct packed_row *copy = arena_alloc(arena, row->size);
    memcpy(copy, row, row->size);
    row_mend(copy);
    return copy;
}

/* ---- files ---- */

bool exec_is_full(const struct execution *execution, const struct arena *arena) {
    const struct exec_context *context = execution->context;
    return context->spill_files != NULL && arena->used_bytes > context->keep_bytes;
}

static enum status spill_failed(struct execution *execution, enum status status) {
    if (status == STATUS_FULL) {
        return diagnostics_error(execution->eval->diagnostics, ER_TEMP_FILE_WRITE_FAILURE);
    }
    return exec_refused(execution, status);
}

enum status spill_open(struct execution *execution, struct arena *arena, struct spill **out) {
    struct exec_context *context = execution->context;
    struct spill *spill = arena_new(execution->arena, struct spill);
    enum status status = context->spill_files->open(context->spill_files, &spill->file);
    if (status != STATUS_OK) return spill_failed(execution, status);
    spill->next = context->spills;
    context->spills = spill;
    spill->block = arena_alloc(arena, BLOCK_BYTES);
    *out = spill;
    return STATUS_OK;
}

static enum status file_append(struct execution *execution, struct spill *spill,
                               struct slice bytes) {
    struct spill_files *files = execution->context->spill_files;
    while (bytes.size > 0) {
        size_t piece = MIN(bytes.size, SPILL_PIECE_BYTES_MAX);
        enum status status = files->append(files, spill->file, slice_part(bytes, 0, piece));
        if (status != STATUS_OK) return spill_failed(execution, status);
        spill->size += piece;
        bytes = slice_part(bytes, piece, bytes.size);
    }
    return STATUS_OK;
}

enum status spill_flush(struct execution *execution, struct spill *spill) {
    if (spill->used == 0) return STATUS_OK;
    size_t used = spill->used;
    spill->used = 0;
    return file_append(execution, spill, slice_of(spill->block, used));
}

enum status spill_add(struct execution *execution, struct spill *spill,
                      const struct packed_row *row) {
    CHECK(spill->file != NULL && row->size % 16 == 0);
    enum status status = STATUS_OK;
    if (row->size > BLOCK_BYTES - spill->used) status = spill_flush(execution, spill);
    if (status != STATUS_OK) return status;
    spill->row_count++;
    if (row->size > BLOCK_BYTES) {
        return file_append(execution, spill, slice_of((const uint8_t *)row, row->size)); /* (S1) */
    }
    memcpy(spill->block + spill->used, row, row->size);
    spill->used += row->size;
    return STATUS_OK;
}

void spill_close(struct execution *execution, struct spill *spill) {
    struct spill_files *files = execution->context->spill_files;
    if (spill->file != NULL) files->close(files, spill->file);
    spill->file = NULL;
}

/* ---- reading ---- */

void spill_reader_open(struct spill_reader *reader, struct spill *spill, struct arena *arena) {
    CHECK(spill->used == 0); /* (S2) */
    *reader = (struct spill_reader){.spill = spill, .arena = arena, .end = spill->size};
}

/* At least `need` bytes behind `from`, which the file has. */
static enum status reader_fill(struct execution *execution, struct spill_reader *reader,
                               size_t need) {
    size_t left = reader->to - reader->from;
    if (left >= need) return STATUS_OK;
    uint8_t *block = reader->block;
    if (reader->capacity < need) {
        reader->capacity = MAX(need, BLOCK_BYTES); /* (S1) */
        block = arena_alloc(reader->arena, reader->capacity);
    }
    if (left > 0) memmove(block, reader->block + reader->from, left);
    reader->block = block;
    reader->from = 0;
    reader->to = left;
    struct spill_files *files = execution->context->spill_files;
    while (reader->to < need || (reader->at < reader->end && reader->to < BLOCK_BYTES)) {
        size_t room = reader->capacity - reader->to;
        size_t piece =
            (size_t)MIN((uint64_t)MIN(room, SPILL_PIECE_BYTES_MAX), reader->end - reader->at);
        CHECK(piece > 0);
        enum status status =
            files->read(files, reader->spill->file, reader->at, block + reader->to, piece);
        if (status != STATUS_OK) return spill_failed(execution, status);
        reader->at += piece;
        reader->to += piece;
    }
    return STATUS_OK;
}

enum status spill_read(struct execution *execution, struct spill_reader *reader,
                       struct packed_row **row_out) {
    if (reader->from == reader->to && reader->at == reader->end) return STATUS_END;
    enum status status = reader_fill(execution, reader, sizeof(struct packed_row));
    if (status != STATUS_OK) return status;
    struct packed_row head;
    memcpy(&head, reader->block + reader->from, sizeof head);
    status = reader_fill(execution, reader, head.size);
    if (status != STATUS_OK) return status;
    struct packed_row *row = (struct packed_row *)(void *)(reader->block + reader->from);
    reader->from += row->size;
    row_mend(row);
    *row_out = row;
    return STATUS_OK;
}
