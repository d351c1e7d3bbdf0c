/* sql/grammar.y: MySQL 8.4's statements, as rules that build the tree of sql/ast.h.
 *
 * Actions only make and fill nodes; whatever needs a thought is a function of sql/ast_build.h. Meaning
 * (names, types, privileges) is the binder's. The sections stand in this order: tokens and precedence,
 * statements, queries, tables of a query, expressions, row changes, tables, other definitions, accounts,
 * session, SHOW, administration.
 *
 *   (G1) Words that are not reserved fall back to IDENT wherever a rule has no place for them. Where both could
 *        stand, parse.c looks ahead and hands over the word only if what follows makes it one
 *        (see parse_refine there): DATE before a string, ANY before '(', WITH before ROLLUP ...
 *   (G2) Expressions have MySQL's four layers: expr (AND, OR, NOT, IS TRUE), comparison (=, IS NULL),
 *        predicate (IN, LIKE, BETWEEN) and term (arithmetic), then primary. Only within a layer does
 *        precedence decide. The rules that go down a layer have the lowest precedence, ASSIGN: an operator is
 *        taken in before a layer ends.
 *   (G3) "(query)" is one nonterminal everywhere. "((select 1))" is a query in two pairs of parentheses rather
 *        than an expression around one: NESTED_QUERY is higher than SUBQUERY.
 *   (G4) A conditionless JOIN is lower than JOIN and ON, so "a JOIN b JOIN c ON x" first joins b to c;
 *        build_join turns the tree so that it reads from left to right.
 */
%name Grammar
%token_prefix TOKEN_
%token_type {struct token}
%extra_context {struct parser *p}
%stack_size 1000
%start_symbol input
%default_type {int}

%include {
#include "sql/ast_build.h"
#include "sql/grammar.h"
}

%syntax_error { build_syntax_error(p, &TOKEN); }
%stack_overflow { build_stack_error(p); }

/* ---- Tokens and precedence, from loose to tight ---- */

%nonassoc LOWEST.
%nonassoc INTO COMMA CHAR.
%left CONDITIONLESS_JOIN.
%left JOIN INNER CROSS STRAIGHT_JOIN NATURAL LEFT RIGHT ON USING.
%nonassoc SUBQUERY.
%nonassoc NESTED_QUERY.
%left UNION EXCEPT.
%left INTERSECT.
%right ASSIGN.
%left OR.
%left XOR.
%left AND.
%left BETWEEN CASE WHEN THEN ELSE.
%left EQ NULL_SAFE_EQ GE GT LE LT NE IS LIKE REGEXP IN MEMBER SOUNDS ESCAPE.
%left PIPE.
%left AMPERSAND.
%left SHIFT_LEFT SHIFT_RIGHT.
%left PLUS MINUS.
%left STAR SLASH PERCENT DIV MOD.
%left CARET.
%left CONCAT.
%left NEGATION TILDE.
%right NOT NOT_HIGH BANG.
%left BINARY COLLATE.
%left INTERVAL.
%left LP RP KEY.

/* Words no rule knows: reserved ones, and bytes that are no token. */
%token RESERVED ILLEGAL.

/* (G1) */
%fallback IDENT
    ACCOUNT ACTION ADMIN AFTER AGAINST ALGORITHM ALWAYS ANY ARRAY ASCII AT ATTRIBUTE
    AUTOEXTEND_SIZE AUTO_INCREMENT AVG_ROW_LENGTH BACKUP BEGIN BINLOG BIT BOOLEAN BTREE BUCKETS
    BYTE CASCADED CAST CHAIN CHANGED CHANNEL CHARSET CHECKSUM CIPHER COALESCE CODE COLLATION
    COLUMNS COLUMN_FORMAT COMMENT COMMIT COMMITTED COMPRESSION CONCURRENT CONNECTION CONSISTENT
    CURRENT DATA DATE DATETIME DATE_ADD DAY DEALLOCATE DEFINER DELAY_KEY_WRITE DIRECTORY DISABLE
    DISCARD DO DUMPFILE DUPLICATE ENABLE ENCRYPTION END ENFORCED ENGINE ENGINES ENGINE_ATTRIBUTE
    ENUM ERROR ERRORS ESCAPE EVENT EVENTS EXCHANGE EXECUTE EXPANSION EXPIRE EXPORT EXTENDED
    EXTRACT FAILED_LOGIN_ATTEMPTS FAST FIRST FIXED FLUSH FOLLOWING FORMAT_EQ FULL GEOMETRY
    GEOMETRYCOLLECTION GET_FORMAT GLOBAL GRANTS HASH HELP HISTOGRAM HISTORY HOSTS HOUR
    IDENTIFIED IMPORT INDEXES INSERT_METHOD INSTANCE INVISIBLE INVOKER ISOLATION ISSUER JSON
    JSON_VALUE KEY_BLOCK_SIZE LANGUAGE LAST LESS LEVEL LINESTRING LIST LOCAL LOCKED LOG LOGS
    MASTER MAX_CONNECTIONS_PER_HOUR MAX_QUERIES_PER_HOUR MAX_ROWS MAX_UPDATES_PER_HOUR
    MAX_USER_CONNECTIONS MEDIUM MEMBER MICROSECOND MIGRATE MINUTE MIN_ROWS MODE MODIFY MONTH
    MULTILINESTRING MULTIPOINT MULTIPOLYGON MUTEX NAMES NATIONAL NCHAR NESTED NEVER NO NODEGROUP
    NONE NOWAIT NULLS NVARCHAR OFFSET OLD ONE ONLY OPEN OPTIONAL ORDINALITY PACK_KEYS PARSER
    PARSE_TREE PARTIAL PARTITIONING PARTITIONS PASSWORD PASSWORD_LOCK_TIME PATH PERSIST
    PERSIST_ONLY PHASE PLUGINS POINT POLYGON POSITION PRECEDING PREPARE PRIVILEGES PROCESSLIST
    PROFILE PROFILES PROXY QUARTER QUERY QUICK RANDOM REBUILD RECOVER RELAYLOG REMOVE REORGANIZE
    REPAIR REPEATABLE REPLICA REPLICAS RESET RESPECT_NULLS RESTART RESUME RETAIN RETURNING REUSE
    ROLE ROLLBACK ROLLUP ROW_FORMAT RTREE SAVEPOINT SECOND SECONDARY SECONDARY_ENGINE
    SECONDARY_ENGINE_ATTRIBUTE SECURITY SERIAL SERIALIZABLE SESSION SHARE SHUTDOWN SIGNED SIMPLE
    SKIP SLAVE SNAPSHOT SOUNDS SQL_BUFFER_RESULT SQL_NO_CACHE SRID START STATS_AUTO_RECALC
    STATS_PERSISTENT STATS_SAMPLE_PAGES STATUS STORAGE SUBJECT SUBPARTITION SUBPARTITIONS
    SUBSTRING SUSPEND TABLES TABLESPACE TABLE_CHECKSUM TEMPORARY TEXT THAN TIME TIMESTAMP
    TIMESTAMPADD TIMESTAMPDIFF TRANSACTION TRIGGERS TRIM TRUNCATE TYPE UNBOUNDED UNCOMMITTED
    UNICODE UNKNOWN UPGRADE USER USER_CALL USE_FRM VALIDATION VALUE VARIABLES VIEW VISIBLE
    WARNINGS WEEK WEIGHT_STRING WITHOUT WORK X509 XA XID XML YEAR ZONE.

input ::= statement end.
input ::= EXPRESSION_START expr(E) END_OF_INPUT. { p->expr = E; }
end ::= SEMICOLON.
end ::= END_OF_INPUT.

/* ---- Names, literals and other small things ---- */
%type ident {struct slice}
ident(A) ::= IDENT(T). { A = build_identifier(p, &T); }
%type ident_or_text {struct slice}
ident_or_text(A) ::= ident(A).
ident_or_text(A) ::= TEXT_STRING(T). { A = build_string(p, &T); }
%type text {struct slice}
text(A) ::= TEXT_STRING(T). { A = build_string(p, &T); }
%type number {uint64_t}
number(A) ::= INTEGER_NUMBER(T). { A = build_number(p, &T); }
number(A) ::= HEX_STRING(T). { A = build_number(p, &T); }
%type table_name {struct ast_name *}
table_name(A) ::= IDENT(T). { A = build_name(p, NULL, &T); }
table_name(A) ::= IDENT(S) DOT IDENT(T). { A = build_name(p, &S, &T); }
table_name(A) ::= DOT IDENT(T). { A = build_name(p, NULL, &T); }
%type table_names {struct ast_names *}
table_names(A) ::= table_name(N). { A = build_names(p, NULL, N); }
table_names(A) ::= table_names(A) COMMA table_name(N). { build_names(p, A, N); }
%type idents {struct ast_identifiers *}
idents(A) ::= ident(I). { A = build_identifiers(p, NULL, I); }
idents(A) ::= idents(A) COMMA ident(I). { build_identifiers(p, A, I); }
%type ident_list_opt {struct ast_identifiers *}
ident_list_opt(A) ::= . { A = build_identifiers_empty(p); }
ident_list_opt(A) ::= LP idents(B) RP. { A = B; }
%type texts {struct ast_identifiers *}
texts(A) ::= text(I). { A = build_identifiers(p, NULL, I); }
texts(A) ::= texts(A) COMMA text(I). { build_identifiers(p, A, I); }
%type charset_name {struct slice}
charset_name(A) ::= ident_or_text(A).
charset_name(A) ::= BINARY. { A = SLICE_LITERAL("binary"); }

charset_word ::= CHAR SET.
charset_word ::= CHARSET.
%type collation_name {struct slice}
collation_name(A) ::= ident_or_text(A).
collation_name(A) ::= BINARY. { A = SLICE_LITERAL("binary"); }

equal_opt ::= .
equal_opt ::= EQ.
assign_word ::= EQ.
assign_word ::= ASSIGN.
as_opt ::= .
as_opt ::= AS.

if_exists(A) ::= . { A = 0; }
if_exists(A) ::= IF EXISTS. { A = 1; }
if_not_exists(A) ::= . { A = 0; }
if_not_exists(A) ::= IF not EXISTS. { A = 1; }

not ::= NOT.
not ::= NOT_HIGH.
/* ---- Statements ---- */

statement ::= query_statement(Q). { build_statement(p, AST_SELECT, Q); }
statement ::= insert(S). { build_statement_insert(p, S); }
statement ::= update(S). { build_statement(p, AST_UPDATE, S); }
statement ::= delete(S). { build_statement(p, AST_DELETE, S); }
%type query_statement {struct ast_query *}
query_statement(A) ::= query(Q). { A = build_query_top(p, Q, NULL); }
query_statement(A) ::= query(Q) into(I). { A = build_query_top(p, Q, I); }
query_statement(A) ::= query(Q) into(I) locks(L). { Q->locks = *L; A = build_query_top(p, Q, I); }

/* ---- Queries ---- */

%type query {struct ast_query *}
query(A) ::= body(B) order_opt(O) limit_opt(L) locks_opt(K). { A = build_query(p, B, O, L, K); }
query(A) ::= with(W) body(B) order_opt(O) limit_opt(L) locks_opt(K). {
    A = build_query(p, B, O, L, K);
    build_query_with(p, A, W); }

%type with {struct ast_with *}
with(A) ::= WITH(T) cte(C). { A = build_with(p, NULL, C); A->source.data = T.data; }
with(A) ::= WITH(T) RECURSIVE cte(C). { A = build_with(p, NULL, C); A->is_recursive = true; A->source.data = T.data; }
with(A) ::= with(A) COMMA cte(C). { build_with(p, A, C); }
%type cte {struct ast_cte *}
cte(A) ::= ident(N) ident_list_opt(C) AS query_parens(Q). {
    A = build_new(p, struct ast_cte);
    *A = (struct ast_cte){N, *C, Q}; }

%type query_parens {struct ast_query *}
query_parens(A) ::= LP(T) query(Q) RP. { A = build_query_nested(p, Q); A->parens = T.data; }

%type body {struct ast_body *}
body(A) ::= primary_body(A).
body(A) ::= query_parens(Q). [NESTED_QUERY] { A = build_body_query(p, Q); }
body(A) ::= body(L) UNION set_all(M) body(R). { A = build_body_set(p, L, AST_SET_UNION, M, R); }
body(A) ::= body(L) EXCEPT set_all(M) body(R). { A = build_body_set(p, L, AST_SET_EXCEPT, M, R); }
body(A) ::= body(L) INTERSECT set_all(M) body(R). { A = build_body_set(p, L, AST_SET_INTERSECT, M, R); }
set_all(A) ::= . { A = 0; }
set_all(A) ::= DISTINCT. { A = 0; }
set_all(A) ::= ALL. { A = 1; }

%type primary_body {struct ast_body *}
primary_body(A) ::= select(S). { A = build_body_select(p, S); }
primary_body(A) ::= VALUES(T) row_values(R). { A = build_body_values(p, &T, R); }
primary_body(A) ::= TABLE(T) table_name(N). { A = build_body_table(p, &T, N); }

%type row_values {struct ast_rows *}
row_values(A) ::= ROW LP values_opt(V) RP. { A = build_rows(p, NULL, V); }
row_values(A) ::= row_values(A) COMMA ROW LP values_opt(V) RP. { build_rows(p, A, V); }

%type select {struct ast_select *}
select(A) ::= select_head(A) core_into(I) from_opt(F) where_opt(W) group_opt(G) having_opt(H) windows_opt(N). {
    A->into = I;
    A->from = *F;
    A->where = W;
    A->group_by = G->by;
    A->has_rollup = G->has_rollup;
    A->having = H;
    A->windows = *N; }
%type select_head {struct ast_select *}
select_head(A) ::= SELECT(T) hint(H) select_options(O) select_items(I). {
    A = build_new(p, struct ast_select);
    A->source.data = T.data;
    A->hints = H;
    A->options = O;
    A->items = *I; }
%type hint {struct slice}
hint(A) ::= . { A = SLICE_EMPTY; }
hint(A) ::= HINT(T). { A = slice_of(T.data + 3, T.size - 5); }

select_options(A) ::= . { A = 0; }
select_options(A) ::= select_options(B) select_option(O). { A = build_select_option(p, B, O); }
select_option(A) ::= ALL|DISTINCT|HIGH_PRIORITY|STRAIGHT_JOIN|SQL_SMALL_RESULT|SQL_BIG_RESULT
        |SQL_BUFFER_RESULT|SQL_NO_CACHE|SQL_CALC_FOUND_ROWS(T). { A = build_select_word(&T); }

%type select_items {struct ast_select_items *}
select_items(A) ::= select_item(I). { A = build_select_items(p, NULL, I); }
select_items(A) ::= STAR(T). { A = build_select_items(p, NULL, build_star_item(p, &T, NULL, NULL)); }
select_items(A) ::= select_items(A) COMMA select_item(I). { build_select_items(p, A, I); }
%type select_item {struct ast_select_item *}
select_item(A) ::= expr(E). { A = build_select_item(p, E, NULL); }
select_item(A) ::= expr(E) select_alias(S). { A = build_select_item(p, E, &S); }
select_item(A) ::= IDENT(T) DOT STAR. { A = build_star_item(p, &T, NULL, &T); }
select_item(A) ::= IDENT(S) DOT IDENT(T) DOT STAR. { A = build_star_item(p, &S, &S, &T); }
%type select_alias {struct slice}
select_alias(A) ::= AS ident(N). { A = N; }
select_alias(A) ::= AS TEXT_STRING(T). { A = build_string(p, &T); }
select_alias(A) ::= ident(A).
select_alias(A) ::= TEXT_STRING(T). { A = build_string(p, &T); }

%type core_into {struct ast_into *}
core_into(A) ::= . [LOWEST] { A = NULL; }
core_into(A) ::= into(I). { A = I; }

%type into {struct ast_into *}
into(A) ::= INTO OUTFILE text(T) file_charset(C) file_fields(F) file_lines(L). {
    A = build_new(p, struct ast_into);
    A->kind = AST_INTO_OUTFILE;
    A->path = T;
    A->format = build_file_format(C, F, L); }
into(A) ::= INTO DUMPFILE text(T). { A = build_new(p, struct ast_into); A->kind = AST_INTO_DUMPFILE; A->path = T; }
into(A) ::= INTO into_variables(V). {
    A = build_new(p, struct ast_into);
    A->kind = AST_INTO_VARIABLES;
    A->variables = *V; }
%type into_variables {struct ast_exprs *}
into_variables(A) ::= into_variable(E). { A = build_exprs(p, NULL, E); }
into_variables(A) ::= into_variables(A) COMMA into_variable(E). { build_exprs(p, A, E); }
%type into_variable {struct ast_expr *}
into_variable(A) ::= AT_NAME(T). { A = build_user_variable(p, &T); }
into_variable(A) ::= IDENT(T). { A = build_column(p, NULL, NULL, &T); }

%type file_charset {struct slice}
file_charset(A) ::= . { A = SLICE_EMPTY; }
file_charset(A) ::= charset_word charset_name(N). { A = N; }
%type file_fields {struct ast_file_format *}
file_fields(A) ::= . { A = NULL; }
file_fields(A) ::= COLUMNS file_field_list(B). { A = B; }
%type file_field_list {struct ast_file_format *}
file_field_list(A) ::= file_field(B). { A = B; }
file_field_list(A) ::= file_field_list(B) file_field(C). { A = build_file_merge(B, C); }
%type file_field {struct ast_file_format *}
file_field(A) ::= TERMINATED BY file_text(T). { A = build_file_part(p, FILE_FIELD_END, T); }
file_field(A) ::= OPTIONALLY ENCLOSED BY file_text(T). { A = build_file_part(p, FILE_OPTIONALLY_ENCLOSED, T); }
file_field(A) ::= ENCLOSED BY file_text(T). { A = build_file_part(p, FILE_ENCLOSED, T); }
file_field(A) ::= ESCAPED BY file_text(T). { A = build_file_part(p, FILE_ESCAPE, T); }
%type file_lines {struct ast_file_format *}
file_lines(A) ::= . { A = NULL; }
file_lines(A) ::= LINES file_line_list(B). { A = B; }
%type file_line_list {struct ast_file_format *}
file_line_list(A) ::= file_line(B). { A = B; }
file_line_list(A) ::= file_line_list(B) file_line(C). { A = build_file_merge(B, C); }
%type file_line {struct ast_file_format *}
file_line(A) ::= TERMINATED BY file_text(T). { A = build_file_part(p, FILE_LINE_END, T); }
file_line(A) ::= STARTING BY file_text(T). { A = build_file_part(p, FILE_LINE_START, T); }
%type file_text {struct slice}
file_text(A) ::= TEXT_STRING(T). { A = build_string(p, &T); }
file_text(A) ::= HEX_STRING(T). { A = build_literal(p, &T)->literal.text; }
file_text(A) ::= BIT_STRING(T). { A = build_literal(p, &T)->literal.text; }

%type from_opt {struct ast_table_refs *}
from_opt(A) ::= . { A = build_table_refs(p, NULL, NULL); }
from_opt(A) ::= FROM DUAL. { A = build_table_refs(p, NULL, NULL); }
from_opt(A) ::= FROM table_refs(B). { A = B; }
%type where_opt {struct ast_expr *}
where_opt(A) ::= . { A = NULL; }
where_opt(A) ::= WHERE expr(E). { A = E; }
%type having_opt {struct ast_expr *}
having_opt(A) ::= . { A = NULL; }
having_opt(A) ::= HAVING expr(E). { A = E; }

%type group_opt {struct group_clause *}
group_opt(A) ::= . { A = build_new(p, struct group_clause); }
group_opt(A) ::= GROUP BY exprs(E). { A = build_group(p, E); }
group_opt(A) ::= GROUP BY exprs(E) WITH_ROLLUP ROLLUP. { A = build_group(p, E); A->has_rollup = true; }

%type windows_opt {struct ast_windows *}
windows_opt(A) ::= . { A = build_new(p, struct ast_windows); }
windows_opt(A) ::= WINDOW named_windows(B). { A = B; }
%type named_windows {struct ast_windows *}
named_windows(A) ::= named_window(W). { A = build_windows(p, NULL, W); }
named_windows(A) ::= named_windows(A) COMMA named_window(W). { build_windows(p, A, W); }
%type named_window {struct ast_window *}
named_window(A) ::= ident(N) AS window_spec(W). { A = W; A->name = N; }
%type window_spec {struct ast_window *}
window_spec(A) ::= LP window_base(B) partition_opt(P) order_opt(O) frame_opt(F) RP. {
    A = build_window(p, P, O, F);
    A->base = B; }
%type window_base {struct slice}
window_base(A) ::= . { A = SLICE_EMPTY; }
window_base(A) ::= ident(A).
%type partition_opt {struct ast_exprs *}
partition_opt(A) ::= . { A = NULL; }
partition_opt(A) ::= PARTITION BY exprs(E). { A = E; }
%type frame_opt {struct ast_frame *}
frame_opt(A) ::= . { A = NULL; }
frame_opt(A) ::= frame_unit(U) frame_bound(S). { A = build_frame(p, U, S, NULL); }
frame_opt(A) ::= frame_unit(U) BETWEEN frame_bound(S) AND frame_bound(E). { A = build_frame(p, U, S, E); }
frame_unit(A) ::= ROWS. { A = AST_FRAME_ROWS; }
frame_unit(A) ::= RANGE. { A = AST_FRAME_RANGE; }
frame_unit(A) ::= GROUPS. { A = AST_FRAME_GROUPS; }
%type frame_bound {struct ast_bound *}
frame_bound(A) ::= UNBOUNDED PRECEDING. { A = build_bound(p, AST_BOUND_UNBOUNDED_PRECEDING, NULL); }
frame_bound(A) ::= UNBOUNDED FOLLOWING. { A = build_bound(p, AST_BOUND_UNBOUNDED_FOLLOWING, NULL); }
frame_bound(A) ::= CURRENT ROW. { A = build_bound(p, AST_BOUND_CURRENT_ROW, NULL); }
frame_bound(A) ::= frame_distance(D) frame_side(S). { A = build_bound(p, S, D); }
frame_bound(A) ::= INTERVAL expr(E) unit(U) frame_side(S). {
    A = build_bound(p, S, E);
    A->has_unit = true;
    A->unit = U; }
%type frame_distance {struct ast_expr *}
frame_distance(A) ::= number_literal(A).
frame_distance(A) ::= parameter(A).
frame_side(A) ::= PRECEDING. { A = AST_BOUND_PRECEDING; }
frame_side(A) ::= FOLLOWING. { A = AST_BOUND_FOLLOWING; }

%type order_opt {struct ast_orders *}
order_opt(A) ::= . { A = NULL; }
order_opt(A) ::= order(A).
%type order {struct ast_orders *}
order(A) ::= ORDER BY order_items(B). [LOWEST] { A = B; }
%type order_items {struct ast_orders *}
order_items(A) ::= expr(E) direction(D). { A = build_orders(p, NULL, E, D); }
order_items(A) ::= order_items(A) COMMA expr(E) direction(D). { build_orders(p, A, E, D); }
direction(A) ::= . { A = 0; }
direction(A) ::= ASC. { A = 0; }
direction(A) ::= DESC. { A = 1; }

%type limit_opt {struct ast_limit *}
limit_opt(A) ::= . { A = NULL; }
limit_opt(A) ::= LIMIT limit_value(C). { A = build_limit(p, C, NULL); }
limit_opt(A) ::= LIMIT limit_value(O) COMMA limit_value(C). { A = build_limit(p, C, O); }
limit_opt(A) ::= LIMIT limit_value(C) OFFSET limit_value(O). { A = build_limit(p, C, O); }
%type limit_value {struct ast_expr *}
limit_value(A) ::= INTEGER_NUMBER(T). { A = build_literal(p, &T); }
limit_value(A) ::= HEX_STRING(T). { A = build_literal(p, &T); }
limit_value(A) ::= parameter(A).
%type limit_one_opt {struct ast_limit *}
limit_one_opt(A) ::= . { A = NULL; }
limit_one_opt(A) ::= LIMIT limit_value(C). { A = build_limit(p, C, NULL); }

%type locks_opt {struct ast_locks *}
locks_opt(A) ::= . { A = NULL; }
locks_opt(A) ::= locks(A).
%type locks {struct ast_locks *}
locks(A) ::= lock(L). { A = build_locks(p, NULL, L); }
locks(A) ::= locks(A) lock(L). { build_locks(p, A, L); }
%type lock {struct ast_lock *}
lock(A) ::= FOR lock_strength(S) lock_wait(W). { A = build_lock(p, S, W, NULL); }
lock(A) ::= FOR lock_strength(S) OF table_names(N) lock_wait(W). { A = build_lock(p, S, W, N); }
lock(A) ::= LOCK IN SHARE MODE. { A = build_lock(p, AST_LOCK_SHARE, AST_LOCK_WAIT, NULL); A->is_old_form = true; }
lock_strength(A) ::= UPDATE. { A = AST_LOCK_UPDATE; }
lock_strength(A) ::= SHARE. { A = AST_LOCK_SHARE; }
lock_wait(A) ::= . { A = AST_LOCK_WAIT; }
lock_wait(A) ::= NOWAIT. { A = AST_LOCK_NOWAIT; }
lock_wait(A) ::= SKIP LOCKED. { A = AST_LOCK_SKIP_LOCKED; }

/* ---- Tables of a query ---- */

%type table_refs {struct ast_table_refs *}
table_refs(A) ::= table_ref(R). { A = build_table_refs(p, NULL, R); }
table_refs(A) ::= table_refs(A) COMMA table_ref(R). { build_table_refs(p, A, R); }

%type table_ref {struct ast_table_ref *}
table_ref(A) ::= table_factor(A).
table_ref(A) ::= table_ref(L) join_word(J) table_ref(R) ON expr(E). [ON] { A = build_join_on(p, J, L, R, E); }
table_ref(A) ::= table_ref(L) join_word(J) table_ref(R) USING LP idents(C) RP. [USING] {
    A = build_join(p, J, L, R);
    A->using_columns = *C; }
table_ref(A) ::= table_ref(L) join_word(J) table_ref(R). [CONDITIONLESS_JOIN] { A = build_join_bare(p, J, L, R); }
table_ref(A) ::= table_ref(L) outer_word(J) table_ref(R) ON expr(E). [ON] { A = build_join_on(p, J, L, R, E); }
table_ref(A) ::= table_ref(L) outer_word(J) table_ref(R) USING LP idents(C) RP. [USING] {
    A = build_join(p, J, L, R);
    A->using_columns = *C; }
table_ref(A) ::= table_ref(L) NATURAL natural_word(J) table_factor(R). [JOIN] {
    A = build_join(p, J, L, R);
    A->is_natural = true; }
join_word(A) ::= JOIN. { A = AST_JOIN_INNER; }
join_word(A) ::= INNER JOIN. { A = AST_JOIN_INNER; }
join_word(A) ::= CROSS JOIN. { A = AST_JOIN_CROSS; }
join_word(A) ::= STRAIGHT_JOIN. { A = AST_JOIN_STRAIGHT; }
outer_word(A) ::= LEFT outer_opt JOIN. { A = AST_JOIN_LEFT; }
outer_word(A) ::= RIGHT outer_opt JOIN. { A = AST_JOIN_RIGHT; }
natural_word(A) ::= JOIN. { A = AST_JOIN_INNER; }
natural_word(A) ::= INNER JOIN. { A = AST_JOIN_INNER; }
natural_word(A) ::= LEFT outer_opt JOIN. { A = AST_JOIN_LEFT; }
natural_word(A) ::= RIGHT outer_opt JOIN. { A = AST_JOIN_RIGHT; }
outer_opt ::= .
outer_opt ::= OUTER.

%type table_factor {struct ast_table_ref *}
table_factor(A) ::= table_name(N) partitions_opt(P) table_alias(S) index_hints(H). {
    A = build_table_named(p, N, P, S);
    A->hints = *H; }
table_factor(A) ::= query_parens(Q) derived_alias(S) ident_list_opt(C). { A = build_table_derived(p, Q, S, C); }
table_factor(A) ::= LATERAL query_parens(Q) derived_alias(S) ident_list_opt(C). {
    A = build_table_derived(p, Q, S, C);
    A->is_lateral = true; }
table_factor(A) ::= LP table_refs(R) RP. { A = build_table_parens(p, R); }
table_factor(A) ::= LBRACE ident table_ref(R) RBRACE. { A = R; }
table_factor(A) ::= JSON_TABLE(T) LP expr(E) COMMA text(P) COLUMNS LP json_columns(C) RP RP table_alias(S). {
    A = build_table_json(p, &T, E, S);
    A->json_path = P;
    A->json_columns = *C; }
%type table_alias {struct slice}
table_alias(A) ::= . { A = SLICE_EMPTY; }
table_alias(A) ::= ident(A).
table_alias(A) ::= AS ident_or_text(B). { A = B; }
%type derived_alias {struct slice}
derived_alias(A) ::= . [SUBQUERY] { A = SLICE_EMPTY; }
derived_alias(A) ::= ident(A).
derived_alias(A) ::= AS ident_or_text(B). { A = B; }
%type partitions_opt {struct ast_identifiers *}
partitions_opt(A) ::= . { A = build_identifiers_empty(p); }
partitions_opt(A) ::= PARTITION LP idents(B) RP. { A = B; }

%type index_hints {struct ast_index_hints *}
index_hints(A) ::= . { A = build_new(p, struct ast_index_hints); }
index_hints(A) ::= index_hints(A) index_hint(H). { build_index_hints(p, A, H); }
%type index_hint {struct ast_index_hint *}
index_hint(A) ::= hint_action(X) key_word hint_scope(S) LP hint_names(N) RP. {
    A = build_new(p, struct ast_index_hint);
    *A = (struct ast_index_hint){X, S, *N}; }
hint_action(A) ::= USE. { A = AST_HINT_USE; }
hint_action(A) ::= FORCE. { A = AST_HINT_FORCE; }
hint_action(A) ::= IGNORE. { A = AST_HINT_IGNORE; }
hint_scope(A) ::= . { A = AST_HINT_FOR_ALL; }
hint_scope(A) ::= FOR JOIN. { A = AST_HINT_FOR_JOIN; }
hint_scope(A) ::= FOR ORDER BY. { A = AST_HINT_FOR_ORDER; }
hint_scope(A) ::= FOR GROUP BY. { A = AST_HINT_FOR_GROUP; }
%type hint_names {struct ast_identifiers *}
hint_names(A) ::= . { A = build_identifiers_empty(p); }
hint_names(A) ::= hint_name(N). { A = build_identifiers(p, NULL, N); }
hint_names(A) ::= hint_names(A) COMMA hint_name(N). { build_identifiers(p, A, N); }
%type hint_name {struct slice}
hint_name(A) ::= ident(A).
hint_name(A) ::= PRIMARY. { A = SLICE_LITERAL("PRIMARY"); }
key_word ::= KEY.
key_word ::= INDEX.

%type json_columns {struct ast_json_columns *}
json_columns(A) ::= json_column(C). { A = build_json_columns(p, NULL, C); }
json_columns(A) ::= json_columns(A) COMMA json_column(C). { build_json_columns(p, A, C); }
%type json_column {struct ast_json_column *}
json_column(A) ::= ident(N) FOR ORDINALITY. { A = build_json_column(p, AST_JSON_ORDINALITY, N); }
json_column(A) ::= ident(N) type(T) PATH text(P) json_on(O). {
    A = build_json_column(p, AST_JSON_PATH, N);
    A->type = T;
    A->path = P;
    A->on = *O; }
json_column(A) ::= ident(N) type(T) EXISTS PATH text(P). {
    A = build_json_column(p, AST_JSON_EXISTS_PATH, N);
    A->type = T;
    A->path = P; }
json_column(A) ::= NESTED path_opt text(P) COLUMNS LP json_columns(C) RP. {
    A = build_json_column(p, AST_JSON_NESTED, SLICE_EMPTY);
    A->path = P;
    A->nested = *C; }
path_opt ::= .
path_opt ::= PATH.
%type json_on {struct ast_json_value *}
json_on(A) ::= . { A = build_new(p, struct ast_json_value); }
json_on(A) ::= json_answer(X) ON EMPTY. { A = build_json_on(p, X, NULL); }
json_on(A) ::= json_answer(X) ON ERROR. { A = build_json_on(p, NULL, X); }
json_on(A) ::= json_answer(X) ON EMPTY json_answer(Y) ON ERROR. { A = build_json_on(p, X, Y); }
%type json_answer {struct json_answer *}
json_answer(A) ::= NULL. { A = build_json_answer(p, AST_JSON_ON_NULL, NULL); }
json_answer(A) ::= ERROR. { A = build_json_answer(p, AST_JSON_ON_ERROR, NULL); }
json_answer(A) ::= DEFAULT signed_literal(E). { A = build_json_answer(p, AST_JSON_ON_DEFAULT, E); }

/* ---- Expressions ---- */

%type exprs {struct ast_exprs *}
exprs(A) ::= expr(E). { A = build_exprs(p, NULL, E); }
exprs(A) ::= exprs(A) COMMA expr(E). { build_exprs(p, A, E); }

%type expr {struct ast_expr *}
expr(A) ::= expr(L) OR expr(R). { A = build_chain(p, AST_EXPR_OR, L, R); }
expr(A) ::= expr(L) XOR expr(R). { A = build_chain(p, AST_EXPR_XOR, L, R); }
expr(A) ::= expr(L) AND expr(R). { A = build_chain(p, AST_EXPR_AND, L, R); }
expr(A) ::= NOT(T) expr(E). [NOT] { A = build_unary(p, AST_EXPR_NOT, &T, E); }
expr(A) ::= comparison(L) IS TRUE. [IS] { A = build_postfix(p, AST_EXPR_IS_TRUE, L, 0); }
expr(A) ::= comparison(L) IS not TRUE. [IS] { A = build_postfix(p, AST_EXPR_IS_TRUE, L, 1); }
expr(A) ::= comparison(L) IS FALSE. [IS] { A = build_postfix(p, AST_EXPR_IS_FALSE, L, 0); }
expr(A) ::= comparison(L) IS not FALSE. [IS] { A = build_postfix(p, AST_EXPR_IS_FALSE, L, 1); }
expr(A) ::= comparison(L) IS UNKNOWN. [IS] { A = build_postfix(p, AST_EXPR_IS_UNKNOWN, L, 0); }
expr(A) ::= comparison(L) IS not UNKNOWN. [IS] { A = build_postfix(p, AST_EXPR_IS_UNKNOWN, L, 1); }
expr(A) ::= comparison(A). [ASSIGN]

%type comparison {struct ast_expr *}
comparison(A) ::= comparison(L) IS NULL. [IS] { A = build_postfix(p, AST_EXPR_IS_NULL, L, 0); }
comparison(A) ::= comparison(L) IS not NULL. [IS] { A = build_postfix(p, AST_EXPR_IS_NULL, L, 1); }
comparison(A) ::= comparison(L) comparator(O) predicate(R). [EQ] { A = build_binary(p, O, L, R); }
comparison(A) ::= comparison(L) comparator(O) quantifier(Q) query_parens(S). [EQ] {
    A = build_quantified(p, O, L, S);
    A->subquery.quantifier = Q; }
comparison(A) ::= predicate(A). [ASSIGN]
comparator(A) ::= EQ|NULL_SAFE_EQ|NE|LT|LE|GT|GE(T). { A = build_comparator(&T); }
quantifier(A) ::= ANY. { A = AST_ANY; }
quantifier(A) ::= ALL. { A = AST_ALL; }

%type predicate {struct ast_expr *}
predicate(A) ::= term(L) IN query_parens(Q). { A = build_in_query(p, L, Q, 0); }
predicate(A) ::= term(L) not IN query_parens(Q). { A = build_in_query(p, L, Q, 1); }
predicate(A) ::= term(L) IN LP exprs(E) RP. { A = build_in_list(p, L, E, 0); }
predicate(A) ::= term(L) not IN LP exprs(E) RP. { A = build_in_list(p, L, E, 1); }
predicate(A) ::= term(L) MEMBER OF LP primary(R) RP. { A = build_binary(p, AST_EXPR_MEMBER_OF, L, R); }
predicate(A) ::= term(X) BETWEEN term(Y) AND predicate(Z). [BETWEEN] {
    A = build_ternary(p, AST_EXPR_BETWEEN, X, Y, Z); }
predicate(A) ::= term(X) not BETWEEN term(Y) AND predicate(Z). [BETWEEN] {
    A = build_not(build_ternary(p, AST_EXPR_BETWEEN, X, Y, Z)); }
predicate(A) ::= term(L) SOUNDS LIKE term(R). [SOUNDS] { A = build_binary(p, AST_EXPR_SOUNDS_LIKE, L, R); }
predicate(A) ::= term(L) LIKE primary(R) escape_opt(E). [LIKE] { A = build_like(p, L, R, E); }
predicate(A) ::= term(L) not LIKE primary(R) escape_opt(E). [LIKE] { A = build_not(build_like(p, L, R, E)); }
predicate(A) ::= term(L) REGEXP term(R). [REGEXP] { A = build_binary(p, AST_EXPR_REGEXP, L, R); }
predicate(A) ::= term(L) not REGEXP term(R). [REGEXP] { A = build_not(build_binary(p, AST_EXPR_REGEXP, L, R)); }
predicate(A) ::= term(A). [ASSIGN]
%type escape_opt {struct ast_expr *}
escape_opt(A) ::= . [ASSIGN] { A = NULL; }
escape_opt(A) ::= ESCAPE primary(E). [LIKE] { A = E; }

%type term {struct ast_expr *}
term(A) ::= term(L) PIPE term(R). { A = build_binary(p, AST_EXPR_BIT_OR, L, R); }
term(A) ::= term(L) AMPERSAND term(R). { A = build_binary(p, AST_EXPR_BIT_AND, L, R); }
term(A) ::= term(L) SHIFT_LEFT term(R). { A = build_binary(p, AST_EXPR_SHIFT_LEFT, L, R); }
term(A) ::= term(L) SHIFT_RIGHT term(R). { A = build_binary(p, AST_EXPR_SHIFT_RIGHT, L, R); }
term(A) ::= term(L) PLUS term(R). { A = build_chain(p, AST_EXPR_ADD, L, R); }
term(A) ::= term(L) MINUS term(R). { A = build_binary(p, AST_EXPR_SUBTRACT, L, R); }
term(A) ::= term(L) PLUS INTERVAL expr(E) unit(U). [PLUS] { A = build_interval(p, AST_EXPR_ADD_INTERVAL, L, E, U); }
term(A) ::= term(L) MINUS INTERVAL expr(E) unit(U). [PLUS] {
    A = build_interval(p, AST_EXPR_SUBTRACT_INTERVAL, L, E, U); }
term(A) ::= INTERVAL(T) expr(E) unit(U) PLUS term(R). [PLUS] {
    A = build_interval(p, AST_EXPR_ADD_INTERVAL, R, E, U);
    build_start_at(p, A, T.data); }
term(A) ::= term(L) STAR term(R). { A = build_chain(p, AST_EXPR_MULTIPLY, L, R); }
term(A) ::= term(L) SLASH term(R). { A = build_binary(p, AST_EXPR_DIVIDE, L, R); }
term(A) ::= term(L) DIV term(R). { A = build_binary(p, AST_EXPR_INTEGER_DIVIDE, L, R); }
term(A) ::= term(L) PERCENT term(R). { A = build_binary(p, AST_EXPR_MODULO, L, R); }
term(A) ::= term(L) MOD term(R). { A = build_binary(p, AST_EXPR_MODULO, L, R); }
term(A) ::= term(L) CARET term(R). { A = build_binary(p, AST_EXPR_BIT_XOR, L, R); }
term(A) ::= primary(A). [ASSIGN]

%type primary {struct ast_expr *}
primary(A) ::= column(A).
primary(A) ::= literal(A).
primary(A) ::= parameter(A).
primary(A) ::= AT_NAME(T). [ASSIGN] { A = build_user_variable(p, &T); }
primary(A) ::= AT_NAME(T) ASSIGN expr(E). [ASSIGN] {
    A = build_binary(p, AST_EXPR_ASSIGN, build_user_variable(p, &T), E);
    build_start_at(p, A, T.data); }
primary(A) ::= SYSTEM_VARIABLE(T). { A = build_system_variable(p, &T); }
primary(A) ::= primary(L) COLLATE collation_name(N). { A = build_collate(p, L, N); }
primary(A) ::= primary(L) CONCAT primary(R). { A = build_chain(p, AST_EXPR_CONCAT, L, R); }
primary(A) ::= PLUS(T) primary(E). [NEGATION] { A = E; build_start_at(p, A, T.data); }
primary(A) ::= MINUS(T) primary(E). [NEGATION] { A = build_unary(p, AST_EXPR_NEGATE, &T, E); }
primary(A) ::= TILDE(T) primary(E). [NEGATION] { A = build_unary(p, AST_EXPR_BIT_NOT, &T, E); }
primary(A) ::= BANG(T) primary(E). [BANG] { A = build_unary(p, AST_EXPR_NOT, &T, E); }
primary(A) ::= NOT_HIGH(T) primary(E). [BANG] { A = build_unary(p, AST_EXPR_NOT, &T, E); }
primary(A) ::= BINARY(T) primary(E). [BINARY] { A = build_unary(p, AST_EXPR_BINARY, &T, E); }
primary(A) ::= LP(T) expr(E) RP. { A = build_parens(p, &T, E); }
primary(A) ::= LP(T) expr(E) COMMA exprs(R) RP. { A = build_row(p, &T, E, R); }
primary(A) ::= ROW(T) LP expr(E) COMMA exprs(R) RP. { A = build_row(p, &T, E, R); }
primary(A) ::= query_parens(Q). [SUBQUERY] { A = build_subquery(p, AST_EXPR_SUBQUERY, NULL, Q); }
primary(A) ::= EXISTS(T) query_parens(Q). { A = build_subquery(p, AST_EXPR_EXISTS, &T, Q); }
primary(A) ::= LBRACE(T) IDENT(W) expr(E) RBRACE. { A = build_odbc(p, &T, &W, E); }
primary(A) ::= column(L) ARROW text(P). { A = build_arrow(p, AST_EXPR_JSON_EXTRACT, L, P); }
primary(A) ::= column(L) ARROW_TEXT text(P). { A = build_arrow(p, AST_EXPR_JSON_UNQUOTE, L, P); }
primary(A) ::= CASE(T) case_operand(O) whens(W) else_opt(E) END. { A = build_case(p, &T, O, W, E); }
primary(A) ::= CAST(T) LP expr(E) AS cast_type(Y) RP. { A = build_cast(p, &T, E, Y); }
primary(A) ::= CAST(T) LP expr(E) AS cast_type(Y) ARRAY RP. { A = build_cast(p, &T, E, Y); A->cast.is_array = true; }
primary(A) ::= CAST(T) LP expr(E) AT TIME ZONE text(Z) AS cast_type(Y) RP. { A = build_cast_zone(p, &T, E, Z, Y); }
primary(A) ::= CONVERT(T) LP expr(E) COMMA cast_type(Y) RP. { A = build_cast(p, &T, E, Y); }
primary(A) ::= CONVERT(T) LP expr(E) USING charset_name(N) RP. {
    A = build_unary(p, AST_EXPR_CONVERT_USING, &T, E);
    A->name = N; }
primary(A) ::= DEFAULT(T) LP column(C) RP. { A = build_unary(p, AST_EXPR_DEFAULT_OF, &T, C); }
primary(A) ::= VALUES(T) LP column(C) RP. { A = build_unary(p, AST_EXPR_VALUES_OF, &T, C); }
primary(A) ::= MATCH(T) match_columns(C) AGAINST LP term(E) match_mode(M) RP. {
    A = build_nary(p, AST_EXPR_MATCH, &T, E, C);
    A->match = M; }
primary(A) ::= call(A).

%type column {struct ast_expr *}
column(A) ::= IDENT(C). { A = build_column(p, NULL, NULL, &C); }
column(A) ::= IDENT(T) DOT IDENT(C). { A = build_column(p, NULL, &T, &C); }
column(A) ::= IDENT(S) DOT IDENT(T) DOT IDENT(C). { A = build_column(p, &S, &T, &C); }
column(A) ::= DOT IDENT(T) DOT IDENT(C). { A = build_column(p, NULL, &T, &C); }

%type parameter {struct ast_expr *}
parameter(A) ::= PARAMETER(T). { A = build_parameter(p, &T); }

%type literal {struct ast_expr *}
literal(A) ::= number_literal(A).
literal(A) ::= TEXT_STRING(T). { A = build_literal(p, &T); }
literal(A) ::= NATIONAL_STRING(T). { A = build_literal(p, &T); }
literal(A) ::= HEX_STRING(T). { A = build_literal(p, &T); }
literal(A) ::= BIT_STRING(T). { A = build_literal(p, &T); }
literal(A) ::= INTRODUCER(C) TEXT_STRING(T). { A = build_introduced(p, &C, &T); }
literal(A) ::= INTRODUCER(C) HEX_STRING(T). { A = build_introduced(p, &C, &T); }
literal(A) ::= INTRODUCER(C) BIT_STRING(T). { A = build_introduced(p, &C, &T); }
literal(A) ::= NULL(T). { A = build_literal_word(p, AST_LITERAL_NULL, &T); }
literal(A) ::= TRUE(T). { A = build_literal_word(p, AST_LITERAL_TRUE, &T); }
literal(A) ::= FALSE(T). { A = build_literal_word(p, AST_LITERAL_FALSE, &T); }
literal(A) ::= DATE_PREFIX(K) TEXT_STRING(T). { A = build_temporal(p, AST_LITERAL_DATE, &K, &T); }
literal(A) ::= TIME_PREFIX(K) TEXT_STRING(T). { A = build_temporal(p, AST_LITERAL_TIME, &K, &T); }
literal(A) ::= TIMESTAMP_PREFIX(K) TEXT_STRING(T). { A = build_temporal(p, AST_LITERAL_TIMESTAMP, &K, &T); }
%type number_literal {struct ast_expr *}
number_literal(A) ::= INTEGER_NUMBER(T). { A = build_literal(p, &T); }
number_literal(A) ::= DECIMAL_NUMBER(T). { A = build_literal(p, &T); }
number_literal(A) ::= FLOAT_NUMBER(T). { A = build_literal(p, &T); }
%type signed_literal {struct ast_expr *}
signed_literal(A) ::= literal(A).
signed_literal(A) ::= PLUS number_literal(E). { A = E; }
signed_literal(A) ::= MINUS(T) number_literal(E). { A = build_unary(p, AST_EXPR_NEGATE, &T, E); }

%type case_operand {struct ast_expr *}
case_operand(A) ::= . { A = NULL; }
case_operand(A) ::= expr(A).
%type whens {struct ast_exprs *}
whens(A) ::= WHEN expr(W) THEN expr(T). { A = build_exprs(p, NULL, W); build_exprs(p, A, T); }
whens(A) ::= whens(A) WHEN expr(W) THEN expr(T). { build_exprs(p, A, W); build_exprs(p, A, T); }
%type else_opt {struct ast_expr *}
else_opt(A) ::= . { A = NULL; }
else_opt(A) ::= ELSE expr(E). { A = E; }

%type match_columns {struct ast_exprs *}
match_columns(A) ::= match_list(A).
match_columns(A) ::= LP match_list(B) RP. { A = B; }
%type match_list {struct ast_exprs *}
match_list(A) ::= column(C). { A = build_exprs(p, NULL, C); }
match_list(A) ::= match_list(A) COMMA column(C). { build_exprs(p, A, C); }
match_mode(A) ::= . { A = AST_MATCH_DEFAULT; }
match_mode(A) ::= IN NATURAL LANGUAGE MODE. { A = AST_MATCH_NATURAL; }
match_mode(A) ::= IN NATURAL LANGUAGE MODE WITH QUERY EXPANSION. { A = AST_MATCH_NATURAL_EXPANSION; }
match_mode(A) ::= IN BOOLEAN MODE. { A = AST_MATCH_BOOLEAN; }
match_mode(A) ::= WITH QUERY EXPANSION. { A = AST_MATCH_EXPANSION; }

/* Functions: those with a syntax of their own, then all others. */
%type call {struct ast_expr *}
call(A) ::= plain_call(A).
call(A) ::= plain_call(C) null_treatment(N) OVER over(W). {
    A = build_over(p, C, W);
    A->call.details->ignore_nulls = N; }
call(A) ::= plain_call(C) FROM_FIRST FIRST null_treatment(N) OVER over(W). {
    A = build_over(p, C, W);
    A->call.details->ignore_nulls = N; }
call(A) ::= plain_call(C) FROM_FIRST LAST null_treatment(N) OVER over(W). {
    A = build_over(p, C, W);
    A->call.details->ignore_nulls = N;
    A->call.details->from_last = true; }
null_treatment(A) ::= . { A = 0; }
null_treatment(A) ::= RESPECT_NULLS NULLS. { A = 0; }
null_treatment(A) ::= IGNORE_NULLS NULLS. { A = 1; }
%type over {struct ast_window *}
over(A) ::= ident(N). { A = build_new(p, struct ast_window); A->name = N; A->is_reference = true; }
over(A) ::= window_spec(A).

%type plain_call {struct ast_expr *}
plain_call(A) ::= IDENT(F) LP RP. { A = build_call(p, NULL, &F, NULL); }
plain_call(A) ::= IDENT(F) LP exprs(E) RP. { A = build_call(p, NULL, &F, E); }
plain_call(A) ::= IDENT(F) LP STAR(T) RP. { A = build_call_star(p, &F, &T); }
plain_call(A) ::= IDENT(F) LP ALL exprs(E) RP. { A = build_call(p, NULL, &F, E); }
plain_call(A) ::= IDENT(F) LP aggregate_args(G) RP. { A = build_call_aggregate(p, &F, G); }
plain_call(A) ::= IDENT(S) DOT IDENT(F) LP RP. { A = build_call(p, &S, &F, NULL); }
plain_call(A) ::= IDENT(S) DOT IDENT(F) LP exprs(E) RP. { A = build_call(p, &S, &F, E); }
plain_call(A) ::= function_word(F) LP RP. { A = build_call(p, NULL, &F, NULL); }
plain_call(A) ::= function_word(F) LP exprs(E) RP. { A = build_call(p, NULL, &F, E); }
plain_call(A) ::= MOD(F) LP expr(L) COMMA expr(R) RP. { A = build_start_at(p, build_binary(p, AST_EXPR_MODULO, L, R), F.data); }
plain_call(A) ::= INTERVAL_CALL(F) LP exprs(E) RP. { A = build_call(p, NULL, &F, E); }
plain_call(A) ::= CLOCK_WORD(F). { A = build_call(p, NULL, &F, NULL); }
plain_call(A) ::= CLOCK_WORD(F) LP RP. { A = build_call(p, NULL, &F, NULL); }
plain_call(A) ::= CLOCK_WORD(F) LP exprs(E) RP. { A = build_call(p, NULL, &F, E); }
plain_call(A) ::= NOW_WORD(F). { A = build_call(p, NULL, &F, NULL); }
plain_call(A) ::= NOW_WORD(F) LP RP. { A = build_call(p, NULL, &F, NULL); }
plain_call(A) ::= NOW_WORD(F) LP exprs(E) RP. { A = build_call(p, NULL, &F, E); }
plain_call(A) ::= CURRENT_USER(F). { A = build_call(p, NULL, &F, NULL); }
plain_call(A) ::= CURRENT_USER(F) LP RP. { A = build_call(p, NULL, &F, NULL); }
plain_call(A) ::= CHAR(F) LP exprs(E) RP. { A = build_call(p, NULL, &F, E); }
plain_call(A) ::= CHAR(F) LP exprs(E) USING charset_name(N) RP. {
    A = build_list_node(p, AST_EXPR_CHAR_USING, &F, E);
    A->name = N; }
plain_call(A) ::= DATE_ADD(F) LP expr(L) COMMA INTERVAL expr(E) unit(U) RP. {
    A = build_interval_call(p, &F, L, E, U); }
plain_call(A) ::= DATE_ADD(F) LP expr(L) COMMA expr(E) RP. { A = build_interval_call(p, &F, L, E, AST_UNIT_DAY); }
plain_call(A) ::= EXTRACT(F) LP unit(U) FROM expr(E) RP. {
    A = build_unary(p, AST_EXPR_EXTRACT, &F, E);
    A->unit = (uint8_t)U; }
plain_call(A) ::= POSITION(F) LP term(L) IN expr(R) RP. { A = build_start_at(p, build_binary(p, AST_EXPR_POSITION, L, R), F.data); }
plain_call(A) ::= SUBSTRING(F) LP exprs(E) RP. { A = build_call(p, NULL, &F, E); }
plain_call(A) ::= SUBSTRING(F) LP expr(S) FROM expr(X) RP. {
    A = build_call(p, NULL, &F, build_exprs(p, build_exprs(p, NULL, S), X)); }
plain_call(A) ::= SUBSTRING(F) LP expr(S) FROM expr(X) FOR expr(Y) RP. {
    A = build_call(p, NULL, &F, build_exprs(p, build_exprs(p, build_exprs(p, NULL, S), X), Y)); }
plain_call(A) ::= TRIM(F) LP expr(E) RP. { A = build_trim(p, &F, AST_TRIM_BOTH, E, NULL); }
plain_call(A) ::= TRIM(F) LP expr(R) FROM expr(E) RP. { A = build_trim(p, &F, AST_TRIM_BOTH, E, R); }
plain_call(A) ::= TRIM(F) LP trim_side(S) FROM expr(E) RP. { A = build_trim(p, &F, S, E, NULL); }
plain_call(A) ::= TRIM(F) LP trim_side(S) expr(R) FROM expr(E) RP. { A = build_trim(p, &F, S, E, R); }
plain_call(A) ::= TIMESTAMPADD(F) LP unit(U) COMMA expr(L) COMMA expr(R) RP. {
    A = build_start_at(p, build_interval(p, AST_EXPR_TIMESTAMP_ADD, L, R, U), F.data); }
plain_call(A) ::= TIMESTAMPDIFF(F) LP unit(U) COMMA expr(L) COMMA expr(R) RP. {
    A = build_start_at(p, build_interval(p, AST_EXPR_TIMESTAMP_DIFF, L, R, U), F.data); }
plain_call(A) ::= GET_FORMAT(F) LP format_word(W) COMMA expr(E) RP. {
    A = build_unary(p, AST_EXPR_GET_FORMAT, &F, E);
    A->name = slice_of(W.data, W.size); }
plain_call(A) ::= WEIGHT_STRING(F) LP expr(E) RP. { A = build_unary(p, AST_EXPR_WEIGHT_STRING, &F, E); }
plain_call(A) ::= WEIGHT_STRING(F) LP expr(E) AS cast_type(Y) RP. {
    A = build_unary(p, AST_EXPR_WEIGHT_STRING, &F, E);
    A->cast.type = Y; }
plain_call(A) ::= JSON_VALUE(F) LP expr(L) COMMA expr(R) returning_opt(Y) json_on(O) RP. {
    A = build_binary(p, AST_EXPR_JSON_VALUE, L, R);
    build_start_at(p, A, F.data);
    A->cast.type = Y;
    A->cast.json = O; }
%type returning_opt {struct ast_type *}
returning_opt(A) ::= . { A = NULL; }
returning_opt(A) ::= RETURNING cast_type(Y). { A = Y; }
%type format_word {struct token}
format_word(A) ::= DATE|TIME|DATETIME|TIMESTAMP(T). { A = T; }
trim_side(A) ::= BOTH. { A = AST_TRIM_BOTH; }
trim_side(A) ::= LEADING. { A = AST_TRIM_LEADING; }
trim_side(A) ::= TRAILING. { A = AST_TRIM_TRAILING; }
%type function_word {struct token}
function_word(A) ::= IF|LEFT|RIGHT|REPLACE|INSERT|REPEAT|DATABASE|FUNCTION_WORD(T). { A = T; }

%type aggregate_args {struct aggregate_args *}
aggregate_args(A) ::= exprs(E) aggregate_tail(T). { A = T; A->args = *E; }
aggregate_args(A) ::= DISTINCT exprs(E). { A = build_aggregate(p, NULL); A->args = *E; A->is_distinct = true; }
aggregate_args(A) ::= DISTINCT exprs(E) aggregate_tail(T). { A = T; A->args = *E; A->is_distinct = true; }
%type aggregate_tail {struct aggregate_args *}
aggregate_tail(A) ::= order(O). { A = build_aggregate(p, O); }
aggregate_tail(A) ::= order(O) SEPARATOR text(S). {
    A = build_aggregate(p, O);
    A->has_separator = true;
    A->separator = S; }
aggregate_tail(A) ::= SEPARATOR text(S). { A = build_aggregate(p, NULL); A->has_separator = true; A->separator = S; }

unit(A) ::= MICROSECOND|SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|QUARTER|YEAR|SECOND_MICROSECOND|MINUTE_MICROSECOND
        |MINUTE_SECOND|HOUR_MICROSECOND|HOUR_SECOND|HOUR_MINUTE|DAY_MICROSECOND|DAY_SECOND|DAY_MINUTE|DAY_HOUR
        |YEAR_MONTH(T). { A = build_unit(&T); }

/* ---- Data types ---- */

%type length_opt {struct type_size}
length_opt(A) ::= . { A = (struct type_size){0}; }
length_opt(A) ::= LP number(N) RP. { A = build_type_size(N); }
%type precision_opt {struct type_size}
precision_opt(A) ::= length_opt(A).
precision_opt(A) ::= LP number(N) COMMA number(D) RP. { A = build_type_precision(p, N, D); }

%type type {struct ast_type *}
type(A) ::= type_word(K) precision_opt(S). { A = build_type(p, K, S); }
type(A) ::= DOUBLE precision_opt(S). { A = build_type(p, AST_TYPE_DOUBLE, S); }
type(A) ::= DOUBLE PRECISION precision_opt(S). { A = build_type(p, AST_TYPE_DOUBLE, S); }
type(A) ::= CHAR length_opt(S). { A = build_type(p, AST_TYPE_CHAR, S); }
type(A) ::= CHAR VARYING length_opt(S). { A = build_type(p, AST_TYPE_VARCHAR, S); }
type(A) ::= national_char length_opt(S). { A = build_type_national(p, AST_TYPE_CHAR, S); }
type(A) ::= national_varchar length_opt(S). { A = build_type_national(p, AST_TYPE_VARCHAR, S); }
type(A) ::= BINARY length_opt(S). { A = build_type(p, AST_TYPE_BINARY, S); }
type(A) ::= LONG. [LOWEST] { A = build_type(p, AST_TYPE_MEDIUMTEXT, (struct type_size){0}); }
type(A) ::= LONG VARBINARY. { A = build_type(p, AST_TYPE_MEDIUMBLOB, (struct type_size){0}); }
type(A) ::= LONG VARCHAR. { A = build_type(p, AST_TYPE_MEDIUMTEXT, (struct type_size){0}); }
type(A) ::= LONG CHAR VARYING. { A = build_type(p, AST_TYPE_MEDIUMTEXT, (struct type_size){0}); }
type(A) ::= ENUM LP texts(V) RP. { A = build_type_values(p, AST_TYPE_ENUM, V); }
type(A) ::= SET LP texts(V) RP. { A = build_type_values(p, AST_TYPE_SET, V); }
type(A) ::= SERIAL. { A = build_type(p, AST_TYPE_SERIAL, (struct type_size){0}); }
type(A) ::= type(A) UNSIGNED. { A->is_unsigned = true; }
type(A) ::= type(A) SIGNED.
type(A) ::= type(A) ZEROFILL. { A->is_zerofill = A->is_unsigned = true; }
type(A) ::= type(A) charset_word charset_name(N). { A->charset = N; }
type(A) ::= type(A) BINARY. { A->is_binary = true; }
type(A) ::= type(A) BYTE. { build_type_byte(A); }
type(A) ::= type(A) ASCII. { A->charset = SLICE_LITERAL("latin1"); }
type(A) ::= type(A) UNICODE. { A->charset = SLICE_LITERAL("ucs2"); }

national_char ::= NCHAR.
national_char ::= NATIONAL CHAR.
national_varchar ::= NVARCHAR.
national_varchar ::= NATIONAL VARCHAR.
national_varchar ::= NATIONAL CHAR VARYING.
national_varchar ::= NCHAR VARCHAR.
national_varchar ::= NCHAR VARYING.

type_word(A) ::= TINYINT|SMALLINT|MEDIUMINT|INT|BIGINT|FIXED|DECIMAL|FLOAT|BIT|BOOLEAN|DATE|TIME
        |DATETIME|TIMESTAMP|YEAR|VARCHAR|VARBINARY|TINYTEXT|TEXT|MEDIUMTEXT|LONGTEXT|TINYBLOB|BLOB|MEDIUMBLOB
        |LONGBLOB|JSON|GEOMETRY|POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON
        |GEOMETRYCOLLECTION(T). { A = build_type_word(&T); }

%type cast_type {struct ast_type *}
cast_type(A) ::= cast_word(K) precision_opt(S). { A = build_type(p, K, S); }
cast_type(A) ::= CHAR length_opt(S) cast_charset(C). { A = build_type(p, AST_TYPE_CHAR, S); A->charset = C; }
cast_type(A) ::= national_char length_opt(S). { A = build_type_national(p, AST_TYPE_CHAR, S); }
cast_type(A) ::= SIGNED int_opt. { A = build_type(p, AST_TYPE_SIGNED, (struct type_size){0}); }
cast_type(A) ::= UNSIGNED int_opt. { A = build_type(p, AST_TYPE_UNSIGNED, (struct type_size){0}); }
int_opt ::= .
int_opt ::= INT.
%type cast_charset {struct slice}
cast_charset(A) ::= . { A = SLICE_EMPTY; }
cast_charset(A) ::= charset_word charset_name(N). { A = N; }
cast_charset(A) ::= BINARY. { A = SLICE_LITERAL("binary"); }
cast_charset(A) ::= ASCII. { A = SLICE_LITERAL("latin1"); }
cast_charset(A) ::= UNICODE. { A = SLICE_LITERAL("ucs2"); }
cast_word(A) ::= BINARY|DATE|TIME|DATETIME|YEAR|DECIMAL|FLOAT|DOUBLE|JSON|POINT|LINESTRING|POLYGON|MULTIPOINT
        |MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION(T). { A = build_type_word(&T); }

/* ---- Row changes ---- */

%type insert {struct ast_insert *}
insert(A) ::= insert_head(A) insert_source insert_duplicate.
insert(A) ::= insert_head(A) insert_columns insert_source insert_duplicate.
insert(A) ::= insert_head(A) SET assignments(S) row_alias insert_duplicate. { build_insert_set(p, A, S); }
%type insert_head {struct ast_insert *}
insert_head(A) ::= INSERT hint(H) insert_priority(P) ignore_opt(I) into_opt table_name(N) partitions_opt(R). {
    A = build_insert(p, N, R, H);
    A->priority = P;
    A->is_ignore = I; }
insert_head(A) ::= REPLACE hint(H) insert_priority(P) into_opt table_name(N) partitions_opt(R). {
    A = build_insert(p, N, R, H);
    A->priority = P;
    A->is_replace = true; }
into_opt ::= .
into_opt ::= INTO.
insert_priority(A) ::= . { A = AST_PRIORITY_NORMAL; }
insert_priority(A) ::= LOW_PRIORITY. { A = AST_PRIORITY_LOW; }
insert_priority(A) ::= DELAYED. { A = AST_PRIORITY_DELAYED; }
insert_priority(A) ::= HIGH_PRIORITY. { A = AST_PRIORITY_HIGH; }
ignore_opt(A) ::= . { A = 0; }
ignore_opt(A) ::= IGNORE. { A = 1; }
insert_columns ::= LP RP. { p->insert->has_columns = true; }
insert_columns ::= LP insert_column_list(L) RP. { p->insert->has_columns = true; p->insert->columns = *L; }
%type insert_column_list {struct ast_exprs *}
insert_column_list(A) ::= column(C). { A = build_exprs(p, NULL, C); }
insert_column_list(A) ::= insert_column_list(A) COMMA column(C). { build_exprs(p, A, C); }
insert_source ::= values_word insert_rows(R) row_alias. { p->insert->rows = *R; p->insert->packed = p->packed; }
insert_source ::= query(Q). { p->insert->query = build_query_nested(p, Q); }
values_word ::= VALUES.
values_word ::= VALUE.
%type insert_rows {struct ast_rows *}
insert_rows(A) ::= LP values_opt(V) RP. { A = build_rows(p, NULL, V); }
insert_rows(A) ::= insert_rows(A) COMMA LP values_opt(V) RP. { build_rows(p, A, V); }
insert_rows(A) ::= PACKED_ROWS. { A = build_packed_rows(p, NULL); }
insert_rows(A) ::= insert_rows(A) COMMA PACKED_ROWS. { build_packed_rows(p, A); }
%type values_opt {struct ast_exprs *}
values_opt(A) ::= . { A = build_new(p, struct ast_exprs); }
values_opt(A) ::= values(A).
%type values {struct ast_exprs *}
values(A) ::= value(V). { A = build_exprs(p, NULL, V); }
values(A) ::= values(A) COMMA value(V). { build_exprs(p, A, V); }
%type value {struct ast_expr *}
value(A) ::= expr(A).
value(A) ::= DEFAULT(T). { A = build_default(p, &T); }
row_alias ::= .
row_alias ::= AS ident(N) ident_list_opt(C). { p->insert->row_alias = N; p->insert->column_aliases = *C; }
insert_duplicate ::= .
insert_duplicate ::= ON_DUPLICATE DUPLICATE KEY UPDATE assignments(S). { p->insert->on_duplicate = *S; }
%type assignments {struct ast_assignments *}
assignments(A) ::= column(C) assign_word value(V). { A = build_assignments(p, NULL, C, V); }
assignments(A) ::= assignments(A) COMMA column(C) assign_word value(V). { build_assignments(p, A, C, V); }

%type update {struct ast_update *}
update(A) ::= update_head(A) table_refs(T) SET assignments(S) where_opt(W) order_opt(O) limit_one_opt(L). {
    A->tables = *T;
    A->set = *S;
    A->where = W;
    if (O != NULL) A->order = *O;
    if (L != NULL) A->limit = *L; }
%type update_head {struct ast_update *}
update_head(A) ::= with_opt(W) UPDATE hint(H) low_priority_opt(P) ignore_opt(I). {
    A = build_new(p, struct ast_update);
    A->with = W;
    A->hints = H;
    A->priority = P;
    A->is_ignore = I; }
%type with_opt {struct ast_with *}
with_opt(A) ::= . { A = NULL; }
with_opt(A) ::= with(A).
low_priority_opt(A) ::= . { A = AST_PRIORITY_NORMAL; }
low_priority_opt(A) ::= LOW_PRIORITY. { A = AST_PRIORITY_LOW; }

%type delete {struct ast_delete *}
delete(A) ::= delete_head(A) FROM table_name(N) partitions_opt(P) where_opt(W) order_opt(O) limit_one_opt(L). {
    build_delete_single(p, A, build_table_named(p, N, P, SLICE_EMPTY));
    build_delete_tail(A, W, O, L); }
delete(A) ::= delete_head(A) FROM table_name(N) delete_alias(S) partitions_opt(P) where_opt(W)
              order_opt(O) limit_one_opt(L). {
    build_delete_single(p, A, build_table_named(p, N, P, S));
    build_delete_tail(A, W, O, L); }
delete(A) ::= delete_head(A) delete_targets(N) FROM table_refs(R) where_opt(W). {
    build_delete_multi(A, N, R);
    A->where = W; }
delete(A) ::= delete_head(A) FROM delete_targets(N) USING table_refs(R) where_opt(W). {
    build_delete_multi(A, N, R);
    A->where = W; }
%type delete_alias {struct slice}
delete_alias(A) ::= ident(A).
delete_alias(A) ::= AS ident(B). { A = B; }
%type delete_head {struct ast_delete *}
delete_head(A) ::= with_opt(W) DELETE hint(H). { A = build_new(p, struct ast_delete); A->with = W; A->hints = H; }
delete_head(A) ::= delete_head(A) LOW_PRIORITY. { A->priority = AST_PRIORITY_LOW; }
delete_head(A) ::= delete_head(A) QUICK. { A->is_quick = true; }
delete_head(A) ::= delete_head(A) IGNORE. { A->is_ignore = true; }
%type delete_targets {struct ast_names *}
delete_targets(A) ::= delete_target(N). { A = build_names(p, NULL, N); }
delete_targets(A) ::= delete_targets(A) COMMA delete_target(N). { build_names(p, A, N); }
%type delete_target {struct ast_name *}
delete_target(A) ::= table_name(A).
delete_target(A) ::= IDENT(T) DOT STAR. { A = build_name(p, NULL, &T); }
delete_target(A) ::= IDENT(S) DOT IDENT(T) DOT STAR. { A = build_name(p, &S, &T); }

statement ::= load(L). { build_statement(p, AST_LOAD, L); }
%type load {struct ast_load *}
load(A) ::= load_head(A) load_duplicate(D) INTO TABLE table_name(N) partitions_opt(P)
            file_charset(C) load_tag(G) file_fields(F) file_lines(L) load_ignore(I)
            load_targets(T) load_set(S). {
    A->duplicate = D;
    A->table = *N;
    A->partitions = *P;
    A->format = build_file_format(C, F, L);
    A->row_tag = G;
    A->ignore_lines = I;
    A->targets = *T;
    A->set = *S; }
%type load_head {struct ast_load *}
load_head(A) ::= LOAD load_kind(K) load_priority(P) load_local(L) INFILE text(T). {
    A = build_new(p, struct ast_load);
    A->is_xml = K;
    A->priority = P;
    A->is_local = L;
    A->path = T; }
load_kind(A) ::= DATA. { A = 0; }
load_kind(A) ::= XML. { A = 1; }
load_priority(A) ::= . { A = AST_PRIORITY_NORMAL; }
load_priority(A) ::= LOW_PRIORITY. { A = AST_PRIORITY_LOW; }
load_priority(A) ::= CONCURRENT. { A = AST_PRIORITY_HIGH; }
load_local(A) ::= . { A = 0; }
load_local(A) ::= LOCAL. { A = 1; }
load_duplicate(A) ::= . { A = AST_LOAD_FAIL; }
load_duplicate(A) ::= IGNORE. { A = AST_LOAD_IGNORE; }
load_duplicate(A) ::= REPLACE. { A = AST_LOAD_REPLACE; }
%type load_tag {struct slice}
load_tag(A) ::= . { A = SLICE_EMPTY; }
load_tag(A) ::= ROWS IDENTIFIED BY text(T). { A = T; }
%type load_ignore {uint64_t}
load_ignore(A) ::= . { A = 0; }
load_ignore(A) ::= IGNORE number(N) LINES. { A = N; }
load_ignore(A) ::= IGNORE number(N) ROWS. { A = N; }
%type load_targets {struct ast_exprs *}
load_targets(A) ::= . { A = build_new(p, struct ast_exprs); }
load_targets(A) ::= LP RP. { A = build_new(p, struct ast_exprs); }
load_targets(A) ::= LP load_target_list(B) RP. { A = B; }
%type load_target_list {struct ast_exprs *}
load_target_list(A) ::= load_target(C). { A = build_exprs(p, NULL, C); }
load_target_list(A) ::= load_target_list(A) COMMA load_target(C). { build_exprs(p, A, C); }
%type load_target {struct ast_expr *}
load_target(A) ::= column(A).
load_target(A) ::= AT_NAME(T). { A = build_user_variable(p, &T); }
%type load_set {struct ast_assignments *}
load_set(A) ::= . { A = build_new(p, struct ast_assignments); }
load_set(A) ::= SET assignments(B). { A = B; }

/* ---- Tables ---- */

statement ::= CREATE temporary(T) TABLE if_not_exists(I) table_name(N) create_body(C). {
    C->is_temporary = T;
    C->if_not_exists = I;
    C->table = *N;
    build_statement(p, AST_CREATE_TABLE, C); }
temporary(A) ::= . { A = 0; }
temporary(A) ::= TEMPORARY. { A = 1; }

%type create_body {struct ast_create_table *}
create_body(A) ::= LIKE table_name(N). { A = build_create_like(p, N); }
create_body(A) ::= LP LIKE table_name(N) RP. { A = build_create_like(p, N); }
create_body(A) ::= LP table_elements(E) RP create_tail(T). { A = T; A->elements = *E; }
create_body(A) ::= query_parens(Q). { A = build_create_select(p, Q); }
create_body(A) ::= create_tail(A).
%type create_tail {struct ast_create_table *}
create_tail(A) ::= table_options_opt(O) partitioning_opt(P) create_query(Q). {
    A = Q;
    A->options = *O;
    A->partitioning = P; }
%type create_query {struct ast_create_table *}
create_query(A) ::= . { A = build_new(p, struct ast_create_table); }
create_query(A) ::= create_duplicate(D) as_opt query(Q). {
    A = build_new(p, struct ast_create_table);
    A->duplicate = D;
    A->query = build_query_nested(p, Q); }
create_duplicate(A) ::= . { A = AST_DUPLICATE_UNSET; }
create_duplicate(A) ::= IGNORE. { A = AST_DUPLICATE_IGNORE; }
create_duplicate(A) ::= REPLACE. { A = AST_DUPLICATE_REPLACE; }

%type table_elements {struct ast_table_elements *}
table_elements(A) ::= table_element(A).
table_elements(A) ::= table_elements(A) COMMA table_element(E). { build_elements_merge(p, A, E); }
%type table_element {struct ast_table_elements *}
table_element(A) ::= column_definition(C). { A = build_element(p, C, NULL, NULL); }
table_element(A) ::= key_definition(K). { A = build_element(p, NULL, K, NULL); }
table_element(A) ::= check_definition(C). { A = build_element(p, NULL, NULL, C); }

%type constraint_name {struct slice}
constraint_name(A) ::= CONSTRAINT. { A = SLICE_EMPTY; }
constraint_name(A) ::= CONSTRAINT ident(N). { A = N; }
%type check_definition {struct ast_check *}
check_definition(A) ::= check_bare(A).
check_definition(A) ::= constraint_name(N) check_bare(C). { A = C; A->name = N; }
check_definition(A) ::= check_definition(A) ENFORCED. { A->enforced = AST_YES; }
check_definition(A) ::= check_definition(A) not ENFORCED. { A->enforced = AST_NO; }
%type check_bare {struct ast_check *}
check_bare(A) ::= CHECK LP expr(E) RP. { A = build_new(p, struct ast_check); A->expr = E; }

%type column_definition {struct ast_column *}
column_definition(A) ::= ident(N) column_body(B). { A = B; A->name = N; }
%type column_body {struct ast_column *}
column_body(A) ::= type(T). { A = build_column_definition(p, T); }
column_body(A) ::= column_body(A) column_attribute.
%type collate_clause {struct slice}
collate_clause(A) ::= COLLATE collation_name(N). { A = N; }
column_attribute ::= NULL. { p->column->null = AST_NULL_ALLOWED; }
column_attribute ::= not NULL. { p->column->null = AST_NULL_REFUSED; }
column_attribute ::= DEFAULT column_default(E). { p->column->default_value = E; }
column_attribute ::= ON UPDATE now_call(E). { p->column->on_update = E; }
column_attribute ::= AUTO_INCREMENT. { p->column->is_auto_increment = true; }
column_attribute ::= SERIAL DEFAULT VALUE. {
    p->column->is_auto_increment = true;
    p->column->is_unique = true;
    p->column->null = AST_NULL_REFUSED; }
column_attribute ::= PRIMARY KEY. { p->column->is_primary = true; }
column_attribute ::= KEY. { p->column->is_primary = true; }
column_attribute ::= UNIQUE. [LOWEST] { p->column->is_unique = true; }
column_attribute ::= UNIQUE KEY. { p->column->is_unique = true; }
column_attribute ::= COMMENT text(T). { p->column->has_comment = true; p->column->comment = T; }
column_attribute ::= collate_clause(C). { p->column->type->collation = p->column->collation = C; }
column_attribute ::= COLUMN_FORMAT column_format(W). { p->column->format = W; }
column_attribute ::= STORAGE column_format(W). { p->column->storage = W; }
column_attribute ::= VISIBLE. { p->column->visible = AST_YES; }
column_attribute ::= INVISIBLE. { p->column->visible = AST_NO; }
column_attribute ::= SRID number(N). { p->column->has_srid = true; p->column->srid = N; }
column_attribute ::= ENGINE_ATTRIBUTE equal_opt text.
column_attribute ::= SECONDARY_ENGINE_ATTRIBUTE equal_opt text.
column_attribute ::= not SECONDARY.
column_attribute ::= reference(R). [LOWEST] { p->column->reference = R; }
column_attribute ::= check_bare(C). { build_checks(p, &p->column->checks, C); }
column_attribute ::= constraint_name(N) check_bare(C). { C->name = N; build_checks(p, &p->column->checks, C); }
column_attribute ::= ENFORCED. { build_check_enforced(p, AST_YES); }
column_attribute ::= not ENFORCED. { build_check_enforced(p, AST_NO); }
column_attribute ::= generated_opt AS LP expr(E) RP. {
    p->column->generated = AST_GENERATED_VIRTUAL;
    p->column->generated_expr = E; }
column_attribute ::= VIRTUAL. { build_generated_kind(p, AST_GENERATED_VIRTUAL); }
column_attribute ::= STORED. { build_generated_kind(p, AST_GENERATED_STORED); }
generated_opt ::= .
generated_opt ::= GENERATED ALWAYS.
%type column_format {struct slice}
column_format(A) ::= ident(A).
column_format(A) ::= DEFAULT. { A = SLICE_LITERAL("DEFAULT"); }
%type column_default {struct ast_expr *}
column_default(A) ::= signed_literal(A).
column_default(A) ::= now_call(A).
column_default(A) ::= LP(T) expr(E) RP. { A = build_parens(p, &T, E); }
%type now_call {struct ast_expr *}
now_call(A) ::= NOW_WORD(F). { A = build_call(p, NULL, &F, NULL); }
now_call(A) ::= NOW_WORD(F) LP RP. { A = build_call(p, NULL, &F, NULL); }
now_call(A) ::= NOW_WORD(F) LP limit_value(E) RP. { A = build_call(p, NULL, &F, build_exprs(p, NULL, E)); }
now_call(A) ::= IDENT(F) LP RP. { A = build_now(p, &F, NULL); }
now_call(A) ::= IDENT(F) LP limit_value(E) RP. { A = build_now(p, &F, E); }

%type key_definition {struct ast_key *}
key_definition(A) ::= key_base(A).
key_definition(A) ::= constraint_name(N) constraint_key(K). { A = K; A->constraint = N; }
key_definition(A) ::= constraint_key(A).
key_definition(A) ::= key_definition(A) key_option.
%type key_base {struct ast_key *}
key_base(A) ::= key_kind(K) key_name(N) LP key_parts(P) RP. { A = build_key(p, K, N, P); }
key_kind(A) ::= key_word. { A = AST_KEY_INDEX; }
key_kind(A) ::= FULLTEXT key_word_opt. { A = AST_KEY_FULLTEXT; }
key_kind(A) ::= SPATIAL key_word_opt. { A = AST_KEY_SPATIAL; }
key_word_opt ::= .
key_word_opt ::= key_word.
%type constraint_key {struct ast_key *}
constraint_key(A) ::= PRIMARY KEY key_name(N) LP key_parts(P) RP. { A = build_key(p, AST_KEY_PRIMARY, N, P); }
constraint_key(A) ::= UNIQUE key_word_opt key_name(N) LP key_parts(P) RP. { A = build_key(p, AST_KEY_UNIQUE, N, P); }
constraint_key(A) ::= FOREIGN KEY key_name(N) LP key_parts(P) RP reference(R). {
    A = build_key(p, AST_KEY_FOREIGN, N, P);
    A->reference = R; }
%type key_name {struct key_name *}
key_name(A) ::= . { A = build_key_name(p, SLICE_EMPTY, AST_KEY_METHOD_UNSET); }
key_name(A) ::= USING key_method_word(M). { A = build_key_name(p, SLICE_EMPTY, M); }
key_name(A) ::= ident(N). { A = build_key_name(p, N, AST_KEY_METHOD_UNSET); }
key_name(A) ::= ident(N) key_method(M). { A = build_key_name(p, N, M); }
key_method(A) ::= USING key_method_word(M). { A = M; }
key_method(A) ::= TYPE key_method_word(M). { A = M; }
key_method_word(A) ::= BTREE. { A = AST_KEY_BTREE; }
key_method_word(A) ::= HASH. { A = AST_KEY_HASH; }
key_method_word(A) ::= RTREE. { A = AST_KEY_RTREE; }
key_option ::= key_method(M). { p->key->method = M; }
key_option ::= KEY_BLOCK_SIZE equal_opt number(N). { p->key->block_size = N; }
key_option ::= COMMENT text(T). { p->key->comment = T; }
key_option ::= WITH PARSER ident(N). { p->key->parser = N; }
key_option ::= VISIBLE. { p->key->visible = AST_YES; }
key_option ::= INVISIBLE. { p->key->visible = AST_NO; }
key_option ::= ENGINE_ATTRIBUTE equal_opt text.
key_option ::= SECONDARY_ENGINE_ATTRIBUTE equal_opt text.
%type key_parts {struct ast_key_parts *}
key_parts(A) ::= key_part(K) direction(D). { A = build_key_parts(p, NULL, K, D); }
key_parts(A) ::= key_parts(A) COMMA key_part(K) direction(D). { build_key_parts(p, A, K, D); }
%type key_part {struct ast_key_part *}
key_part(A) ::= ident(N). { A = build_key_part(p, N, 0); }
key_part(A) ::= ident(N) LP number(L) RP. { A = build_key_part(p, N, L); }
key_part(A) ::= LP expr(E) RP. { A = build_key_part(p, SLICE_EMPTY, 0); A->expr = E; }

%type reference {struct ast_reference *}
reference(A) ::= REFERENCES table_name(N) ident_list_opt(C). [LOWEST] { A = build_reference(p, N, C); }
reference(A) ::= reference(A) MATCH match_word(M). { A->match = M; }
reference(A) ::= reference(A) ON DELETE reference_action(R). { A->on_delete = R; }
reference(A) ::= reference(A) ON UPDATE reference_action(R). { A->on_update = R; }
match_word(A) ::= FULL. { A = AST_REFERENCE_MATCH_FULL; }
match_word(A) ::= PARTIAL. { A = AST_REFERENCE_MATCH_PARTIAL; }
match_word(A) ::= SIMPLE. { A = AST_REFERENCE_MATCH_SIMPLE; }
reference_action(A) ::= RESTRICT. { A = AST_ACTION_RESTRICT; }
reference_action(A) ::= CASCADE. { A = AST_ACTION_CASCADE; }
reference_action(A) ::= SET NULL. { A = AST_ACTION_SET_NULL; }
reference_action(A) ::= SET DEFAULT. { A = AST_ACTION_SET_DEFAULT; }
reference_action(A) ::= NO ACTION. { A = AST_ACTION_NO_ACTION; }

%type table_options_opt {struct ast_options *}
table_options_opt(A) ::= . [LOWEST] { A = build_new(p, struct ast_options); }
table_options_opt(A) ::= table_options(A).
%type table_options {struct ast_options *}
table_options(A) ::= table_option(O). { A = build_options(p, NULL, O); }
table_options(A) ::= table_options(A) table_option(O). { build_options(p, A, O); }
table_options(A) ::= table_options(A) COMMA table_option(O). { build_options(p, A, O); }

%type table_option {struct ast_option *}
table_option(A) ::= text_option(K) equal_opt text(T). { A = build_option(p, K, T); }
table_option(A) ::= number_option(K) equal_opt option_number(N). { A = build_option_number(p, K, N); }
table_option(A) ::= word_option(K) equal_opt option_word(W). { A = build_option(p, K, W); }
table_option(A) ::= charset_option(A).
table_option(A) ::= UNION equal_opt LP RP. { A = build_option(p, AST_OPTION_UNION, SLICE_EMPTY); }
table_option(A) ::= UNION equal_opt LP table_names(N) RP. {
    A = build_option(p, AST_OPTION_UNION, SLICE_EMPTY);
    A->tables = *N; }
table_option(A) ::= START TRANSACTION. { A = build_option(p, AST_OPTION_START_TRANSACTION, SLICE_EMPTY); }
%type charset_option {struct ast_option *}
charset_option(A) ::= charset_bare(A).
charset_option(A) ::= DEFAULT charset_bare(O). { A = O; }
%type charset_bare {struct ast_option *}
charset_bare(A) ::= charset_word equal_opt charset_name(N). { A = build_option(p, AST_OPTION_CHARSET, N); }
charset_bare(A) ::= COLLATE equal_opt collation_name(N). { A = build_option(p, AST_OPTION_COLLATE, N); }
text_option(A) ::= COMMENT|COMPRESSION|CONNECTION|ENCRYPTION|PASSWORD|ENGINE_ATTRIBUTE
        |SECONDARY_ENGINE_ATTRIBUTE(T). { A = build_text_option(&T); }
text_option(A) ::= DATA DIRECTORY. { A = AST_OPTION_DATA_DIRECTORY; }
text_option(A) ::= INDEX DIRECTORY. { A = AST_OPTION_INDEX_DIRECTORY; }
number_option(A) ::= AUTO_INCREMENT|MAX_ROWS|MIN_ROWS|AVG_ROW_LENGTH|CHECKSUM|TABLE_CHECKSUM|DELAY_KEY_WRITE
        |KEY_BLOCK_SIZE|PACK_KEYS|STATS_AUTO_RECALC|STATS_PERSISTENT|STATS_SAMPLE_PAGES(T). { A = build_number_option(&T); }
%type option_number {struct token}
option_number(A) ::= INTEGER_NUMBER|HEX_STRING|DEFAULT(T). { A = T; }
word_option(A) ::= ENGINE|SECONDARY_ENGINE|ROW_FORMAT|INSERT_METHOD|TABLESPACE|STORAGE|AUTOEXTEND_SIZE(T). { A = build_word_option(&T); }
%type option_word {struct slice}
option_word(A) ::= ident_or_text(A).
option_word(A) ::= INTEGER_NUMBER(T). { A = slice_of(T.data, T.size); }
option_word(A) ::= DEFAULT. { A = SLICE_LITERAL("DEFAULT"); }
option_word(A) ::= NULL. { A = SLICE_LITERAL("NULL"); }

%type partitioning_opt {struct ast_partitioning *}
partitioning_opt(A) ::= . { A = NULL; }
partitioning_opt(A) ::= partitioning(A).
%type partitioning {struct ast_partitioning *}
partitioning(A) ::= PARTITION BY partition_method(M) partition_count(C) subpartitioning(S) partition_list_opt(L). {
    M->count = C;
    A = build_new(p, struct ast_partitioning);
    *A = (struct ast_partitioning){*M, S, *L}; }
%type partition_method {struct ast_partition_method *}
partition_method(A) ::= hash_method(A).
partition_method(A) ::= RANGE LP expr(E) RP. { A = build_method(p, AST_PARTITION_RANGE, E, NULL); }
partition_method(A) ::= LIST LP expr(E) RP. { A = build_method(p, AST_PARTITION_LIST, E, NULL); }
partition_method(A) ::= RANGE COLUMNS LP idents(C) RP. { A = build_method(p, AST_PARTITION_RANGE, NULL, C); }
partition_method(A) ::= LIST COLUMNS LP idents(C) RP. { A = build_method(p, AST_PARTITION_LIST, NULL, C); }
%type hash_method {struct ast_partition_method *}
hash_method(A) ::= linear_opt(L) HASH LP expr(E) RP. {
    A = build_method(p, AST_PARTITION_HASH, E, NULL);
    A->is_linear = L; }
hash_method(A) ::= linear_opt(L) KEY partition_algorithm(G) LP hint_names(C) RP. {
    A = build_method(p, AST_PARTITION_KEY, NULL, C);
    A->is_linear = L;
    A->algorithm = G; }
linear_opt(A) ::= . { A = 0; }
linear_opt(A) ::= LINEAR. { A = 1; }
%type partition_algorithm {uint64_t}
partition_algorithm(A) ::= . { A = 0; }
partition_algorithm(A) ::= ALGORITHM EQ number(N). { A = N; }
%type partition_count {uint64_t}
partition_count(A) ::= . { A = 0; }
partition_count(A) ::= PARTITIONS number(N). { A = N; }
%type subpartitioning {struct ast_partition_method *}
subpartitioning(A) ::= . { A = NULL; }
subpartitioning(A) ::= SUBPARTITION BY hash_method(M). { A = M; }
subpartitioning(A) ::= SUBPARTITION BY hash_method(M) SUBPARTITIONS number(N). { A = M; A->count = N; }
%type partition_list_opt {struct ast_partitions *}
partition_list_opt(A) ::= . [LOWEST] { A = build_new(p, struct ast_partitions); }
partition_list_opt(A) ::= LP partition_list(L) RP. { A = L; }
%type partition_list {struct ast_partitions *}
partition_list(A) ::= partition(D). { A = build_partitions(p, NULL, D); }
partition_list(A) ::= partition_list(A) COMMA partition(D). { build_partitions(p, A, D); }
%type partition {struct ast_partition *}
partition(A) ::= PARTITION ident(N) partition_values(V) partition_options(O) subpartitions_opt(S). {
    A = V;
    A->name = N;
    A->options = *O;
    A->subpartitions = *S; }
%type partition_values {struct ast_partition *}
partition_values(A) ::= . { A = build_new(p, struct ast_partition); }
partition_values(A) ::= VALUES LESS THAN MAXVALUE. { A = build_partition_max(p); }
partition_values(A) ::= VALUES LESS THAN LP bounds(B) RP. {
    A = build_new(p, struct ast_partition);
    A->has_less_than = true;
    A->values = *build_rows(p, NULL, B); }
partition_values(A) ::= VALUES IN LP bound_rows(R) RP. {
    A = build_new(p, struct ast_partition);
    A->has_in = true;
    A->values = *R; }
partition_values(A) ::= VALUES IN LP bounds(B) RP. { A = build_partition_in(p, B); }
%type bound_rows {struct ast_rows *}
bound_rows(A) ::= LP bounds(B) RP. [LOWEST] { A = build_rows(p, NULL, B); }
bound_rows(A) ::= bound_rows(A) COMMA LP bounds(B) RP. { build_rows(p, A, B); }
%type bounds {struct ast_exprs *}
bounds(A) ::= bound(E). { A = build_exprs(p, NULL, E); }
bounds(A) ::= bounds(A) COMMA bound(E). { build_exprs(p, A, E); }
%type bound {struct ast_expr *}
bound(A) ::= bound_expr(A).
bound(A) ::= MAXVALUE. { A = NULL; }
%type bound_expr {struct ast_expr *}
bound_expr(A) ::= signed_literal(A).
bound_expr(A) ::= plain_call(A).
%type partition_options {struct ast_options *}
partition_options(A) ::= . { A = build_new(p, struct ast_options); }
partition_options(A) ::= partition_options(A) partition_option(O). { build_options(p, A, O); }
%type partition_option {struct ast_option *}
partition_option(A) ::= TABLESPACE equal_opt ident(W). { A = build_option(p, AST_OPTION_TABLESPACE, W); }
partition_option(A) ::= storage_opt ENGINE equal_opt ident_or_text(W). { A = build_option(p, AST_OPTION_ENGINE, W); }
partition_option(A) ::= COMMENT equal_opt text(T). { A = build_option(p, AST_OPTION_COMMENT, T); }
partition_option(A) ::= DATA DIRECTORY equal_opt text(T). { A = build_option(p, AST_OPTION_DATA_DIRECTORY, T); }
partition_option(A) ::= INDEX DIRECTORY equal_opt text(T). { A = build_option(p, AST_OPTION_INDEX_DIRECTORY, T); }
partition_option(A) ::= MAX_ROWS equal_opt option_number(N). { A = build_option_number(p, AST_OPTION_MAX_ROWS, N); }
partition_option(A) ::= MIN_ROWS equal_opt option_number(N). { A = build_option_number(p, AST_OPTION_MIN_ROWS, N); }
partition_option(A) ::= NODEGROUP equal_opt option_number(N). { A = build_option_number(p, AST_OPTION_NODEGROUP, N); }
storage_opt ::= .
storage_opt ::= STORAGE.
%type subpartitions_opt {struct ast_partitions *}
subpartitions_opt(A) ::= . { A = build_new(p, struct ast_partitions); }
subpartitions_opt(A) ::= LP subpartition_list(L) RP. { A = L; }
%type subpartition_list {struct ast_partitions *}
subpartition_list(A) ::= subpartition(D). { A = build_partitions(p, NULL, D); }
subpartition_list(A) ::= subpartition_list(A) COMMA subpartition(D). { build_partitions(p, A, D); }
%type subpartition {struct ast_partition *}
subpartition(A) ::= SUBPARTITION ident_or_text(N) partition_options(O). {
    A = build_new(p, struct ast_partition);
    A->name = N;
    A->options = *O; }

/* ALTER TABLE */
statement ::= alter_table_head alter_list_opt partitioning_opt(P). {
    build_alter_partitioning(p, P);
    build_statement(p, AST_ALTER_TABLE, p->alter_table); }
statement ::= alter_table_head alter_list_opt REMOVE PARTITIONING. {
    build_alter(p, AST_ALTER_REMOVE_PARTITIONING);
    build_statement(p, AST_ALTER_TABLE, p->alter_table); }
alter_table_head ::= ALTER TABLE table_name(N). { build_alter_table(p, N); }
alter_list_opt ::= .
alter_list_opt ::= alter_list.
alter_list ::= alter.
alter_list ::= alter_list COMMA alter.

column_opt ::= .
column_opt ::= COLUMN.
alter ::= ADD column_opt column_definition(C) column_place. { build_alter_column(p, AST_ALTER_ADD_COLUMN, C); }
alter ::= ADD column_opt LP table_elements(E) RP. { build_alter_elements(p, E); }
alter ::= ADD key_definition(K). { build_alter(p, AST_ALTER_ADD_KEY)->key = K; }
alter ::= ADD check_definition(C). { build_alter(p, AST_ALTER_ADD_CHECK)->check = C; }
alter ::= MODIFY column_opt column_definition(C) column_place. { build_alter_column(p, AST_ALTER_MODIFY_COLUMN, C); }
alter ::= CHANGE column_opt ident(N) column_definition(C) column_place. {
    build_alter_column(p, AST_ALTER_CHANGE_COLUMN, C)->name = N; }
alter ::= DROP column_opt ident(N) drop_behaviour. { build_alter(p, AST_ALTER_DROP_COLUMN)->name = N; }
alter ::= DROP FOREIGN KEY ident(N). { build_alter(p, AST_ALTER_DROP_FOREIGN)->name = N; }
alter ::= DROP PRIMARY KEY. { build_alter(p, AST_ALTER_DROP_PRIMARY); }
alter ::= DROP key_word ident(N). { build_alter(p, AST_ALTER_DROP_KEY)->name = N; }
alter ::= DROP CHECK ident(N). { build_alter(p, AST_ALTER_DROP_CHECK)->name = N; }
alter ::= DROP CONSTRAINT ident(N). { build_alter(p, AST_ALTER_DROP_CONSTRAINT)->name = N; }
alter ::= DISABLE KEYS_WORD. { build_alter(p, AST_ALTER_DISABLE_KEYS); }
alter ::= ENABLE KEYS_WORD. { build_alter(p, AST_ALTER_ENABLE_KEYS); }
alter ::= ALTER column_opt ident(N) SET DEFAULT alter_default(E). {
    struct ast_alter *alter = build_alter(p, AST_ALTER_SET_DEFAULT);
    alter->name = N;
    alter->default_value = E; }
alter ::= ALTER column_opt ident(N) DROP DEFAULT. { build_alter(p, AST_ALTER_DROP_DEFAULT)->name = N; }
alter ::= ALTER column_opt ident(N) SET visibility(V). { build_alter_flag(p, AST_ALTER_SET_VISIBLE, N, V); }
alter ::= ALTER INDEX ident(N) visibility(V). { build_alter_flag(p, AST_ALTER_KEY_VISIBLE, N, V); }
alter ::= ALTER CHECK ident(N) enforcement(V). { build_alter_flag(p, AST_ALTER_CHECK_ENFORCED, N, V); }
alter ::= ALTER CONSTRAINT ident(N) enforcement(V). { build_alter_flag(p, AST_ALTER_CHECK_ENFORCED, N, V); }
alter ::= RENAME COLUMN ident(O) TO ident(N). { build_alter_rename(p, AST_ALTER_RENAME_COLUMN, O, N); }
alter ::= RENAME key_word ident(O) TO ident(N). { build_alter_rename(p, AST_ALTER_RENAME_KEY, O, N); }
alter ::= RENAME rename_word table_name(N). { build_alter(p, AST_ALTER_RENAME_TABLE)->table = *N; }
alter ::= CONVERT TO charset_word charset_name(C) collate_opt(L). { build_alter_convert(p, C, L); }
alter ::= CONVERT TO charset_word DEFAULT collate_opt(L). { build_alter_convert(p, SLICE_EMPTY, L); }
alter ::= alter_options.
alter ::= FORCE. { build_alter(p, AST_ALTER_FORCE); }
alter ::= order(O). { build_alter(p, AST_ALTER_ORDER_BY)->order = *O; }
alter ::= ALGORITHM equal_opt option_word(W). { p->alter_table->algorithm = W; }
alter ::= LOCK equal_opt option_word(W). { p->alter_table->lock = W; }
alter ::= WITH VALIDATION. { p->alter_table->validation = AST_YES; }
alter ::= WITHOUT VALIDATION. { p->alter_table->validation = AST_NO; }
alter ::= DISCARD TABLESPACE. { build_alter(p, AST_ALTER_DISCARD_TABLESPACE); }
alter ::= IMPORT TABLESPACE. { build_alter(p, AST_ALTER_IMPORT_TABLESPACE); }
alter ::= ADD PARTITION binlog_opt LP partition_list(L) RP. {
    build_alter(p, AST_ALTER_ADD_PARTITIONS)->partitions = *L; }
alter ::= ADD PARTITION binlog_opt PARTITIONS number(N). { build_alter(p, AST_ALTER_ADD_PARTITIONS)->number = N; }
alter ::= DROP PARTITION idents(N). [LOWEST] { build_alter(p, AST_ALTER_DROP_PARTITIONS)->names = *N; }
alter ::= TRUNCATE PARTITION partition_names(N). { build_alter(p, AST_ALTER_TRUNCATE_PARTITIONS)->names = *N; }
alter ::= COALESCE PARTITION binlog_opt number(N). { build_alter(p, AST_ALTER_COALESCE_PARTITION)->number = N; }
alter ::= REORGANIZE PARTITION binlog_opt. { build_alter(p, AST_ALTER_REORGANIZE_PARTITIONS); }
alter ::= REORGANIZE PARTITION binlog_opt idents(N) INTO LP partition_list(L) RP. {
    struct ast_alter *alter = build_alter(p, AST_ALTER_REORGANIZE_PARTITIONS);
    alter->names = *N;
    alter->partitions = *L; }
alter ::= EXCHANGE PARTITION ident(N) WITH TABLE table_name(T) exchange_check(V). {
    struct ast_alter *alter = build_alter_flag(p, AST_ALTER_EXCHANGE_PARTITION, N, V);
    alter->table = *T; }
alter ::= maintain_word(W) PARTITION binlog_opt partition_names(N) maintain_options. {
    struct ast_alter *alter = build_alter(p, AST_ALTER_MAINTAIN_PARTITIONS);
    alter->names = *N;
    alter->word = slice_of(W.data, W.size); }
alter_options ::= table_option(O). { build_alter(p, AST_ALTER_OPTION)->option = *O; }
alter_options ::= alter_options table_option(O). { build_alter(p, AST_ALTER_OPTION)->option = *O; }
%type maintain_word {struct token}
maintain_word(A) ::= ANALYZE|CHECK|OPTIMIZE|REBUILD|REPAIR(T). { A = T; }
rename_word ::= .
rename_word ::= TO.
rename_word ::= AS.
rename_word ::= EQ.
column_place ::= . { p->is_first = false; p->after = SLICE_EMPTY; }
column_place ::= FIRST. { p->is_first = true; p->after = SLICE_EMPTY; }
column_place ::= AFTER ident(N). { p->is_first = false; p->after = N; }
drop_behaviour(A) ::= . { A = AST_DROP_UNSET; }
drop_behaviour(A) ::= RESTRICT. { A = AST_DROP_RESTRICT; }
drop_behaviour(A) ::= CASCADE. { A = AST_DROP_CASCADE; }
%type alter_default {struct ast_expr *}
alter_default(A) ::= signed_literal(A).
alter_default(A) ::= LP(T) expr(E) RP. { A = build_parens(p, &T, E); }
visibility(A) ::= VISIBLE. { A = AST_YES; }
visibility(A) ::= INVISIBLE. { A = AST_NO; }
enforcement(A) ::= ENFORCED. { A = AST_YES; }
enforcement(A) ::= not ENFORCED. { A = AST_NO; }
exchange_check(A) ::= . { A = AST_UNSET; }
exchange_check(A) ::= WITH VALIDATION. { A = AST_YES; }
exchange_check(A) ::= WITHOUT VALIDATION. { A = AST_NO; }
%type collate_opt {struct slice}
collate_opt(A) ::= . { A = SLICE_EMPTY; }
collate_opt(A) ::= COLLATE equal_opt collation_name(N). { A = N; }
%type partition_names {struct ast_identifiers *}
partition_names(A) ::= ALL. { A = build_identifiers_empty(p); }
partition_names(A) ::= idents(A). [LOWEST]
binlog_opt(A) ::= . { A = 0; }
binlog_opt(A) ::= NO_WRITE_TO_BINLOG. { A = 1; }
binlog_opt(A) ::= LOCAL. { A = 1; }

statement ::= DROP temporary(T) table_word if_exists(I) table_names(N) drop_behaviour(B). {
    struct ast_drop *drop = build_drop(p, N, I, B);
    drop->is_temporary = T;
    build_statement(p, AST_DROP_TABLE, drop); }
table_word ::= TABLE.
table_word ::= TABLES.
statement ::= TRUNCATE table_opt table_name(N). {
    build_statement(p, AST_TRUNCATE, build_drop(p, build_names(p, NULL, N), 0, 0)); }
table_opt ::= .
table_opt ::= TABLE.
statement ::= RENAME table_word rename_list(R). { build_statement(p, AST_RENAME_TABLE, R); }
%type rename_list {struct ast_rename *}
rename_list(A) ::= table_name(F) TO table_name(T). { A = build_rename(p, NULL, F, T); }
rename_list(A) ::= rename_list(A) COMMA table_name(F) TO table_name(T). { build_rename(p, A, F, T); }

/* ---- Indexes, views, databases ---- */

statement ::= create_index_head(K) ON table_name(N) LP key_parts(P) RP create_index_tail. {
    build_create_index(p, K, N, P); }
%type create_index_head {struct ast_key *}
create_index_head(A) ::= CREATE index_kind(K) INDEX key_name(N). { A = build_index_head(p, K, N); }
index_kind(A) ::= . { A = AST_KEY_INDEX; }
index_kind(A) ::= UNIQUE. { A = AST_KEY_UNIQUE; }
index_kind(A) ::= FULLTEXT. { A = AST_KEY_FULLTEXT; }
index_kind(A) ::= SPATIAL. { A = AST_KEY_SPATIAL; }
create_index_tail ::= .
create_index_tail ::= create_index_tail key_option.
create_index_tail ::= create_index_tail index_online.
index_online ::= ALGORITHM equal_opt option_word(W). { p->algorithm = W; }
index_online ::= LOCK equal_opt option_word(W). { p->lock = W; }
statement ::= DROP INDEX ident(I) ON table_name(N) drop_index_tail. { build_drop_index(p, I, N); }
drop_index_tail ::= .
drop_index_tail ::= drop_index_tail index_online.

statement ::= CREATE or_replace(R) view_algorithm(G) definer_opt(D) view_security(S) VIEW view(V). {
    V->or_replace = R;
    build_view(V, G, D);
    V->is_invoker = S;
    build_statement(p, AST_CREATE_VIEW, V); }
statement ::= ALTER view_algorithm(G) definer_opt(D) view_security(S) VIEW view(V). {
    build_view(V, G, D);
    V->is_invoker = S;
    build_statement(p, AST_ALTER_VIEW, V); }
or_replace(A) ::= . { A = 0; }
or_replace(A) ::= OR REPLACE. { A = 1; }
%type view_algorithm {struct slice}
view_algorithm(A) ::= . { A = SLICE_EMPTY; }
view_algorithm(A) ::= ALGORITHM EQ ident(N). { A = N; }
%type definer_opt {struct ast_account *}
definer_opt(A) ::= . { A = NULL; }
definer_opt(A) ::= DEFINER EQ account(B). { A = B; }
view_security(A) ::= . { A = 0; }
view_security(A) ::= SQL SECURITY DEFINER. { A = 0; }
view_security(A) ::= SQL SECURITY INVOKER. { A = 1; }
%type view {struct ast_create_view *}
view(A) ::= table_name(N) ident_list_opt(C) AS query(Q) view_check(K). {
    A = build_new(p, struct ast_create_view);
    A->name = *N;
    A->columns = *C;
    A->query = build_query_nested(p, Q);
    A->check = K; }
view_check(A) ::= . { A = AST_VIEW_CHECK_NONE; }
view_check(A) ::= WITH CHECK OPTION. { A = AST_VIEW_CHECK_CASCADED; }
view_check(A) ::= WITH CASCADED CHECK OPTION. { A = AST_VIEW_CHECK_CASCADED; }
view_check(A) ::= WITH LOCAL CHECK OPTION. { A = AST_VIEW_CHECK_LOCAL; }
statement ::= DROP VIEW if_exists(I) table_names(N) drop_behaviour(B). {
    build_statement(p, AST_DROP_VIEW, build_drop(p, N, I, B)); }

statement ::= CREATE DATABASE if_not_exists(I) ident(N) database_options(O). {
    build_statement(p, AST_CREATE_DATABASE, build_database(p, N, O, I)); }
statement ::= ALTER DATABASE ident(N) database_option_list(O). {
    build_statement(p, AST_ALTER_DATABASE, build_database(p, N, O, 0)); }
statement ::= ALTER DATABASE database_option_list(O). {
    build_statement(p, AST_ALTER_DATABASE, build_database(p, SLICE_EMPTY, O, 0)); }
statement ::= DROP DATABASE if_exists(I) ident(N). {
    build_statement(p, AST_DROP_DATABASE, build_database(p, N, NULL, I)); }
%type database_options {struct ast_options *}
database_options(A) ::= . { A = build_new(p, struct ast_options); }
database_options(A) ::= database_option_list(A).
%type database_option_list {struct ast_options *}
database_option_list(A) ::= database_option(O). { A = build_options(p, NULL, O); }
database_option_list(A) ::= database_option_list(A) database_option(O). { build_options(p, A, O); }
%type database_option {struct ast_option *}
database_option(A) ::= charset_option(A).
database_option(A) ::= ENCRYPTION equal_opt text(T). { A = build_option(p, AST_OPTION_ENCRYPTION, T); }
database_option(A) ::= DEFAULT ENCRYPTION equal_opt text(T). { A = build_option(p, AST_OPTION_ENCRYPTION, T); }
database_option(A) ::= READ ONLY equal_opt option_number(N). { A = build_option_number(p, AST_OPTION_READ_ONLY, N); }

/* ---- Accounts ---- */

%type account {struct ast_account *}
account(A) ::= ident_or_text(U). { A = build_account(p, U, NULL); }
account(A) ::= ident_or_text(U) AT_NAME(H). { A = build_account(p, U, &H); }
account(A) ::= CURRENT_USER. { A = build_account_current(p); }
account(A) ::= CURRENT_USER LP RP. { A = build_account_current(p); }
account(A) ::= USER_CALL LP RP. { A = build_account_current(p); }
%type accounts {struct ast_accounts *}
accounts(A) ::= account(U). { A = build_accounts(p, NULL, U); }
accounts(A) ::= accounts(A) COMMA account(U). { build_accounts(p, A, U); }

statement ::= CREATE USER if_not_exists(I) user_specs(U) user_roles user_options. {
    build_user(p, AST_CREATE_USER, U, I); }
statement ::= ALTER USER if_exists(I) user_specs(U) user_roles user_options. { build_user(p, AST_ALTER_USER, U, I); }
statement ::= DROP USER if_exists(I) accounts(U). { build_user_names(p, AST_DROP_USER, U, I); }
statement ::= CREATE ROLE if_not_exists(I) accounts(U). { build_user_names(p, AST_CREATE_ROLE, U, I); }
statement ::= DROP ROLE if_exists(I) accounts(U). { build_user_names(p, AST_DROP_ROLE, U, I); }
statement ::= RENAME USER rename_users(R). { build_statement(p, AST_RENAME_USER, R); }
%type rename_users {struct ast_rename_user *}
rename_users(A) ::= account(F) TO account(T). { A = build_rename_user(p, NULL, F, T); }
rename_users(A) ::= rename_users(A) COMMA account(F) TO account(T). { build_rename_user(p, A, F, T); }
%type user_specs {struct ast_user_specs *}
user_specs(A) ::= user_spec(U). { A = build_user_specs(p, NULL, U); }
user_specs(A) ::= user_specs(A) COMMA user_spec(U). { build_user_specs(p, A, U); }
%type user_spec {struct ast_user_spec *}
user_spec(A) ::= account(U). { A = build_user_spec(p, U); }
user_spec(A) ::= account(U) IDENTIFIED password(S). { A = S; A->account = *U; }
%type password {struct ast_user_spec *}
password(A) ::= BY secret(S). { A = S; }
password(A) ::= WITH ident_or_text(N). { A = build_secret(p, AST_PASSWORD_NONE, SLICE_EMPTY); A->plugin = N; }
password(A) ::= WITH ident_or_text(N) BY secret(S). { A = S; A->plugin = N; }
password(A) ::= WITH ident_or_text(N) AS password_hash(T). {
    A = build_secret(p, AST_PASSWORD_HASH, T);
    A->plugin = N; }
%type secret {struct ast_user_spec *}
secret(A) ::= text(T). { A = build_secret(p, AST_PASSWORD_TEXT, T); }
secret(A) ::= RANDOM PASSWORD. { A = build_secret(p, AST_PASSWORD_RANDOM, SLICE_EMPTY); }
user_spec(A) ::= user_spec(A) REPLACE text(T). { A->has_replaced = true; A->replaced = T; }
user_spec(A) ::= user_spec(A) RETAIN CURRENT PASSWORD. { A->retain_current = true; }
user_spec(A) ::= user_spec(A) DISCARD OLD PASSWORD. { A->discard_old = true; }
%type password_hash {struct slice}
password_hash(A) ::= text(A).
password_hash(A) ::= HEX_STRING(T). { A = build_literal(p, &T)->literal.text; }
user_roles ::= .
user_roles ::= DEFAULT ROLE accounts(R). { p->user.default_roles = *R; }
user_roles ::= DEFAULT ROLE ALL. { p->user.default_role_all = true; }
user_roles ::= DEFAULT ROLE NONE. { p->user.default_role_none = true; }
user_options ::= .
user_options ::= user_options user_option.
user_option ::= REQUIRE NONE. { build_user_flag(p, AST_USER_REQUIRE_NONE); }
user_option ::= REQUIRE SSL. { build_user_flag(p, AST_USER_REQUIRE_SSL); }
user_option ::= REQUIRE X509. { build_user_flag(p, AST_USER_REQUIRE_X509); }
user_option ::= REQUIRE tls_list.
tls_list ::= tls_item.
tls_list ::= tls_list tls_item.
tls_list ::= tls_list AND tls_item.
tls_item ::= CIPHER text(T). { build_user_text(p, AST_USER_REQUIRE_CIPHER, T); }
tls_item ::= ISSUER text(T). { build_user_text(p, AST_USER_REQUIRE_ISSUER, T); }
tls_item ::= SUBJECT text(T). { build_user_text(p, AST_USER_REQUIRE_SUBJECT, T); }
user_option ::= WITH resource_list.
resource_list ::= resource.
resource_list ::= resource_list resource.
resource ::= MAX_QUERIES_PER_HOUR number(N). { build_user_number(p, AST_USER_MAX_QUERIES, N); }
resource ::= MAX_UPDATES_PER_HOUR number(N). { build_user_number(p, AST_USER_MAX_UPDATES, N); }
resource ::= MAX_CONNECTIONS_PER_HOUR number(N). { build_user_number(p, AST_USER_MAX_CONNECTIONS, N); }
resource ::= MAX_USER_CONNECTIONS number(N). { build_user_number(p, AST_USER_MAX_USER_CONNECTIONS, N); }
user_option ::= PASSWORD EXPIRE. { build_user_flag(p, AST_USER_PASSWORD_EXPIRE); }
user_option ::= PASSWORD EXPIRE DEFAULT. { build_user_flag(p, AST_USER_PASSWORD_EXPIRE_DEFAULT); }
user_option ::= PASSWORD EXPIRE NEVER. { build_user_flag(p, AST_USER_PASSWORD_EXPIRE_NEVER); }
user_option ::= PASSWORD EXPIRE INTERVAL number(N) DAY. { build_user_number(p, AST_USER_PASSWORD_EXPIRE_DAYS, N); }
user_option ::= PASSWORD HISTORY number(N). { build_user_number(p, AST_USER_PASSWORD_HISTORY, N); }
user_option ::= PASSWORD HISTORY DEFAULT. { build_user_flag(p, AST_USER_PASSWORD_HISTORY)->is_default = true; }
user_option ::= PASSWORD REUSE INTERVAL number(N) DAY. { build_user_number(p, AST_USER_PASSWORD_REUSE, N); }
user_option ::= PASSWORD REUSE INTERVAL DEFAULT. { build_user_flag(p, AST_USER_PASSWORD_REUSE)->is_default = true; }
user_option ::= PASSWORD REQUIRE CURRENT. { build_user_number(p, AST_USER_PASSWORD_REQUIRE_CURRENT, 1); }
user_option ::= PASSWORD REQUIRE CURRENT DEFAULT. {
    build_user_flag(p, AST_USER_PASSWORD_REQUIRE_CURRENT)->is_default = true; }
user_option ::= PASSWORD REQUIRE CURRENT OPTIONAL. { build_user_number(p, AST_USER_PASSWORD_REQUIRE_CURRENT, 0); }
user_option ::= FAILED_LOGIN_ATTEMPTS number(N). { build_user_number(p, AST_USER_FAILED_LOGINS, N); }
user_option ::= PASSWORD_LOCK_TIME number(N). { build_user_number(p, AST_USER_LOCK_DAYS, N); }
user_option ::= PASSWORD_LOCK_TIME UNBOUNDED. { build_user_number(p, AST_USER_LOCK_DAYS, UINT64_MAX); }
user_option ::= ACCOUNT LOCK. { build_user_flag(p, AST_USER_ACCOUNT_LOCK); }
user_option ::= ACCOUNT UNLOCK. { build_user_flag(p, AST_USER_ACCOUNT_UNLOCK); }
user_option ::= COMMENT text(T). { build_user_text(p, AST_USER_COMMENT, T); }
user_option ::= ATTRIBUTE text(T). { build_user_text(p, AST_USER_ATTRIBUTE, T); }

statement ::= GRANT privileges(P) ON grant_object(O) TO accounts(U) grant_options(W). {
    build_grant(p, AST_GRANT, P, O, U)->with_grant = W; }
statement ::= GRANT privileges(P) TO accounts(U) grant_admin(W). {
    build_grant(p, AST_GRANT, P, NULL, U)->with_grant = W; }
statement ::= GRANT PROXY ON account(X) TO accounts(U) grant_options(W). {
    build_grant_proxy(p, AST_GRANT, X, U)->with_grant = W; }
statement ::= REVOKE if_exists(I) privileges(P) ON grant_object(O) FROM accounts(U) ignore_unknown(K). {
    build_revoke_flags(build_grant(p, AST_REVOKE, P, O, U), I, K); }
statement ::= REVOKE if_exists(I) privileges(P) FROM accounts(U) ignore_unknown(K). {
    build_revoke_flags(build_grant(p, AST_REVOKE, P, NULL, U), I, K); }
statement ::= REVOKE if_exists(I) PROXY ON account(X) FROM accounts(U) ignore_unknown(K). {
    build_revoke_flags(build_grant_proxy(p, AST_REVOKE, X, U), I, K); }
ignore_unknown(A) ::= . { A = 0; }
ignore_unknown(A) ::= IGNORE UNKNOWN USER. { A = 1; }
grant_options(A) ::= . { A = 0; }
grant_options(A) ::= WITH GRANT OPTION. { A = 1; }
grant_admin(A) ::= . { A = 0; }
grant_admin(A) ::= WITH ADMIN OPTION. { A = 1; }
%type privileges {struct ast_privileges *}
privileges(A) ::= privilege(R). { A = build_privileges(p, NULL, R); }
privileges(A) ::= privileges(A) COMMA privilege(R). { build_privileges(p, A, R); }
%type privilege {struct ast_privilege *}
privilege(A) ::= privilege_words(W). { A = build_privilege(p, W); }
privilege(A) ::= privilege_words(W) LP idents(C) RP. { A = build_privilege(p, W); A->columns = *C; }
privilege(A) ::= ident_or_text(U) AT_NAME(H). { A = build_privilege_role(p, build_account(p, U, &H)); }
privilege(A) ::= TEXT_STRING(T). { A = build_privilege_role(p, build_account(p, build_string(p, &T), NULL)); }
%type privilege_words {struct ast_identifiers *}
privilege_words(A) ::= privilege_word(T). { A = build_identifiers(p, NULL, build_identifier(p, &T)); }
privilege_words(A) ::= privilege_words(A) privilege_word(T). { build_identifiers(p, A, build_identifier(p, &T)); }
%type privilege_word {struct token}
privilege_word(A) ::= IDENT(A). [LOWEST]
privilege_word(A) ::= ALL|ALTER|CREATE|DATABASES|DELETE|DROP|GRANT|INDEX|INSERT|LOCK|OPTION|REFERENCES|SELECT
        |SHOW|TRIGGER|UPDATE|USAGE(T). { A = T; }
%type grant_object {struct ast_grant *}
grant_object(A) ::= object_word(W) STAR. { A = build_grant_object(p, W, NULL, NULL); A->current_database = true; }
grant_object(A) ::= object_word(W) STAR DOT STAR. { A = build_grant_object(p, W, NULL, NULL); }
grant_object(A) ::= object_word(W) IDENT(S) DOT STAR. { A = build_grant_object(p, W, &S, NULL); }
grant_object(A) ::= object_word(W) IDENT(T). { A = build_grant_object(p, W, NULL, &T); }
grant_object(A) ::= object_word(W) IDENT(S) DOT IDENT(T). { A = build_grant_object(p, W, &S, &T); }
object_word(A) ::= . { A = AST_GRANT_TABLE; }
object_word(A) ::= TABLE. { A = AST_GRANT_TABLE; }
object_word(A) ::= FUNCTION. { A = AST_GRANT_FUNCTION; }
object_word(A) ::= PROCEDURE. { A = AST_GRANT_PROCEDURE; }

/* ---- Session ---- */

statement ::= SET set_items(S). { build_statement(p, AST_SET, S); }
%type set_items {struct ast_set *}
set_items(A) ::= set_item(I). { A = build_set(p, NULL, I); }
set_items(A) ::= set_items(A) COMMA set_item(I). { build_set(p, A, I); }
%type set_item {struct ast_setting *}
set_item(A) ::= AT_NAME(T) assign_word expr(E). { A = build_set_user(p, &T, E); }
set_item(A) ::= SYSTEM_VARIABLE(T) assign_word set_value(E). { A = build_set_system(p, &T, E); }
set_item(A) ::= set_scope(S) IDENT(N) assign_word set_value(E). { A = build_setting(p, NULL, &N, E); A->scope = S; }
set_item(A) ::= set_scope(S) IDENT(B) DOT IDENT(N) assign_word set_value(E). {
    A = build_setting(p, &B, &N, E);
    A->scope = S; }
set_item(A) ::= NAMES charset_name(C). { A = build_set_names(p, AST_SET_NAMES, C, SLICE_EMPTY); }
set_item(A) ::= NAMES charset_name(C) COLLATE collation_name(L). { A = build_set_names(p, AST_SET_NAMES, C, L); }
set_item(A) ::= NAMES DEFAULT. { A = build_set_names(p, AST_SET_NAMES, SLICE_EMPTY, SLICE_EMPTY); }
set_item(A) ::= charset_word charset_name(C). { A = build_set_names(p, AST_SET_CHARSET, C, SLICE_EMPTY); }
set_item(A) ::= charset_word DEFAULT. { A = build_set_names(p, AST_SET_CHARSET, SLICE_EMPTY, SLICE_EMPTY); }
set_scope(A) ::= . { A = AST_SCOPE_NONE; }
set_scope(A) ::= scope(A).
scope(A) ::= GLOBAL. { A = AST_SCOPE_GLOBAL; }
scope(A) ::= SESSION. { A = AST_SCOPE_SESSION; }
scope(A) ::= LOCAL. { A = AST_SCOPE_LOCAL; }
scope(A) ::= PERSIST. { A = AST_SCOPE_PERSIST; }
scope(A) ::= PERSIST_ONLY. { A = AST_SCOPE_PERSIST_ONLY; }
%type set_value {struct ast_expr *}
set_value(A) ::= expr(E). { A = build_set_value(p, E); }
set_value(A) ::= DEFAULT. { A = NULL; }
set_value(A) ::= ON(T). { A = build_word_literal(p, &T); }
set_value(A) ::= ALL(T). { A = build_word_literal(p, &T); }
set_value(A) ::= BINARY(T). { A = build_word_literal(p, &T); }
set_value(A) ::= ROW(T). { A = build_word_literal(p, &T); }
set_value(A) ::= SYSTEM(T). { A = build_word_literal(p, &T); }

statement ::= SET set_scope(S) TRANSACTION transaction_modes(M). { build_set_transaction(p, S, M); }
%type transaction_modes {struct ast_set_transaction *}
transaction_modes(A) ::= transaction_mode(A).
transaction_modes(A) ::= transaction_modes(A) COMMA transaction_mode(M). { build_modes_merge(p, A, M); }
%type transaction_mode {struct ast_set_transaction *}
transaction_mode(A) ::= ISOLATION LEVEL isolation(I). {
    A = build_new(p, struct ast_set_transaction);
    A->isolation = I; }
transaction_mode(A) ::= access_mode(M). { A = build_new(p, struct ast_set_transaction); A->access = M; }
access_mode(A) ::= READ WRITE. { A = AST_READ_WRITE; }
access_mode(A) ::= READ ONLY. { A = AST_READ_ONLY; }
isolation(A) ::= READ UNCOMMITTED. { A = AST_READ_UNCOMMITTED; }
isolation(A) ::= READ COMMITTED. { A = AST_READ_COMMITTED; }
isolation(A) ::= REPEATABLE READ. { A = AST_REPEATABLE_READ; }
isolation(A) ::= SERIALIZABLE. { A = AST_SERIALIZABLE; }

statement ::= SET PASSWORD for_account(U) EQ text(T) password_tail. { build_set_password(p, U, &T); }
statement ::= SET PASSWORD for_account(U) TO RANDOM password_tail. { build_set_password(p, U, NULL); }
%type for_account {struct ast_account *}
for_account(A) ::= . { A = NULL; }
for_account(A) ::= FOR account(B). { A = B; }
password_tail ::= .
password_tail ::= password_tail REPLACE text(T). { p->replaced = T; p->has_replaced = true; }
password_tail ::= password_tail RETAIN CURRENT PASSWORD. { p->retain_current = true; }
statement ::= SET ROLE role_choice(R). { build_statement(p, AST_SET_ROLE, R); }
statement ::= SET DEFAULT ROLE role_choice(R) TO accounts(U). {
    R->accounts = *U;
    build_statement(p, AST_SET_DEFAULT_ROLE, R); }
%type role_choice {struct ast_set_role *}
role_choice(A) ::= DEFAULT. { A = build_role_choice(p, AST_ROLES_DEFAULT, NULL); }
role_choice(A) ::= NONE. { A = build_role_choice(p, AST_ROLES_NONE, NULL); }
role_choice(A) ::= ALL. { A = build_role_choice(p, AST_ROLES_ALL, NULL); }
role_choice(A) ::= ALL EXCEPT accounts(R). { A = build_role_choice(p, AST_ROLES_ALL_EXCEPT, R); }
role_choice(A) ::= accounts(R). { A = build_role_choice(p, AST_ROLES_LISTED, R); }

statement ::= USE ident(N). {
    struct ast_use *use = build_new(p, struct ast_use);
    use->database = N;
    build_statement(p, AST_USE, use); }
statement ::= BEGIN work_opt. { build_statement(p, AST_BEGIN, build_new(p, struct ast_begin)); }
statement ::= START TRANSACTION start_modes(B). { build_statement(p, AST_BEGIN, B); }
%type start_modes {struct ast_begin *}
start_modes(A) ::= . { A = build_new(p, struct ast_begin); }
start_modes(A) ::= start_mode_list(A).
%type start_mode_list {struct ast_begin *}
start_mode_list(A) ::= start_mode(A).
start_mode_list(A) ::= start_mode_list(A) COMMA start_mode(B). { build_begin_merge(p, A, B); }
%type start_mode {struct ast_begin *}
start_mode(A) ::= WITH CONSISTENT SNAPSHOT. { A = build_new(p, struct ast_begin); A->with_snapshot = true; }
start_mode(A) ::= access_mode(M). { A = build_new(p, struct ast_begin); A->access = M; }
work_opt ::= .
work_opt ::= WORK.
statement ::= COMMIT work_opt chain_opt(C) release_opt(R). { build_end(p, AST_COMMIT, C, R); }
statement ::= ROLLBACK work_opt chain_opt(C) release_opt(R). { build_end(p, AST_ROLLBACK, C, R); }
statement ::= ROLLBACK work_opt TO savepoint_opt ident(N). { build_savepoint(p, AST_ROLLBACK_TO, N); }
statement ::= SAVEPOINT ident(N). { build_savepoint(p, AST_SAVEPOINT, N); }
statement ::= RELEASE SAVEPOINT ident(N). { build_savepoint(p, AST_RELEASE_SAVEPOINT, N); }
savepoint_opt ::= .
savepoint_opt ::= SAVEPOINT.
chain_opt(A) ::= . { A = AST_UNSET; }
chain_opt(A) ::= AND CHAIN. { A = AST_YES; }
chain_opt(A) ::= AND NO CHAIN. { A = AST_NO; }
release_opt(A) ::= . { A = AST_UNSET; }
release_opt(A) ::= RELEASE. { A = AST_YES; }
release_opt(A) ::= NO RELEASE. { A = AST_NO; }

statement ::= XA xa(X). { build_statement(p, AST_XA, X); }
%type xa {struct ast_xa *}
xa(A) ::= xa_start xid(X) xa_join(J). { A = build_xa(X, AST_XA_START); A->is_join = J == 1; A->is_resume = J == 2; }
xa(A) ::= END xid(X). { A = build_xa(X, AST_XA_END); }
xa(A) ::= END xid(X) SUSPEND. { A = build_xa(X, AST_XA_END); A->is_suspend = true; }
xa(A) ::= END xid(X) SUSPEND FOR MIGRATE. { A = build_xa(X, AST_XA_END); A->is_suspend = A->for_migrate = true; }
xa(A) ::= PREPARE xid(X). { A = build_xa(X, AST_XA_PREPARE); }
xa(A) ::= COMMIT xid(X). { A = build_xa(X, AST_XA_COMMIT); }
xa(A) ::= COMMIT xid(X) ONE PHASE. { A = build_xa(X, AST_XA_COMMIT); A->one_phase = true; }
xa(A) ::= ROLLBACK xid(X). { A = build_xa(X, AST_XA_ROLLBACK); }
xa(A) ::= RECOVER. { A = build_xa(build_new(p, struct ast_xa), AST_XA_RECOVER); }
xa(A) ::= RECOVER CONVERT XID. { A = build_xa(build_new(p, struct ast_xa), AST_XA_RECOVER); A->convert_xid = true; }
xa_start ::= START.
xa_start ::= BEGIN.
xa_join(A) ::= . { A = 0; }
xa_join(A) ::= JOIN. { A = 1; }
xa_join(A) ::= RESUME. { A = 2; }
%type xid {struct ast_xa *}
xid(A) ::= file_text(G). { A = build_xid(p, G, SLICE_EMPTY, 1); }
xid(A) ::= file_text(G) COMMA file_text(B). { A = build_xid(p, G, B, 1); }
xid(A) ::= file_text(G) COMMA file_text(B) COMMA number(N). { A = build_xid(p, G, B, N); }

statement ::= PREPARE ident(N) FROM text(T). { build_prepare(p, AST_PREPARE, N)->text = T; }
statement ::= PREPARE ident(N) FROM AT_NAME(V). {
    struct ast_prepare *prepare = build_prepare(p, AST_PREPARE, N);
    prepare->from_variable = true;
    prepare->text = build_at_name(p, &V); }
statement ::= EXECUTE ident(N). { build_prepare(p, AST_EXECUTE, N); }
statement ::= EXECUTE ident(N) USING at_names(V). { build_prepare(p, AST_EXECUTE, N)->variables = *V; }
%type at_names {struct ast_identifiers *}
at_names(A) ::= AT_NAME(T). { A = build_identifiers(p, NULL, build_at_name(p, &T)); }
at_names(A) ::= at_names(A) COMMA AT_NAME(T). { build_identifiers(p, A, build_at_name(p, &T)); }
statement ::= DEALLOCATE PREPARE ident(N). { build_prepare(p, AST_DEALLOCATE, N); }
statement ::= DROP PREPARE ident(N). { build_prepare(p, AST_DEALLOCATE, N); }
statement ::= DO select_items(E). { build_do(p, E); }
statement ::= CALL table_name(N). { build_call_statement(p, N, NULL); }
statement ::= CALL table_name(N) LP RP. { build_call_statement(p, N, NULL); }
statement ::= CALL table_name(N) LP exprs(E) RP. { build_call_statement(p, N, E); }

/* ---- SHOW, DESCRIBE, EXPLAIN ---- */

statement ::= SHOW show(S). { build_statement(p, AST_SHOW, S); }
%type show {struct ast_show *}
%type show_flagged {struct ast_show *}
show(A) ::= DATABASES like_opt. { A = build_show(p, AST_SHOW_DATABASES); }
show(A) ::= show_flagged(A).
show(A) ::= show_flags show_flagged(S). { A = build_show_flags(p, S); }
show_flagged(A) ::= TABLES show_from like_opt. { A = build_show(p, AST_SHOW_TABLES); }
show_flagged(A) ::= COLUMNS from_word table_name(N) show_from like_opt. {
    A = build_show_table(p, AST_SHOW_COLUMNS, N); }
show_flagged(A) ::= index_word from_word table_name(N) show_from where_only. {
    A = build_show_table(p, AST_SHOW_INDEX, N); }
show_flagged(A) ::= PROCESSLIST. { A = build_show(p, AST_SHOW_PROCESSLIST); }
show_flagged(A) ::= TRIGGERS show_from like_opt. { A = build_show(p, AST_SHOW_TRIGGERS); }
show(A) ::= TABLE STATUS show_from like_opt. { A = build_show(p, AST_SHOW_TABLE_STATUS); }
show(A) ::= OPEN TABLES show_from like_opt. { A = build_show(p, AST_SHOW_OPEN_TABLES); }
show(A) ::= EVENTS show_from like_opt. { A = build_show(p, AST_SHOW_EVENTS); }
show(A) ::= STATUS like_opt. { A = build_show(p, AST_SHOW_STATUS); }
show(A) ::= VARIABLES like_opt. { A = build_show(p, AST_SHOW_VARIABLES); }
show(A) ::= scope(S) STATUS like_opt. { A = build_show(p, AST_SHOW_STATUS); A->scope = S; }
show(A) ::= scope(S) VARIABLES like_opt. { A = build_show(p, AST_SHOW_VARIABLES); A->scope = S; }
show(A) ::= WARNINGS limit_opt(L). { A = build_show_limit(p, AST_SHOW_WARNINGS, L); }
show(A) ::= ERRORS limit_opt(L). { A = build_show_limit(p, AST_SHOW_ERRORS, L); }
show(A) ::= IDENT(T) LP STAR RP WARNINGS. { A = build_show_count(p, &T, AST_SHOW_COUNT_WARNINGS); }
show(A) ::= IDENT(T) LP STAR RP ERRORS. { A = build_show_count(p, &T, AST_SHOW_COUNT_ERRORS); }
show(A) ::= ENGINES. { A = build_show(p, AST_SHOW_ENGINES); }
show(A) ::= STORAGE ENGINES. { A = build_show(p, AST_SHOW_ENGINES); }
show(A) ::= ENGINE engine_name(N) engine_what(W). { A = build_show(p, AST_SHOW_ENGINE); A->word = N; A->channel = W; }
show(A) ::= COLLATION like_opt. { A = build_show(p, AST_SHOW_COLLATION); }
show(A) ::= charset_word like_opt. { A = build_show(p, AST_SHOW_CHARSET); }
show(A) ::= GRANTS. { A = build_show(p, AST_SHOW_GRANTS); }
show(A) ::= GRANTS FOR account(U) grants_using(R). {
    A = build_show_account(p, AST_SHOW_GRANTS, U);
    if (R != NULL) A->roles = *R; }
show(A) ::= PRIVILEGES. { A = build_show(p, AST_SHOW_PRIVILEGES); }
show(A) ::= PLUGINS. { A = build_show(p, AST_SHOW_PLUGINS); }
show(A) ::= CREATE TABLE table_name(N). { A = build_show_table(p, AST_SHOW_CREATE_TABLE, N); }
show(A) ::= CREATE VIEW table_name(N). { A = build_show_table(p, AST_SHOW_CREATE_VIEW, N); }
show(A) ::= CREATE DATABASE if_not_exists(I) IDENT(N). {
    A = build_show_table(p, AST_SHOW_CREATE_DATABASE, build_name(p, NULL, &N));
    A->if_not_exists = I; }
show(A) ::= CREATE PROCEDURE table_name(N). { A = build_show_table(p, AST_SHOW_CREATE_PROCEDURE, N); }
show(A) ::= CREATE FUNCTION table_name(N). { A = build_show_table(p, AST_SHOW_CREATE_FUNCTION, N); }
show(A) ::= CREATE TRIGGER table_name(N). { A = build_show_table(p, AST_SHOW_CREATE_TRIGGER, N); }
show(A) ::= CREATE EVENT table_name(N). { A = build_show_table(p, AST_SHOW_CREATE_EVENT, N); }
show(A) ::= CREATE USER account(U). { A = build_show_account(p, AST_SHOW_CREATE_USER, U); }
show(A) ::= BINARY LOGS. { A = build_show(p, AST_SHOW_BINARY_LOGS); }
show(A) ::= MASTER LOGS. { A = build_show_old(p, AST_SHOW_BINARY_LOGS); }
show(A) ::= BINARY LOG STATUS. { A = build_show(p, AST_SHOW_BINARY_LOG_STATUS); }
show(A) ::= MASTER STATUS. { A = build_show_old(p, AST_SHOW_MASTER_STATUS); }
show(A) ::= BINLOG EVENTS log_name(N) log_position(X) limit_opt(L). {
    A = build_show_limit(p, AST_SHOW_BINLOG_EVENTS, L);
    A->word = N;
    A->number = X; }
show(A) ::= RELAYLOG EVENTS log_name(N) log_position(X) limit_opt(L) channel_opt(C). {
    A = build_show_limit(p, AST_SHOW_RELAYLOG_EVENTS, L);
    A->word = N;
    A->number = X;
    A->channel = C; }
show(A) ::= REPLICAS. { A = build_show(p, AST_SHOW_REPLICAS); }
show(A) ::= SLAVE HOSTS. { A = build_show_old(p, AST_SHOW_REPLICAS); }
show(A) ::= REPLICA STATUS channel_opt(C). { A = build_show(p, AST_SHOW_REPLICA_STATUS); A->channel = C; }
show(A) ::= SLAVE STATUS channel_opt(C). { A = build_show_old(p, AST_SHOW_REPLICA_STATUS); A->channel = C; }
show(A) ::= ALL IDENT STATUS. { A = build_show_old(p, AST_SHOW_ALL_REPLICAS_STATUS); }
show(A) ::= ALL REPLICAS STATUS. { A = build_show(p, AST_SHOW_ALL_REPLICAS_STATUS); }
show(A) ::= PROCEDURE STATUS like_opt. { A = build_show(p, AST_SHOW_PROCEDURE_STATUS); }
show(A) ::= FUNCTION STATUS like_opt. { A = build_show(p, AST_SHOW_FUNCTION_STATUS); }
show(A) ::= PROCEDURE CODE table_name(N). { A = build_show_table(p, AST_SHOW_PROCEDURE_CODE, N); }
show(A) ::= FUNCTION CODE table_name(N). { A = build_show_table(p, AST_SHOW_FUNCTION_CODE, N); }
show(A) ::= PROFILES. { A = build_show(p, AST_SHOW_PROFILES); }
show(A) ::= PROFILE profile_types profile_query(Q) limit_opt(L). {
    A = build_show_limit(p, AST_SHOW_PROFILE, L);
    A->number = Q; }
show(A) ::= PARSE_TREE explainable. { A = build_show_tree(p); }

show_flags ::= FULL. { p->show_full = true; }
show_flags ::= EXTENDED. { p->show_extended = true; }
show_flags ::= EXTENDED FULL. { p->show_full = p->show_extended = true; }
from_word ::= FROM.
from_word ::= IN.
show_from ::= .
show_from ::= from_word ident(N). { p->show_schema = N; }
like_opt ::= .
like_opt ::= LIKE text(T). { p->show_has_like = true; p->show_like = T; }
like_opt ::= WHERE expr(E). { p->show_where = E; }
where_only ::= .
where_only ::= WHERE expr(E). { p->show_where = E; }
index_word ::= INDEX.
index_word ::= INDEXES.
index_word ::= KEYS_WORD.
%type engine_name {struct slice}
engine_name(A) ::= ident_or_text(A).
engine_name(A) ::= ALL. { A = SLICE_LITERAL("ALL"); }
%type engine_what {struct slice}
engine_what(A) ::= STATUS. { A = SLICE_LITERAL("STATUS"); }
engine_what(A) ::= MUTEX. { A = SLICE_LITERAL("MUTEX"); }
engine_what(A) ::= LOGS. { A = SLICE_LITERAL("LOGS"); }
%type grants_using {struct ast_accounts *}
grants_using(A) ::= . { A = NULL; }
grants_using(A) ::= USING accounts(R). { A = R; }
%type log_name {struct slice}
log_name(A) ::= . { A = SLICE_EMPTY; }
log_name(A) ::= IN text(T). { A = T; }
%type log_position {uint64_t}
log_position(A) ::= . { A = 0; }
log_position(A) ::= FROM number(N). { A = N; }
%type channel_opt {struct slice}
channel_opt(A) ::= . { A = SLICE_EMPTY; }
channel_opt(A) ::= FOR CHANNEL ident_or_text(N). { A = N; }
profile_types ::= .
profile_types ::= profile_type_list.
profile_type_list ::= profile_type.
profile_type_list ::= profile_type_list COMMA profile_type.
profile_type ::= IDENT.
profile_type ::= IDENT IDENT.
profile_type ::= ALL.
%type profile_query {uint64_t}
profile_query(A) ::= . { A = 0; }
profile_query(A) ::= FOR QUERY number(N). { A = N; }

explain_word ::= EXPLAIN.
explain_word ::= DESC.
statement ::= explain_word table_name(N). { build_describe(p, N, NULL); }
statement ::= explain_word table_name(N) ident_or_text(C). { build_describe(p, N, &C); }
statement ::= explain_word explain_options explainable. { build_explain(p, 0); }
statement ::= explain_word explain_options FOR CONNECTION number(N). { build_explain(p, N); }
explain_options ::= .
explain_options ::= explain_format explain_into.
explain_options ::= ANALYZE. { p->explain.is_analyze = true; }
explain_options ::= ANALYZE explain_format explain_into. { p->explain.is_analyze = true; }
explain_format ::= FORMAT_EQ EQ ident_or_text(N). { p->explain.format_name = N; }
explain_into ::= .
explain_into ::= INTO AT_NAME(T). { p->explain.into = build_at_name(p, &T); }
explainable ::= query_statement(Q). { p->explained = build_inner(p, AST_SELECT, Q); }
explainable ::= insert(S). { p->explained = build_inner(p, S->is_replace ? AST_REPLACE : AST_INSERT, S); }
explainable ::= update(S). { p->explained = build_inner(p, AST_UPDATE, S); }
explainable ::= delete(S). { p->explained = build_inner(p, AST_DELETE, S); }

/* ---- Administration ---- */

statement ::= KILL expr(E). { build_kill(p, 0, E); }
statement ::= KILL CONNECTION expr(E). { build_kill(p, 0, E); }
statement ::= KILL QUERY expr(E). { build_kill(p, 1, E); }

statement ::= FLUSH binlog_opt(B) flush_items(F). { F->no_write_to_binlog = B; build_statement(p, AST_FLUSH, F); }
statement ::= FLUSH binlog_opt(B) table_word flush_tables(F). {
    F->no_write_to_binlog = B;
    build_statement(p, AST_FLUSH, F); }
%type flush_tables {struct ast_flush *}
flush_tables(A) ::= . { A = build_flush_tables(p, NULL); }
flush_tables(A) ::= WITH READ LOCK. { A = build_flush_tables(p, NULL); A->with_read_lock = true; }
flush_tables(A) ::= table_names(N). { A = build_flush_tables(p, N); }
flush_tables(A) ::= table_names(N) WITH READ LOCK. { A = build_flush_tables(p, N); A->with_read_lock = true; }
flush_tables(A) ::= table_names(N) FOR EXPORT. { A = build_flush_tables(p, N); A->for_export = true; }
%type flush_items {struct ast_flush *}
flush_items(A) ::= flush_item(W). { A = build_flush(p, NULL, W); }
flush_items(A) ::= flush_items(A) COMMA flush_item(W). { build_flush(p, A, W); }
%type flush_item {struct ast_identifiers *}
flush_item(A) ::= IDENT(T). { A = build_words(p, NULL, &T); }
flush_item(A) ::= BINARY(T) LOGS(L). { A = build_words(p, build_words(p, NULL, &T), &L); }
flush_item(A) ::= IDENT(T) LOGS(L) channel_opt(C). {
    A = build_words(p, build_words(p, NULL, &T), &L);
    p->channel = C; }
statement ::= RESET reset_items(F). { build_statement(p, AST_RESET, F); }
statement ::= RESET PERSIST. { build_reset_persist(p, 0, SLICE_EMPTY); }
statement ::= RESET PERSIST if_exists(I) ident(N). { build_reset_persist(p, I, N); }
%type reset_items {struct ast_flush *}
reset_items(A) ::= reset_item(W). { A = build_flush(p, NULL, W); }
reset_items(A) ::= reset_items(A) COMMA reset_item(W). { build_flush(p, A, W); }
%type reset_item {struct ast_identifiers *}
reset_item(A) ::= IDENT(T). { A = build_words(p, NULL, &T); }
reset_item(A) ::= MASTER(T). { A = build_words(p, NULL, &T); }
reset_item(A) ::= replica_word(T) channel_opt. { A = build_words(p, NULL, &T); }
reset_item(A) ::= replica_word(T) ALL(L) channel_opt. { A = build_words(p, build_words(p, NULL, &T), &L); }
reset_item(A) ::= BINARY(T) LOGS AND IDENT. { A = build_words(p, NULL, &T); }
%type replica_word {struct token}
replica_word(A) ::= REPLICA(A).
replica_word(A) ::= SLAVE(A).

statement ::= ANALYZE binlog_opt(B) table_word table_names(N). { build_maintain(p, AST_ANALYZE_TABLE, N, B); }
statement ::= ANALYZE binlog_opt(B) table_word table_names(N) UPDATE HISTOGRAM ON idents(C) histogram(K). {
    struct ast_maintain *maintain = build_maintain(p, AST_ANALYZE_TABLE, N, B);
    maintain->update_histogram = true;
    maintain->columns = *C;
    maintain->buckets = K; }
statement ::= ANALYZE binlog_opt(B) table_word table_names(N) DROP HISTOGRAM ON idents(C). {
    struct ast_maintain *maintain = build_maintain(p, AST_ANALYZE_TABLE, N, B);
    maintain->drop_histogram = true;
    maintain->columns = *C; }
%type histogram {uint64_t}
histogram(A) ::= . { A = 0; }
histogram(A) ::= WITH number(N) BUCKETS. { A = N; }
statement ::= OPTIMIZE binlog_opt(B) table_word table_names(N). { build_maintain(p, AST_OPTIMIZE_TABLE, N, B); }
statement ::= CHECK table_word table_names(N) maintain_options. { build_maintain(p, AST_CHECK_TABLE, N, 0); }
statement ::= CHECKSUM table_word table_names(N) maintain_options. { build_maintain(p, AST_CHECKSUM_TABLE, N, 0); }
statement ::= REPAIR binlog_opt(B) table_word table_names(N) maintain_options. {
    build_maintain(p, AST_REPAIR_TABLE, N, B); }
maintain_options ::= .
maintain_options ::= maintain_options maintain_option(T). { build_words(p, &p->options, &T); }
%type maintain_option {struct token}
maintain_option(A) ::= QUICK|FAST|MEDIUM|EXTENDED|CHANGED|USE_FRM(T). { A = T; }
maintain_option(A) ::= FOR UPGRADE(T). { A = T; }

statement ::= LOCK table_word table_locks(L). { build_statement(p, AST_LOCK_TABLES, L); }
statement ::= UNLOCK table_word. { build_statement(p, AST_UNLOCK_TABLES, NULL); }
statement ::= LOCK INSTANCE FOR BACKUP. { build_statement(p, AST_LOCK_INSTANCE, NULL); }
statement ::= UNLOCK INSTANCE. { build_statement(p, AST_UNLOCK_INSTANCE, NULL); }
%type table_locks {struct ast_lock_tables *}
table_locks(A) ::= table_lock(L). { A = build_table_locks(p, NULL, L); }
table_locks(A) ::= table_locks(A) COMMA table_lock(L). { build_table_locks(p, A, L); }
%type table_lock {struct ast_table_lock *}
table_lock(A) ::= table_name(N) table_alias(S) READ. { A = build_table_lock(p, N, S); }
table_lock(A) ::= table_name(N) table_alias(S) READ LOCAL. { A = build_table_lock(p, N, S); A->is_local = true; }
table_lock(A) ::= table_name(N) table_alias(S) WRITE. { A = build_table_lock(p, N, S); A->is_write = true; }
table_lock(A) ::= table_name(N) table_alias(S) LOW_PRIORITY WRITE. {
    A = build_table_lock(p, N, S);
    A->is_write = A->is_low_priority = true; }
statement ::= HELP ident_or_text(T). { build_help(p, T); }
statement ::= SHUTDOWN. { build_statement(p, AST_SHUTDOWN, NULL); }
statement ::= RESTART. { build_statement(p, AST_RESTART, NULL); }

/* ---- The loop that feeds the parser; it is here because the parser's size is known only here ---- */

%code {
static_assert(sizeof(yyParser) <= 25 * 1024, "it stands on a fiber's stack");

void grammar_run(struct parser *p, struct token (*next)(struct parser *)) {
    yyParser engine; /* on the caller's stack: about 24 KiB */
    GrammarInit(&engine, p);
    while (!p->is_failed && !p->is_done) {
        struct token token = next(p);
        Grammar(&engine, token.kind, token);
        build_shifted(p, &token);
        if (token.kind == TOKEN_SEMICOLON || token.kind == TOKEN_END_OF_INPUT) p->is_done = true;
    }
    if (!p->is_failed) Grammar(&engine, 0, (struct token){0});
    GrammarFinalize(&engine);
}
}
