/* sql/ast_build.h: what the grammar's actions call to make nodes.
 *
 * For grammar.y, parse.c and the ast_build*.c files only. Every list function takes NULL for a new list and
 * returns the list. Nothing here fails but by build_syntax_error and its like, which set p->is_failed; the parser
 * then stops at the next token, and what is returned is a valid node all the same.
 */
#ifndef SQL_AST_BUILD_H
#define SQL_AST_BUILD_H

#include "sql/lexer.h"
#include "sql/lift.h"
#include "sql/packed_rows.h"
#include "sql/parse.h"

/* The state of one parse; on the caller's stack. */
struct parser {
    struct arena *arena;
    struct slice text;
    size_t offset; /* where the statement starts */
    struct lexer lexer;
    struct lift lift;
    const uint8_t *end;              /* behind the last token shifted */
    uint32_t ordinal, ordinal_ahead; /* of that token as a lifted literal, and of the next token */
    uint32_t parameter_count, literal_count;
    bool is_done, is_failed, is_expression, is_started;
    bool is_cancelled, is_packed_misplaced;
    uint32_t token_count; /* since the fiber gave way */
    struct waiter *waiter;
    struct packed_walk packed_walk;
    struct ast_packed_runs packed;
    uint32_t packed_row_count; /* of the runs that the grammar has taken */
    struct parse_result *result;
    struct ast_statement *statement;
    struct ast_expr *expr;
    /* What the rules below the current statement fill in, for there is only one of each. */
    struct ast_insert *insert;
    struct ast_column *column;
    struct ast_key *key;
    struct ast_alter_table *alter_table;
    bool is_first; /* column place in ALTER TABLE */
    struct slice after;
    struct slice algorithm, lock; /* of CREATE and DROP INDEX */
    struct ast_user user;
    struct ast_explain explain;
    struct ast_statement *explained;
    struct ast_identifiers options; /* of CHECK TABLE and its like */
    struct slice channel;
    bool has_replaced, retain_current;
    struct slice replaced;
    bool show_full, show_extended, show_has_like;
    struct slice show_schema, show_like;
    struct ast_expr *show_where;
};

/* In the generated parser: runs it over the tokens of `next` until the statement's end or an error. */
void grammar_run(struct parser *p, struct token (*next)(struct parser *));
/* The token is on the parser's stack now. */
void build_shifted(struct parser *p, const struct token *token);

#define build_new(p, type) arena_new((p)->arena, type)

/* ---- Errors ---- */

void build_syntax_error(struct parser *p, const struct token *token);
void build_stack_error(struct parser *p);
void build_error(struct parser *p, uint16_t number, const char *format, ...) PRINTF_LIKE(3, 4);
/* 1 + depth, having checked AST_DEPTH_MAX. */
uint16_t build_depth(struct parser *p, uint16_t depth);

/* ---- Lists, names and texts (ast_build.c) ---- */

/* What rules hand on that is no node; none above 16 bytes by value, for the sake of the parser's stack. */
struct type_size {
    uint32_t length;
    uint16_t decimals;
    bool has_length, has_decimals;
};
struct key_name {
    struct slice name;
    enum ast_key_method method;
};
struct group_clause {
    struct ast_orders by;
    bool has_rollup;
};
struct json_answer {
    enum ast_json_on on;
    struct ast_expr *value;
};
struct aggregate_args {
    struct ast_exprs args;
    struct ast_orders order;
    bool is_distinct, has_separator;
    struct slice separator;
};

/* One more item at the end of a list, whose items, count and capacity start at `list`; zeroed. */
void *build_push(struct parser *p, void *list, size_t item_size);
struct slice build_identifier(struct parser *p, const struct token *token);
struct slice build_string(struct parser *p, const struct token *token);
struct slice build_at_name(struct parser *p, const struct token *token);
uint64_t build_number(struct parser *p, const struct token *token);
struct ast_name *build_name(struct parser *p, const struct token *schema,
                            const struct token *object);
struct ast_names *build_names(struct parser *p, struct ast_names *list,
                              const struct ast_name *name);
struct ast_identifiers *build_identifiers(struct parser *p, struct ast_identifiers *list,
                                          struct slice name);
struct ast_identifiers *build_identifiers_empty(struct parser *p);
struct slice build_upper(struct parser *p, struct slice text);
/* The token's text in upper case. */
struct ast_identifiers *build_words(struct parser *p, struct ast_identifiers *list,
                                    const struct token *token);
/* The words with a space between. */
struct slice build_joined_words(struct parser *p, const struct ast_identifiers *words);
void build_statement(struct parser *p, int kind, void *node);
struct ast_statement *build_inner(struct parser *p, int kind, void *node);

/* ---- Words that are an enum's value (ast_build_word.c) ---- */

int build_unit(const struct token *word);        /* enum ast_interval_unit */
int build_type_word(const struct token *word);   /* enum ast_type_kind */
int build_comparator(const struct token *word);  /* enum ast_expr_kind */
int build_select_word(const struct token *word); /* enum ast_select_option */
/* enum ast_option_kind */
int build_text_option(const struct token *word);
int build_number_option(const struct token *word);
int build_word_option(const struct token *word);

/* ---- Expressions (ast_build_expr.c) ---- */

struct ast_exprs *build_exprs(struct parser *p, struct ast_exprs *list, struct ast_expr *expr);
/* Both return `expr`. */
struct ast_expr *build_start_at(struct parser *p, struct ast_expr *expr, const uint8_t *start);
struct ast_expr *build_not(struct ast_expr *expr);
struct ast_expr *build_chain(struct parser *p, int kind, struct ast_expr *left,
                             struct ast_expr *right);
struct ast_expr *build_unary(struct parser *p, int kind, const struct token *start,
                             struct ast_expr *arg);
struct ast_expr *build_postfix(struct parser *p, int kind, struct ast_expr *arg, int negated);
struct ast_expr *build_binary(struct parser *p, int kind, struct ast_expr *left,
                              struct ast_expr *right);
struct ast_expr *build_ternary(struct parser *p, int kind, struct ast_expr *x, struct ast_expr *y,
                               struct ast_expr *z);
struct ast_expr *build_like(struct parser *p, struct ast_expr *left, struct ast_expr *pattern,
                            struct ast_expr *escape);
/* first, then the list's items, as args. */
struct ast_expr *build_nary(struct parser *p, int kind, const struct token *start,
                            struct ast_expr *first, const struct ast_exprs *rest);
struct ast_expr *build_list_node(struct parser *p, int kind, const struct token *start,
                                 const struct ast_exprs *args);
struct ast_expr *build_in_list(struct parser *p, struct ast_expr *left,
                               const struct ast_exprs *list, int negated);
struct ast_expr *build_in_query(struct parser *p, struct ast_expr *left, struct ast_query *query,
                                int negated);
struct ast_expr *build_quantified(struct parser *p, int comparison, struct ast_expr *left,
                                  struct ast_query *query);
struct ast_expr *build_subquery(struct parser *p, int kind, const struct token *start,
                                struct ast_query *query);
struct ast_expr *build_interval(struct parser *p, int kind, struct ast_expr *left,
                                struct ast_expr *amount, int unit);
struct ast_expr *build_interval_call(struct parser *p, const struct token *name,
                                     struct ast_expr *left, struct ast_expr *amount, int unit);
struct ast_expr *build_collate(struct parser *p, struct ast_expr *arg, struct slice name);
struct ast_expr *build_parens(struct parser *p, const struct token *start, struct ast_expr *expr);
struct ast_expr *build_row(struct parser *p, const struct token *start, struct ast_expr *first,
                           const struct ast_exprs *rest);
struct ast_expr *build_odbc(struct parser *p, const struct token *start, const struct token *word,
                            struct ast_expr *expr);
struct ast_expr *build_arrow(struct parser *p, int kind, struct ast_expr *column,
                             struct slice path);
struct ast_expr *build_case(struct parser *p, const struct token *start, struct ast_expr *operand,
                            struct ast_exprs *whens, struct ast_expr *otherwise);
struct ast_expr *build_cast(struct parser *p, const struct token *start, struct ast_expr *arg,
                            struct ast_type *type);
struct ast_expr *build_cast_zone(struct parser *p, const struct token *start, struct ast_expr *arg,
                                 struct slice zone, struct ast_type *type);
struct ast_expr *build_column(struct parser *p, const struct token *schema,
                              const struct token *table, const struct token *column);
struct ast_expr *build_parameter(struct parser *p, const struct token *token);
struct ast_expr *build_default(struct parser *p, const struct token *token);
struct ast_expr *build_user_variable(struct parser *p, const struct token *token);
struct ast_expr *build_system_variable(struct parser *p, const struct token *token);
struct ast_expr *build_literal(struct parser *p, const struct token *token);
struct ast_expr *build_literal_word(struct parser *p, int kind, const struct token *token);
/* The word's text as a string. */
struct ast_expr *build_word_literal(struct parser *p, const struct token *token);
struct ast_expr *build_introduced(struct parser *p, const struct token *charset,
                                  const struct token *token);
struct ast_expr *build_temporal(struct parser *p, int kind, const struct token *prefix,
                                const struct token *token);
struct ast_expr *build_call(struct parser *p, const struct token *schema, const struct token *name,
                            const struct ast_exprs *args);
struct ast_expr *build_call_star(struct parser *p, const struct token *name,
                                 const struct token *star);
struct ast_expr *build_call_aggregate(struct parser *p, const struct token *name,
                                      const struct aggregate_args *args);
/* NOW() by its name; another name is a syntax error. */
struct ast_expr *build_now(struct parser *p, const struct token *name, struct ast_expr *digits);
struct ast_expr *build_over(struct parser *p, struct ast_expr *call, struct ast_window *window);
struct aggregate_args *build_aggregate(struct parser *p, const struct ast_orders *order);
struct ast_expr *build_trim(struct parser *p, const struct token *name, int side,
                            struct ast_expr *arg, struct ast_expr *removed);
struct json_answer *build_json_answer(struct parser *p, int on, struct ast_expr *value);
struct ast_json_value *build_json_on(struct parser *p, const struct json_answer *empty,
                                     const struct json_answer *error);

/* ---- Queries and row changes (ast_build_query.c) ---- */

struct ast_query *build_query(struct parser *p, struct ast_body *body,
                              const struct ast_orders *order, const struct ast_limit *limit,
                              const struct ast_locks *locks);
void build_query_with(struct parser *p, struct ast_query *query, struct ast_with *with);
struct ast_query *build_query_top(struct parser *p, struct ast_query *query, struct ast_into *into);
/* A query inside of a statement: no INTO. */
struct ast_query *build_query_nested(struct parser *p, struct ast_query *query);
struct ast_with *build_with(struct parser *p, struct ast_with *list, const struct ast_cte *cte);
struct ast_body *build_body_select(struct parser *p, struct ast_select *select);
struct ast_body *build_body_values(struct parser *p, const struct token *start,
                                   struct ast_rows *rows);
struct ast_body *build_body_table(struct parser *p, const struct token *start,
                                  struct ast_name *name);
struct ast_body *build_body_query(struct parser *p, struct ast_query *query);
struct ast_body *build_body_set(struct parser *p, struct ast_body *left, int op, int is_all,
                                struct ast_body *right);
struct ast_rows *build_rows(struct parser *p, struct ast_rows *list, const struct ast_exprs *row);
/* The newest run gets its place: behind all rows of `list` and all earlier runs. */
struct ast_rows *build_packed_rows(struct parser *p, struct ast_rows *list);
int build_select_option(struct parser *p, int options, int option);
struct ast_select_item *build_select_item(struct parser *p, struct ast_expr *expr,
                                          const struct slice *alias);
/* `schema` and `table` may be NULL: a star alone. */
struct ast_select_item *build_star_item(struct parser *p, const struct token *start,
                                        const struct token *schema, const struct token *table);
struct ast_select_items *build_select_items(struct parser *p, struct ast_select_items *list,
                                            const struct ast_select_item *item);
struct group_clause *build_group(struct parser *p, const struct ast_exprs *exprs);
struct ast_windows *build_windows(struct parser *p, struct ast_windows *list,
                                  struct ast_window *window);
struct ast_window *build_window(struct parser *p, const struct ast_exprs *partition,
                                const struct ast_orders *order, struct ast_frame *frame);
struct ast_frame *build_frame(struct parser *p, int unit, const struct ast_bound *start,
                              const struct ast_bound *end);
struct ast_bound *build_bound(struct parser *p, int kind, struct ast_expr *distance);
struct ast_orders *build_orders(struct parser *p, struct ast_orders *list, struct ast_expr *expr,
                                int descending);
struct ast_limit *build_limit(struct parser *p, struct ast_expr *count, struct ast_expr *offset);
struct ast_lock *build_lock(struct parser *p, int strength, int wait,
                            const struct ast_names *tables);
struct ast_locks *build_locks(struct parser *p, struct ast_locks *list,
                              const struct ast_lock *lock);
enum file_part {
    FILE_FIELD_END,
    FILE_ENCLOSED,
    FILE_OPTIONALLY_ENCLOSED,
    FILE_ESCAPE,
    FILE_LINE_START,
    FILE_LINE_END,
};
struct ast_file_format *build_file_part(struct parser *p, enum file_part part, struct slice text);
struct ast_file_format build_file_format(struct slice charset, const struct ast_file_format *fields,
                                         const struct ast_file_format *lines);
struct ast_file_format *build_file_merge(struct ast_file_format *format,
                                         const struct ast_file_format *more);

struct ast_table_refs *build_table_refs(struct parser *p, struct ast_table_refs *list,
                                        struct ast_table_ref *ref);
struct ast_table_ref *build_table_named(struct parser *p, const struct ast_name *name,
                                        const struct ast_identifiers *partitions,
                                        struct slice alias);
struct ast_table_ref *build_table_derived(struct parser *p, struct ast_query *query,
                                          struct slice alias,
                                          const struct ast_identifiers *columns);
struct ast_table_ref *build_table_json(struct parser *p, const struct token *start,
                                       struct ast_expr *json, struct slice alias);
struct ast_table_ref *build_table_parens(struct parser *p, const struct ast_table_refs *refs);
struct ast_table_ref *build_join(struct parser *p, int join, struct ast_table_ref *left,
                                 struct ast_table_ref *right);
struct ast_table_ref *build_join_bare(struct parser *p, int join, struct ast_table_ref *left,
                                      struct ast_table_ref *right);
struct ast_table_ref *build_join_on(struct parser *p, int join, struct ast_table_ref *left,
                                    struct ast_table_ref *right, struct ast_expr *on);
struct ast_index_hints *build_index_hints(struct parser *p, struct ast_index_hints *list,
                                          const struct ast_index_hint *hint);
struct ast_json_column *build_json_column(struct parser *p, int kind, struct slice name);
struct ast_json_columns *build_json_columns(struct parser *p, struct ast_json_columns *list,
                                            struct ast_json_column *column);

struct ast_insert *build_insert(struct parser *p, const struct ast_name *table,
                                const struct ast_identifiers *partitions, struct slice hints);
void build_insert_set(struct parser *p, struct ast_insert *insert,
                      const struct ast_assignments *set);
void build_statement_insert(struct parser *p, struct ast_insert *insert);
struct ast_assignments *build_assignments(struct parser *p, struct ast_assignments *list,
                                          struct ast_expr *target, struct ast_expr *value);
void build_delete_single(struct parser *p, struct ast_delete *delete, struct ast_table_ref *table);
void build_delete_multi(struct ast_delete *delete, const struct ast_names *targets,
                        const struct ast_table_refs *tables);
void build_delete_tail(struct ast_delete *delete, struct ast_expr *where,
                       const struct ast_orders *order, const struct ast_limit *limit);

/* ---- Tables, indexes, views, databases (ast_build_table.c) ---- */

struct type_size build_type_size(uint64_t length);
struct type_size build_type_precision(struct parser *p, uint64_t length, uint64_t decimals);
struct ast_type *build_type(struct parser *p, int kind, struct type_size size);
struct ast_type *build_type_national(struct parser *p, int kind, struct type_size size);
struct ast_type *build_type_values(struct parser *p, int kind,
                                   const struct ast_identifiers *values);
/* CHAR(n) BYTE is BINARY(n), and so on. */
void build_type_byte(struct ast_type *type);
struct ast_create_table *build_create_like(struct parser *p, const struct ast_name *like);
struct ast_create_table *build_create_select(struct parser *p, struct ast_query *query);
struct ast_table_elements *build_element(struct parser *p, struct ast_column *column,
                                         struct ast_key *key, const struct ast_check *check);
void build_elements_merge(struct parser *p, struct ast_table_elements *list,
                          const struct ast_table_elements *more);
struct ast_column *build_column_definition(struct parser *p, struct ast_type *type);
void build_checks(struct parser *p, struct ast_checks *list, const struct ast_check *check);
void build_check_enforced(struct parser *p, int enforced);
void build_generated_kind(struct parser *p, int kind);
struct ast_key *build_key(struct parser *p, int kind, const struct key_name *name,
                          const struct ast_key_parts *parts);
struct ast_key *build_index_head(struct parser *p, int kind, const struct key_name *name);
struct key_name *build_key_name(struct parser *p, struct slice name, int method);
struct ast_key_part *build_key_part(struct parser *p, struct slice column, uint64_t length);
struct ast_key_parts *build_key_parts(struct parser *p, struct ast_key_parts *list,
                                      const struct ast_key_part *part, int descending);
struct ast_reference *build_reference(struct parser *p, const struct ast_name *table,
                                      const struct ast_identifiers *columns);
struct ast_option *build_option(struct parser *p, int kind, struct slice value);
struct ast_option *build_option_number(struct parser *p, int kind, struct token number);
struct ast_options *build_options(struct parser *p, struct ast_options *list,
                                  const struct ast_option *option);
struct ast_partition_method *build_method(struct parser *p, int kind, struct ast_expr *expr,
                                          const struct ast_identifiers *columns);
struct ast_partitions *build_partitions(struct parser *p, struct ast_partitions *list,
                                        struct ast_partition *partition);
struct ast_partition *build_partition_max(struct parser *p);
struct ast_partition *build_partition_in(struct parser *p, const struct ast_exprs *values);
void build_alter_table(struct parser *p, const struct ast_name *table);
struct ast_alter *build_alter(struct parser *p, int kind);
struct ast_alter *build_alter_column(struct parser *p, int kind, struct ast_column *column);
void build_alter_elements(struct parser *p, const struct ast_table_elements *elements);
struct ast_alter *build_alter_flag(struct parser *p, int kind, struct slice name, int flag);
void build_alter_rename(struct parser *p, int kind, struct slice from, struct slice to);
void build_alter_convert(struct parser *p, struct slice charset, struct slice collation);
void build_alter_partitioning(struct parser *p, struct ast_partitioning *partitioning);
struct ast_drop *build_drop(struct parser *p, const struct ast_names *names, int if_exists,
                            int behaviour);
struct ast_rename *build_rename(struct parser *p, struct ast_rename *list,
                                const struct ast_name *from, const struct ast_name *to);
void build_create_index(struct parser *p, struct ast_key *key, const struct ast_name *table,
                        const struct ast_key_parts *parts);
void build_drop_index(struct parser *p, struct slice name, const struct ast_name *table);
void build_view(struct ast_create_view *view, struct slice algorithm,
                const struct ast_account *definer);
struct ast_database *build_database(struct parser *p, struct slice name,
                                    const struct ast_options *options, int if_exists);

/* ---- Accounts, session, SHOW, administration (ast_build_session.c) ---- */

struct ast_account *build_account(struct parser *p, struct slice user, const struct token *host);
struct ast_account *build_account_current(struct parser *p);
struct ast_accounts *build_accounts(struct parser *p, struct ast_accounts *list,
                                    const struct ast_account *account);
void build_user(struct parser *p, int kind, const struct ast_user_specs *users, int if_exists);
void build_user_names(struct parser *p, int kind, const struct ast_accounts *accounts,
                      int if_exists);
struct ast_user_spec *build_user_spec(struct parser *p, const struct ast_account *account);
struct ast_user_spec *build_secret(struct parser *p, int kind, struct slice secret);
struct ast_user_specs *build_user_specs(struct parser *p, struct ast_user_specs *list,
                                        const struct ast_user_spec *spec);
struct ast_user_option *build_user_flag(struct parser *p, int kind);
void build_user_text(struct parser *p, int kind, struct slice text);
void build_user_number(struct parser *p, int kind, uint64_t number);
struct ast_rename_user *build_rename_user(struct parser *p, struct ast_rename_user *list,
                                          const struct ast_account *from,
                                          const struct ast_account *to);
struct ast_privilege *build_privilege(struct parser *p, const struct ast_identifiers *words);
struct ast_privilege *build_privilege_role(struct parser *p, const struct ast_account *role);
struct ast_privileges *build_privileges(struct parser *p, struct ast_privileges *list,
                                        const struct ast_privilege *privilege);
struct ast_grant *build_grant_object(struct parser *p, int level, const struct token *schema,
                                     const struct token *object);
/* `object` NULL: roles. */
struct ast_grant *build_grant(struct parser *p, int kind, const struct ast_privileges *privileges,
                              struct ast_grant *object, const struct ast_accounts *accounts);
struct ast_grant *build_grant_proxy(struct parser *p, int kind, const struct ast_account *proxy,
                                    const struct ast_accounts *accounts);
void build_revoke_flags(struct ast_grant *grant, int if_exists, int ignore_unknown);
struct ast_set *build_set(struct parser *p, struct ast_set *list,
                          const struct ast_setting *setting);
struct ast_setting *build_set_user(struct parser *p, const struct token *name,
                                   struct ast_expr *value);
struct ast_setting *build_set_system(struct parser *p, const struct token *name,
                                     struct ast_expr *value);
struct ast_setting *build_setting(struct parser *p, const struct token *base,
                                  const struct token *name, struct ast_expr *value);
struct ast_setting *build_set_names(struct parser *p, int kind, struct slice charset,
                                    struct slice collation);
/* A bare name becomes a string. */
struct ast_expr *build_set_value(struct parser *p, struct ast_expr *value);
void build_set_transaction(struct parser *p, int scope, struct ast_set_transaction *modes);
void build_modes_merge(struct parser *p, struct ast_set_transaction *modes,
                       const struct ast_set_transaction *more);
void build_set_password(struct parser *p, const struct ast_account *account,
                        const struct slice *password);
struct ast_set_role *build_role_choice(struct parser *p, int choice,
                                       const struct ast_accounts *roles);
void build_begin_merge(struct parser *p, struct ast_begin *begin, const struct ast_begin *more);
void build_end(struct parser *p, int kind, int chain, int release);
void build_savepoint(struct parser *p, int kind, struct slice name);
struct ast_xa *build_xid(struct parser *p, struct slice gtrid, struct slice bqual, uint64_t format);
struct ast_xa *build_xa(struct ast_xa *xa, int kind);
struct ast_prepare *build_prepare(struct parser *p, int kind, struct slice name);
void build_do(struct parser *p, const struct ast_select_items *items);
void build_call_statement(struct parser *p, const struct ast_name *name,
                          const struct ast_exprs *args);
struct ast_show *build_show(struct parser *p, int kind);
struct ast_show *build_show_flags(struct parser *p, struct ast_show *show);
struct ast_show *build_show_old(struct parser *p, int kind);
struct ast_show *build_show_table(struct parser *p, int kind, const struct ast_name *name);
struct ast_show *build_show_limit(struct parser *p, int kind, const struct ast_limit *limit);
struct ast_show *build_show_count(struct parser *p, const struct token *word, int kind);
struct ast_show *build_show_account(struct parser *p, int kind, const struct ast_account *account);
struct ast_show *build_show_tree(struct parser *p);
void build_describe(struct parser *p, const struct ast_name *table, const struct slice *column);
void build_explain(struct parser *p, uint64_t connection);
void build_kill(struct parser *p, int only_query, struct ast_expr *connection);
struct ast_flush *build_flush(struct parser *p, struct ast_flush *list,
                              const struct ast_identifiers *words);
struct ast_flush *build_flush_tables(struct parser *p, const struct ast_names *tables);
void build_reset_persist(struct parser *p, int if_exists, struct slice name);
struct ast_maintain *build_maintain(struct parser *p, int kind, const struct ast_names *tables,
                                    int binlog);
struct ast_lock_tables *build_table_locks(struct parser *p, struct ast_lock_tables *list,
                                          const struct ast_table_lock *lock);
struct ast_table_lock *build_table_lock(struct parser *p, const struct ast_name *table,
                                        struct slice alias);
void build_help(struct parser *p, struct slice topic);

#endif
