/* ddl.c: a schema change, asked of meta.
 *
 * The request carries a nonce; meta does a nonce once, so it is sent again after every loss, until meta answers or has
 * been silent for too long. The answer comes when every live SQL daemon plans with the new version, this one included.
 * A change that needs our help (entries of a new unique index; copied rows) is answered BUSY first.
 */
#include "cluster/cluster_private.h"

#define RETRY_US     100000
#define META_GONE_US 10000000 /* without a connection to meta */
#define PUBLIC_US    10000000

static struct slice ddl_definition(const struct ddl_change *change, struct arena *arena) {
    if (change->definition == NULL) return arena_copy(arena, change->object);
    struct buffer bytes = buffer_of(arena);
    table_encode(change->definition, &bytes);
    return buffer_slice(&bytes);
}

static void ddl_send(struct cluster *cluster, struct ask *ask, const struct ddl *ddl) {
    struct arena *arena = cluster->out->arena;
    struct message *message = ask_meta(cluster, ask, MESSAGE_DDL);
    message->ddl = *ddl;
    message->ddl.database = arena_copy(arena, ddl->database);
    message->ddl.name = arena_copy(arena, ddl->name);
    message->ddl.new_database = arena_copy(arena, ddl->new_database);
    message->ddl.new_name = arena_copy(arena, ddl->new_name);
    message->ddl.definition = arena_copy(arena, ddl->definition);
}

static enum status ddl_ask(struct cluster *cluster, struct waiter *waiter, const struct ddl *ddl,
                           struct ddl_done *done_out) {
    uint64_t gone_since_us = 0;
    while (true) {
        struct ask ask = {.owner = ASK_OF_FIBER, .waiter = waiter};
        ddl_send(cluster, &ask, ddl);
        enum status status = ask_wait(cluster, &ask);
        if (status == STATUS_CANCELLED) return status;
        if (status == STATUS_OK && ask.answer.header.kind == MESSAGE_DDL_DONE) {
            *done_out = ask.answer.ddl_done;
            return STATUS_OK;
        }
        if (cluster->is_meta_open)
            gone_since_us = 0;
        else if (gone_since_us == 0)
            gone_since_us = cluster->now_us;
        if (gone_since_us != 0 && cluster->now_us >= gone_since_us + META_GONE_US)
            return STATUS_UNAVAILABLE;
        status = cluster_wait_change(cluster, waiter, cluster->now_us + RETRY_US);
        if (status != STATUS_OK) return status;
    }
}

/* What BUSY asks for: entries of all rows in the table's new unique indexes. */
static enum status ddl_fill(struct cluster *cluster, struct waiter *waiter, uint32_t table_id) {
    struct schema *schema = schema_hold(cluster);
    const struct table *table = schema_table_by_id(schema, table_id);
    enum status status = STATUS_OK;
    for (uint32_t i = 1; table != NULL && i < table->definition->index_count; i++) {
        const struct index_definition *index = &table->definition->indexes[i];
        if (index->kind != INDEX_UNIQUE || index->state != INDEX_WRITE_ONLY) continue;
        if (status == STATUS_OK) status = fill_index(cluster, waiter, table, i);
    }
    schema_release(cluster, schema);
    return status;
}

/* A change that waits for its requester must hear from it: a killed one goes on waiting, with a refusal to fill. */
static bool ddl_is_cancelled(struct waiter *waiter, const struct ddl *ddl,
                             enum cancel_cause *cause_io) {
    bool needs_us = ddl->ddl_kind == DDL_ALTER_TABLE || ddl->ddl_kind == DDL_REBUILD_TABLE ||
                    ddl->ddl_kind == DDL_FILLED || ddl->ddl_kind == DDL_UNFILLABLE;
    if (!needs_us || waiter->cancel == CANCEL_SHUTDOWN) return false;
    *cause_io = waiter->cancel;
    waiter_clear_cancel(waiter);
    return true;
}

/* Asks, fills when it is asked to, and asks again. BUSY: rows are to be copied. */
static enum status ddl_run(struct cluster *cluster, struct waiter *waiter, struct ddl *ddl,
                           struct ddl_done *done_out) {
    bool is_copy = ddl->ddl_kind == DDL_REBUILD_TABLE;
    enum cancel_cause cause = CANCEL_NOT;
    enum status status;
    while (true) {
        status = ddl_ask(cluster, waiter, ddl, done_out);
        if (status == STATUS_CANCELLED && ddl_is_cancelled(waiter, ddl, &cause)) {
            ddl->ddl_kind = DDL_UNFILLABLE;
            continue;
        }
        if (status != STATUS_OK || done_out->status != STATUS_BUSY) break;
        if (is_copy && ddl->ddl_kind == DDL_REBUILD_TABLE) break;
        if (ddl->ddl_kind == DDL_UNFILLABLE) continue;
        status = ddl_fill(cluster, waiter, done_out->table_id);
        if (status == STATUS_CANCELLED && !ddl_is_cancelled(waiter, ddl, &cause)) break;
        ddl->ddl_kind = status == STATUS_OK ? DDL_FILLED : DDL_UNFILLABLE;
    }
    if (cause != CANCEL_NOT && waiter->cancel == CANCEL_NOT) waiter_cancel(waiter, cause);
    return status;
}

/* Until this daemon plans with what was done. */
static enum status ddl_await(struct cluster *cluster, struct waiter *waiter,
                             const struct ddl_done *done) {
    uint64_t until_us = cluster->now_us + PUBLIC_US;
    bool is_made = done->status == STATUS_OK || done->status == STATUS_BUSY ||
                   done->status == STATUS_OLD_SCHEMA; /* then there is a newer one to look at */
    while (is_made && cluster->schemas.newest->version < done->version) {
        if (cluster->now_us >= until_us) return STATUS_UNAVAILABLE;
        enum status status = cluster_wait_change(cluster, waiter, until_us);
        if (status != STATUS_OK) return status;
    }
    return (enum status)done->status;
}

enum status cluster_ddl(struct cluster *cluster, struct waiter *waiter,
                        const struct ddl_change *change) {
    struct call_arena *call = call_arena_take(cluster);
    struct arena *arena = &call->arena;
    struct ddl ddl = {
        .ddl_kind = (uint8_t)change->kind,
        .nonce = random_u64(&cluster->random),
        .based_on = change->based_on,
        .database = arena_copy(arena, change->database),
        .name = arena_copy(arena, change->name),
        .new_database = arena_copy(arena, change->new_database),
        .new_name = arena_copy(arena, change->new_name),
        .definition = ddl_definition(change, arena),
    };
    if (change->held != NULL) schema_release(cluster, change->held);
    struct ddl_done done = {0};
    enum status status = ddl_run(cluster, waiter, &ddl, &done);
    call_arena_give(cluster, call);
    if (status != STATUS_OK) return status;
    if (done.status == STATUS_BUSY)
        *change->copying = (struct ddl_copying){done.nonce, done.table_id};
    return ddl_await(cluster, waiter, &done);
}

enum status cluster_ddl_copied(struct cluster *cluster, struct waiter *waiter,
                               const struct ddl_copying *copying, enum status outcome) {
    struct ddl ddl = {.ddl_kind = outcome == STATUS_OK ? DDL_FILLED : DDL_UNFILLABLE,
                      .nonce = copying->nonce};
    struct ddl_done done = {0};
    enum cancel_cause cause = CANCEL_NOT;
    if (waiter->cancel != CANCEL_NOT) (void)ddl_is_cancelled(waiter, &ddl, &cause);
    enum status status = ddl_run(cluster, waiter, &ddl, &done);
    if (status == STATUS_OK) status = ddl_await(cluster, waiter, &done);
    if (cause != CANCEL_NOT && waiter->cancel == CANCEL_NOT) waiter_cancel(waiter, cause);
    return status;
}
