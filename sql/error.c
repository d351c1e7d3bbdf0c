/* error.c: how does a failure inside sql/ become MySQL's error and list of warnings?
 *
 * Texts are printed once, into the statement's arena, cut at MYSQL_ERROR_TEXT_MAX as MySQL cuts them. The invariants are
 * (D1) and (D2) of error.h. Statuses that come from below carry no text: status_errors says which error each is.
 */
#include "sql/error.h"

#include <stdarg.h>
#include <stdio.h>

void diagnostics_open(struct diagnostics *diagnostics, struct arena *arena, uint32_t count_max) {
    *diagnostics = (struct diagnostics){.arena = arena, .count_max = count_max, .cause = STATUS_OK};
}

static struct condition condition_of(struct diagnostics *diagnostics, enum condition_level level,
                                     enum mysql_error number, struct slice message) {
    struct condition condition = {.level = level,
                                  .number = (uint16_t)number,
                                  .message = arena_copy(diagnostics->arena, message)};
    memcpy(condition.sqlstate, mysql_error_sqlstate(number), sizeof condition.sqlstate);
    return condition;
}

/* (D2) */
static void diagnostics_add(struct diagnostics *diagnostics, const struct condition *condition) {
    diagnostics->warning_count++;
    diagnostics->error_count += condition->level == CONDITION_ERROR;
    if (diagnostics->count >= diagnostics->count_max) return;
    if (diagnostics->count == diagnostics->capacity) {
        uint32_t capacity = MAX(4u, diagnostics->capacity * 2);
        struct condition *conditions = arena_array(diagnostics->arena, struct condition, capacity);
        if (diagnostics->count > 0) {
            memcpy(conditions, diagnostics->conditions, diagnostics->count * sizeof *conditions);
        }
        diagnostics->conditions = conditions;
        diagnostics->capacity = capacity;
    }
    diagnostics->conditions[diagnostics->count++] = *condition;
}

/* (D1) */
static enum status diagnostics_set(struct diagnostics *diagnostics, enum mysql_error number,
                                   struct slice message) {
    if (diagnostics->error.number != 0) return STATUS_INVALID;
    diagnostics->error = condition_of(diagnostics, CONDITION_ERROR, number, message);
    diagnostics_add(diagnostics, &diagnostics->error);
    if (diagnostics->cause == STATUS_OK) diagnostics->cause = STATUS_INVALID;
    return STATUS_INVALID;
}

enum status diagnostics_error(struct diagnostics *diagnostics, enum mysql_error number, ...) {
    char text[MYSQL_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, number);
    struct slice message = mysql_error_print_list(number, text, sizeof text, args);
    va_end(args);
    return diagnostics_set(diagnostics, number, message);
}

enum status diagnostics_error_text(struct diagnostics *diagnostics, enum mysql_error number,
                                   const char *format, ...) {
    char text[MYSQL_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK(size >= 0);
    return diagnostics_set(diagnostics, number, slice_of(text, MIN((size_t)size, sizeof text - 1)));
}

void diagnostics_warn(struct diagnostics *diagnostics, enum condition_level level,
                      enum mysql_error number, ...) {
    char text[MYSQL_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, number);
    struct slice message = mysql_error_print_list(number, text, sizeof text, args);
    va_end(args);
    struct condition condition = condition_of(diagnostics, level, number, message);
    diagnostics_add(diagnostics, &condition);
}

void diagnostics_warn_text(struct diagnostics *diagnostics, enum mysql_error number,
                           const char *format, ...) {
    char text[MYSQL_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK(size >= 0);
    struct slice message = slice_of(text, MIN((size_t)size, sizeof text - 1));
    struct condition condition = condition_of(diagnostics, CONDITION_WARNING, number, message);
    diagnostics_add(diagnostics, &condition);
}

/* What a client is told where only the status is known; others are ER_UNKNOWN_ERROR with its text. */
static const struct status_error {
    enum status status;
    enum mysql_error number;
} status_errors[] = {
    {STATUS_LOCK_TIMEOUT, ER_LOCK_WAIT_TIMEOUT},  {STATUS_LOCK_NOWAIT, ER_LOCK_NOWAIT},
    {STATUS_DEADLOCK, ER_LOCK_DEADLOCK},          {STATUS_ABORTED, ER_LOCK_DEADLOCK},
    {STATUS_CANCELLED, ER_QUERY_INTERRUPTED},     {STATUS_TIMEOUT, ER_QUERY_TIMEOUT},
    {STATUS_OLD_SCHEMA, ER_TABLE_DEF_CHANGED},    {STATUS_OLD_SNAPSHOT, ER_TABLE_DEF_CHANGED},
    {STATUS_UNKNOWN_OUTCOME, ER_SERVER_SHUTDOWN},
};

static enum mysql_error status_error(enum status status) {
    for (size_t i = 0; i < ARRAY_COUNT(status_errors); i++) {
        if (status_errors[i].status == status) return status_errors[i].number;
    }
    return ER_UNKNOWN_ERROR;
}

/* FULL and the like have a number of their own, and a text that is ours. */
static enum mysql_error status_error_with_text(enum status status) {
    if (status == STATUS_FULL) return ER_RECORD_FILE_FULL;
    if (status == STATUS_TOO_LARGE) return ER_TOO_BIG_ROWSIZE;
    if (status == STATUS_UNSUPPORTED) return ER_NOT_SUPPORTED_YET;
    return ER_UNKNOWN_ERROR;
}

enum status diagnostics_status(struct diagnostics *diagnostics, enum status status) {
    CHECK(status != STATUS_OK && status != STATUS_END);
    if (diagnostics->cause == STATUS_OK || diagnostics->cause == STATUS_INVALID) {
        diagnostics->cause = status;
    }
    enum mysql_error number = status_error(status);
    enum status set = number != ER_UNKNOWN_ERROR
                          ? diagnostics_error(diagnostics, number)
                          : diagnostics_error_text(diagnostics, status_error_with_text(status),
                                                   "The cluster refused: %s", status_text(status));
    CHECK(set == STATUS_INVALID);
    return status;
}

enum status diagnostics_unsupported(struct diagnostics *diagnostics, const char *what) {
    return diagnostics_error(diagnostics, ER_NOT_SUPPORTED_YET, what);
}
