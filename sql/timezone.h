/* sql/timezone.h: wall clocks of the world: offsets from UTC by TZif rules or fixed.
 *
 * A zone is made from the bytes of a TZif file (RFC 8536), which server/ reads from the system's directory, or from an offset
 * like '+05:30'. It is immutable; it lives in the arena that it was opened in. NULL stands for UTC in every call.
 *
 *   (Z1) A local time that a clock change leaves out is taken with the offset before it; of one that comes twice, the
 *        earlier moment is meant (as MySQL does for both).
 */
#ifndef SQL_TIMEZONE_H
#define SQL_TIMEZONE_H

#include "row/value.h"

struct time_zone;

/* CORRUPT for bytes that are no TZif of version 2 or later. Transitions after the file's last come from its footer rule. */
MUST_USE enum status time_zone_open(struct slice tzif, struct arena *arena,
                                    const struct time_zone **out);
/* '+05:30', '-8:00': -13:59 to +14:00. INVALID otherwise. */
MUST_USE enum status time_zone_of_offset(struct slice text, struct arena *arena,
                                         const struct time_zone **out);
/* Seconds east of UTC at a moment, in seconds since 1970 UTC. */
int32_t time_zone_offset(const struct time_zone *zone, int64_t epoch_s);
/* Microseconds since 1970: of UTC, and of a local clock read as if it were UTC. */
int64_t time_zone_from_utc(const struct time_zone *zone, int64_t epoch_us);
int64_t time_zone_to_utc(const struct time_zone *zone, int64_t local_us);

/* Does the text end like '14:00:00+01:00'? */
bool timezone_text_has_offset(struct slice text);
/* '2024-01-01 14:00:00+01:00' as a DATETIME of the zone. False: that is no such date. */
bool timezone_of_text(const struct time_zone *zone, struct slice text, struct value *out);
/* A TIMESTAMP value as the DATETIME of the zone; the zero timestamp is the zero date. */
struct value timezone_to_local(const struct time_zone *zone, const struct value *timestamp);
/* A DATETIME or DATE value as TIMESTAMP. OUT_OF_RANGE outside 1970-01-01 00:00:01 to 2038-01-19 03:14:07.999999 UTC; INVALID for a
 * date that is none (zero parts), but the zero date, which is the zero timestamp. */
MUST_USE enum status timezone_to_timestamp(const struct time_zone *zone, const struct value *local,
                                           struct value *out);

#endif
