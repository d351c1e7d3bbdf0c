/* sql/sql_mode.h: the bits of @@sql_mode, numbered as MySQL numbers them. */
#ifndef SQL_SQL_MODE_H
#define SQL_SQL_MODE_H

enum sql_mode {
    SQL_MODE_REAL_AS_FLOAT = 1 << 0,
    SQL_MODE_PIPES_AS_CONCAT = 1 << 1,
    SQL_MODE_ANSI_QUOTES = 1 << 2,
    SQL_MODE_IGNORE_SPACE = 1 << 3,
    SQL_MODE_ONLY_FULL_GROUP_BY = 1 << 5,
    SQL_MODE_NO_UNSIGNED_SUBTRACTION = 1 << 6,
    SQL_MODE_NO_DIR_IN_CREATE = 1 << 7,
    SQL_MODE_ANSI = 1 << 18,
    SQL_MODE_NO_AUTO_VALUE_ON_ZERO = 1 << 19,
    SQL_MODE_NO_BACKSLASH_ESCAPES = 1 << 20,
    SQL_MODE_STRICT_TRANS_TABLES = 1 << 21,
    SQL_MODE_STRICT_ALL_TABLES = 1 << 22,
    SQL_MODE_NO_ZERO_IN_DATE = 1 << 23,
    SQL_MODE_NO_ZERO_DATE = 1 << 24,
    SQL_MODE_ALLOW_INVALID_DATES = 1 << 25,
    SQL_MODE_ERROR_FOR_DIVISION_BY_ZERO = 1 << 26,
    SQL_MODE_TRADITIONAL = 1 << 27,
    SQL_MODE_HIGH_NOT_PRECEDENCE = 1 << 29,
    SQL_MODE_NO_ENGINE_SUBSTITUTION = 1 << 30,
};
/* PAD_CHAR_TO_FULL_LENGTH and TIME_TRUNCATE_FRACTIONAL are bits 31 and 32 of MySQL's 64-bit mode: too high for an
 * enum's int, so they have no name here and cannot be switched on. */

#endif
