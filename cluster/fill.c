/* fill.c: every row of a table gets its entry in a new unique index.
 *
 * The index takes all writes already, of every SQL daemon (V3). What is missing are the entries of older rows. Rows are
 * read in the order of the primary key, some a transaction, with shared locks, so that none changes before its entry is
 * there; the keys in the hidden table are locked and looked at, and those that are not there inserted.
 *   (FL1) An entry that is there with the same row is ours or a writer's: fine. With another row: DUPLICATE.
 *   (FL2) A transaction that loses a deadlock or a primary begins again behind the last row that was committed.
 */
#include "cluster/cluster_private.h"
#include "cluster/txn.h"

#define FILL_ROWS 200

struct fill {
    struct cluster *cluster;
    struct waiter *waiter;
    const struct table *table;
    const struct hidden_table *hidden;
    uint32_t index;
    struct schema_table entry; /* the hidden table as a table of its own */
    struct hidden_table no_hidden;
    const struct key_layout *keys[1];
    struct call_arena *batch_call, *position_call;
    struct arena *batch_arena, *position_arena;
    struct slice position; /* primary key behind which to go on; empty: from the start */
    struct row_write writes[FILL_ROWS];
    struct slice hidden_keys[FILL_ROWS];
    uint32_t count;
};

static void fill_open(struct fill *fill, struct cluster *cluster, struct waiter *waiter,
                      const struct table *table, uint32_t index) {
    *fill = (struct fill){.cluster = cluster, .waiter = waiter, .table = table, .index = index};
    fill->hidden = &schema_table_of(table)->hidden[index];
    fill->keys[0] = fill->hidden->key;
    fill->entry.hidden = &fill->no_hidden;
    fill->entry.table = (struct table){.definition = fill->hidden->definition,
                                       .layout = fill->hidden->layout,
                                       .index_keys = fill->keys,
                                       .partition_key = fill->hidden->partition,
                                       .map_number = table->map_number};
    fill->batch_call = call_arena_take(cluster);
    fill->position_call = call_arena_take(cluster);
    fill->batch_arena = &fill->batch_call->arena;
    fill->position_arena = &fill->position_call->arena;
}

static void fill_close(struct fill *fill) {
    call_arena_give(fill->cluster, fill->batch_call);
    call_arena_give(fill->cluster, fill->position_call);
}

/* The entry of a row, into the writes. */
static void fill_add(struct fill *fill, struct slice row) {
    struct buffer entry = buffer_of(fill->batch_arena), key = buffer_of(fill->batch_arena);
    if (key_row_has_null(fill->table->index_keys[fill->index], row)) return;
    row_project(fill->table->layout, row, fill->hidden->base_columns, fill->hidden->layout, &entry);
    key_of_row(fill->hidden->key, buffer_slice(&entry), &key);
    fill->writes[fill->count] = (struct row_write){.kind = ROW_INSERT, .row = buffer_slice(&entry)};
    fill->hidden_keys[fill->count++] = buffer_slice(&key);
}

/* Some rows behind the position, locked. END: there are none. */
static enum status fill_read(struct fill *fill, struct txn *txn, struct slice *last_out) {
    struct buffer range = buffer_of(fill->batch_arena);
    bool is_first = fill->position.size == 0;
    struct pack_range packed = {
        .flags = (uint8_t)(RANGE_UPPER_NONE | (is_first ? RANGE_LOWER_NONE : RANGE_LOWER_OPEN)),
        .lower = fill->position};
    pack_range(&range, &packed);
    struct scan_spec spec = {.table = fill->table,
                             .position_kind = POSITION_RANGES,
                             .positions = buffer_slice(&range),
                             .position_count = 1,
                             .lock_mode = LOCK_SHARED,
                             .order = SCAN_INDEX_ORDER,
                             .row_limit = FILL_ROWS};
    struct scan *scan;
    struct scan_batch batch;
    uint32_t seen = 0;
    struct slice last = SLICE_EMPTY;
    fill->count = 0;
    enum status status = scan_open(txn, &spec, fill->batch_arena, &scan);
    if (status != STATUS_OK) return status;
    while ((status = scan_next(scan, &batch)) == STATUS_OK) {
        for (uint32_t i = 0; i < batch.count; i++, seen++) fill_add(fill, batch.rows[i].bytes);
        last = arena_copy(fill->batch_arena, batch.rows[batch.count - 1].bytes);
    }
    scan_close(scan);
    if (status != STATUS_END) return status;
    if (seen == 0) return STATUS_END;
    struct buffer key = buffer_of(fill->batch_arena);
    key_of_row(fill->table->index_keys[0], last, &key);
    *last_out = buffer_slice(&key);
    return STATUS_OK;
}

/* Takes entries that are there out of the writes (FL1). */
static enum status fill_compare(struct fill *fill, struct txn *txn) {
    struct buffer points = buffer_of(fill->batch_arena);
    for (uint32_t i = 0; i < fill->count; i++) pack_point(&points, fill->hidden_keys[i]);
    struct scan_spec spec = {.table = &fill->entry.table,
                             .position_kind = POSITION_POINTS,
                             .positions = buffer_slice(&points),
                             .position_count = fill->count,
                             .lock_mode = LOCK_EXCLUSIVE};
    bool *is_there = arena_array(fill->batch_arena, bool, fill->count);
    memset(is_there, 0, fill->count * sizeof *is_there);
    struct scan *scan;
    struct scan_batch batch;
    enum status status = scan_open(txn, &spec, fill->batch_arena, &scan);
    if (status != STATUS_OK) return status;
    while ((status = scan_next(scan, &batch)) == STATUS_OK)
        for (uint32_t i = 0; i < batch.count; i++) {
            uint32_t at = batch.rows[i].ordinal;
            if (at >= fill->count) continue;
            is_there[at] = true;
            if (slice_equal(batch.rows[i].bytes, fill->writes[at].row)) continue;
            scan_close(scan);
            return STATUS_DUPLICATE;
        }
    scan_close(scan);
    if (status != STATUS_END) return status;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < fill->count; i++)
        if (!is_there[i]) fill->writes[kept++] = fill->writes[i];
    fill->count = kept;
    return STATUS_OK;
}

static enum status fill_try(struct fill *fill, struct txn *txn, struct slice *last_out) {
    txn_begin_statement(txn);
    enum status status = fill_read(fill, txn, last_out);
    if (status != STATUS_OK) return status;
    txn_begin_statement(txn);
    if (fill->count > 0) status = fill_compare(fill, txn);
    if (status != STATUS_OK) return status;
    txn_begin_statement(txn);
    struct write_spec spec = {
        .table = &fill->entry.table, .writes = fill->writes, .count = fill->count};
    return txn_write(txn, &spec, fill->batch_arena);
}

/* One transaction. END: the table is done. */
static enum status fill_batch(struct fill *fill) {
    struct txn_options options = {.isolation = ISOLATION_REPEATABLE_READ, .lock_wait_ms = 50000};
    struct txn *txn = txn_open(fill->cluster, fill->waiter, &options);
    struct slice last = SLICE_EMPTY;
    uint64_t floor;
    arena_reset(fill->batch_arena);
    enum status status = fill_try(fill, txn, &last);
    if (status != STATUS_OK) {
        txn_rollback(txn, &floor);
        return status;
    }
    status = txn_commit(txn, &floor);
    if (status != STATUS_OK) return status;
    arena_reset(fill->position_arena);
    fill->position = arena_copy(fill->position_arena, last);
    return STATUS_OK;
}

/* (FL2) */
static bool status_is_repeated(enum status status) {
    return status == STATUS_OK || status == STATUS_DEADLOCK || status == STATUS_ABORTED ||
           status == STATUS_UNKNOWN_OUTCOME || status == STATUS_LOCK_TIMEOUT;
}

enum status fill_index(struct cluster *cluster, struct waiter *waiter, const struct table *table,
                       uint32_t index) {
    struct call_arena *call = call_arena_take(cluster);
    struct fill *fill = arena_new(&call->arena, struct fill);
    fill_open(fill, cluster, waiter, table, index);
    enum status status;
    do status = fill_batch(fill);
    while (status_is_repeated(status));
    fill_close(fill);
    call_arena_give(cluster, call);
    return status == STATUS_END ? STATUS_OK : status;
}
