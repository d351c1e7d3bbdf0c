/* named_lock.c: GET_LOCK and its kin, at the system shard.
 *
 * A lock of a name belongs to a session of this daemon. What is lost with the connection to the system shard is not
 * taken again by itself: locks die with the daemon's connection and with that primary (storage, SY6). A GET that is given
 * up is cancelled there too, or the lock would come to a session that does not know of it.
 */
#include "cluster/cluster_private.h"

#define RETRY_US 20000

static void named_lock_ask(struct cluster *cluster, struct ask *ask,
                           const struct named_lock_request *request, enum named_lock_kind kind) {
    struct message *message = ask_shard(cluster, ask, MESSAGE_NAMED_LOCK, SHARD_SYSTEM);
    message->named_lock = (struct named_lock){
        .incarnation = cluster->incarnation,
        .owner = request->owner,
        .named_lock_kind = (uint8_t)kind,
        .wait_ms = request->wait_ms,
        .name = arena_copy(cluster->out->arena, request->name),
    };
}

/* Nobody waits for the answer. */
static void named_lock_tell(struct cluster *cluster, const struct named_lock_request *request,
                            enum named_lock_kind kind) {
    struct ask ask = {.owner = ASK_OF_FIBER};
    named_lock_ask(cluster, &ask, request, kind);
    ask_forget(cluster, &ask);
}

enum status cluster_named_lock(struct cluster *cluster, struct waiter *waiter,
                               const struct named_lock_request *request, uint64_t *holder_out) {
    uint64_t until_us = cluster->now_us + REQUEST_TIMEOUT_US;
    *holder_out = 0;
    while (true) {
        struct ask ask = {.owner = ASK_OF_FIBER, .waiter = waiter};
        named_lock_ask(cluster, &ask, request, request->kind);
        bool is_sent = ask.state == ASK_SENT;
        enum status status = ask_wait(cluster, &ask);
        if (status == STATUS_CANCELLED && is_sent && request->kind == NAMED_LOCK_GET)
            named_lock_tell(cluster, request, NAMED_LOCK_CANCEL);
        if (status == STATUS_OK) {
            status = ask_status(&ask);
            *holder_out = ask.answer.done.timestamp;
        }
        bool is_repeated = status == STATUS_UNAVAILABLE || status == STATUS_OLD_TERM ||
                           status == STATUS_WRONG_PRIMARY;
        if (!is_repeated) return status;
        if (cluster->now_us >= until_us) return STATUS_UNAVAILABLE;
        status = cluster_wait_change(cluster, waiter, cluster->now_us + RETRY_US);
        if (status != STATUS_OK) return status;
    }
}

void cluster_named_lock_forget(struct cluster *cluster, uint64_t owner) {
    const struct named_lock_request request = {.owner = owner};
    named_lock_tell(cluster, &request, NAMED_LOCK_RELEASE_ALL);
}
