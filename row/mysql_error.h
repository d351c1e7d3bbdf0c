/* row/mysql_error.h: MySQL's error numbers, their SQLSTATEs and texts.
 *
 * Here because sql/ raises them and protocol/ sends them, and the two do not know each other. The
 * list is row/mysql_error.def.
 */
#ifndef ROW_MYSQL_ERROR_H
#define ROW_MYSQL_ERROR_H

#include <stdarg.h>

#include "base/bytes.h"

#define E(name, number, sqlstate, text) name = (number),
enum mysql_error {
    ER_NONE = 0,
#include "row/mysql_error.def"
};
#undef E

/* MySQL cuts an error's message to this, NUL included. */
#define MYSQL_ERROR_TEXT_MAX ((size_t)512)

/* Five characters; "HY000" for a number that is not in the list. */
const char *mysql_error_sqlstate(unsigned number);
/* The printf format; that of ER_UNKNOWN_ERROR for a number that is not in the list. */
const char *mysql_error_format(unsigned number);
/* "ER_DUP_ENTRY"; "ER_UNKNOWN_ERROR" for a number that is not in the list. */
const char *mysql_error_name(unsigned number);

/* The message with its arguments, in `memory`, cut at `size` - 1 bytes, never within a UTF-8
 * character. The arguments must be those of the format: look it up in the list. */
struct slice mysql_error_print(enum mysql_error error, char *memory, size_t size, ...);
struct slice mysql_error_print_list(enum mysql_error error, char *memory, size_t size,
                                    va_list args);

#endif
