/* base/check.h: how a broken invariant ends the process.
 *
 * CHECK states one fact, has no side effects and is compiled into release builds: a database that
 * goes on after its own invariant broke loses data. An expected outcome is an `enum status`
 * (base/status.h), never a CHECK; foreign bytes never reach a CHECK unverified.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <assert.h> /* static_assert */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prints the fact with its place to stderr and aborts. Defined in base/check.c. */
_Noreturn void check_failed(const char *fact, const char *file, int line);

#define CHECK(fact)                                                                                \
    (__builtin_expect(!!(fact), 1) ? (void)0 : check_failed(#fact, __FILE__, __LINE__))
#define UNREACHABLE() check_failed("unreachable", __FILE__, __LINE__)

/* On every function whose result must be looked at: all that return `enum status`. */
#define MUST_USE __attribute__((warn_unused_result))
/* printf-like functions: argument numbers count from 1. */
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
