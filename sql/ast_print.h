/* sql/ast_print.h: a tree back as SQL text.
 *
 * For view, default, check and generated-column texts, EXPLAIN and round-trip tests: parsing the printed text
 * gives an equal tree in any sql_mode but ANSI_QUOTES and NO_BACKSLASH_ESCAPES (|| of PIPES_AS_CONCAT is printed
 * as a call of CONCAT). Identifiers are quoted with backticks, keywords are lower case, and every operator is put
 * in parentheses as MySQL's SHOW CREATE does.
 */
#ifndef SQL_AST_PRINT_H
#define SQL_AST_PRINT_H

#include "sql/ast.h"

void ast_print_expr(struct buffer *buffer, const struct ast_expr *expr);
void ast_print_query(struct buffer *buffer, const struct ast_query *query);
/* As in a column's definition: "varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin". */
void ast_print_type(struct buffer *buffer, const struct ast_type *type);
/* Queries, INSERT, REPLACE, UPDATE and DELETE from the tree; other statements by their source text.
 */
void ast_print_statement(struct buffer *buffer, const struct ast_statement *statement);
/* `name` with backticks inside doubled. */
void ast_print_identifier(struct buffer *buffer, struct slice name);
/* 'text' with quotes and backslashes escaped. */
void ast_print_string(struct buffer *buffer, struct slice text);

/* Pieces for the printers themselves. */
void ast_print_orders(struct buffer *buffer, const struct ast_orders *orders, const char *word);
/* In its parentheses, without its name. */
void ast_print_window(struct buffer *buffer, const struct ast_window *window);
/* " null on empty error on error" */
void ast_print_json_on(struct buffer *buffer, const struct ast_json_value *json);

#endif
