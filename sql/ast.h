/* sql/ast.h: the tree that the parser builds from one statement, before names mean anything.
 *
 * Ownership: every node lives in the arena given to parse_statement and dies with it. Slices point
 * into that arena or straight into the statement's text, so the text must live as long as the tree.
 * Nobody changes a tree after parsing; several plans may be made from one.
 *
 *   (T1) `depth` of an expression, table reference or query is 1 + the deepest child's, and never
 *        above AST_DEPTH_MAX: a recursive walk of a tree needs no guard of its own. Chains of
 *        AND, OR, XOR, '+', '*' and '||' are one node with any number of args, unions one node
 *        with any number of arms.
 *   (T2) Identifiers are unquoted and unescaped, in the letters of the text; string literals
 *        likewise. An absent name is a slice of size 0 (an empty identifier is refused by the
 *        parser).
 *   (T3) A pointer that may be absent is NULL; lists are an array with its count, items NULL when
 *        empty.
 *   (T4) `source` is the text a node was made from: first byte of its first token to last byte of
 *        its last.
 *
 * Literals lifted by parse_normalise (see sql/normalise.h) carry their place in the list as
 * `ordinal`; a plan that is shared must take the value from the list, the literal's own value is
 * that of the first use.
 */
#ifndef SQL_AST_H
#define SQL_AST_H

#include "base/arena.h"

#define AST_DEPTH_MAX 200
/* Ordinal of a literal that is part of the text, not of the list. */
#define AST_NOT_LIFTED UINT32_MAX

struct ast_query;
struct ast_expr;
struct ast_type;

/* A table, view, routine or index name with its optional database. */
struct ast_name {
    struct slice schema, object;
    uint32_t offset; /* of its first byte in the text */
};

struct ast_identifiers {
    struct slice *items;
    uint32_t count, capacity;
};

struct ast_names {
    struct ast_name *items;
    uint32_t count, capacity;
};

struct ast_exprs {
    struct ast_expr **items;
    uint32_t count, capacity;
    uint16_t depth; /* of the deepest item */
};

/* ---- Expressions ---- */

/* The operators' text is what EXPLAIN and SHOW CREATE print between or before the args. */
#define AST_EXPR_LIST(E)                                                                           \
    E(LITERAL, "literal")                                                                          \
    E(COLUMN, "column")                                                                            \
    E(PARAMETER, "parameter")      /* ? */                                                         \
    E(USER_VARIABLE, "variable")   /* @x */                                                        \
    E(SYSTEM_VARIABLE, "variable") /* @@x */                                                       \
    E(STAR, "*")                   /* only the arg of COUNT(*) */                                  \
    E(DEFAULT, "default")          /* bare DEFAULT in VALUES and SET */                            \
    E(ASSIGN, ":=")                /* @x := a */                                                   \
    E(OR, "or")                    /* n args */                                                    \
    E(XOR, "xor")                  /* n args */                                                    \
    E(AND, "and")                  /* n args */                                                    \
    E(NOT, "not")                                                                                  \
    E(IS_NULL, "is null") /* negated: IS NOT NULL */                                               \
    E(IS_TRUE, "is true") /* negated likewise, as the next two */                                  \
    E(IS_FALSE, "is false")                                                                        \
    E(IS_UNKNOWN, "is unknown")                                                                    \
    E(EQUAL, "=")                                                                                  \
    E(NULL_SAFE_EQUAL, "<=>")                                                                      \
    E(NOT_EQUAL, "<>")                                                                             \
    E(LESS, "<")                                                                                   \
    E(LESS_EQUAL, "<=")                                                                            \
    E(GREATER, ">")                                                                                \
    E(GREATER_EQUAL, ">=")                                                                         \
    E(QUANTIFIED, "any")  /* a = ANY (query): comparison and quantifier below */                   \
    E(IN_LIST, "in")      /* args[0] IN (args[1..]); may be negated */                             \
    E(IN_QUERY, "in")     /* args[0] IN (query); may be negated */                                 \
    E(BETWEEN, "between") /* three args; may be negated */                                         \
    E(LIKE, "like")       /* two args or three with ESCAPE; may be negated */                      \
    E(REGEXP, "regexp")   /* may be negated */                                                     \
    E(SOUNDS_LIKE, "sounds like")                                                                  \
    E(MEMBER_OF, "member of")                                                                      \
    E(BIT_OR, "|")                                                                                 \
    E(BIT_AND, "&")                                                                                \
    E(BIT_XOR, "^")                                                                                \
    E(SHIFT_LEFT, "<<")                                                                            \
    E(SHIFT_RIGHT, ">>")                                                                           \
    E(ADD, "+") /* n args, computed from left to right */                                          \
    E(SUBTRACT, "-")                                                                               \
    E(MULTIPLY, "*") /* n args, computed from left to right */                                     \
    E(DIVIDE, "/")                                                                                 \
    E(INTEGER_DIVIDE, "div")                                                                       \
    E(MODULO, "%")                                                                                 \
    E(ADD_INTERVAL, "+")      /* args[0] + INTERVAL args[1] unit; DATE_ADD, ADDDATE */             \
    E(SUBTRACT_INTERVAL, "-") /* args[0] - INTERVAL args[1] unit; DATE_SUB, SUBDATE */             \
    E(NEGATE, "-")                                                                                 \
    E(BIT_NOT, "~")                                                                                \
    E(CONCAT, "||")                  /* n args; only with PIPES_AS_CONCAT */                       \
    E(BINARY, "binary")              /* BINARY a */                                                \
    E(COLLATE, "collate")            /* name is the collation */                                   \
    E(ROW, "row")                    /* (a, b) or ROW(a, b) */                                     \
    E(SUBQUERY, "subquery")          /* (query) as a scalar or row */                              \
    E(EXISTS, "exists")              /* EXISTS (query) */                                          \
    E(CASE, "case")                  /* see has_operand and has_else */                            \
    E(CAST, "cast")                  /* CAST(a AS type), CONVERT(a, type) */                       \
    E(CONVERT_USING, "convert")      /* CONVERT(a USING name) */                                   \
    E(EXTRACT, "extract")            /* EXTRACT(unit FROM a) */                                    \
    E(TRIM, "trim")                  /* TRIM([trim] [args[1] FROM] args[0]) */                     \
    E(POSITION, "position")          /* POSITION(args[0] IN args[1]) */                            \
    E(CHAR_USING, "char")            /* CHAR(args USING name) */                                   \
    E(TIMESTAMP_ADD, "timestampadd") /* (unit, args[0], args[1]) */                                \
    E(TIMESTAMP_DIFF, "timestampdiff")                                                             \
    E(GET_FORMAT, "get_format")       /* (name, args[0]); name is DATE, TIME or DATETIME */        \
    E(MATCH, "match")                 /* MATCH (args[1..]) AGAINST (args[0] mode) */               \
    E(DEFAULT_OF, "default")          /* DEFAULT(args[0]) */                                       \
    E(VALUES_OF, "values")            /* VALUES(args[0]) in ON DUPLICATE KEY UPDATE */             \
    E(WEIGHT_STRING, "weight_string") /* (args[0] [AS type]) */                                    \
    E(JSON_EXTRACT, "->")             /* column -> 'path' */                                       \
    E(JSON_UNQUOTE, "->>")            /* column ->> 'path' */                                      \
    E(JSON_VALUE, "json_value")       /* (args[0], args[1] [RETURNING type]) */                    \
    E(CALL, "call")                   /* any other function, aggregate or window function */

#define AST_EXPR_ENUM(name, text) AST_EXPR_##name,
enum ast_expr_kind { AST_EXPR_LIST(AST_EXPR_ENUM) };
#undef AST_EXPR_ENUM

/* As the text wrote it; what type it gets is the binder's matter. */
enum ast_literal_kind {
    AST_LITERAL_NULL,
    AST_LITERAL_TRUE,
    AST_LITERAL_FALSE,
    AST_LITERAL_INTEGER,  /* value of up to 2^64-1 in `integer`; larger ones are DECIMAL */
    AST_LITERAL_DECIMAL,  /* digits with a point, exact, in `text` */
    AST_LITERAL_FLOAT,    /* with an exponent, in `text` */
    AST_LITERAL_STRING,   /* bytes in the connection's character set, or that of `charset` */
    AST_LITERAL_NATIONAL, /* N'..': utf8mb3 */
    AST_LITERAL_HEX,      /* X'..' and 0x..: `text` is the bytes */
    AST_LITERAL_BIT,      /* B'..' and 0b..: `text` is the bytes, big endian */
    AST_LITERAL_DATE,     /* DATE '..', {d '..'}: `text` is the string between the quotes */
    AST_LITERAL_TIME,
    AST_LITERAL_TIMESTAMP,
};

enum ast_interval_unit {
    AST_UNIT_MICROSECOND,
    AST_UNIT_SECOND,
    AST_UNIT_MINUTE,
    AST_UNIT_HOUR,
    AST_UNIT_DAY,
    AST_UNIT_WEEK,
    AST_UNIT_MONTH,
    AST_UNIT_QUARTER,
    AST_UNIT_YEAR,
    AST_UNIT_SECOND_MICROSECOND,
    AST_UNIT_MINUTE_MICROSECOND,
    AST_UNIT_MINUTE_SECOND,
    AST_UNIT_HOUR_MICROSECOND,
    AST_UNIT_HOUR_SECOND,
    AST_UNIT_HOUR_MINUTE,
    AST_UNIT_DAY_MICROSECOND,
    AST_UNIT_DAY_SECOND,
    AST_UNIT_DAY_MINUTE,
    AST_UNIT_DAY_HOUR,
    AST_UNIT_YEAR_MONTH,
};

enum ast_scope {
    AST_SCOPE_NONE,
    AST_SCOPE_GLOBAL,
    AST_SCOPE_SESSION,
    AST_SCOPE_PERSIST,
    AST_SCOPE_PERSIST_ONLY,
    AST_SCOPE_LOCAL
};
enum ast_quantifier { AST_ANY, AST_ALL };
enum ast_trim { AST_TRIM_BOTH, AST_TRIM_LEADING, AST_TRIM_TRAILING };
enum ast_match_mode {
    AST_MATCH_DEFAULT,
    AST_MATCH_NATURAL,
    AST_MATCH_NATURAL_EXPANSION,
    AST_MATCH_BOOLEAN,
    AST_MATCH_EXPANSION
};
/* How a value that does not fit or is missing is answered (JSON_VALUE, JSON_TABLE). */
enum ast_json_on { AST_JSON_ON_UNSET, AST_JSON_ON_NULL, AST_JSON_ON_ERROR, AST_JSON_ON_DEFAULT };

struct ast_order {
    struct ast_expr *expr;
    bool descending;
};

struct ast_orders {
    struct ast_order *items;
    uint32_t count, capacity;
    uint16_t depth;
};

enum ast_frame_unit { AST_FRAME_ROWS, AST_FRAME_RANGE, AST_FRAME_GROUPS };
enum ast_bound_kind {
    AST_BOUND_UNBOUNDED_PRECEDING,
    AST_BOUND_PRECEDING,
    AST_BOUND_CURRENT_ROW,
    AST_BOUND_FOLLOWING,
    AST_BOUND_UNBOUNDED_FOLLOWING
};

struct ast_bound {
    enum ast_bound_kind kind;
    struct ast_expr *distance; /* PRECEDING and FOLLOWING */
    bool has_unit;             /* distance is INTERVAL distance unit */
    enum ast_interval_unit unit;
};

struct ast_frame {
    enum ast_frame_unit unit;
    struct ast_bound start, end; /* "ROWS x" alone ends at the current row */
};

/* OVER name, OVER (spec), and WINDOW name AS (spec). */
struct ast_window {
    struct slice name; /* OVER name, or the name that WINDOW defines */
    struct slice base; /* the window this one extends: (base ORDER BY ..) */
    bool is_reference; /* OVER name without parentheses: only name is set */
    uint16_t depth;
    struct ast_exprs partition;
    struct ast_orders order;
    struct ast_frame *frame; /* or NULL */
};

struct ast_windows {
    struct ast_window **items;
    uint32_t count, capacity;
};

/* What only some calls have; NULL in ast_expr when there is nothing of it. */
struct ast_call {
    bool is_distinct;   /* COUNT(DISTINCT a, b) */
    bool from_last;     /* NTH_VALUE(..) FROM LAST */
    bool ignore_nulls;  /* .. IGNORE NULLS */
    bool has_separator; /* GROUP_CONCAT(.. SEPARATOR ..) */
    struct slice separator;
    struct ast_orders order;   /* GROUP_CONCAT(.. ORDER BY ..) */
    struct ast_window *window; /* OVER */
};

struct ast_json_value {
    enum ast_json_on on_empty, on_error;
    struct ast_expr *empty_default, *error_default;
};

struct ast_expr {
    uint8_t kind;          /* enum ast_expr_kind */
    bool is_negated;       /* NOT IN, NOT LIKE, IS NOT NULL ... */
    bool is_parenthesised; /* in the text; nothing but printing and GROUP BY 1 depend on it */
    uint8_t unit;          /* enum ast_interval_unit of the interval and EXTRACT kinds */
    uint16_t depth;
    struct slice source;
    struct ast_expr **args;
    uint32_t arg_count;
    union {
        struct {
            enum ast_literal_kind kind;
            uint32_t ordinal; /* in the lifted list, or AST_NOT_LIFTED */
            uint64_t integer;
            struct slice text;
            struct slice charset; /* of the introducer _utf8mb4'..', without its underscore */
        } literal;
        struct {
            struct slice schema, table, column;
        } column;
        struct {
            uint32_t ordinal; /* of ?, from 0, in the order of the text */
        } parameter;
        struct {
            enum ast_scope scope;
            struct slice name; /* without @ */
            struct slice base; /* @@base.name: a structured variable */
        } variable;
        struct {
            struct slice schema, name;
            struct ast_call *details; /* or NULL */
        } call;
        struct {
            struct ast_query *query; /* IN_QUERY, SUBQUERY, EXISTS, QUANTIFIED */
            enum ast_expr_kind comparison;
            enum ast_quantifier quantifier;
        } subquery;
        struct {
            struct ast_type *type; /* CAST, WEIGHT_STRING, JSON_VALUE; NULL when left out */
            bool is_array;         /* CAST(.. AS type ARRAY) */
            bool has_time_zone;    /* CAST(a AT TIME ZONE args[1] AS type) */
            struct ast_json_value *json;
        } cast;
        struct {
            bool has_operand; /* args: [operand] (when then)* [else] */
            bool has_else;
        } branches;
        enum ast_trim trim;
        enum ast_match_mode match;
        struct slice name; /* COLLATE, CONVERT_USING, CHAR_USING, GET_FORMAT */
    };
};

/* ---- Data types (columns, casts) ---- */

enum ast_type_kind {
    AST_TYPE_TINYINT,
    AST_TYPE_SMALLINT,
    AST_TYPE_MEDIUMINT,
    AST_TYPE_INT,
    AST_TYPE_BIGINT,
    AST_TYPE_DECIMAL,
    AST_TYPE_FLOAT,
    AST_TYPE_DOUBLE,
    AST_TYPE_BIT,
    AST_TYPE_BOOL,
    AST_TYPE_DATE,
    AST_TYPE_TIME,
    AST_TYPE_DATETIME,
    AST_TYPE_TIMESTAMP,
    AST_TYPE_YEAR,
    AST_TYPE_CHAR,
    AST_TYPE_VARCHAR,
    AST_TYPE_BINARY,
    AST_TYPE_VARBINARY,
    AST_TYPE_TINYTEXT,
    AST_TYPE_TEXT,
    AST_TYPE_MEDIUMTEXT,
    AST_TYPE_LONGTEXT,
    AST_TYPE_TINYBLOB,
    AST_TYPE_BLOB,
    AST_TYPE_MEDIUMBLOB,
    AST_TYPE_LONGBLOB,
    AST_TYPE_ENUM,
    AST_TYPE_SET,
    AST_TYPE_JSON,
    AST_TYPE_SERIAL,
    AST_TYPE_GEOMETRY,
    AST_TYPE_POINT,
    AST_TYPE_LINESTRING,
    AST_TYPE_POLYGON,
    AST_TYPE_MULTIPOINT,
    AST_TYPE_MULTILINESTRING,
    AST_TYPE_MULTIPOLYGON,
    AST_TYPE_GEOMETRYCOLLECTION,
    AST_TYPE_SIGNED,
    AST_TYPE_UNSIGNED, /* only in casts */
};

struct ast_type {
    enum ast_type_kind kind;
    bool has_length, has_decimals;
    bool is_unsigned, is_zerofill;
    bool is_binary;   /* CHAR BINARY: the _bin collation */
    bool is_national; /* NCHAR, NATIONAL CHAR */
    uint64_t length;  /* characters, digits, bits, or fraction digits of a time */
    uint32_t decimals;
    struct slice charset, collation;
    struct ast_identifiers values; /* of ENUM and SET */
};

/* ---- Queries ---- */

enum ast_hint_action { AST_HINT_USE, AST_HINT_FORCE, AST_HINT_IGNORE };
enum ast_hint_scope { AST_HINT_FOR_ALL, AST_HINT_FOR_JOIN, AST_HINT_FOR_ORDER, AST_HINT_FOR_GROUP };

struct ast_index_hint {
    enum ast_hint_action action;
    enum ast_hint_scope scope;
    struct ast_identifiers indexes; /* may be empty: USE INDEX () */
};

struct ast_index_hints {
    struct ast_index_hint *items;
    uint32_t count, capacity;
};

enum ast_table_kind { AST_TABLE_NAMED, AST_TABLE_DERIVED, AST_TABLE_JOIN, AST_TABLE_JSON };
enum ast_join_kind {
    AST_JOIN_INNER,
    AST_JOIN_CROSS,
    AST_JOIN_STRAIGHT,
    AST_JOIN_LEFT,
    AST_JOIN_RIGHT
};

enum ast_json_column_kind {
    AST_JSON_ORDINALITY,
    AST_JSON_PATH,
    AST_JSON_EXISTS_PATH,
    AST_JSON_NESTED
};

struct ast_json_column;
struct ast_json_columns {
    struct ast_json_column **items;
    uint32_t count, capacity;
    uint16_t depth;
};

struct ast_json_column {
    enum ast_json_column_kind kind;
    struct slice name, path;
    struct ast_type *type;
    struct ast_json_value on;
    struct ast_json_columns nested;
};

struct ast_table_ref {
    enum ast_table_kind kind;
    uint16_t depth;
    struct slice source;
    struct slice alias;
    struct ast_identifiers alias_columns; /* DERIVED: AS t (a, b) */
    /* NAMED */
    struct ast_name name;
    struct ast_identifiers partitions; /* PARTITION (p0, p1) */
    struct ast_index_hints hints;
    /* DERIVED */
    struct ast_query *query;
    bool is_lateral;
    /* JOIN: a comma list is not one, see ast_table_refs */
    enum ast_join_kind join;
    bool is_natural;
    bool is_parenthesised;
    struct ast_table_ref *left, *right;
    struct ast_expr *on;
    struct ast_identifiers using_columns;
    /* JSON_TABLE(args COLUMNS (..)) AS alias */
    struct ast_expr *json;
    struct slice json_path;
    struct ast_json_columns json_columns;
};

/* Separated by commas: cross joins that bind less than JOIN. */
struct ast_table_refs {
    struct ast_table_ref **items;
    uint32_t count, capacity;
    uint16_t depth;
};

struct ast_select_item {
    struct ast_expr *expr;      /* NULL: * or table.* */
    struct slice schema, table; /* of table.* */
    struct slice alias;
    bool has_alias;
    struct slice source; /* of the expression alone; names the column when there is no alias */
};

struct ast_select_items {
    struct ast_select_item *items;
    uint32_t count, capacity;
    uint16_t depth;
};

enum ast_select_option {
    AST_SELECT_DISTINCT = 1 << 0,
    AST_SELECT_ALL = 1 << 1,
    AST_SELECT_HIGH_PRIORITY = 1 << 2,
    AST_SELECT_STRAIGHT_JOIN = 1 << 3,
    AST_SELECT_SMALL_RESULT = 1 << 4,
    AST_SELECT_BIG_RESULT = 1 << 5,
    AST_SELECT_BUFFER_RESULT = 1 << 6,
    AST_SELECT_NO_CACHE = 1 << 7,
    AST_SELECT_CALC_FOUND_ROWS = 1 << 8,
};

/* SELECT up to and without ORDER BY. */
struct ast_select {
    struct slice source;
    uint32_t options;   /* of enum ast_select_option */
    struct slice hints; /* text between the hint comment's marks, or empty */
    struct ast_select_items items;
    struct ast_table_refs from; /* empty: no table, or DUAL */
    struct ast_expr *where;
    struct ast_orders group_by; /* `descending` is never set */
    bool has_rollup;
    struct ast_expr *having;
    struct ast_windows windows;
    struct ast_into *into; /* INTO before FROM; the same as the query's */
};

struct ast_rows {
    struct ast_exprs *items; /* one list of values a row; DEFAULT is AST_EXPR_DEFAULT */
    uint32_t count, capacity;
    uint16_t depth;
};

/* A literal without a node; rows of them: sql/packed_rows.h. */
#define AST_PACKED_DEFAULT 255 /* kind of DEFAULT */
struct ast_packed_literal {
    uint8_t kind;        /* enum ast_literal_kind, none with a prefix; AST_PACKED_DEFAULT */
    uint8_t is_negative; /* a number with a '-', which stands right before `text` */
    uint32_t size;
    const uint8_t *text; /* as in a literal's node */
};

struct ast_packed_run {
    struct ast_packed_literal *literals; /* row after row */
    uint32_t first_row;                  /* its place among all rows of the list */
    uint32_t row_count, literal_count;   /* literals: of a row */
};

struct ast_packed_runs {
    struct ast_packed_run *items;
    uint32_t count, capacity;
};

enum ast_body_kind {
    AST_BODY_SELECT,
    AST_BODY_VALUES,
    AST_BODY_TABLE,
    AST_BODY_QUERY,
    AST_BODY_SET
};
enum ast_set_operator { AST_SET_FIRST, AST_SET_UNION, AST_SET_EXCEPT, AST_SET_INTERSECT };

struct ast_body;

struct ast_set_arm {
    enum ast_set_operator op; /* how it joins the arms before it; AST_SET_FIRST: it is the first */
    bool is_all;              /* keeps duplicates */
    struct ast_body *body;
};

/* What a query is made of, without WITH, ORDER BY and LIMIT. */
struct ast_body {
    enum ast_body_kind kind;
    uint16_t depth;
    struct slice source;
    union {
        struct ast_select *select;
        struct ast_rows *rows;   /* VALUES ROW(..), ROW(..) */
        struct ast_name *table;  /* TABLE t */
        struct ast_query *query; /* (query) */
        struct {
            struct ast_set_arm
                *arms; /* applied from left to right; INTERSECT binds first, by nesting */
            uint32_t arm_count, arm_capacity;
        } set;
    };
};

struct ast_limit {
    struct ast_expr *count;  /* literal, parameter or a local variable's column; NULL: no LIMIT */
    struct ast_expr *offset; /* or NULL */
};

enum ast_lock_strength { AST_LOCK_UPDATE, AST_LOCK_SHARE };
enum ast_lock_wait { AST_LOCK_WAIT, AST_LOCK_NOWAIT, AST_LOCK_SKIP_LOCKED };

struct ast_lock {
    enum ast_lock_strength strength;
    enum ast_lock_wait wait;
    struct ast_names tables; /* OF t1, t2; empty: all */
    bool is_old_form;        /* LOCK IN SHARE MODE */
};

struct ast_locks {
    struct ast_lock *items;
    uint32_t count, capacity;
};

/* FIELDS and LINES of LOAD DATA and INTO OUTFILE; has_x says whether the text gave it. */
struct ast_file_format {
    struct slice charset;
    bool has_field_end, has_enclosed, is_optionally_enclosed, has_escape, has_line_start,
        has_line_end;
    struct slice field_end, enclosed, escape, line_start, line_end;
};

enum ast_into_kind { AST_INTO_OUTFILE, AST_INTO_DUMPFILE, AST_INTO_VARIABLES };

struct ast_into {
    enum ast_into_kind kind;
    struct slice path;
    struct ast_file_format format;
    struct ast_exprs variables; /* USER_VARIABLE, or COLUMN for a routine's local one */
};

struct ast_cte {
    struct slice name;
    struct ast_identifiers columns;
    struct ast_query *query;
};

struct ast_with {
    struct slice source;
    bool is_recursive;
    struct ast_cte *items;
    uint32_t count, capacity;
    uint16_t depth;
};

struct ast_query {
    uint16_t depth;
    struct slice source;   /* without enclosing parentheses */
    const uint8_t *parens; /* their '(' in the text, or NULL */
    struct ast_with *with;
    struct ast_body *body;
    struct ast_orders order;
    struct ast_limit limit;
    struct ast_locks locks;
    struct ast_into *into;
};

/* ---- Changes of rows ---- */

enum ast_priority {
    AST_PRIORITY_NORMAL,
    AST_PRIORITY_LOW,
    AST_PRIORITY_HIGH,
    AST_PRIORITY_DELAYED
};

struct ast_assignment {
    struct ast_expr *target; /* COLUMN; in LOAD DATA also USER_VARIABLE */
    struct ast_expr *value;  /* may be AST_EXPR_DEFAULT */
};

struct ast_assignments {
    struct ast_assignment *items;
    uint32_t count, capacity;
};

/* INSERT and REPLACE. */
struct ast_insert {
    bool is_replace, is_ignore;
    enum ast_priority priority;
    struct slice hints;
    struct ast_name table;
    struct ast_identifiers partitions;
    bool has_columns;         /* a list was given, perhaps () */
    struct ast_exprs columns; /* COLUMN; of INSERT .. SET too */
    struct ast_rows rows; /* VALUES or SET (one row): those that are not packed, in their order */
    struct ast_packed_runs packed; /* the others, each run with its place in the list */
    struct ast_query *query;       /* INSERT .. SELECT, TABLE, VALUES ROW(); NULL otherwise */
    struct slice row_alias;        /* VALUES (..) AS row_alias (column_aliases) */
    struct ast_identifiers column_aliases;
    struct ast_assignments on_duplicate;
};

/* UPDATE; more than one table or a join makes it a multi-table one. */
struct ast_update {
    bool is_ignore;
    enum ast_priority priority;
    struct slice hints;
    struct ast_with *with;
    struct ast_table_refs tables;
    struct ast_assignments set;
    struct ast_expr *where;
    struct ast_orders order;
    struct ast_limit limit;
};

struct ast_delete {
    bool is_ignore, is_quick, is_multi;
    enum ast_priority priority;
    struct slice hints;
    struct ast_with *with;
    struct ast_names targets;     /* multi: the tables or aliases that lose rows */
    struct ast_table_refs tables; /* single: one AST_TABLE_NAMED */
    struct ast_expr *where;
    struct ast_orders order;
    struct ast_limit limit;
};

enum ast_load_duplicate { AST_LOAD_FAIL, AST_LOAD_IGNORE, AST_LOAD_REPLACE };

struct ast_load {
    bool is_xml, is_local;
    enum ast_priority priority; /* LOW, or HIGH for CONCURRENT */
    enum ast_load_duplicate duplicate;
    struct slice path;
    struct ast_name table;
    struct ast_identifiers partitions;
    struct ast_file_format format;
    struct slice row_tag; /* XML: ROWS IDENTIFIED BY */
    uint64_t ignore_lines;
    struct ast_exprs targets; /* COLUMN or USER_VARIABLE; empty: all columns */
    struct ast_assignments set;
};

#include "sql/ast_statement.h"

/* The name of a result column that has no alias, by MySQL's rules: a column's own name, a string
 * literal's value, otherwise the source text. With an alias, the alias. Borrowed from the tree. */
struct slice ast_select_item_name(const struct ast_select_item *item);
/* The operator or word of an expression kind, lower case; never NULL. */
const char *ast_expr_text(enum ast_expr_kind kind);
/* "SECOND", "DAY_HOUR" ...; never NULL. */
const char *ast_unit_name(enum ast_interval_unit unit);
/* True for AND, OR, XOR, '+', '*' and '||', whose args are a chain of any length (T1). */
bool ast_expr_is_chain(enum ast_expr_kind kind);

#endif
