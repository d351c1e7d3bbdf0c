/* write.c: rows and the entries of their unique indexes, one request a table and shard.
 *
 *   writes -> ops, each for a target (the table, or the hidden table of a unique index) and a shard
 *          -> groups: | target, shard | ops | where each came from |   sent together, answered in any order
 *
 *   (W1) A batch has a statement number of its own: when one group is refused, the others are undone with it, and
 *        nothing else of the statement (X9).
 *   (W2) The refusal that is reported is the one of the earliest write, of the earliest index: as if rows had been
 *        written one after the other.
 *   (W3) A batch that is one group of an autocommit transaction carries the commit with it. When its answer is lost,
 *        the outcome is asked for (X7); if it is certainly aborted, it is sent again under a new number (X8).
 *   (W4) An index that is not public yet may lack the entry of an old row: a delete is a put and a delete, so that it
 *        succeeds either way (V3).
 */
#include "cluster/cluster_private.h"
#include "cluster/txn.h"

#define GROUP_BYTES_MAX MIB
#define GROUP_OPS_MAX   1000

struct write_origin {
    uint32_t write, index;
};

/* Where ops go: the table itself (index 0) or the hidden table of a unique index. */
struct write_target {
    const struct table_definition *definition;
    const struct key_layout *partition;
    uint32_t index;
};

struct write_group {
    const struct write_target *target;
    uint16_t shard;
    uint32_t op_count;
    struct buffer ops, origins;
    struct ask ask;
    enum status status;
};

struct write_batch {
    struct txn *txn;
    const struct write_spec *spec;
    const struct schema_table *entry;
    struct arena *arena;
    const struct route_map *map;
    struct write_target *targets; /* by index; [0] is the table */
    struct write_group **open;    /* by target and place: takes more ops */
    struct write_group **groups;
    uint32_t group_count, group_capacity;
    uint32_t write_at;
    size_t group_bytes; /* about what a group of the table's own ops will hold */
    uint32_t statement; /* (W1) */
    bool is_commit;     /* (W3) */
};

/* ---- building ---- */

static struct write_group *group_add(struct write_batch *batch, const struct write_target *target,
                                     uint16_t shard) {
    if (batch->group_count == batch->group_capacity) {
        uint32_t capacity = MAX(8u, 2 * batch->group_capacity);
        struct write_group **groups = arena_array(batch->arena, struct write_group *, capacity);
        if (batch->group_count > 0)
            memcpy(groups, batch->groups, batch->group_count * sizeof *groups);
        batch->groups = groups;
        batch->group_capacity = capacity;
    }
    struct write_group *group = arena_new(batch->arena, struct write_group);
    group->target = target;
    group->shard = shard;
    group->ops = buffer_of(batch->arena);
    group->origins = buffer_of(batch->arena);
    buffer_reserve(&group->ops, batch->group_bytes);
    group->ask.waiter = batch->txn->waiter;
    batch->groups[batch->group_count++] = group;
    return group;
}

/* An op, for the shard of the row that it writes (deletes: wrote). */
struct batch_op {
    enum write_kind kind;
    struct slice key, row, partition;
};

static void batch_add(struct write_batch *batch, uint32_t index, const struct batch_op *op) {
    uint32_t place = route_place(batch->map, op->partition);
    struct write_group **open = &batch->open[index * batch->map->shard_count + place];
    if (*open == NULL || (*open)->op_count == GROUP_OPS_MAX || (*open)->ops.size > GROUP_BYTES_MAX)
        *open = group_add(batch, &batch->targets[index], batch->map->shards[place]);
    struct pack_op packed = {op->kind, op->key, op->kind == WRITE_DELETE ? SLICE_EMPTY : op->row};
    pack_op(&(*open)->ops, &packed);
    struct write_origin origin = {batch->write_at, index};
    buffer_append(&(*open)->origins, slice_of(&origin, sizeof origin));
    (*open)->op_count++;
}

static struct slice key_bytes(const struct key_layout *layout, struct slice row,
                              struct arena *arena) {
    struct buffer key = buffer_of(arena);
    key_of_row(layout, row, &key);
    return buffer_slice(&key);
}

/* The op on the table's own row. */
static struct batch_op base_op(const struct write_batch *batch, enum write_kind kind,
                               struct slice row) {
    const struct table *table = batch->spec->table;
    struct slice key = key_bytes(table->index_keys[0], row, batch->arena);
    const struct table_definition *definition = table->definition;
    bool is_whole = definition->partition_part_count == definition->indexes[0].part_count;
    bool needs_place = batch->map->shard_count > 1 && !is_whole;
    struct slice partition = needs_place ? key_bytes(table->partition_key, row, batch->arena) : key;
    return (struct batch_op){kind, key, row, partition};
}

/* The entry of a row in a unique index; false: it has none. */
static bool hidden_op(const struct write_batch *batch, uint32_t index, struct slice row,
                      struct batch_op *op_out) {
    const struct table *table = batch->spec->table;
    const struct hidden_table *hidden = &batch->entry->hidden[index];
    if (key_row_has_null(table->index_keys[index], row)) return false;
    struct buffer entry = buffer_of(batch->arena);
    row_project(table->layout, row, hidden->base_columns, hidden->layout, &entry);
    op_out->row = buffer_slice(&entry);
    op_out->key = key_bytes(hidden->key, op_out->row, batch->arena);
    op_out->partition = op_out->key; /* the whole key */
    return true;
}

static void hidden_delete(struct write_batch *batch, uint32_t index, struct batch_op *op) {
    if (batch->spec->table->definition->indexes[index].state != INDEX_PUBLIC) {
        op->kind = WRITE_PUT; /* (W4) */
        batch_add(batch, index, op);
    }
    op->kind = WRITE_DELETE;
    batch_add(batch, index, op);
}

static void batch_add_hidden(struct write_batch *batch, uint32_t index,
                             const struct row_write *write) {
    uint8_t state = batch->spec->table->definition->indexes[index].state;
    struct batch_op old_op, new_op;
    bool has_old = write->kind != ROW_INSERT && hidden_op(batch, index, write->old_row, &old_op);
    bool has_new = write->kind != ROW_DELETE && hidden_op(batch, index, write->row, &new_op);
    if (has_old && has_new && slice_equal(old_op.key, new_op.key)) {
        if (slice_equal(old_op.row, new_op.row) && state == INDEX_PUBLIC) return;
        new_op.kind = state == INDEX_PUBLIC ? WRITE_UPDATE : WRITE_PUT;
        if (state != INDEX_DELETE_ONLY) batch_add(batch, index, &new_op);
        return;
    }
    if (has_old) hidden_delete(batch, index, &old_op);
    if (!has_new || state == INDEX_DELETE_ONLY) return;
    new_op.kind = WRITE_INSERT;
    batch_add(batch, index, &new_op);
}

static void batch_add_row(struct write_batch *batch, const struct row_write *write) {
    struct batch_op op;
    switch (write->kind) {
    case ROW_INSERT:
        op = base_op(batch, WRITE_INSERT, write->row);
        batch_add(batch, 0, &op);
        break;
    case ROW_DELETE:
        op = base_op(batch, WRITE_DELETE, write->old_row);
        batch_add(batch, 0, &op);
        break;
    case ROW_UPDATE: {
        op = base_op(batch, WRITE_UPDATE, write->row);
        struct batch_op old = base_op(batch, WRITE_DELETE, write->old_row);
        if (!slice_equal(op.key, old.key)) {
            batch_add(batch, 0, &old);
            op.kind = WRITE_INSERT;
        }
        batch_add(batch, 0, &op);
        break;
    }
    }
    if (!batch->entry->has_unique) return;
    const struct table_definition *definition = batch->spec->table->definition;
    for (uint32_t i = 1; i < definition->index_count; i++)
        if (definition->indexes[i].kind == INDEX_UNIQUE) batch_add_hidden(batch, i, write);
}

static void batch_build(struct write_batch *batch) {
    const struct table *table = batch->spec->table;
    uint32_t index_count = table->definition->index_count;
    batch->map = route_map_of(&batch->txn->cluster->route, table);
    batch->targets = arena_array(batch->arena, struct write_target, index_count);
    for (uint32_t i = 0; i < index_count; i++) {
        const struct table_definition *hidden = batch->entry->hidden[i].definition;
        batch->targets[i] =
            (struct write_target){.definition = i == 0 ? table->definition : hidden, .index = i};
    }
    size_t open_count = (size_t)index_count * batch->map->shard_count;
    batch->open = arena_array(batch->arena, struct write_group *, open_count);
    memset(batch->open, 0, open_count * sizeof(struct write_group *));
    batch->group_count = batch->group_capacity = 0;
    const struct row_write *first = &batch->spec->writes[0];
    size_t op_bytes =
        2 * MAX(first->row.size, first->old_row.size); /* the key is part of the row */
    batch->group_bytes =
        MIN(batch->spec->count * op_bytes / batch->map->shard_count, (size_t)GROUP_BYTES_MAX);
    for (batch->write_at = 0; batch->write_at < batch->spec->count; batch->write_at++)
        batch_add_row(batch, &batch->spec->writes[batch->write_at]);
}

/* ---- sending ---- */

static enum status group_send(struct write_batch *batch, struct write_group *group) {
    struct txn *txn = batch->txn;
    struct txn_shard *entry;
    enum status status = txn_shard_touch(txn, group->shard, &entry);
    if (status != STATUS_OK) return status;
    entry->has_written = true;
    entry->write_statement = batch->statement;
    struct message *message = ask_shard(txn->cluster, &group->ask, MESSAGE_WRITE, group->shard);
    message->header.schema_version = (uint32_t)batch->spec->table->definition->schema_version;
    message->write = (struct write){
        .incarnation = txn->incarnation,
        .txn_number = txn->mark.number,
        .request_number = entry->request_count,
        .statement_number = batch->statement,
        .floor = txn->floor,
        .table_id = (uint32_t)group->target->definition->id,
        .lock_wait_ms = txn->options.lock_wait_ms,
        .commit_mode = batch->is_commit ? COMMIT_AFTER : COMMIT_NO,
        .op_count = group->op_count,
        .ops = arena_copy(txn->cluster->out->arena, buffer_slice(&group->ops)),
    };
    return STATUS_OK;
}

/* All groups; those behind one that could not be sent are forgotten by the caller. */
static enum status batch_send(struct write_batch *batch) {
    for (uint32_t i = 0; i < batch->group_count; i++) {
        enum status status = group_send(batch, batch->groups[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

static void batch_forget(struct write_batch *batch) {
    for (uint32_t i = 0; i < batch->group_count; i++) {
        struct write_group *group = batch->groups[i];
        if (group->ask.state == ASK_SENT) txn_note_waiting(batch->txn, group->shard);
        ask_forget(batch->txn->cluster, &group->ask);
    }
}

/* Every group's status; CANCELLED when the fiber is. */
static enum status batch_await(struct write_batch *batch) {
    for (uint32_t i = 0; i < batch->group_count; i++) {
        struct write_group *group = batch->groups[i];
        group->status = ask_wait(batch->txn->cluster, &group->ask);
        if (group->status == STATUS_CANCELLED) {
            txn_note_waiting(batch->txn, group->shard);
            return STATUS_CANCELLED;
        }
        if (group->status == STATUS_OK) group->status = ask_status(&group->ask);
        struct txn_shard *entry = txn_shard_find(batch->txn, group->shard);
        if (entry != NULL && group->status == STATUS_OK) entry->is_answered = true;
    }
    return STATUS_OK;
}

/* ---- what came back ---- */

static struct write_origin group_origin(const struct write_group *group) {
    struct write_origin origin = {0, group->target->index};
    if (group->ask.state != ASK_ANSWERED) return origin;
    uint32_t op = group->ask.answer.written.error_detail;
    if (op < group->op_count)
        memcpy(&origin, group->origins.data + op * sizeof origin, sizeof origin);
    return origin;
}

static bool status_ends_txn(enum status status) {
    return status == STATUS_DEADLOCK || status == STATUS_ABORTED || status == STATUS_WRONG_ORDER ||
           status == STATUS_UNAVAILABLE || status == STATUS_OLD_TERM ||
           status == STATUS_WRONG_PRIMARY || status == STATUS_BUSY || status == STATUS_OLD_MAP;
}

/* NULL: all went well. What ends the transaction comes first, then (W2). */
static struct write_group *batch_refused(const struct write_batch *batch) {
    struct write_group *worst = NULL;
    struct write_origin worst_origin = {0, 0};
    for (uint32_t i = 0; i < batch->group_count; i++) {
        struct write_group *group = batch->groups[i];
        if (group->status == STATUS_OK) continue;
        if (status_ends_txn(group->status)) return group;
        struct write_origin origin = group_origin(group);
        bool is_earlier = worst == NULL || origin.write < worst_origin.write ||
                          (origin.write == worst_origin.write && origin.index < worst_origin.index);
        if (!is_earlier) continue;
        worst = group;
        worst_origin = origin;
    }
    return worst;
}

static enum status batch_fail(struct write_batch *batch, const struct write_group *group,
                              enum status status) {
    struct write_origin origin = group_origin(group);
    const struct write_spec *spec = batch->spec;
    struct txn_error error = {
        .status = status, .table = spec->table, .index = origin.index, .op = origin.write};
    if (status == STATUS_DUPLICATE) error.row = spec->writes[origin.write].row;
    txn_set_error(batch->txn, &error);
    txn_undo_from(batch->txn, batch->statement); /* (W1) */
    return status;
}

/* (W3): OK: committed after all. END: send it again. */
static enum status batch_resolve(struct write_batch *batch, const struct write_group *group) {
    struct txn *txn = batch->txn;
    enum status status = txn_resolve_autocommit(txn, group->shard);
    if (status != STATUS_ABORTED) return status;
    txn->mark.number = 0;
    return STATUS_END;
}

/* One try. END: to be repeated. */
static enum status batch_try(struct write_batch *batch, uint64_t *since_us) {
    struct txn *txn = batch->txn;
    batch_build(batch);
    batch->is_commit = batch->spec->extent == WRITE_WHOLE_STATEMENT && txn_is_autocommit(txn) &&
                       batch->group_count == 1 && txn->shard_count == 0;
    enum status status = batch_send(batch);
    if (status == STATUS_OK) status = batch_await(batch);
    if (status != STATUS_OK) {
        bool is_killed_commit = status == STATUS_CANCELLED && batch->is_commit;
        batch_forget(batch);
        if (is_killed_commit) return txn_cancel_autocommit(txn, batch->groups[0]->shard);
        return status;
    }
    struct write_group *group = batch_refused(batch);
    if (group == NULL) {
        if (batch->is_commit) txn_committed_with_write(txn);
        return STATUS_OK;
    }
    bool may_be_committed = batch->is_commit && group->ask.node != 0 &&
                            status_ends_txn(group->status) && group->status != STATUS_DEADLOCK;
    if (may_be_committed) return batch_resolve(batch, group);
    if (!status_ends_txn(group->status)) return batch_fail(batch, group, group->status);
    struct txn_refusal refusal = {&group->ask, group->status, true};
    status = txn_on_refusal(txn, &refusal, since_us);
    if (status != STATUS_OK) return batch_fail(batch, group, status);
    txn_undo_from(txn, batch->statement); /* (W1) what other shards took would meet itself */
    batch->statement = txn_next_batch(txn);
    return STATUS_END;
}

enum status txn_write(struct txn *txn, const struct write_spec *spec, struct arena *arena) {
    if (txn->life != TXN_LIFE_OPEN) return STATUS_ABORTED;
    if (txn->cluster->route.configuration == NULL) return STATUS_UNAVAILABLE;
    if (spec->count == 0) return STATUS_OK;
    enum status status = txn_check_writable(spec->table);
    if (status != STATUS_OK) return status;
    struct write_batch batch = {.txn = txn,
                                .spec = spec,
                                .entry = schema_table_of(spec->table),
                                .arena = arena,
                                .statement = txn_next_batch(txn)};
    uint64_t since_us = 0;
    do status = batch_try(&batch, &since_us);
    while (status == STATUS_END);
    return status;
}
