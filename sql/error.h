/* sql/error.h: what went wrong with a statement, and what it warns of.
 *
 * Every failure inside sql/ is a return of STATUS_INVALID (or the status that caused it) after the
 * details were put into the statement's diagnostics. The session turns the first error into the reply; SHOW
 * WARNINGS reads the list.
 *
 *   (D1) A statement has at most one error; the first one stands.
 *   (D2) At most max_error_count conditions are kept; warning_count counts all.
 */
#ifndef SQL_ERROR_H
#define SQL_ERROR_H

#include "base/arena.h"
#include "base/status.h"
#include "row/mysql_error.h"

enum condition_level { CONDITION_NOTE, CONDITION_WARNING, CONDITION_ERROR };

struct condition {
    enum condition_level level;
    uint16_t number;
    char sqlstate[6];
    struct slice message;
};

struct diagnostics {
    struct arena *arena; /* the messages' */
    struct condition *conditions;
    uint32_t count, capacity, count_max;
    uint32_t warning_count; /* warnings and notes and errors, kept or not */
    uint32_t error_count;
    struct condition error; /* number 0: none */
    enum status cause;      /* what the statement ends with: DEADLOCK, UNKNOWN_OUTCOME, ... */
    uint32_t row_number;    /* of the row that is being written, from 1; for messages */
    uint32_t row_base;      /* rows that statements before it have written for the same client's statement */
};

void diagnostics_open(struct diagnostics *diagnostics, struct arena *arena, uint32_t count_max);
/* Sets the statement's error with the text of row/mysql_error.def filled in; returns STATUS_INVALID, so that
 * callers write `return diagnostics_error(d, ER_X, ...)`. */
MUST_USE enum status diagnostics_error(struct diagnostics *diagnostics, enum mysql_error number,
                                       ...);
/* A text of one's own instead of the list's. */
MUST_USE enum status diagnostics_error_text(struct diagnostics *diagnostics,
                                            enum mysql_error number, const char *format, ...)
    PRINTF_LIKE(3, 4);
void diagnostics_warn(struct diagnostics *diagnostics, enum condition_level level,
                      enum mysql_error number, ...);
/* A warning with a text of one's own. */
void diagnostics_warn_text(struct diagnostics *diagnostics, enum mysql_error number,
                           const char *format, ...) PRINTF_LIKE(3, 4);
/* What a status from below means to a client where no more is known (LOCK_TIMEOUT 1205, DEADLOCK and ABORTED 1213,
 * FULL 1114, UNAVAILABLE, CANCELLED 1317, ...); an error that is set already stands. Returns `status`. */
MUST_USE enum status diagnostics_status(struct diagnostics *diagnostics, enum status status);
/* "This version of MySQL doesn't yet support '%s'" (1235). */
MUST_USE enum status diagnostics_unsupported(struct diagnostics *diagnostics, const char *what);

#endif
