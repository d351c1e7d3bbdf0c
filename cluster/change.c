/* change.c: UPDATE and DELETE by program, where the rows are.
 *
 * The positions are split as a scan's are; every shard changes its part, all at once, each until it has no more. With a
 * limit on the rows the shards take turns instead, or more rows than that would be changed. A change that concerns one
 * shard and is an autocommit statement carries the commit with its last request.
 */
#include "cluster/cluster_private.h"
#include "cluster/scan.h"

struct change_part {
    uint16_t shard;
    struct slice positions, resume;
    bool is_done;
    struct ask ask;
    uint64_t since_us;
};

struct table_change {
    struct txn *txn;
    const struct change_spec *spec;
    struct arena *arena;
    struct change_part *parts;
    uint32_t part_count;
    uint32_t statement;
    bool is_commit;
    struct change_result result;
};

static bool is_column_of(const struct index_definition *index, uint16_t column) {
    for (uint32_t i = 0; i < index->part_count; i++)
        if (index->parts[i].column == column) return true;
    return false;
}

/* Unique indexes have entries elsewhere: txn_write keeps those. */
static enum status change_check(const struct change_spec *spec, struct arena *arena) {
    const struct schema_table *entry = schema_table_of(spec->table);
    if (!entry->has_unique) return STATUS_OK;
    if (spec->kind == CHANGE_DELETE) return STATUS_UNSUPPORTED;
    struct program *program;
    enum status status = program_open(spec->program, spec->table->layout, arena, &program);
    if (status != STATUS_OK) return status;
    uint32_t count;
    const uint16_t *columns = program_assigned_columns(program, &count);
    const struct table_definition *definition = spec->table->definition;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < definition->index_count; j++)
            if (definition->indexes[j].kind != INDEX_ORDERED &&
                is_column_of(&definition->indexes[j], columns[i]))
                return STATUS_UNSUPPORTED;
    return STATUS_OK;
}

static enum status part_send(struct table_change *change, struct change_part *part) {
    const struct change_spec *spec = change->spec;
    struct txn *txn = change->txn;
    struct txn_shard *entry;
    enum status status = txn_shard_touch(txn, part->shard, &entry);
    if (status != STATUS_OK) return status;
    entry->has_written = true;
    entry->write_statement = change->statement;
    struct arena *out = txn->cluster->out->arena;
    bool is_weak = txn->options.isolation <= ISOLATION_READ_COMMITTED;
    struct message *message = ask_shard(txn->cluster, &part->ask, MESSAGE_CHANGE, part->shard);
    message->header.schema_version = (uint32_t)spec->table->definition->schema_version;
    message->change = (struct change){
        .incarnation = txn->incarnation,
        .txn_number = txn->mark.number,
        .request_number = entry->request_count,
        .statement_number = change->statement,
        .floor = txn->floor,
        .table_id = (uint32_t)spec->table->definition->id,
        .index_id =
            spec->index == 0 ? 0 : (uint16_t)spec->table->definition->indexes[spec->index].id,
        .change_kind = (uint8_t)spec->kind,
        .wait_policy = (uint8_t)spec->wait_policy,
        .lock_wait_ms = txn->options.lock_wait_ms,
        .flags = (uint8_t)(spec->flags | (is_weak ? READ_RELEASE_FILTERED : 0)),
        .commit_mode = change->is_commit ? COMMIT_AFTER : COMMIT_NO,
        .position_kind = (uint8_t)spec->position_kind,
        .row_limit = spec->row_limit == 0 ? 0 : spec->row_limit - (uint32_t)change->result.matched,
        .program = arena_copy(out, spec->program),
        .parameters = arena_copy(out, spec->parameters),
        .positions = arena_copy(out, part->positions),
        .resume = arena_copy(out, part->resume),
    };
    return STATUS_OK;
}

static enum status change_fail(struct table_change *change, const struct change_part *part,
                               enum status status) {
    struct txn_error error = {
        .status = status, .table = change->spec->table, .index = change->spec->index};
    bool is_written =
        part->ask.state == ASK_ANSWERED && part->ask.answer.header.kind == MESSAGE_WRITTEN;
    if (is_written) error.column = part->ask.answer.written.error_detail;
    txn_set_error(change->txn, &error);
    txn_undo_from(change->txn, change->statement);
    return scan_plan_status(change->txn->cluster, change->spec->table, status);
}

static bool status_is_of_term(enum status status) {
    return status == STATUS_UNAVAILABLE || status == STATUS_OLD_TERM ||
           status == STATUS_WRONG_PRIMARY || status == STATUS_OLD_MAP || status == STATUS_BUSY ||
           status == STATUS_WRONG_ORDER || status == STATUS_ABORTED;
}

/* OK: go on (it may have to be sent again). END: the commit is certain. */
static enum status part_refused(struct table_change *change, struct change_part *part,
                                enum status status) {
    struct txn *txn = change->txn;
    if (change->is_commit && part->ask.node != 0 && status_is_of_term(status)) {
        status = txn_resolve_autocommit(txn, part->shard);
        if (status == STATUS_OK) return STATUS_END;
        if (status != STATUS_ABORTED) return change_fail(change, part, status);
        txn->mark.number = 0; /* X8: from the start, under a new number */
        part->resume = SLICE_EMPTY;
        change->result = (struct change_result){0};
        return STATUS_OK;
    }
    if (change->is_commit && status == STATUS_CANCELLED) {
        status = txn_cancel_autocommit(txn, part->shard);
        return status == STATUS_OK ? STATUS_END : status;
    }
    struct txn_refusal refusal = {&part->ask, status, true};
    status = txn_on_refusal(txn, &refusal, &part->since_us);
    return status == STATUS_OK ? STATUS_OK : change_fail(change, part, status);
}

static enum status part_absorb(struct table_change *change, struct change_part *part) {
    enum status status = ask_wait(change->txn->cluster, &part->ask);
    if (status == STATUS_OK) status = ask_status(&part->ask);
    if (status != STATUS_OK) return part_refused(change, part, status);
    const struct written *written = &part->ask.answer.written;
    if (part->ask.answer.header.kind != MESSAGE_WRITTEN)
        return change_fail(change, part, STATUS_CORRUPT);
    struct txn_shard *entry = txn_shard_find(change->txn, part->shard);
    if (entry != NULL) entry->is_answered = true;
    change->result.matched += written->matched;
    change->result.changed += written->changed;
    part->resume = written->resume;
    uint32_t limit = change->spec->row_limit;
    bool is_full = limit != 0 && change->result.matched >= limit;
    part->is_done = !written->more || (is_full && !change->is_commit);
    if (part->is_done && change->is_commit) return STATUS_END;
    return STATUS_OK;
}

/* All parts that are not done, or with a limit the first of them. */
static uint32_t change_count(const struct table_change *change, uint32_t *first_out) {
    uint32_t first = 0;
    while (first < change->part_count && change->parts[first].is_done) first++;
    *first_out = first;
    if (first == change->part_count) return 0;
    return change->spec->row_limit != 0 ? 1 : change->part_count - first;
}

/* One request to each of them. */
static enum status change_round(struct table_change *change, uint32_t first, uint32_t count) {
    enum status status = STATUS_OK;
    for (uint32_t i = first; i < first + count && status == STATUS_OK; i++)
        if (!change->parts[i].is_done) status = part_send(change, &change->parts[i]);
    for (uint32_t i = first; i < first + count && status == STATUS_OK; i++)
        if (!change->parts[i].is_done) status = part_absorb(change, &change->parts[i]);
    return status;
}

static void change_forget(struct table_change *change) {
    for (uint32_t i = 0; i < change->part_count; i++) {
        struct change_part *part = &change->parts[i];
        if (part->ask.state == ASK_SENT) txn_note_waiting(change->txn, part->shard);
        ask_forget(change->txn->cluster, &part->ask);
    }
}

static enum status change_run(struct table_change *change) {
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        uint32_t first, count = change_count(change, &first);
        uint32_t limit = change->spec->row_limit;
        if (count == 0 || (limit != 0 && change->result.matched >= limit)) return STATUS_OK;
        status = change_round(change, first, count);
    }
    if (status == STATUS_END) {
        if (change->txn->life == TXN_LIFE_OPEN) txn_committed_with_write(change->txn);
        return STATUS_OK;
    }
    change_forget(change);
    return status;
}

enum status txn_change(struct txn *txn, const struct change_spec *spec, struct arena *arena,
                       struct change_result *result_out) {
    *result_out = (struct change_result){0};
    if (txn->life != TXN_LIFE_OPEN) return STATUS_ABORTED;
    if (txn->cluster->route.configuration == NULL) return STATUS_UNAVAILABLE;
    enum status status = txn_check_writable(spec->table);
    if (status == STATUS_OK) status = change_check(spec, arena);
    if (status != STATUS_OK) return status;
    struct split_spec split_spec = {spec->table, spec->index, spec->position_kind, spec->positions,
                                    spec->position_count};
    struct scan_split one;
    struct table_change change = {.txn = txn, .spec = spec, .arena = arena};
    const struct scan_split *splits =
        scan_split(txn->cluster, &split_spec, arena, &one, &change.part_count);
    change.parts = arena_array(arena, struct change_part, change.part_count);
    for (uint32_t i = 0; i < change.part_count; i++) {
        change.parts[i] =
            (struct change_part){.shard = splits[i].shard, .positions = splits[i].positions};
        change.parts[i].ask.waiter = txn->waiter;
        change.parts[i].ask.arena = arena;
    }
    change.statement = txn_next_batch(txn);
    change.is_commit = spec->extent == WRITE_WHOLE_STATEMENT && txn_is_autocommit(txn) &&
                       change.part_count == 1 && txn->shard_count == 0;
    status = change_run(&change);
    *result_out = change.result;
    return status;
}
