/* participant_read.c: READ: plain at a snapshot, plain at the newest, or locking.
 *
 *   (PR1) A plain read raises M to its snapshot first (T2) and leaves nothing else behind.
 *   (PR2) A newest plain read is one step, waits for prepared rows (T8), and its answer needs proof (T10).
 *   (PR3) A snapshot read needs a new confirm round only when its F is above the last proven one (T9).
 *   (PR4) A snapshot below what this replica keeps gets OLD_SNAPSHOT (V1).
 */
#include "storage/participant_scan.h"
#include "wire/pack.h"

struct read_answer {
    const struct program *program;
    struct buffer rows;
    uint32_t row_count, byte_limit;
    bool is_collected, is_keys_only, is_with_keys;
};

static void read_refuse(struct run *run, enum status status, uint32_t detail) {
    CHECK(status != STATUS_OK);
    struct message answer;
    participant_answer_open(run->shard, run->message, MESSAGE_ROWS, &answer);
    answer.rows.status = (uint8_t)status;
    answer.rows.error_detail = detail;
    participant_answer(run->shard, &answer, ANSWER_NOW, run->out);
}

/* (PR4) */
static enum status read_check_snapshot(const struct shard *shard, uint64_t snapshot) {
    CHECK(snapshot != 0);
    if (snapshot > TIMESTAMP_MAX) return STATUS_INVALID;
    if (snapshot < shard->history_from) return STATUS_OLD_SNAPSHOT;
    if (snapshot >= shard->horizon.complete_below) return STATUS_OK;
    for (uint32_t i = 0; i < shard->horizon.snapshot_count; i++)
        if (shard->horizon.snapshots[i] == snapshot) return STATUS_OK;
    return STATUS_OLD_SNAPSHOT;
}

/* What a plain read sees. */
static enum status read_view_plain(struct run *run, struct version_view *view_out) {
    CHECK(run->message->read.lock_mode == LOCK_NONE);
    const struct read *read = &run->message->read;
    struct shard *shard = run->shard;
    *view_out = version_view_newest();
    if (read->txn_number != 0) {
        struct writer_id id = {read->incarnation, read->txn_number};
        const struct transaction *txn = participant_find(shard, id);
        uint32_t held = txn == NULL ? 0 : txn->request_count;
        if (held != read->request_number) return txn == NULL ? STATUS_ABORTED : STATUS_WRONG_ORDER;
        if (txn != NULL) {
            if (txn->machine.state != TXN_ACTIVE) return STATUS_WRONG_ORDER;
            view_out->writer = txn->slot;
            if (read->position_kind == POSITION_RANGES)
                view_out->statement_below = txn_statement_first(txn, read->statement_number);
        }
    }
    if (read->snapshot == 0) return STATUS_OK;
    enum status status = read_check_snapshot(shard, read->snapshot);
    if (status != STATUS_OK) return status;
    view_out->snapshot = read->snapshot;
    shard->snapshot_max = MAX(shard->snapshot_max, read->snapshot); /* (PR1) */
    shard->fence_known = MAX(shard->fence_known, run->message->header.fence);
    return STATUS_OK;
}

static enum status read_view(struct run *run, struct version_view *view_out) {
    const struct read *read = &run->message->read;
    if (read->lock_mode == LOCK_NONE) return read_view_plain(run, view_out);
    if (read->lock_mode > LOCK_EXCLUSIVE || read->txn_number == 0) return STATUS_INVALID;
    struct txn_request request = {
        {read->incarnation, read->txn_number}, read->request_number, read->statement_number};
    enum status status = txn_enter(run, &request);
    if (status != STATUS_OK) return status;
    *view_out = version_view_newest();
    view_out->writer = run->txn->slot;
    if (read->position_kind == POSITION_RANGES)
        view_out->statement_below = txn_statement_first(run->txn, read->statement_number);
    return STATUS_OK;
}

/* READ_WITH_KEYS: u16 size and bytes of the row's key in the index, so that shards' rows can be merged. */
static void read_put_key(struct position_scan *scan, struct slice key, struct slice row,
                         struct buffer *rows) {
    size_t at = rows->size;
    uint8_t size[2] = {0, 0};
    buffer_append(rows, slice_of(size, sizeof size));
    if (scan->ordinal == 0)
        buffer_append(rows, key);
    else
        fragment_entry_key(scan->table->fragment, scan->ordinal, row, rows);
    CHECK(rows->size - at - 2 <= UINT16_MAX);
    store_le16(rows->data + at, (uint16_t)(rows->size - at - 2));
}

/* A row into the answer, through the program's outputs. */
static enum status read_put(struct position_scan *scan, struct slice key, struct slice row) {
    CHECK(!((struct read_answer *)scan->context)->is_collected);
    struct read_answer *answer = scan->context;
    answer->row_count++;
    if (scan->program_run == NULL && !answer->is_with_keys && !answer->is_keys_only) {
        pack_row(&answer->rows, scan->position, row);
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    size_t opened = pack_row_open(&answer->rows, scan->position);
    if (answer->is_with_keys) read_put_key(scan, key, row, &answer->rows);
    struct slice output;
    if (answer->is_keys_only) {
        /* nothing more: that it exists is the answer */
    } else if (scan->program_run == NULL) {
        buffer_append(&answer->rows, row);
    } else {
        status = program_output(scan->program_run, row, &answer->rows, &output);
    }
    pack_row_close(&answer->rows, opened);
    return status;
}

static enum scan_stop read_accept(struct position_scan *scan, struct slice key, struct slice row) {
    struct read_answer *answer = scan->context;
    bool is_full = answer->byte_limit != 0 && answer->row_count > 0 &&
                   answer->rows.size + row.size > answer->byte_limit;
    if (is_full && !answer->is_collected) return SCAN_STOP_FULL;
    enum status status =
        answer->is_collected ? program_collect(scan->program_run, row) : read_put(scan, key, row);
    if (status == STATUS_OK) return SCAN_STOP_NONE;
    scan->status = status;
    return SCAN_STOP_FAILED;
}

/* Groups and top-n of what this request saw, as partial rows. */
static enum status read_collected(struct position_scan *scan, struct read_answer *answer) {
    CHECK(scan->program_run != NULL && answer->is_collected);
    enum status status = program_finish(scan->program_run, FINISH_PARTIAL);
    struct slice row;
    while (status == STATUS_OK) {
        status = program_next(scan->program_run, &row);
        if (status != STATUS_OK) break;
        pack_row(&answer->rows, 0, row);
        answer->row_count++;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* (PR2), (PR3) */
static enum answer_proof read_proof(const struct run *run) {
    const struct read *read = &run->message->read;
    if (read->lock_mode != LOCK_NONE) return ANSWER_NOW; /* its commit proves it */
    if (read->snapshot == 0) return ANSWER_PROVEN;
    return run->message->header.fence > run->shard->fence_proven ? ANSWER_PROVEN : ANSWER_NOW;
}

static void read_give(struct run *run, struct position_scan *scan, struct read_answer *rows,
                      enum scan_stop stop) {
    CHECK(stop != SCAN_STOP_FAILED && stop != SCAN_STOP_LOCK);
    bool has_more = stop == SCAN_STOP_FULL || stop == SCAN_STOP_OUTCOME;
    struct message answer;
    participant_answer_open(run->shard, run->message, MESSAGE_ROWS, &answer);
    const struct read *read = &run->message->read;
    if (read->snapshot != 0 && read->lock_mode == LOCK_NONE)
        answer.header.shown = MAX(read->snapshot, run->message->header.shown); /* T4 */
    answer.rows = (struct rows){.status = STATUS_OK,
                                .more = has_more,
                                .row_count = rows->row_count,
                                .rows = buffer_slice(&rows->rows)};
    if (has_more) answer.rows.resume = position_scan_resume(scan);
    participant_answer(run->shard, &answer, read_proof(run), run->out);
}

/* A failed locking request: a deadlock ends the transaction, anything else only the statement (X9). */
static struct run_end read_failed(struct run *run, enum status status, uint32_t detail) {
    CHECK(status != STATUS_OK);
    if (status == STATUS_END) return (struct run_end){RUN_WAIT_TRANSACTION, run->txn->slot};
    read_refuse(run, status, detail);
    if (status == STATUS_DEADLOCK) participant_end(run->shard, run->txn, STATUS_DEADLOCK, run->out);
    return run_done();
}

static struct run_end read_stopped(struct run *run, struct position_scan *scan,
                                   struct read_answer *rows, enum scan_stop stop) {
    const struct read *read = &run->message->read;
    bool is_newest = read->lock_mode == LOCK_NONE && read->snapshot == 0;
    bool may_cut = scan->has_progress && !is_newest;
    switch (stop) {
    case SCAN_STOP_FAILED: return read_failed(run, scan->status, scan->error_detail);
    case SCAN_STOP_LOCK: return (struct run_end){RUN_WAIT_LOCK, WRITER_NONE};
    case SCAN_STOP_OUTCOME:
        if (!may_cut) return (struct run_end){RUN_WAIT_OUTCOME, scan->waits_for};
        break;
    case SCAN_STOP_FULL:
        if (is_newest) return read_failed(run, STATUS_TOO_LARGE, 0); /* T8 */
        break;
    case SCAN_STOP_NONE:
    case SCAN_STOP_END:
    case SCAN_STOP_LIMIT: break;
    }
    if (rows->is_collected) {
        enum status status = read_collected(scan, rows);
        if (status != STATUS_OK) return read_failed(run, status, 0);
    }
    read_give(run, scan, rows, stop);
    return run_done();
}

struct run_end participant_read(struct run *run) {
    CHECK(run->message->header.kind == MESSAGE_READ);
    const struct read *read = &run->message->read;
    struct position_scan scan = {.run = run,
                                 .lock_mode = (enum lock_mode)read->lock_mode,
                                 .wait_policy = read->wait_policy,
                                 .position_kind = read->position_kind,
                                 .flags = read->flags,
                                 .lock_wait_ms = read->lock_wait_ms,
                                 .row_limit = read->row_limit,
                                 .positions = read->positions,
                                 .accept = read_accept};
    struct read_answer rows = {.rows = buffer_of(run->out->arena),
                               .byte_limit = read->byte_limit,
                               .is_keys_only = (read->flags & READ_KEYS_ONLY) != 0,
                               .is_with_keys = (read->flags & READ_WITH_KEYS) != 0};
    scan.context = &rows;
    enum status status = read_view(run, &scan.view);
    if (status == STATUS_OK)
        status = schema_use(&run->shard->schema, read->table_id,
                            run->message->header.schema_version, &scan.table);
    if (status == STATUS_OK)
        status = table_index_ordinal(scan.table, run->message->header.schema_version,
                                     read->index_id, &scan.ordinal);
    if (status == STATUS_OK)
        status = position_scan_program(&scan, read->program, read->parameters, &rows.program);
    if (status == STATUS_OK) status = position_scan_open(&scan, read->resume);
    if (status != STATUS_OK) return read_failed(run, status, 0);
    rows.is_collected = rows.program != NULL && program_is_collected(rows.program);
    if (rows.is_collected) scan.row_limit = 0; /* a limit of groups is the program's own */
    return read_stopped(run, &scan, &rows, position_scan_run(&scan));
}
