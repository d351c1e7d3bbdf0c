/* sql/function_private.h: what the function_*.c files share: reading args by a shape, as dates and times, making results.
 *
 *   (P1) A function whose args are read sets *out on every path; function_read has made it NULL already.
 *   (P2) Results longer than max_allowed_packet are NULL and warning 1301: function_fits_packet before they are made.
 */
#ifndef SQL_FUNCTION_PRIVATE_H
#define SQL_FUNCTION_PRIVATE_H

#include "row/collation.h"
#include "row/temporal.h"
#include "sql/coerce.h"
#include "sql/expr_private.h"

#define FUNCTION_READ_MAX 6

struct function_arg {
    struct value value; /* as evaluated */
    struct slice text;  /* shape t */
    int64_t i;          /* shape i */
    double d;           /* shape d */
};
struct function_input {
    struct function_arg args[FUNCTION_READ_MAX];
    bool is_null; /* the result is NULL */
};

/* Evaluates the args as `shape` says, one letter each: t text, i integer, d double, v the value alone. A shape shorter than the
 * args repeats its last letter. Of a function that takes NULL, NULL args stay unread. *out becomes NULL (P1). */
MUST_USE enum status function_read(const struct expr *expr, struct eval_context *context,
                                   const char *shape, struct function_input *input,
                                   struct value *out);
/* One arg as text; *is_null_out instead when it is NULL. */
MUST_USE enum status function_read_text(const struct expr *arg, struct eval_context *context,
                                        struct slice *out, bool *is_null_out);
/* One arg as integer. */
MUST_USE enum status function_read_int(const struct expr *arg, struct eval_context *context,
                                       int64_t *out, bool *is_null_out);
/* (P2) */
bool function_fits_packet(const struct expr *expr, struct eval_context *context, uint64_t bytes);

/* The character set that the function's texts are in. */
uint8_t function_charset(const struct expr *expr);
/* Bytes of the first character; 0 of an empty text. */
size_t function_char_size(uint8_t charset, struct slice text);

/* ---- dates and times ---- */

/* What of a date may be zero. */
enum function_date_need {
    DATE_AS_IT_IS, /* month and day may be 0: YEAR() and its like only look */
    DATE_BY_MODE,  /* what sql_mode allows */
    DATE_WHOLE,    /* a real day: there is no counting from another */
};
/* A point in time, or a time of its own where that was read. */
struct function_moment {
    int64_t packed; /* temporal_pack */
    int64_t us;     /* TIME, when is_time */
    uint8_t fsp;    /* digits of a fraction that were given */
    bool has_time;  /* a time was given */
    bool is_time;   /* and no date */
};
/* One arg as a date-time; a TIME is one of today. What is none is NULL and warning 1292. */
MUST_USE enum status function_read_moment(const struct expr *arg, struct eval_context *context,
                                          enum function_date_need need, struct function_moment *out,
                                          bool *is_null_out);
/* One arg as a time of day or length of time, microseconds; a date-time's time counts. */
MUST_USE enum status function_read_time(const struct expr *arg, struct eval_context *context,
                                        int64_t *us_out, bool *is_null_out);
/* As the one or the other: what has a date is a date-time. */
MUST_USE enum status function_read_either(const struct expr *arg, struct eval_context *context,
                                          struct function_moment *out, bool *is_null_out);
/* Digits of a fraction that the arg's values have at most. */
uint8_t function_fsp_of(const struct expr *arg);
/* Result type DATE, TIME(fsp), DATETIME(fsp). */
void function_type_temporal(struct function_call *call, enum column_kind kind, uint8_t fsp);
/* The value in the expression's type, cut to its fsp; a TIME out of range is clamped with warning 1292. */
struct value function_date_time_result(const struct expr *expr, int64_t packed);
struct value function_time_result(const struct expr *expr, struct eval_context *context,
                                  int64_t us);
/* `packed` or `us` (TIME_FORMAT) as the format says; false: a part that is asked for is not there, NULL. The text is
 * appended. */
bool function_format_moment(const struct function_moment *moment, struct slice format,
                            struct buffer *out);
extern const char *const function_month_names[12], *const function_day_names[7]; /* from Monday */

/* Is the arg a constant number; which? */
bool function_constant_int(const struct expr *arg, int64_t *out);
/* Result types: text in the collation that coerce_texts derived; text in the connection's collation; bytes; BIGINT of so many
 * digits. */
void function_type_derived(struct function_call *call, uint64_t length_chars);
void function_type_ascii(struct function_call *call, uint64_t length_chars);
void function_type_bytes(struct function_call *call, uint64_t length);
void function_type_int(struct function_call *call, uint32_t digits);
/* `count` args from `from` on become text, each in its own collation: for functions that only look at bytes. */
void function_texts(struct function_call *call, uint32_t from, uint32_t count);
/* A value that is not NULL as JSON, for a CAST: an EXPLICIT one of a text reads a document, what the binder puts in makes a
 * string of it. */
MUST_USE enum status function_json_cast(const struct expr *expr, struct eval_context *context,
                                        const struct value *value, struct value *out);
/* The lower-case name, as MySQL's warnings show it. */
const char *function_name_lower(const struct expr *expr, struct arena *arena);

#endif
