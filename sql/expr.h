/* sql/expr.h: typed expressions and their evaluation over a row of slots.
 *
 * A bound expression is a tree of nodes; each knows its type and has a function that computes it. Everything that a
 * statement's rows carry (columns of tables, aggregates, results of subqueries, window results) has a slot, an index
 * into an array of values; operators fill slots, expressions read them. Trees are immutable and shared by all
 * executions of a cached plan: what differs between executions (parameters, time, session) is in eval_context.
 *
 *   (E1) Evaluating never waits and never calls the cluster: subqueries are operators that fill slots.
 *   (E2) A tree is at most EXPRESSION_DEPTH_MAX deep, so recursion needs no guard.
 *   (E3) Values that eval makes live in context->arena or borrow from slots, parameters or constants.
 */
#ifndef SQL_EXPR_H
#define SQL_EXPR_H

#include "row/program.h"
#include "row/value.h"
#include "sql/error.h"

struct expr;
struct function; /* sql/function.h */
struct bound_subquery;
struct bound_table;

enum expr_kind {
    EXPR_CONSTANT,  /* value */
    EXPR_PARAMETER, /* ordinal: context->parameters; lifted literals too */
    EXPR_COLUMN,    /* slot; column: where it comes from */
    EXPR_SLOT,      /* slot of an aggregate, subquery, window or select item */
    EXPR_AND,       /* n args */
    EXPR_OR,        /* n args */
    EXPR_XOR,
    EXPR_NOT,
    EXPR_IS_NULL,
    EXPR_IS_TRUE,
    EXPR_IS_FALSE,
    EXPR_COMPARE, /* compare: enum program_op EQ .. NULL_SAFE_EQ; both args already of one comparison type */
    EXPR_IN,         /* args[0] in args[1..] */
    EXPR_BETWEEN,    /* args[0] between args[1] and args[2] */
    EXPR_LIKE,       /* args[0] like args[1]; escape */
    EXPR_ARITHMETIC, /* arithmetic: enum arithmetic_op */
    EXPR_NEGATE,
    EXPR_BIT_NOT,
    EXPR_CAST, /* args[0] to `type`, quietly where the binder put it, with warnings where SQL says CAST */
    EXPR_CASE, /* when, then, when, then, ..., else; operands were made comparisons by the binder */
    EXPR_COALESCE,
    EXPR_ROW,      /* (a, b): only under comparison, IN and subqueries */
    EXPR_CALL,     /* function */
    EXPR_VARIABLE, /* user variable: name; ASSIGN when it has an arg */
    EXPR_DEFAULT,  /* bare DEFAULT in VALUES and SET */
    EXPR_VALUES,   /* VALUES(col) and row alias in ON DUPLICATE KEY UPDATE: a slot of the new row */
};

enum expr_flag {
    EXPR_NULLABLE = 1,
    EXPR_NOT_DETERMINISTIC = 2, /* RAND, UUID, variables, SLEEP: never folded, never pushed */
    EXPR_STATEMENT_CONSTANT =
        4, /* the same for all rows of an execution: parameters, NOW, constants */
    EXPR_HAS_SUBQUERY = 8,
    EXPR_HAS_AGGREGATE = 16,
    EXPR_WAITS = 32, /* SLEEP, GET_LOCK, ...: the executor runs it through context->waiting_call */
    EXPR_IS_NEGATED = 64, /* NOT IN, NOT LIKE, NOT BETWEEN, IS NOT NULL */
    EXPR_WARNS = 128,     /* CAST: tells of truncation */
};

/* A quotient has more digits than its type (MySQL: 1 / 3 is 0.333333333, shown as 0.3333). Who computes on takes all. */
enum expr_places {
    PLACES_OF_TYPE, /* values have the type's places */
    PLACES_CUT,     /* they have more, which are rounded off */
    PLACES_ALL,     /* they have more */
};

/* What a CAST node does with what does not fit; `operation` of the node. */
enum cast_mode {
    CAST_QUIET,    /* put in by the binder: never cut, never told */
    CAST_WARNING,  /* put in by the binder: rubbish is warning 1292, no date is NULL */
    CAST_COMPARED, /* a constant beside a date: rubbish is error 1525 */
    CAST_EXPLICIT, /* CAST and CONVERT: cut to length, with warnings */
};
/* `ordinal` of an EXPLICIT cast to text: characters (BINARY: bytes) that it is cut to. Of a COMPARED one: the kind of column
 * that the constant stands beside. */
#define CAST_NO_LENGTH UINT32_MAX

/* MySQL's coercibility: the smaller one's collation wins. */
enum coercibility {
    COERCE_EXPLICIT = 0,
    COERCE_NONE = 1,
    COERCE_IMPLICIT = 2,
    COERCE_SYSTEM = 3,
    COERCE_LITERAL = 4,
    COERCE_NUMERIC = 5,
    COERCE_IGNORABLE = 6,
};

struct eval_context;
typedef enum status expr_eval_function(const struct expr *expr, struct eval_context *context,
                                       struct value *out);

struct expr {
    uint8_t kind;  /* enum expr_kind */
    uint8_t flags; /* enum expr_flag */
    uint8_t coercibility;
    uint8_t places; /* enum expr_places */
    /* COMPARE: enum program_op; ARITHMETIC: enum arithmetic_op; LIKE: escape; CAST: enum cast_mode */
    uint16_t operation;
    uint16_t collation; /* that comparisons, LIKE and string functions work in */
    uint32_t arg_count;
    struct expr **args;
    struct column_type type; /* of the result; NOT_NULL is not kept here: see EXPR_NULLABLE */
    expr_eval_function *eval;
    union {
        struct value value; /* CONSTANT */
        uint32_t ordinal;   /* PARAMETER; CAST: see CAST_NO_LENGTH */
        struct {
            uint32_t slot;
            const struct bound_table *table; /* COLUMN: NULL for others */
            uint32_t column;
        };
        const struct function *function; /* CALL */
        struct slice name;               /* VARIABLE */
    };
    const struct bound_subquery *subquery; /* SLOT of a subquery */
};

/* What sql_mode changes in evaluation. */
enum eval_mode {
    EVAL_STRICT = 1, /* and the statement writes: what does not fit is an error */
    EVAL_ERROR_FOR_DIVISION_BY_ZERO = 2,
    EVAL_HIGH_NOT_PRECEDENCE = 8,
    EVAL_PAD_CHAR = 16,
    EVAL_IGNORE = 32, /* INSERT IGNORE and kin: errors of rows become warnings */
};

/* What functions ask the session for; implemented by sql/session. Slices live as long as the statement. */
struct session_facts {
    struct slice user, current_user, database; /* database empty: none, NULL */
    struct slice version;
    uint64_t connection_id, last_insert_id, found_rows;
    int64_t row_count; /* of the statement before */
    struct slice role;
};

/* Why a function with EXPR_WAITS wants to wait, and the answer. */
struct waiting_call {
    const struct function *function;
    const struct value *args;
    uint32_t arg_count;
};

struct time_zone; /* sql/timezone.h */

struct eval_context {
    struct arena *arena; /* of temporaries; reset by operators between rows or batches */
    struct value *slots;
    const struct value
        *parameters; /* lifted literals and ?, already of the types that the plan was made for */
    uint32_t parameter_count;
    uint32_t mode;           /* enum eval_mode */
    uint32_t temporal_flags; /* enum temporal_flag */
    uint16_t connection_collation;
    uint8_t division_scale_increment; /* div_precision_increment */
    int64_t now_epoch_us;             /* of the statement's start (NOW) */
    int64_t sysdate_epoch_us;         /* of this moment (SYSDATE), unless there is a clock */
    const uint64_t *clock_us;         /* the driver's, moved whenever the fiber waits; or NULL */
    uint8_t week_format;              /* default_week_format */
    uint8_t cipher_mode; /* enum cipher_mode, and bytes of its key: block_encryption_mode */
    uint8_t cipher_key_bytes;
    const struct time_zone *zone;
    struct random *random; /* the session's; RAND(n) has its own state per node and execution */
    uint64_t *rand_states; /* two each for RAND(n), by place; zeroed at the start of an execution */
    struct diagnostics *diagnostics;
    struct regexps *regexps; /* compiled patterns (sql/function.h); NULL: none are kept */
    const struct session_facts *facts;
    uint64_t group_concat_bytes_max;
    uint64_t packet_bytes_max;
    uint64_t last_insert_id_set; /* LAST_INSERT_ID(expr) was called: its value */
    uint8_t has_last_insert_id_set;
    /* User and system variables. NULL value when unset. */
    void *session;
    enum status (*get_variable)(void *session, struct slice name, struct value *out);
    enum status (*set_variable)(void *session, struct slice name, const struct value *value);
    enum status (*wait_call)(void *session, const struct waiting_call *call, struct value *out);
    /* A zone by its name, made in the arena; NOT_FOUND. NULL: only offsets are known. */
    enum status (*find_zone)(void *session, struct slice name, struct arena *arena,
                             const struct time_zone **out);
};

static inline int64_t eval_clock_us(const struct eval_context *context) {
    return context->clock_us != NULL ? (int64_t)*context->clock_us : context->sysdate_epoch_us;
}

/* OK, or an error that is in context->diagnostics. */
MUST_USE static inline enum status expr_eval(const struct expr *expr, struct eval_context *context,
                                             struct value *out) {
    return expr->eval(expr, context, out);
}
/* As a condition: 1, 0, or -1 for NULL. */
MUST_USE enum status expr_truth(const struct expr *expr, struct eval_context *context,
                                int *truth_out);

/* The node's values have more places than its type: they are rounded off. */
void expr_cut_places(struct expr *expr);
/* The node without that, for those who compute with it; a copy, or the node itself. */
struct expr *expr_all_places(struct arena *arena, struct expr *expr);
/* Slots that the expression reads, as bits in `set` (slot_count bits). */
void expr_slots(const struct expr *expr, uint64_t *set);
/* Same shape, same leaves: GROUP BY matching, common subexpressions. */
bool expr_equal(const struct expr *a, const struct expr *b);
/* Splits ANDs: appends the conjuncts. */
void expr_conjuncts(struct expr *expr, struct arena *arena, struct expr ***list, uint32_t *count);
/* For EXPLAIN and messages. */
void expr_print(const struct expr *expr, struct buffer *out);

/* ---- pushing down ---- */

/* Where a program finds what the expression names. */
struct expr_program {
    struct program_builder *builder;
    const struct bound_table *table; /* whose columns are columns of the program's input row */
    /* Parameters of the program, in order: statement-constant expressions, evaluated once an execution. */
    struct expr **parameters;
    uint32_t parameter_count, parameter_capacity;
    struct arena *arena;
};
/* UNSUPPORTED when some part cannot be computed where the rows are (functions, variables, other tables' columns:
 * these are tried as parameters when they are statement constants). Nothing was emitted that does harm. */
MUST_USE enum status expr_to_program(const struct expr *expr, struct expr_program *program,
                                     program_operand *operand_out);

#endif
