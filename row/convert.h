/* row/convert.h: any value into a column, as an INSERT or UPDATE does it.
 *
 * The result is exactly what the column stores and gives back: rounded, cut, padded, in the
 * column's character set. Every status but UNSUPPORTED leaves the value that MySQL stores in
 * non-strict mode or under IGNORE; in strict mode the caller makes the status an error.
 *
 *   OK            stored as it is, or a number rounded to the column's places
 *   TRUNCATED     rubbish followed a number or date, a character has no counterpart (1265)
 *   TOO_LARGE     a string was longer than the column (1406), cut
 *   OUT_OF_RANGE  clamped (1264)
 *   INVALID       no number, date or member at all (1366, 1292), or bytes not of the character set
 */
#ifndef ROW_CONVERT_H
#define ROW_CONVERT_H

#include "row/value.h"

struct convert_options {
    uint32_t temporal_flags; /* enum temporal_flag */
    int64_t now_epoch_us;    /* for TIME into DATETIME: the statement's time, session zone */
};

/* NULL stays NULL (NOT NULL is the caller's). A value into TIMESTAMP must be TIMESTAMP, NULL or a
 * DATETIME already in UTC: sql applies the session's time zone first. Bytes that have to be made
 * go into the arena; others are borrowed from `value`. */
MUST_USE enum status value_convert(const struct value *value, const struct column_type *type,
                                   const struct convert_options *options, struct arena *arena,
                                   struct value *out);
/* Is the value already one that the column gives back, so that it may be stored unconverted? Rows
 * and keys CHECK nothing: row_encode asks this and answers INVALID. */
bool value_fits(const struct value *value, const struct column_type *type);
/* The value an omitted NOT NULL column gets in non-strict mode: 0, '', the zero date, member 1. */
struct value column_type_zero(const struct column_type *type);
/* The kind of value that the column holds, e.g. VALUE_UINT for INT UNSIGNED. */
enum value_kind column_type_value_kind(const struct column_type *type);

#endif
