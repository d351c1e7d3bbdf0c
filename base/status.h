/* base/status.h: the expected outcomes that cross a module's border.
 *
 * One list for the whole tree, because statuses travel in messages: a value, once released, never
 * changes its number. sql/ maps them to MySQL's error numbers in one place (sql/error.c).
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#define STATUS_LIST(S)                                                                             \
    S(OK, 0, "ok")                                                                                 \
    S(CORRUPT, 1, "bytes are not of the expected form")                                            \
    S(BUSY, 2, "a limit is reached; the same call may succeed later")                              \
    S(FULL, 3, "memory or disk is used up")                                                        \
    S(NOT_FOUND, 4, "no such row, table or node")                                                  \
    S(DUPLICATE, 5, "a row with this key exists")                                                  \
    S(TOO_LARGE, 6, "longer than the limit for it")                                                \
    S(OUT_OF_RANGE, 7, "a value does not fit its type")                                            \
    S(INVALID, 8, "not a legal value or request")                                                  \
    S(LOCK_TIMEOUT, 9, "a lock was not granted in time (MySQL 1205)")                              \
    S(LOCK_NOWAIT, 10, "a lock is held and the request said NOWAIT (MySQL 3572)")                  \
    S(DEADLOCK, 11, "chosen as victim of a deadlock (MySQL 1213)")                                 \
    S(ABORTED, 12, "the transaction is certainly not committed (MySQL 1213)")                      \
    S(UNKNOWN_OUTCOME, 13, "the outcome cannot be known in time; the connection closes")           \
    S(WRONG_PRIMARY, 14, "this node is not the shard's primary in that term")                      \
    S(OLD_TERM, 15, "the sender's term or version is older than the receiver's")                   \
    S(OLD_SCHEMA, 16, "the request's schema version is not valid any more; plan again")            \
    S(OLD_SNAPSHOT, 17, "the snapshot is below the kept history (MySQL 1412)")                     \
    S(OLD_MAP, 18, "the request's bucket map is not valid any more; route again")                  \
    S(CANCELLED, 19, "the statement was killed (MySQL 1317)")                                      \
    S(TIMEOUT, 20, "no answer in time")                                                            \
    S(UNAVAILABLE, 21, "the peer or the configuration store is not reachable; retry")              \
    S(UNSUPPORTED, 22, "not supported (MySQL 1235)")                                               \
    S(DENIED, 23, "no permission")                                                                 \
    S(DIVISION_BY_ZERO, 24, "division by zero (MySQL 1365)")                                       \
    S(TRUNCATED, 25, "data was cut or rounded to fit")                                             \
    S(WRONG_ORDER, 26, "a request number repeats, leaves a gap or belongs to an undone statement") \
    S(END, 27, "nothing more")

#define STATUS_ENUM(name, number, text) STATUS_##name = (number),
enum status { STATUS_LIST(STATUS_ENUM) };
#undef STATUS_ENUM

/* The name without STATUS_, for logs and traces; never NULL. */
const char *status_name(enum status status);
/* The explanation above; never NULL, even for numbers that came from foreign bytes. */
const char *status_text(enum status status);

#endif
