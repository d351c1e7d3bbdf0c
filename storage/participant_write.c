/* participant_write.c: WRITE and CHANGE: lock, then write pending versions, maybe commit in the same step.
 *
 *   WRITE   first all locks, in the order of the ops; then all ops. Nothing is written before the last lock is
 *           there, so a request that waits has nothing to undo.
 *   CHANGE  row by row along its positions (participant_scan.c). It is cut before a lock that it would have to wait for,
 *           unless it commits without a name: then it undoes itself, waits and runs again (P4).
 *
 *   (PW1) After a refusal nothing of the request stays (txn_undo_request); its locks do, as in InnoDB.
 *   (PW2) Foreign rows are verified against the table's layout before they are stored.
 *   (PW3) Both passes of a WRITE meet a cache miss or two at every op of a large table; fetching ahead lets them overlap.
 */
#include "storage/participant_scan.h"
#include "wire/pack.h"

#define OPS_AHEAD 16

static void answer_written(struct run *run, const struct written *written) {
    struct message answer;
    participant_answer_open(run->shard, run->message, MESSAGE_WRITTEN, &answer);
    answer.written = *written;
    participant_answer(run->shard, &answer, ANSWER_NOW, run->out);
}

/* Refused: the statement fails (X9), a deadlock takes the transaction along. */
static struct run_end write_failed(struct run *run, enum status status, uint32_t detail) {
    CHECK(status != STATUS_OK);
    if (status == STATUS_END) return (struct run_end){RUN_WAIT_TRANSACTION, run->txn->slot};
    struct written written = {.status = (uint8_t)status, .error_detail = detail};
    answer_written(run, &written);
    if (status == STATUS_DEADLOCK) {
        participant_end(run->shard, run->txn, STATUS_DEADLOCK, run->out);
        run->txn = NULL;
    }
    txn_drop_if_autocommit(run);
    return run_done();
}

static uint32_t write_version_number(const struct transaction *txn, uint32_t request_number) {
    return txn->id.txn_number == 0 ? 1 : request_number;
}

/* What was asked for is written: commit, or answer. */
static struct run_end write_done(struct run *run, const struct written *written,
                                 uint8_t commit_mode, uint64_t floor) {
    CHECK(written->status == STATUS_OK && run->txn != NULL);
    if (commit_mode != COMMIT_AFTER || written->more) {
        answer_written(run, written);
        return run_done();
    }
    run->txn->reply_kind = MESSAGE_WRITTEN;
    run->txn->reply_written = *written;
    participant_commit(run, floor);
    return run_done();
}

/* ---- WRITE ---- */

static enum status write_lock_status(enum lock_outcome outcome) {
    switch (outcome) {
    case LOCK_GRANTED:
    case LOCK_QUEUED: return STATUS_OK;
    case LOCK_REFUSED: return STATUS_LOCK_NOWAIT;
    case LOCK_DEADLOCK: return STATUS_DEADLOCK;
    case LOCK_FULL: return STATUS_FULL;
    }
    UNREACHABLE();
}

/* The ops of a WRITE, read some places ahead: what one will look up is on its way to the cache by then (PW3). */
struct op_ahead {
    struct pack_op op;
    struct fragment_key key;
};
struct op_walk {
    struct reader reader;
    const struct lock_table *locks;  /* of the pass for the locks, or NULL */
    const struct fragment *fragment; /* of the other pass, or NULL */
    uint32_t table_id;
    uint32_t first, count; /* of `ahead`, a ring */
    struct op_ahead ahead[OPS_AHEAD];
};

static void op_walk_open(struct op_walk *walk, const struct write *write) {
    walk->reader = reader_of(write->ops);
    walk->locks = NULL;
    walk->fragment = NULL;
    walk->table_id = write->table_id;
    walk->first = walk->count = 0;
}

static bool op_walk_read(struct op_walk *walk) {
    struct op_ahead *ahead = &walk->ahead[(walk->first + walk->count) % OPS_AHEAD];
    if (!unpack_op(&walk->reader, &ahead->op)) return false;
    ahead->key = fragment_key_of(ahead->op.key);
    if (walk->fragment != NULL) fragment_read_ahead(walk->fragment, &ahead->key);
    if (walk->locks != NULL)
        lock_fetch(walk->locks, (struct lock_name){walk->table_id, ahead->key.hash});
    walk->count++;
    return true;
}

/* NULL at the end, and at a damage. Valid until the next call. */
static const struct op_ahead *op_walk_next(struct op_walk *walk) {
    while (walk->count < OPS_AHEAD && op_walk_read(walk)) {}
    if (walk->count == 0) return NULL;
    const struct op_ahead *next = &walk->ahead[walk->first];
    walk->first = (walk->first + 1) % OPS_AHEAD;
    walk->count--;
    if (walk->locks == NULL || walk->count <= OPS_AHEAD / 2) return next;
    const struct op_ahead *later = &walk->ahead[(walk->first + OPS_AHEAD / 2) % OPS_AHEAD];
    lock_fetch_first(walk->locks, (struct lock_name){walk->table_id, later->key.hash});
    return next;
}

/* All locks. false: one is queued. */
static bool write_lock_ops(struct run *run, enum status *status_out, uint32_t *at_out) {
    CHECK(run->txn != NULL);
    const struct write *write = &run->message->write;
    struct op_walk walk;
    op_walk_open(&walk, write);
    walk.locks = run->shard->locks;
    const struct op_ahead *next;
    for (*at_out = 0; (next = op_walk_next(&walk)) != NULL; (*at_out)++) {
        struct txn_lock lock = {{write->table_id, next->key.hash},
                                LOCK_EXCLUSIVE,
                                write->wait_policy,
                                write->lock_wait_ms};
        enum lock_outcome outcome = txn_lock(run, &lock);
        *status_out = write_lock_status(outcome);
        if (outcome == LOCK_QUEUED) return false;
        if (*status_out != STATUS_OK) return true;
    }
    bool is_damaged = walk.reader.failed || *at_out != write->op_count;
    *status_out = is_damaged ? STATUS_CORRUPT : STATUS_OK;
    return true;
}

static enum status write_op(struct run *run, struct table *table, const struct op_ahead *next) {
    CHECK(run->txn->machine.state == TXN_ACTIVE);
    const struct pack_op *op = &next->op;
    if (op->key.size == 0 || op->key.size > KEY_ENCODED_BYTES_MAX) return STATUS_INVALID;
    if (op->kind != WRITE_DELETE &&
        row_verify(table->layout->row, op->row) != STATUS_OK) /* (PW2) */
        return STATUS_CORRUPT;
    struct fragment_write write = {
        .key = next->key,
        .kind = op->kind,
        .row = op->row,
        .writer = run->txn->slot,
        .statement = write_version_number(run->txn, run->message->write.request_number),
    };
    return fragment_write(table->fragment, &write);
}

static enum status write_apply_ops(struct run *run, struct table *table, uint32_t *at_out) {
    struct op_walk walk;
    op_walk_open(&walk, &run->message->write);
    walk.fragment = table->fragment;
    const struct op_ahead *next;
    for (*at_out = 0; (next = op_walk_next(&walk)) != NULL; (*at_out)++) {
        enum status status = write_op(run, table, next);
        if (status != STATUS_OK) return status;
    }
    CHECK(!walk.reader.failed); /* the pass for the locks saw all of it */
    return STATUS_OK;
}

/* V3: a change of the table waits for who uses it, and lets nobody new in. */
static enum status write_use_table(struct run *run, uint32_t table_id, struct table **table_out) {
    CHECK(run->txn != NULL);
    enum status status =
        schema_use(&run->shard->schema, table_id, run->message->header.schema_version, table_out);
    if (status != STATUS_OK) return status;
    uint32_t before = run->txn->table_count;
    if (!(*table_out)->is_closing) {
        txn_note_table(run->txn, *table_out);
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < before; i++)
        if (run->txn->tables[i] == table_id) return STATUS_OK;
    return STATUS_OLD_SCHEMA;
}

struct run_end participant_write(struct run *run) {
    CHECK(run->message->header.kind == MESSAGE_WRITE);
    const struct write *write = &run->message->write;
    struct txn_request request = {
        {write->incarnation, write->txn_number}, write->request_number, write->statement_number};
    struct table *table = NULL;
    uint32_t at = 0;
    enum status status = txn_enter(run, &request);
    if (status != STATUS_OK) return write_failed(run, status, 0);
    status = write_use_table(run, write->table_id, &table);
    if (status != STATUS_OK) return write_failed(run, status, 0);
    if (!write_lock_ops(run, &status, &at)) return (struct run_end){RUN_WAIT_LOCK, WRITER_NONE};
    if (status != STATUS_OK) return write_failed(run, status, at);
    status = write_apply_ops(run, table, &at);
    if (status != STATUS_OK) {
        txn_undo_request(run->shard, run->txn,
                         write_version_number(run->txn, write->request_number)); /* (PW1) */
        return write_failed(run, status, at);
    }
    struct written written = {
        .status = STATUS_OK, .matched = write->op_count, .changed = write->op_count};
    return write_done(run, &written, write->commit_mode, write->floor);
}

/* ---- CHANGE ---- */

struct change_work {
    uint32_t matched, changed;
    struct buffer row;
    enum assign_mode mode;
};

static enum scan_stop change_accept(struct position_scan *scan, struct slice key,
                                    struct slice row) {
    CHECK(scan->run->txn->machine.state == TXN_ACTIVE);
    const struct change *change = &scan->run->message->change;
    struct change_work *work = scan->context;
    struct fragment_write write = {
        .key = fragment_key_of(key),
        .kind = WRITE_DELETE,
        .writer = scan->run->txn->slot,
        .statement = write_version_number(scan->run->txn, change->request_number),
    };
    work->matched++;
    if (change->change_kind == CHANGE_UPDATE) {
        struct assign_result result;
        work->row.size = 0;
        scan->status = program_assign(scan->program_run, row, work->mode, &work->row, &result);
        scan->error_detail = result.bad_column;
        if (scan->status != STATUS_OK) return SCAN_STOP_FAILED;
        if (!result.changed) return SCAN_STOP_NONE;
        write.kind = WRITE_UPDATE;
        write.row = result.row;
    }
    scan->status = fragment_write(scan->table->fragment, &write);
    if (scan->status != STATUS_OK) return SCAN_STOP_FAILED;
    work->changed++;
    return SCAN_STOP_NONE;
}

static struct run_end change_stopped(struct run *run, struct position_scan *scan,
                                     struct change_work *work, enum scan_stop stop) {
    CHECK(work->changed <= work->matched);
    const struct change *change = &run->message->change;
    uint32_t number = write_version_number(run->txn, change->request_number);
    bool has_more = false;
    switch (stop) {
    case SCAN_STOP_FAILED:
        txn_undo_request(run->shard, run->txn, number); /* (PW1) */
        return write_failed(run, scan->status, scan->error_detail);
    case SCAN_STOP_LOCK:
    case SCAN_STOP_OUTCOME:
        txn_undo_request(run->shard, run->txn, number);
        if (stop == SCAN_STOP_LOCK) return (struct run_end){RUN_WAIT_LOCK, WRITER_NONE};
        return (struct run_end){RUN_WAIT_OUTCOME, scan->waits_for};
    case SCAN_STOP_FULL:
        if (scan->is_whole) {
            txn_undo_request(run->shard, run->txn, number);
            return write_failed(run, STATUS_TOO_LARGE, 0);
        }
        has_more = true;
        break;
    case SCAN_STOP_NONE:
    case SCAN_STOP_END:
    case SCAN_STOP_LIMIT: break;
    }
    struct written written = {
        .status = STATUS_OK, .matched = work->matched, .changed = work->changed, .more = has_more};
    if (has_more) written.resume = position_scan_resume(scan);
    return write_done(run, &written, change->commit_mode, change->floor);
}

static enum status change_open(struct run *run, struct position_scan *scan) {
    CHECK(run->txn != NULL);
    const struct change *change = &run->message->change;
    const struct program *program = NULL;
    enum status status = write_use_table(run, change->table_id, &scan->table);
    if (status != STATUS_OK) return status;
    status = table_index_ordinal(scan->table, run->message->header.schema_version, change->index_id,
                                 &scan->ordinal);
    if (status != STATUS_OK) return status;
    status = position_scan_program(scan, change->program, change->parameters, &program);
    if (status != STATUS_OK) return status;
    bool assigns = program != NULL && program_has_assignments(program);
    if (change->change_kind == CHANGE_UPDATE && !assigns) return STATUS_INVALID;
    if (change->change_kind > CHANGE_DELETE || change->change_kind == 0) return STATUS_INVALID;
    return position_scan_open(scan, change->resume);
}

struct run_end participant_change(struct run *run) {
    CHECK(run->message->header.kind == MESSAGE_CHANGE);
    const struct change *change = &run->message->change;
    struct txn_request request = {{change->incarnation, change->txn_number},
                                  change->request_number,
                                  change->statement_number};
    struct position_scan scan = {.run = run,
                                 .lock_mode = LOCK_EXCLUSIVE,
                                 .wait_policy = change->wait_policy,
                                 .position_kind = change->position_kind,
                                 .flags = change->flags,
                                 .lock_wait_ms = change->lock_wait_ms,
                                 .row_limit = change->row_limit,
                                 .positions = change->positions,
                                 .is_whole = change->txn_number == 0,
                                 .accept = change_accept};
    struct change_work work = {.row = buffer_of(run->out->arena),
                               .mode =
                                   change->flags & CHANGE_LENIENT ? ASSIGN_LENIENT : ASSIGN_STRICT};
    scan.context = &work;
    enum status status = txn_enter(run, &request);
    if (status != STATUS_OK) return write_failed(run, status, 0);
    status = change_open(run, &scan);
    if (status != STATUS_OK) return write_failed(run, status, 0);
    scan.view = version_view_newest();
    scan.view.writer = run->txn->slot;
    scan.view.statement_below = txn_statement_first(run->txn, change->statement_number);
    return change_stopped(run, &scan, &work, position_scan_run(&scan));
}
