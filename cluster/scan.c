/* scan.c: how do the answers of several shards become one stream of rows?
 *
 *   spec --split--> parts, one a shard:  idle -> asked -> full -> idle ... -> done
 *
 *   (S1) All parts are asked at once, at scan_open; each again when its rows are taken and it has more.
 *   (S2) Rows given out live in their part's arena until the next call.
 *   (S3) A read of the newest versions is one request to one shard (T8). When it does not fit a step, it is repeated
 *        at a snapshot; nothing was given out yet.
 *   (S4) A batch of an ordered scan ends where a part runs dry that has more: what comes next may be its row.
 *   (S5) A request that is refused is repeated from where its part stood: what was given out is not given again.
 *   (S6) SERIALIZABLE: a plain read of a transaction of several statements takes shared locks, as InnoDB's does.
 */
#include "cluster/scan.h"

#include "cluster/cluster_private.h"

#define ANSWER_BYTES_MAX 65536

/* ---- life ---- */

static struct scan *scan_take(struct cluster *cluster) {
    struct list_link *link = list_pop_first(&cluster->free_scans);
    if (link != NULL) return CONTAINER_OF(link, struct scan, link);
    struct scan *scan = arena_new(&cluster->cluster_arena, struct scan);
    arena_open(&scan->scan_arena, cluster->options.source, 0);
    return scan;
}

static struct scan_part *part_take(struct scan *scan, const struct scan_split *split) {
    struct cluster *cluster = scan->txn->cluster;
    struct list_link *link = list_pop_first(&cluster->free_parts);
    struct scan_part *part;
    if (link != NULL) {
        part = CONTAINER_OF(link, struct scan_part, link);
    } else {
        part = arena_new(&cluster->cluster_arena, struct scan_part);
        arena_open(&part->part_arena, cluster->options.source, 0);
    }
    part->scan = scan;
    part->state = PART_IDLE;
    part->shard = split->shard;
    part->positions = split->positions;
    part->position_count = split->position_count;
    part->ordinals = split->ordinals;
    part->has_more = part->has_head = false;
    part->resume = SLICE_EMPTY;
    part->since_us = 0;
    part->ask.state = ASK_IDLE;
    part->ask.owner = ASK_OF_FIBER;
    part->ask.waiter = scan->txn->waiter;
    part->ask.arena = &part->part_arena;
    return part;
}

void scans_close(struct cluster *cluster) {
    LIST_EACH(link, &cluster->free_parts)
    arena_close(&CONTAINER_OF(link, struct scan_part, link)->part_arena);
    LIST_EACH(link, &cluster->free_scans)
    arena_close(&CONTAINER_OF(link, struct scan, link)->scan_arena);
    LIST_EACH(link, &cluster->open_scans) {
        struct scan *scan = CONTAINER_OF(link, struct scan, link);
        for (uint32_t i = 0; i < scan->part_count; i++) arena_close(&scan->parts[i]->part_arena);
        arena_close(&scan->scan_arena);
    }
}

static bool scan_is_locking(const struct scan *scan) { return scan->spec.lock_mode != LOCK_NONE; }

static enum status scan_fail(struct scan *scan, enum status status) {
    CHECK(status != STATUS_OK);
    scan->failed = status;
    struct txn_error error = {
        .status = status, .table = scan->spec.table, .index = scan->spec.index};
    txn_set_error(scan->txn, &error);
    return status;
}

enum status scan_plan_status(const struct cluster *cluster, const struct table *table,
                             enum status status) {
    bool is_of_plan = status == STATUS_INVALID || status == STATUS_CORRUPT;
    if (is_of_plan && cluster->schemas.newest->version > table->definition->schema_version) {
        const struct table *newest =
            schema_table_by_id(cluster->schemas.newest, table->definition->id);
        if (newest != table) return STATUS_OLD_SCHEMA;
    }
    return status;
}

/* ---- asking ---- */

static void part_fill_read(const struct scan_part *part, const struct txn_shard *entry,
                           struct message *message) {
    const struct scan *scan = part->scan;
    const struct scan_spec *spec = &scan->spec;
    const struct txn *txn = scan->txn;
    struct arena *arena = txn->cluster->out->arena;
    struct read *read = &message->read;
    message->header.schema_version = (uint32_t)spec->table->definition->schema_version;
    message->header.fence = txn->fence;
    read->incarnation = txn->incarnation;
    read->txn_number = entry == NULL ? 0 : txn->mark.number;
    read->request_number = entry == NULL ? 0 : entry->request_count;
    read->statement_number = txn->statement_first;
    read->snapshot = scan_is_locking(scan) || scan->is_newest ? 0 : txn->snapshot;
    read->floor = txn->floor;
    read->table_id = (uint32_t)spec->table->definition->id;
    read->index_id =
        spec->index == 0 ? 0 : (uint16_t)spec->table->definition->indexes[spec->index].id;
    read->lock_mode = (uint8_t)spec->lock_mode;
    read->wait_policy = (uint8_t)spec->wait_policy;
    read->lock_wait_ms = txn->options.lock_wait_ms;
    read->flags = (uint8_t)(spec->flags | (scan->merge == MERGE_BY_KEY ? READ_WITH_KEYS : 0));
    read->position_kind = (uint8_t)spec->position_kind;
    read->row_limit = spec->row_limit == 0 ? 0 : spec->row_limit - scan->rows_given;
    read->byte_limit = ANSWER_BYTES_MAX;
    read->program = arena_copy(arena, spec->program);
    read->parameters = arena_copy(arena, spec->parameters);
    read->positions = arena_copy(arena, part->positions);
    read->resume = arena_copy(arena, part->resume);
}

static enum status part_ask(struct scan_part *part) {
    struct scan *scan = part->scan;
    struct txn *txn = scan->txn;
    struct txn_shard *entry;
    if (scan_is_locking(scan)) {
        enum status status = txn_shard_touch(txn, part->shard, &entry);
        if (status != STATUS_OK) return scan_fail(scan, status);
    } else {
        entry = txn_shard_find(txn, part->shard);
    }
    struct message *message = ask_shard(txn->cluster, &part->ask, MESSAGE_READ, part->shard);
    part_fill_read(part, entry, message);
    arena_reset(&part->part_arena);
    part->resume = arena_copy(&part->part_arena, message->read.resume); /* (S5) */
    part->state = PART_ASKED;
    return STATUS_OK;
}

static enum status scan_ask_idle(struct scan *scan) {
    for (uint32_t i = 0; i < scan->part_count; i++) {
        if (scan->parts[i]->state != PART_IDLE) continue;
        enum status status = part_ask(scan->parts[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* Whether one request may read the newest versions (S3). */
static bool scan_may_be_newest(const struct scan *scan) {
    const struct txn *txn = scan->txn;
    return scan->spec.extent == SCAN_WHOLE_STATEMENT && scan->part_count == 1 &&
           txn->snapshot == 0 && txn->shard_count == 0 &&
           (txn_is_autocommit(txn) || txn->options.isolation <= ISOLATION_READ_COMMITTED);
}

/* (S6) */
static enum lock_mode scan_lock_mode(const struct txn *txn, const struct scan_spec *spec) {
    bool is_serializable =
        txn->options.isolation == ISOLATION_SERIALIZABLE && !txn_is_autocommit(txn);
    return spec->lock_mode == LOCK_NONE && is_serializable ? LOCK_SHARED : spec->lock_mode;
}

static enum scan_merge scan_merge_of(const struct scan *scan) {
    const struct scan_spec *spec = &scan->spec;
    if (spec->order == SCAN_ANY_ORDER || scan->part_count == 1) return MERGE_NOT;
    bool is_hashed = spec->position_kind == POSITION_POINTS && spec->index == 0;
    return is_hashed ? MERGE_BY_ORDINAL : MERGE_BY_KEY;
}

/* A snapshot that is older than the table's rows would see none of them. */
static enum status scan_need_snapshot(const struct scan *scan) {
    enum status status = txn_need_snapshot(scan->txn);
    if (status != STATUS_OK) return status;
    bool is_older = scan->txn->snapshot_schema < scan->spec.table->definition->born_version;
    return is_older ? STATUS_OLD_SNAPSHOT : STATUS_OK;
}

enum status scan_open(struct txn *txn, const struct scan_spec *spec, struct arena *arena,
                      struct scan **scan_out) {
    struct cluster *cluster = txn->cluster;
    if (txn->life != TXN_LIFE_OPEN) return STATUS_ABORTED;
    if (cluster->route.configuration == NULL) return STATUS_UNAVAILABLE;
    if (spec->lock_mode != LOCK_NONE) {
        enum status writable = txn_check_writable(spec->table);
        if (writable != STATUS_OK) return writable;
    }
    struct split_spec split_spec = {spec->table, spec->index, spec->position_kind, spec->positions,
                                    spec->position_count};
    struct scan_split one;
    uint32_t split_count;
    const struct scan_split *splits = scan_split(cluster, &split_spec, arena, &one, &split_count);
    struct scan *scan = scan_take(cluster);
    scan->txn = txn;
    scan->spec = *spec;
    scan->spec.lock_mode = scan_lock_mode(txn, spec);
    scan->arena = arena;
    scan->part_count = split_count;
    scan->rows_given = 0;
    scan->failed = STATUS_OK;
    scan->rows = NULL;
    scan->row_capacity = 0;
    scan->parts = split_count <= ARRAY_COUNT(scan->parts_inline)
                      ? scan->parts_inline
                      : arena_array(&scan->scan_arena, struct scan_part *, split_count);
    for (uint32_t i = 0; i < split_count; i++) scan->parts[i] = part_take(scan, &splits[i]);
    scan->merge = scan_merge_of(scan);
    scan->is_newest = !scan_is_locking(scan) && scan_may_be_newest(scan);
    list_push_last(&cluster->open_scans, &scan->link);
    enum status status = STATUS_OK;
    if (!scan_is_locking(scan) && !scan->is_newest) status = scan_need_snapshot(scan);
    if (status == STATUS_OK) status = scan_ask_idle(scan);
    if (status != STATUS_OK) {
        scan_close(scan);
        return status;
    }
    *scan_out = scan;
    return STATUS_OK;
}

void scan_close(struct scan *scan) {
    struct cluster *cluster = scan->txn->cluster;
    for (uint32_t i = 0; i < scan->part_count; i++) {
        struct scan_part *part = scan->parts[i];
        if (part->ask.state == ASK_SENT && scan_is_locking(scan))
            txn_note_waiting(scan->txn, part->shard); /* for a lock, maybe */
        ask_forget(cluster, &part->ask);
        arena_reset(&part->part_arena);
        list_push_first(&cluster->free_parts, &part->link);
    }
    arena_reset(&scan->scan_arena);
    list_remove(&scan->link);
    list_push_first(&cluster->free_scans, &scan->link);
}

/* ---- answers ---- */

/* (S3) */
static enum status scan_repeat_at_snapshot(struct scan *scan) {
    scan->is_newest = false;
    struct scan_part *part = scan->parts[0];
    part->resume = SLICE_EMPTY;
    part->state = PART_IDLE;
    CHECK(scan->part_count == 1 && scan->rows_given == 0);
    enum status status = txn_need_snapshot(scan->txn);
    return status == STATUS_OK ? STATUS_OK : scan_fail(scan, status);
}

static enum status part_refused(struct scan_part *part, enum status status) {
    struct scan *scan = part->scan;
    struct txn_refusal refusal = {&part->ask, status, scan_is_locking(scan)};
    if (refusal.is_counted && status != STATUS_UNAVAILABLE) {
        struct txn_shard *entry = txn_shard_find(scan->txn, part->shard);
        bool is_of_term = status == STATUS_OLD_TERM || status == STATUS_WRONG_PRIMARY;
        if (entry != NULL && !is_of_term && status != STATUS_BUSY) entry->is_answered = true;
    }
    status = scan_plan_status(scan->txn->cluster, scan->spec.table, status);
    refusal.status = status;
    status = txn_on_refusal(scan->txn, &refusal, &part->since_us);
    if (status != STATUS_OK) return scan_fail(scan, status);
    part->state = PART_IDLE;
    return STATUS_OK;
}

/* The part's ask is not under way any more: its rows, or what is to be done instead. */
static enum status part_absorb(struct scan_part *part) {
    struct scan *scan = part->scan;
    CHECK(part->state == PART_ASKED && part->ask.state != ASK_SENT);
    bool is_rows = part->ask.state == ASK_ANSWERED && part->ask.answer.header.kind == MESSAGE_ROWS;
    enum status status =
        part->ask.state == ASK_ANSWERED ? ask_status(&part->ask) : STATUS_UNAVAILABLE;
    if (scan->is_newest && status == STATUS_TOO_LARGE) return scan_repeat_at_snapshot(scan);
    if (status != STATUS_OK) return part_refused(part, status);
    if (!is_rows) return scan_fail(scan, STATUS_CORRUPT);
    const struct rows *rows = &part->ask.answer.rows;
    if (scan->is_newest && rows->more) return scan_repeat_at_snapshot(scan);
    if (scan_is_locking(scan)) {
        struct txn_shard *entry = txn_shard_find(scan->txn, part->shard);
        if (entry != NULL) entry->is_answered = true;
    }
    part->rows = reader_of(rows->rows);
    part->row_count = rows->row_count;
    part->has_more = rows->more != 0;
    part->resume = rows->resume;
    part->has_head = false;
    part->state = PART_FULL;
    part->since_us = 0;
    return STATUS_OK;
}

/* All rows of the part are taken. */
static void part_drained(struct scan_part *part) {
    part->state = part->has_more ? PART_IDLE : PART_DONE;
}

static void scan_make_room(struct scan *scan, uint32_t count) {
    if (count <= scan->row_capacity) return;
    scan->row_capacity = MAX(count, 64u);
    scan->rows = arena_array(&scan->scan_arena, struct scan_row, scan->row_capacity);
}

static bool part_next_row(struct scan_part *part, struct scan_row *row_out) {
    struct pack_row row;
    if (!unpack_row(&part->rows, &row)) return false;
    row_out->bytes = row.bytes;
    row_out->ordinal = part->ordinals != NULL && row.ordinal < part->position_count
                           ? part->ordinals[row.ordinal]
                           : row.ordinal;
    return true;
}

/* Everything that one part has. */
static uint32_t scan_give_part(struct scan *scan, struct scan_part *part) {
    uint32_t count_max = part->row_count;
    scan_make_room(scan, count_max);
    uint32_t count = 0;
    while (count < count_max && part_next_row(part, &scan->rows[count])) count++;
    part_drained(part);
    return count;
}

/* ---- merging ---- */

static bool part_load_head(struct scan_part *part) {
    if (part->has_head) return true;
    if (!part_next_row(part, &part->head)) {
        part_drained(part);
        return false;
    }
    if (part->scan->merge == MERGE_BY_KEY) {
        struct reader reader = reader_of(part->head.bytes);
        uint16_t size = reader_u16(&reader);
        part->head_key = reader_take(&reader, size);
        part->head.bytes = slice_part(part->head.bytes, reader.failed ? 0 : 2 + (size_t)size,
                                      part->head.bytes.size);
    }
    part->has_head = true;
    return true;
}

static bool part_comes_before(const struct scan_part *a, const struct scan_part *b) {
    if (a->head.ordinal != b->head.ordinal) return a->head.ordinal < b->head.ordinal;
    if (a->scan->merge != MERGE_BY_KEY) return false;
    int order = slice_compare(a->head_key, b->head_key);
    return a->scan->spec.flags & READ_DESCENDING ? order > 0 : order < 0;
}

/* (S4) */
static uint32_t scan_give_merged(struct scan *scan) {
    uint32_t count = 0, count_max = 0;
    for (uint32_t i = 0; i < scan->part_count; i++)
        if (scan->parts[i]->state == PART_FULL) count_max += scan->parts[i]->row_count;
    scan_make_room(scan, count_max);
    while (count < count_max) {
        struct scan_part *first = NULL;
        for (uint32_t i = 0; i < scan->part_count; i++) {
            struct scan_part *part = scan->parts[i];
            if (part->state == PART_FULL) part_load_head(part);
            if (part->state == PART_IDLE) return count;
            if (part->state != PART_FULL) continue;
            if (first == NULL || part_comes_before(part, first)) first = part;
        }
        if (first == NULL) break;
        scan->rows[count++] = first->head;
        first->has_head = false;
    }
    return count;
}

/* ---- taking ---- */

/* Absorbs what has come; whether a batch can be given now. */
static enum status scan_absorb(struct scan *scan, bool *is_ready_out, bool *is_end_out) {
    uint32_t asked = 0, full = 0, idle = 0;
    for (uint32_t i = 0; i < scan->part_count; i++) {
        struct scan_part *part = scan->parts[i];
        if (part->state == PART_ASKED && part->ask.state != ASK_SENT) {
            enum status status = part_absorb(part);
            if (status != STATUS_OK) return status;
        }
        if (part->state == PART_FULL && part->row_count == 0) part_drained(part);
        asked += part->state == PART_ASKED;
        full += part->state == PART_FULL;
        idle += part->state == PART_IDLE;
    }
    *is_ready_out = scan->merge == MERGE_NOT ? full > 0 : full > 0 && asked + idle == 0;
    *is_end_out = asked + full + idle == 0;
    return STATUS_OK;
}

static uint32_t scan_give(struct scan *scan) {
    if (scan->merge != MERGE_NOT) return scan_give_merged(scan);
    for (uint32_t i = 0; i < scan->part_count; i++)
        if (scan->parts[i]->state == PART_FULL) return scan_give_part(scan, scan->parts[i]);
    return 0;
}

static enum status scan_await(struct scan *scan) {
    if (waiter_wait(scan->txn->waiter, WAIT_CLUSTER) == WAIT_WOKEN) return STATUS_OK;
    for (uint32_t i = 0; i < scan->part_count; i++) {
        struct scan_part *part = scan->parts[i];
        bool is_waiting = part->ask.state == ASK_SENT && scan_is_locking(scan);
        if (is_waiting) txn_note_waiting(scan->txn, part->shard); /* for a lock, maybe */
        ask_forget(scan->txn->cluster, &part->ask);
    }
    return scan_fail(scan, STATUS_CANCELLED);
}

static bool scan_has_sent(const struct scan *scan) {
    for (uint32_t i = 0; i < scan->part_count; i++)
        if (scan->parts[i]->ask.state == ASK_SENT) return true;
    return false;
}

enum status scan_next(struct scan *scan, struct scan_batch *batch_out) {
    const struct scan_spec *spec = &scan->spec;
    while (scan->failed == STATUS_OK) {
        if (spec->row_limit != 0 && scan->rows_given >= spec->row_limit) return STATUS_END;
        enum status status = scan_ask_idle(scan);
        if (status != STATUS_OK) return status;
        bool is_ready, is_end;
        status = scan_absorb(scan, &is_ready, &is_end);
        if (status != STATUS_OK) return status;
        if (is_end) return STATUS_END;
        if (is_ready) {
            uint32_t count = scan_give(scan);
            if (spec->row_limit != 0) count = MIN(count, spec->row_limit - scan->rows_given);
            scan->rows_given += count;
            *batch_out = (struct scan_batch){scan->rows, count};
            if (count > 0) return STATUS_OK;
            continue;
        }
        if (!scan_has_sent(scan)) continue; /* something is to be asked again */
        status = scan_await(scan);
        if (status != STATUS_OK) return status;
    }
    return scan->failed;
}
