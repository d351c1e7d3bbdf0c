/* time_limit.c: how long may a SELECT run?
 *
 * max_execution_time, or the hint MAX_EXECUTION_TIME(n) of its first query block, in milliseconds; 0 is without end. The
 * limit is the waiter's (base/wait.h, W5): it ends waiting and, by the pauses of the operators, computing. What was cut off
 * so is told as error 3024, whatever the place that noticed it made of it.
 */
#include "sql/session_private.h"

static const struct ast_select *first_block(const struct ast_query *query) {
    const struct ast_body *body = query->body;
    while (body != NULL) {
        switch (body->kind) {
        case AST_BODY_SELECT: return body->select;
        case AST_BODY_QUERY: body = body->query->body; continue;
        case AST_BODY_SET: body = body->set.arms[0].body; continue;
        case AST_BODY_VALUES:
        case AST_BODY_TABLE: return NULL;
        }
    }
    return NULL;
}

static bool is_word_byte(uint8_t byte) {
    return byte == '_' || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z');
}

static size_t skip_spaces(struct slice text, size_t at) {
    while (at < text.size && (text.data[at] == ' ' || (text.data[at] >= 9 && text.data[at] <= 13)))
        at++;
    return at;
}

/* The number in "(n)" at `at`; false: there is none. */
static bool read_argument(struct slice text, size_t at, uint64_t *out) {
    at = skip_spaces(text, at);
    if (at == text.size || text.data[at] != '(') return false;
    at = skip_spaces(text, at + 1);
    size_t first = at;
    for (*out = 0; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
        *out = MIN(*out * 10 + (uint64_t)(text.data[at] - '0'), (uint64_t)UINT32_MAX);
    bool has_digits = at > first;
    at = skip_spaces(text, at);
    return has_digits && at < text.size && text.data[at] == ')';
}

bool time_limit_of_hints(struct slice hints, uint64_t *limit_ms_out) {
    const struct slice name = SLICE_LITERAL("MAX_EXECUTION_TIME");
    for (size_t at = 0; at < hints.size;) {
        size_t end = at;
        while (end < hints.size && is_word_byte(hints.data[end])) end++;
        if (slice_equal_nocase(slice_part(hints, at, end - at), name) &&
            read_argument(hints, end, limit_ms_out))
            return true;
        at = MAX(end, at + 1);
    }
    return false;
}

void time_limit_begin(struct session *session, const struct ast_statement *statement) {
    struct waiter *waiter = session->waiter;
    uint64_t limit_ms = session->settings.max_execution_ms;
    if (statement->kind != AST_SELECT || waiter->limit_us != UINT64_MAX) return;
    const struct ast_select *select = first_block(statement->query);
    uint64_t hinted_ms;
    if (select != NULL && select->hints.size > 0 && time_limit_of_hints(select->hints, &hinted_ms))
        limit_ms = hinted_ms;
    if (limit_ms > 0) waiter->limit_us = waiter->now_us + limit_ms * 1000;
}

/* What the place that was interrupted said (1317). */
static void forget_error(struct diagnostics *diagnostics) {
    bool is_last = diagnostics->count > 0 &&
                   diagnostics->conditions[diagnostics->count - 1].level == CONDITION_ERROR;
    if (diagnostics->error.number != 0) {
        diagnostics->error_count--;
        diagnostics->warning_count--;
        if (is_last) diagnostics->count--;
    }
    diagnostics->error = (struct condition){0};
}

enum status time_limit_end(struct session *session, enum status status) {
    session->waiter->limit_us = UINT64_MAX;
    bool is_over = status == STATUS_CANCELLED && session->waiter->cancel == CANCEL_TIMEOUT;
    if (!is_over) return status;
    forget_error(&session->diagnostics);
    return diagnostics_status(&session->diagnostics, STATUS_TIMEOUT);
}
