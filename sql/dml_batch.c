/* dml_batch.c: how do many rows get written, when some of them are there already?
 *
 * The cluster writes a batch all or none, and says which write met a duplicate first. Where that is not the statement's end, the writes
 * before it are sent alone, the one is ignored or settled, and the rest goes on in pieces that grow again:
 *
 *   | written | duplicate | rest |        a batch without duplicates is one request
 */
#include "row/collation.h"
#include "sql/dml_copy.h"

#define BATCH_ROWS_MAX  1000
#define BATCH_BYTES_MAX ((size_t)1 << 20)
#define PIECE_FIRST     8 /* rows that are tried behind a duplicate */

void dml_batch_open(struct dml_batch *batch, struct execution *execution,
                    const struct table *table) {
    *batch = (struct dml_batch){
        .execution = execution, .table = table, .arena = execution->arena, .first_row = 1};
}

void dml_batch_add(struct dml_batch *batch, const struct row_write *write) {
    if (batch->count == batch->capacity) {
        uint32_t capacity = MAX(1u, batch->capacity * 2);
        struct row_write *writes = arena_array(batch->execution->arena, struct row_write, capacity);
        if (batch->count > 0) memcpy(writes, batch->writes, batch->count * sizeof *writes);
        batch->writes = writes;
        batch->capacity = capacity;
    }
    batch->writes[batch->count++] = *write;
    batch->bytes += write->row.size + write->old_row.size;
}

bool dml_batch_is_full(const struct dml_batch *batch) {
    return batch->count >= BATCH_ROWS_MAX || batch->bytes >= BATCH_BYTES_MAX;
}

/* ---- duplicates ---- */

static void print_key(struct execution *execution, const struct txn_error *error,
                      struct buffer *out) {
    const struct index_definition *index = &error->table->definition->indexes[error->index];
    for (uint32_t i = 0; i < index->part_count; i++) {
        uint32_t column = index->parts[i].column;
        struct value value = row_value(error->table->layout, error->row, column, execution->arena);
        struct slice text =
            value_is_null(&value)
                ? SLICE_LITERAL("NULL")
                : value_text_typed(&value, &error->table->definition->columns[column].type,
                                   execution->arena);
        if (i > 0) buffer_append_byte(out, '-');
        buffer_append(out, text);
    }
}

/* "Duplicate entry '1-a' for key 't.PRIMARY'" */
static const char *duplicate_text(struct execution *execution, const struct txn_error *error,
                                  struct slice shown) {
    const struct table_definition *table = error->table->definition;
    if (shown.size == 0) shown = table->name;
    struct buffer key = buffer_of(execution->arena);
    print_key(execution, error, &key);
    struct slice name = table->indexes[error->index].name;
    return arena_printf(execution->arena, "Duplicate entry '%.*s' for key '%.*s.%.*s'",
                        (int)MIN(key.size, (size_t)64), (const char *)key.data, (int)shown.size,
                        (const char *)shown.data, (int)name.size, (const char *)name.data);
}

enum status dml_duplicate_error(struct execution *execution, const struct txn_error *error,
                                struct slice shown) {
    return diagnostics_error_text(execution->eval->diagnostics, ER_DUP_ENTRY, "%s",
                                  duplicate_text(execution, error, shown));
}

enum status dml_write_one(struct execution *execution, const struct table *table,
                          const struct row_write *write) {
    struct write_spec spec = {.table = table, .writes = write, .count = 1, .extent = WRITE_PART};
    enum status status = txn_write(execution->context->txn, &spec, execution->arena);
    if (status == STATUS_OK || status == STATUS_DUPLICATE) return status;
    return exec_refused(execution, status);
}

static enum status batch_duplicate(struct dml_batch *batch, uint32_t at) {
    struct execution *execution = batch->execution;
    execution->eval->diagnostics->row_number = (uint32_t)(batch->first_row + at);
    const struct txn_error *error = txn_error(execution->context->txn);
    switch (batch->on_duplicate) {
    case DUPLICATE_ERROR: return dml_duplicate_error(execution, error, SLICE_EMPTY);
    case DUPLICATE_IGNORE:
        diagnostics_warn_text(execution->eval->diagnostics, ER_DUP_ENTRY, "%s",
                              duplicate_text(execution, error, SLICE_EMPTY));
        batch->ignored++;
        return STATUS_OK;
    case DUPLICATE_SETTLE: return batch->settle(batch, at, error->index);
    }
    UNREACHABLE();
}

/* ---- sending ---- */

/* Writes `count` of them. END: the first one is a duplicate that has been dealt with. DUPLICATE: a later one is; how many come
 * before it is in *clean_out. */
static enum status batch_send(struct dml_batch *batch, uint32_t at, struct write_spec *spec,
                              uint32_t *clean_out) {
    struct txn *txn = batch->execution->context->txn;
    spec->table = batch->table;
    spec->writes = batch->writes + at;
    enum status status = txn_write(txn, spec, batch->arena);
    if (status == STATUS_OK) {
        batch->written += spec->count;
        return STATUS_OK;
    }
    if (status != STATUS_DUPLICATE) return exec_refused(batch->execution, status);
    *clean_out = txn_error(txn)->op;
    if (*clean_out > 0 && batch->on_duplicate != DUPLICATE_ERROR) return STATUS_DUPLICATE;
    status = batch_duplicate(batch, at + *clean_out);
    return status == STATUS_OK ? STATUS_END : status;
}

enum status dml_batch_flush(struct dml_batch *batch, enum write_extent extent) {
    uint32_t at = 0, piece = batch->count, clean = 0;
    struct exec_copy *copy = batch->execution->context->copy;
    if (copy != NULL) return dml_copy_flush(batch, copy);
    while (at < batch->count) {
        struct write_spec spec = {.count = MIN(piece, batch->count - at), .extent = WRITE_PART};
        if (spec.count == batch->count) spec.extent = extent;
        enum status status = batch_send(batch, at, &spec, &clean);
        if (status == STATUS_OK) {
            at += spec.count;
            piece = MAX(PIECE_FIRST, piece * 2);
        } else if (status == STATUS_END) {
            at++;
            piece = PIECE_FIRST;
        } else if (status == STATUS_DUPLICATE) {
            piece = clean;
        } else {
            return status;
        }
    }
    batch->first_row += batch->count;
    batch->count = 0;
    batch->bytes = 0;
    if (batch->arena != batch->execution->arena) arena_reset(batch->arena);
    return STATUS_OK;
}
