/* ast_build_query.c: queries, their tables, and row changes of a tree that is being parsed.
 *
 * Joins: the grammar joins from the right where a join has no condition (G4 of grammar.y); build_join_bare
 * hangs the new left table below the leftmost join of the right side:
 *
 *      a JOIN (b LEFT JOIN c ON x)   becomes   (a JOIN b) LEFT JOIN c ON x
 *
 * which is what the text says, read from left to right. Set operations of one precedence are one node with arms; so are
 * lists of every kind. Everything else nests, and its depth is counted.
 */
#include "sql/ast_build.h"

static uint16_t expr_depth(const struct ast_expr *expr) { return expr == NULL ? 0 : expr->depth; }

static struct slice source_from(const struct parser *p, const uint8_t *start) {
    return slice_of(start, (size_t)(p->end - start));
}

/* ---- Queries ---- */

struct ast_query *build_query(struct parser *p, struct ast_body *body,
                              const struct ast_orders *order, const struct ast_limit *limit,
                              const struct ast_locks *locks) {
    bool is_bare = order == NULL && limit == NULL && locks == NULL;
    if (body->kind == AST_BODY_QUERY && is_bare) return body->query;
    struct ast_query *query = build_new(p, struct ast_query);
    query->body = body;
    query->depth = body->depth;
    if (order != NULL) {
        query->order = *order;
        query->depth = MAX(query->depth, order->depth);
    }
    if (limit != NULL) query->limit = *limit;
    if (locks != NULL) query->locks = *locks;
    if (body->kind == AST_BODY_SELECT) query->into = body->select->into;
    query->depth = build_depth(p, query->depth);
    query->source = source_from(p, body->source.data);
    return query;
}

void build_query_with(struct parser *p, struct ast_query *query, struct ast_with *with) {
    if (query->with != NULL) { /* WITH .. (WITH .. SELECT): the inner one is a query of its own */
        struct ast_query *inner = build_new(p, struct ast_query);
        *inner = *query;
        *query = (struct ast_query){.body = build_body_query(p, inner), .depth = inner->depth};
        query->depth = build_depth(p, query->depth);
    }
    query->with = with;
    query->depth = MAX(query->depth, build_depth(p, with->depth));
    query->source = source_from(p, with->source.data);
}

static void error_misplaced_into(struct parser *p) {
    build_error(
        p, 3954,
        "Misplaced INTO clause, INTO is not allowed inside subqueries, and must be placed at "
        "end of UNION clauses.");
}

struct ast_query *build_query_top(struct parser *p, struct ast_query *query,
                                  struct ast_into *into) {
    if (into == NULL) return query;
    if (query->into != NULL) error_misplaced_into(p);
    query->into = into;
    query->source = source_from(p, query->source.data);
    return query;
}

struct ast_query *build_query_nested(struct parser *p, struct ast_query *query) {
    if (query->into != NULL) error_misplaced_into(p);
    return query;
}

struct ast_with *build_with(struct parser *p, struct ast_with *list, const struct ast_cte *cte) {
    if (list == NULL) list = build_new(p, struct ast_with);
    *(struct ast_cte *)build_push(p, &list->items, sizeof(*cte)) = *cte;
    list->depth = MAX(list->depth, cte->query->depth);
    list->source = source_from(p, list->source.data == NULL ? p->end : list->source.data);
    return list;
}

static struct ast_body *body_new(struct parser *p, enum ast_body_kind kind, const uint8_t *start,
                                 uint16_t depth) {
    struct ast_body *body = build_new(p, struct ast_body);
    body->kind = kind;
    body->depth = build_depth(p, depth);
    body->source = source_from(p, start);
    return body;
}

struct ast_body *build_body_select(struct parser *p, struct ast_select *select) {
    uint16_t depth = MAX(select->items.depth, select->from.depth);
    depth = MAX(depth, expr_depth(select->where));
    depth = MAX(depth, expr_depth(select->having));
    depth = MAX(depth, select->group_by.depth);
    for (uint32_t i = 0; i < select->windows.count; i++) {
        depth = MAX(depth, select->windows.items[i]->depth);
    }
    struct ast_body *body = body_new(p, AST_BODY_SELECT, select->source.data, depth);
    select->source = body->source;
    body->select = select;
    return body;
}

struct ast_body *build_body_values(struct parser *p, const struct token *start,
                                   struct ast_rows *rows) {
    struct ast_body *body = body_new(p, AST_BODY_VALUES, start->data, rows->depth);
    body->rows = rows;
    return body;
}

struct ast_body *build_body_table(struct parser *p, const struct token *start,
                                  struct ast_name *name) {
    struct ast_body *body = body_new(p, AST_BODY_TABLE, start->data, 0);
    body->table = name;
    return body;
}

struct ast_body *build_body_query(struct parser *p, struct ast_query *query) {
    const uint8_t *start = query->parens == NULL ? query->source.data : query->parens;
    struct ast_body *body = body_new(p, AST_BODY_QUERY, start, query->depth);
    body->query = query;
    return body;
}

static void set_add(struct parser *p, struct ast_body *set, const struct ast_set_arm *arm) {
    *(struct ast_set_arm *)build_push(p, &set->set.arms, sizeof(*arm)) = *arm;
    set->depth = MAX(set->depth, build_depth(p, arm->body->depth));
    if (arm->body->kind == AST_BODY_SELECT && arm->body->select->into != NULL)
        error_misplaced_into(p);
}

struct ast_body *build_body_set(struct parser *p, struct ast_body *left, int op, int is_all,
                                struct ast_body *right) {
    bool is_intersect = op == AST_SET_INTERSECT;
    bool continues =
        left->kind == AST_BODY_SET && (left->set.arms[1].op == AST_SET_INTERSECT) == is_intersect;
    struct ast_body *set = left;
    if (!continues) {
        set = body_new(p, AST_BODY_SET, left->source.data, left->depth);
        set_add(p, set, &(struct ast_set_arm){AST_SET_FIRST, false, left});
    }
    set_add(p, set, &(struct ast_set_arm){(enum ast_set_operator)op, is_all, right});
    set->source = source_from(p, set->source.data);
    return set;
}

struct ast_rows *build_rows(struct parser *p, struct ast_rows *list, const struct ast_exprs *row) {
    if (list == NULL) list = build_new(p, struct ast_rows);
    *(struct ast_exprs *)build_push(p, list, sizeof(*row)) = *row;
    list->depth = MAX(list->depth, row->depth);
    return list;
}

struct ast_rows *build_packed_rows(struct parser *p, struct ast_rows *list) {
    if (list == NULL) list = build_new(p, struct ast_rows);
    CHECK(p->packed.count > 0);
    struct ast_packed_run *run = &p->packed.items[p->packed.count - 1];
    run->first_row = list->count + p->packed_row_count;
    p->packed_row_count += run->row_count;
    return list;
}

int build_select_option(struct parser *p, int options, int option) {
    int both = AST_SELECT_ALL | AST_SELECT_DISTINCT;
    if (((options | option) & both) == both) {
        build_error(p, 1221, "Incorrect usage of ALL and DISTINCT");
    }
    return options | option;
}

struct ast_select_item *build_select_item(struct parser *p, struct ast_expr *expr,
                                          const struct slice *alias) {
    struct ast_select_item *item = build_new(p, struct ast_select_item);
    item->expr = expr;
    item->source = expr->source;
    if (alias != NULL) {
        item->alias = *alias;
        item->has_alias = true;
    }
    return item;
}

struct ast_select_item *build_star_item(struct parser *p, const struct token *start,
                                        const struct token *schema, const struct token *table) {
    struct ast_select_item *item = build_new(p, struct ast_select_item);
    if (schema != NULL) item->schema = build_identifier(p, schema);
    if (table != NULL) item->table = build_identifier(p, table);
    item->source = source_from(p, start->data);
    return item;
}

struct ast_select_items *build_select_items(struct parser *p, struct ast_select_items *list,
                                            const struct ast_select_item *item) {
    if (list == NULL) list = build_new(p, struct ast_select_items);
    *(struct ast_select_item *)build_push(p, list, sizeof(*item)) = *item;
    list->depth = MAX(list->depth, expr_depth(item->expr));
    return list;
}

struct group_clause *build_group(struct parser *p, const struct ast_exprs *exprs) {
    struct group_clause *group = build_new(p, struct group_clause);
    struct ast_orders *by = NULL;
    for (uint32_t i = 0; i < exprs->count; i++) by = build_orders(p, by, exprs->items[i], 0);
    group->by = *by;
    return group;
}

struct ast_windows *build_windows(struct parser *p, struct ast_windows *list,
                                  struct ast_window *window) {
    if (list == NULL) list = build_new(p, struct ast_windows);
    *(struct ast_window **)build_push(p, list, sizeof(window)) = window;
    return list;
}

struct ast_window *build_window(struct parser *p, const struct ast_exprs *partition,
                                const struct ast_orders *order, struct ast_frame *frame) {
    struct ast_window *window = build_new(p, struct ast_window);
    if (partition != NULL) window->partition = *partition;
    if (order != NULL) window->order = *order;
    window->frame = frame;
    uint16_t depth = MAX(window->partition.depth, window->order.depth);
    if (frame != NULL) {
        depth = MAX(depth, expr_depth(frame->start.distance));
        depth = MAX(depth, expr_depth(frame->end.distance));
    }
    window->depth = depth;
    return window;
}

struct ast_frame *build_frame(struct parser *p, int unit, const struct ast_bound *start,
                              const struct ast_bound *end) {
    struct ast_frame *frame = build_new(p, struct ast_frame);
    frame->unit = (enum ast_frame_unit)unit;
    frame->start = *start;
    frame->end = end == NULL ? (struct ast_bound){.kind = AST_BOUND_CURRENT_ROW} : *end;
    return frame;
}

struct ast_bound *build_bound(struct parser *p, int kind, struct ast_expr *distance) {
    struct ast_bound *bound = build_new(p, struct ast_bound);
    bound->kind = (enum ast_bound_kind)kind;
    bound->distance = distance;
    return bound;
}

struct ast_orders *build_orders(struct parser *p, struct ast_orders *list, struct ast_expr *expr,
                                int descending) {
    if (list == NULL) list = build_new(p, struct ast_orders);
    struct ast_order *order = build_push(p, list, sizeof(*order));
    *order = (struct ast_order){expr, descending};
    list->depth = MAX(list->depth, expr->depth);
    return list;
}

struct ast_limit *build_limit(struct parser *p, struct ast_expr *count, struct ast_expr *offset) {
    struct ast_limit *limit = build_new(p, struct ast_limit);
    *limit = (struct ast_limit){count, offset};
    return limit;
}

struct ast_lock *build_lock(struct parser *p, int strength, int wait,
                            const struct ast_names *tables) {
    struct ast_lock *lock = build_new(p, struct ast_lock);
    lock->strength = (enum ast_lock_strength)strength;
    lock->wait = (enum ast_lock_wait)wait;
    if (tables != NULL) lock->tables = *tables;
    return lock;
}

struct ast_locks *build_locks(struct parser *p, struct ast_locks *list,
                              const struct ast_lock *lock) {
    if (list == NULL) list = build_new(p, struct ast_locks);
    *(struct ast_lock *)build_push(p, list, sizeof(*lock)) = *lock;
    return list;
}

struct ast_file_format *build_file_part(struct parser *p, enum file_part part, struct slice text) {
    struct ast_file_format *format = build_new(p, struct ast_file_format);
    format->has_field_end = part == FILE_FIELD_END;
    format->is_optionally_enclosed = part == FILE_OPTIONALLY_ENCLOSED;
    format->has_enclosed = part == FILE_ENCLOSED || part == FILE_OPTIONALLY_ENCLOSED;
    format->has_escape = part == FILE_ESCAPE;
    format->has_line_start = part == FILE_LINE_START;
    format->has_line_end = part == FILE_LINE_END;
    if (format->has_field_end) format->field_end = text;
    if (format->has_enclosed) format->enclosed = text;
    if (format->has_escape) format->escape = text;
    if (format->has_line_start) format->line_start = text;
    if (format->has_line_end) format->line_end = text;
    return format;
}

struct ast_file_format *build_file_merge(struct ast_file_format *format,
                                         const struct ast_file_format *more) {
    if (more->has_field_end) format->field_end = more->field_end;
    if (more->has_enclosed) format->enclosed = more->enclosed;
    if (more->has_escape) format->escape = more->escape;
    if (more->has_line_start) format->line_start = more->line_start;
    if (more->has_line_end) format->line_end = more->line_end;
    format->has_field_end |= more->has_field_end;
    format->has_enclosed |= more->has_enclosed;
    format->is_optionally_enclosed |= more->is_optionally_enclosed;
    format->has_escape |= more->has_escape;
    format->has_line_start |= more->has_line_start;
    format->has_line_end |= more->has_line_end;
    return format;
}

struct ast_file_format build_file_format(struct slice charset, const struct ast_file_format *fields,
                                         const struct ast_file_format *lines) {
    struct ast_file_format format = {.charset = charset};
    if (fields != NULL) build_file_merge(&format, fields);
    if (lines != NULL) build_file_merge(&format, lines);
    return format;
}

/* ---- Tables ---- */

struct ast_table_refs *build_table_refs(struct parser *p, struct ast_table_refs *list,
                                        struct ast_table_ref *ref) {
    if (list == NULL) list = build_new(p, struct ast_table_refs);
    if (ref == NULL) return list;
    *(struct ast_table_ref **)build_push(p, list, sizeof(ref)) = ref;
    list->depth = MAX(list->depth, ref->depth);
    return list;
}

static struct ast_table_ref *table_new(struct parser *p, enum ast_table_kind kind,
                                       const uint8_t *start, uint16_t depth) {
    struct ast_table_ref *ref = build_new(p, struct ast_table_ref);
    ref->kind = kind;
    ref->depth = build_depth(p, depth);
    ref->source = source_from(p, start);
    return ref;
}

struct ast_table_ref *build_table_named(struct parser *p, const struct ast_name *name,
                                        const struct ast_identifiers *partitions,
                                        struct slice alias) {
    struct ast_table_ref *ref = table_new(p, AST_TABLE_NAMED, p->text.data + name->offset, 0);
    ref->name = *name;
    ref->partitions = *partitions;
    ref->alias = alias;
    return ref;
}

struct ast_table_ref *build_table_derived(struct parser *p, struct ast_query *query,
                                          struct slice alias,
                                          const struct ast_identifiers *columns) {
    struct ast_table_ref *ref = table_new(p, AST_TABLE_DERIVED, query->parens, query->depth);
    ref->query = query;
    ref->alias = alias;
    ref->alias_columns = *columns;
    if (alias.size == 0) build_error(p, 1248, "Every derived table must have its own alias");
    return ref;
}

struct ast_table_ref *build_table_json(struct parser *p, const struct token *start,
                                       struct ast_expr *json, struct slice alias) {
    struct ast_table_ref *ref = table_new(p, AST_TABLE_JSON, start->data, json->depth);
    ref->json = json;
    ref->alias = alias;
    if (alias.size == 0) build_error(p, 3665, "Every table function must have an alias.");
    return ref;
}

struct ast_table_ref *build_join(struct parser *p, int join, struct ast_table_ref *left,
                                 struct ast_table_ref *right) {
    struct ast_table_ref *ref =
        table_new(p, AST_TABLE_JOIN, left->source.data, MAX(left->depth, right->depth));
    ref->join = (enum ast_join_kind)join;
    ref->left = left;
    ref->right = right;
    return ref;
}

/* The essay's picture. Depths of the joins on the way down are renewed on the way back. */
struct ast_table_ref *build_join_bare(struct parser *p, int join, struct ast_table_ref *left,
                                      struct ast_table_ref *right) {
    if (right->kind != AST_TABLE_JOIN || right->is_parenthesised)
        return build_join(p, join, left, right);
    struct ast_table_ref *spine[AST_DEPTH_MAX];
    uint32_t count = 0;
    struct ast_table_ref *leaf = right;
    while (leaf->kind == AST_TABLE_JOIN && !leaf->is_parenthesised && count < AST_DEPTH_MAX) {
        spine[count++] = leaf;
        leaf = leaf->left;
    }
    struct ast_table_ref *lowest = build_join(p, join, left, leaf);
    while (count > 0) {
        struct ast_table_ref *above = spine[--count];
        above->left = lowest;
        uint16_t depth = MAX(above->right->depth, lowest->depth);
        above->depth = build_depth(p, MAX(depth, expr_depth(above->on)));
        above->source = source_from(p, left->source.data);
        lowest = above;
    }
    return lowest;
}

struct ast_table_ref *build_join_on(struct parser *p, int join, struct ast_table_ref *left,
                                    struct ast_table_ref *right, struct ast_expr *on) {
    struct ast_table_ref *ref = build_join(p, join, left, right);
    ref->on = on;
    ref->depth = MAX(ref->depth, build_depth(p, on->depth));
    return ref;
}

struct ast_table_ref *build_table_parens(struct parser *p, const struct ast_table_refs *refs) {
    struct ast_table_ref *ref = refs->items[0];
    for (uint32_t i = 1; i < refs->count; i++) {
        ref = build_join(p, AST_JOIN_CROSS, ref, refs->items[i]);
    }
    ref->is_parenthesised = true;
    return ref;
}

struct ast_index_hints *build_index_hints(struct parser *p, struct ast_index_hints *list,
                                          const struct ast_index_hint *hint) {
    *(struct ast_index_hint *)build_push(p, list, sizeof(*hint)) = *hint;
    return list;
}

struct ast_json_column *build_json_column(struct parser *p, int kind, struct slice name) {
    struct ast_json_column *column = build_new(p, struct ast_json_column);
    column->kind = (enum ast_json_column_kind)kind;
    column->name = name;
    return column;
}

struct ast_json_columns *build_json_columns(struct parser *p, struct ast_json_columns *list,
                                            struct ast_json_column *column) {
    if (list == NULL) list = build_new(p, struct ast_json_columns);
    uint16_t depth = build_depth(p, column->nested.depth);
    *(struct ast_json_column **)build_push(p, list, sizeof(column)) = column;
    list->depth = MAX(list->depth, depth);
    return list;
}

/* ---- Row changes ---- */

struct ast_insert *build_insert(struct parser *p, const struct ast_name *table,
                                const struct ast_identifiers *partitions, struct slice hints) {
    struct ast_insert *insert = build_new(p, struct ast_insert);
    insert->table = *table;
    insert->partitions = *partitions;
    insert->hints = hints;
    p->insert = insert;
    return insert;
}

void build_insert_set(struct parser *p, struct ast_insert *insert,
                      const struct ast_assignments *set) {
    struct ast_exprs *columns = NULL, *values = NULL;
    for (uint32_t i = 0; i < set->count; i++) {
        columns = build_exprs(p, columns, set->items[i].target);
        values = build_exprs(p, values, set->items[i].value);
    }
    insert->has_columns = true;
    insert->columns = *columns;
    insert->rows = *build_rows(p, NULL, values);
}

void build_statement_insert(struct parser *p, struct ast_insert *insert) {
    build_statement(p, insert->is_replace ? AST_REPLACE : AST_INSERT, insert);
}

struct ast_assignments *build_assignments(struct parser *p, struct ast_assignments *list,
                                          struct ast_expr *target, struct ast_expr *value) {
    if (list == NULL) list = build_new(p, struct ast_assignments);
    struct ast_assignment *assignment = build_push(p, list, sizeof(*assignment));
    *assignment = (struct ast_assignment){target, value};
    return list;
}

void build_delete_single(struct parser *p, struct ast_delete *delete, struct ast_table_ref *table) {
    delete->tables = *build_table_refs(p, NULL, table);
}

void build_delete_multi(struct ast_delete *delete, const struct ast_names *targets,
                        const struct ast_table_refs *tables) {
    delete->is_multi = true;
    delete->targets = *targets;
    delete->tables = *tables;
}

void build_delete_tail(struct ast_delete *delete, struct ast_expr *where,
                       const struct ast_orders *order, const struct ast_limit *limit) {
    delete->where = where;
    if (order != NULL) delete->order = *order;
    if (limit != NULL) delete->limit = *limit;
}
