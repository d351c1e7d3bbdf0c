/* sql/function.h: the functions that SQL can call by name: scalar, aggregate, window.
 *
 * One const table, sorted by name, made of the lists in function_*.c. The binder finds the function, binds the args, makes
 * the EXPR_CALL node and lets `resolve` set the node's type, collation, coercibility and flags, and wrap args in casts.
 *
 *   (F1) Names compare without regard to case. Aliases (SUBSTR, LCASE) are entries of their own.
 *   (F2) eval gets args evaluated by itself (expr_eval on expr->args[i]), so it may stop early.
 *   (F3) Unless FUNCTION_TAKES_NULL, a NULL arg makes the result NULL before the function's own code: function_args does it.
 */
#ifndef SQL_FUNCTION_H
#define SQL_FUNCTION_H

#include "sql/expr.h"

enum function_class { FUNCTION_SCALAR, FUNCTION_AGGREGATE, FUNCTION_WINDOW };
enum function_flag {
    FUNCTION_NOT_DETERMINISTIC = 1, /* RAND, UUID, CONNECTION_ID is not */
    FUNCTION_WAITS = 2,             /* SLEEP, GET_LOCK, ... */
    FUNCTION_TAKES_NULL = 4,
    FUNCTION_NEVER_NULL = 8, /* the result, whatever the args: EXPR_NULLABLE is not set */
    FUNCTION_ALWAYS_NULLABLE = 16,
    FUNCTION_NEEDS_ROW =
        32, /* LAST_INSERT_ID(), ROW_COUNT(): of the session, constant in a statement */
};
#define FUNCTION_ARGS_ANY 255

/* What resolve works with. */
struct function_call {
    struct expr *expr; /* the node; args bound */
    struct arena *arena;
    struct diagnostics *diagnostics;
    uint16_t connection_collation;
    uint32_t sql_mode;
};

struct function {
    const char *name; /* upper case */
    uint8_t class;    /* enum function_class */
    uint8_t args_min, args_max;
    uint8_t flags; /* enum function_flag */
    enum status (*resolve)(struct function_call *call);
    expr_eval_function *eval; /* SCALAR; NULL for the others and for WAITS */
    uint16_t aggregate;       /* AGGREGATE: enum aggregate_kind of sql/aggregate.h */
};

/* What has a syntax of its own is called by these names, with these args (bind_call.c); a unit is a BIGINT constant,
 * enum interval_unit:
 *
 *   DATE_ADD(date, amount, unit)       d + INTERVAL a u, ADDDATE ..     DATE_SUB(date, amount, unit)
 *   ADDDATE(date, days)                                                 SUBDATE(date, days)
 *   EXTRACT(unit, date)                                                 GET_FORMAT('DATE', name)
 *   TIMESTAMPADD(unit, amount, date)                                    TIMESTAMPDIFF(unit, from, to)
 *   TRIM(text), LTRIM(text), RTRIM(text), each also with (text, what)   LOCATE(what, text)   POSITION(what IN text)
 *   REGEXP_LIKE(text, pattern)         REGEXP                           SOUNDEX(text)        SOUNDS LIKE
 *   CONCAT(a, ..)                      || with PIPES_AS_CONCAT          CHAR(n, ..)          CHAR(.. USING x): then converted
 *   JSON_EXTRACT(doc, path)            ->                               JSON_UNQUOTE(json)   ->>
 *   WEIGHT_STRING(text)
 *
 * The eval of RAND(n) finds its state by expr->operation, which the binder numbers. */
/* NULL when there is none: 1305. */
const struct function *function_find(struct slice name);
const char *function_name(const struct function *function);

/* ---- for function_*.c ---- */

/* Evaluates args 0 .. count - 1; *is_null_out when one is NULL. */
MUST_USE enum status function_args(const struct expr *expr, struct eval_context *context,
                                   struct value *args, bool *is_null_out);
/* An evaluated arg as what the function works on, with MySQL's conversions (and warnings). The bytes of a text in
 * the expression's character set live in the context's arena or in the value. */
MUST_USE enum status function_text(struct eval_context *context, const struct value *arg,
                                   struct slice *out);
MUST_USE enum status function_int(struct eval_context *context, const struct value *arg,
                                  int64_t *out);
MUST_USE enum status function_double(struct eval_context *context, const struct value *arg,
                                     double *out);
MUST_USE enum status function_decimal(struct eval_context *context, const struct value *arg,
                                      struct decimal *out);
/* A text result in the expression's collation. */
struct value function_text_result(const struct expr *expr, struct slice bytes);

/* Resolvers that many share: BIGINT, BIGINT of one digit, DOUBLE. */
MUST_USE enum status function_resolve_int(struct function_call *call);
MUST_USE enum status function_resolve_bool(struct function_call *call);
MUST_USE enum status function_resolve_double(struct function_call *call);
/* For resolvers: the result is text of so many characters. See sql/coerce.h for deriving a collation from args. */
void function_set_text(struct function_call *call, uint64_t length_chars, uint16_t collation,
                       enum coercibility coercibility);

/* Ascending by name (L1). A new list gets its line in function.c. */
struct function_list {
    const struct function *functions;
    uint32_t count;
};
/* NULL past the last; for tests. */
const struct function_list *function_list_at(size_t index);
extern const struct function_list function_strings, function_numbers, function_times,
    function_control, function_digests, function_facts, function_aggregates, function_windows,
    function_searches, function_codes, function_clocks, function_shifts, function_formats,
    function_zones, function_regexps,
    function_networks, function_json;

/* Compiled regular expressions of one execution, for those whose pattern is the same for all rows. */
struct regexps;
struct regexps *regexps_open(struct arena *arena);
void regexps_close(struct regexps *regexps);

#endif
