/* named_lock.c: SLEEP and GET_LOCK with its family: calls of functions that wait.
 *
 * Named locks live in the cluster's system shard, so they hold between all SQL daemons. The owner is the connection id with
 * the daemon's node above it. A session that ends, or is reset, gives all its locks back.
 */
#include "row/collation.h"
#include "sql/function.h"
#include "sql/session_private.h"

#define LOCK_NAME_CHARS_MAX 64
#define FOREVER_MS          UINT32_MAX
#define OWNER_ID_BITS       48

uint64_t named_lock_owner(const struct session *session) {
    return (uint64_t)session->server->options.node << OWNER_ID_BITS | session->id;
}

/* SELECT SLEEP (n) that is interrupted goes on and gives 1; in a query of tables it is the query that ends. */
static bool is_alone(const struct session *session) {
    enum cancel_cause cause = session->waiter->cancel;
    bool is_statement = cause == CANCEL_QUERY || cause == CANCEL_TIMEOUT;
    return is_statement && session->entry != NULL && session->entry->bound->access_count == 0;
}

static enum status call_sleep(struct session *session, const struct waiting_call *call,
                              struct value *out) {
    double seconds = 0;
    struct waiter *waiter = session->waiter;
    bool is_null = value_is_null(&call->args[0]); /* 'a' is 0 seconds */
    bool is_wrong =
        is_null || value_to_double(&call->args[0], &seconds) == STATUS_OUT_OF_RANGE || seconds < 0;
    if (is_wrong) return diagnostics_error(&session->diagnostics, ER_WRONG_ARGUMENTS, "sleep");
    uint64_t until_us = waiter->now_us + (uint64_t)(MIN(seconds, 1e9) * 1e6);
    uint64_t before = waiter->deadline_us;
    *out = value_of_int(0);
    while (waiter->now_us < until_us) {
        waiter->deadline_us = until_us;
        enum wait_result result = waiter_wait(waiter, WAIT_DEADLINE);
        waiter->deadline_us = before;
        if (result == WAIT_WOKEN) continue;
        *out = value_of_int(1);
        if (is_alone(session)) {
            waiter_clear_cancel(waiter);
            return STATUS_OK;
        }
        return diagnostics_status(&session->diagnostics, STATUS_CANCELLED);
    }
    return STATUS_OK;
}

static enum status lock_name(struct session *session, const struct value *arg,
                             struct slice *name_out) {
    struct arena *arena = &session->statement_arena;
    bool is_text = arg->kind == VALUE_STRING;
    struct slice name = is_text ? value_slice(arg) : SLICE_EMPTY;
    size_t chars = charset_length(CHARSET_UTF8MB4, name);
    if (chars == 0 || chars > LOCK_NAME_CHARS_MAX)
        return diagnostics_error(&session->diagnostics, ER_USER_LOCK_WRONG_NAME,
                                 arena_text(arena, name));
    *name_out = collation_change_case(COLLATION_UTF8MB4_GENERAL_CI, name, LETTER_LOWER, arena);
    return STATUS_OK;
}

static enum status ask(struct session *session, struct named_lock_request *request,
                       uint64_t *holder_out) {
    request->owner = named_lock_owner(session);
    return cluster_named_lock(session_cluster(session), session->waiter, request, holder_out);
}

static enum status call_get_lock(struct session *session, const struct waiting_call *call,
                                 struct slice name, struct value *out) {
    double seconds = 0;
    uint64_t holder;
    if (!value_is_null(&call->args[1]) && value_to_double(&call->args[1], &seconds) != STATUS_OK)
        seconds = 0;
    bool is_forever = seconds < 0 || seconds * 1000 > FOREVER_MS;
    struct named_lock_request request = {.kind = NAMED_LOCK_GET,
                                         .name = name,
                                         .wait_ms =
                                             is_forever ? FOREVER_MS : (uint32_t)(seconds * 1000)};
    enum status status = ask(session, &request, &holder);
    *out = value_of_int(status == STATUS_OK);
    if (status == STATUS_OK) session->held_locks++;
    if (status == STATUS_OK || status == STATUS_LOCK_TIMEOUT) return STATUS_OK;
    if (status == STATUS_DEADLOCK)
        return diagnostics_error(&session->diagnostics, ER_USER_LOCK_DEADLOCK);
    return diagnostics_status(&session->diagnostics, status);
}

static enum status call_release(struct session *session, struct slice name, struct value *out) {
    uint64_t holder = 0;
    struct named_lock_request request = {.kind = NAMED_LOCK_RELEASE, .name = name};
    enum status status = ask(session, &request, &holder);
    *out = value_of_int(status == STATUS_OK);
    if (status == STATUS_OK && session->held_locks > 0) session->held_locks--;
    if (status == STATUS_NOT_FOUND) *out = value_null();
    bool is_answer = status == STATUS_OK || status == STATUS_NOT_FOUND || status == STATUS_DENIED;
    if (is_answer) return STATUS_OK;
    return diagnostics_status(&session->diagnostics, status);
}

enum question { IS_FREE, IS_USED };

static enum status call_question(struct session *session, struct slice name, enum question question,
                                 struct value *out) {
    uint64_t holder = 0;
    struct named_lock_request request = {
        .kind = question == IS_FREE ? NAMED_LOCK_IS_FREE : NAMED_LOCK_IS_USED, .name = name};
    enum status status = ask(session, &request, &holder);
    enum status other = question == IS_FREE ? STATUS_BUSY : STATUS_NOT_FOUND;
    if (status != STATUS_OK && status != other)
        return diagnostics_status(&session->diagnostics, status);
    bool is_used = question == IS_FREE ? status == STATUS_BUSY : status == STATUS_OK;
    uint64_t id = holder & (((uint64_t)1 << OWNER_ID_BITS) - 1);
    if (question == IS_FREE)
        *out = value_of_int(!is_used);
    else
        *out = is_used ? value_of_uint(id) : value_null();
    return STATUS_OK;
}

static enum status call_release_all(struct session *session, struct value *out) {
    uint64_t holder = 0;
    struct named_lock_request request = {.kind = NAMED_LOCK_RELEASE_ALL};
    *out = value_of_uint(session->held_locks);
    if (session->held_locks == 0) return STATUS_OK;
    enum status status = ask(session, &request, &holder);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return diagnostics_status(&session->diagnostics, status);
    session->held_locks = 0;
    return STATUS_OK;
}

enum status named_lock_call(void *context, const struct waiting_call *call, struct value *out) {
    struct session *session = context;
    struct slice function = slice_of_text(call->function->name), name;
    if (slice_equal(function, SLICE_LITERAL("SLEEP"))) return call_sleep(session, call, out);
    if (slice_equal(function, SLICE_LITERAL("RELEASE_ALL_LOCKS")))
        return call_release_all(session, out);
    enum status status = lock_name(session, &call->args[0], &name);
    if (status != STATUS_OK) return status;
    if (slice_equal(function, SLICE_LITERAL("GET_LOCK")))
        return call_get_lock(session, call, name, out);
    if (slice_equal(function, SLICE_LITERAL("RELEASE_LOCK")))
        return call_release(session, name, out);
    if (slice_equal(function, SLICE_LITERAL("IS_FREE_LOCK")))
        return call_question(session, name, IS_FREE, out);
    if (slice_equal(function, SLICE_LITERAL("IS_USED_LOCK")))
        return call_question(session, name, IS_USED, out);
    return diagnostics_unsupported(&session->diagnostics, call->function->name);
}

void named_lock_release_all(struct session *session) {
    if (session->held_locks > 0)
        cluster_named_lock_forget(session_cluster(session), named_lock_owner(session));
    session->held_locks = 0;
}
