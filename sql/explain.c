/* explain.c: EXPLAIN: what will a plan do?
 *
 * TRADITIONAL has MySQL's twelve columns, a row for each table in the order of reading; TREE is one text, an operator a line,
 * inputs indented below:
 *
 *   -> Limit: 5 row(s)
 *       -> Filter: (`t`.`a` > 3)
 *           -> Index range scan on t using k  (rows=10)
 */
#include "row/collation.h"
#include "sql/exec_private.h"

#define EXPLAIN_DEPTH_MAX 200

/* ---- columns of the answer ---- */

static struct result_column text_column(const char *name) {
    return (struct result_column){.name = slice_of_text(name),
                                  .type = column_type_varchar(1024, COLLATION_UTF8MB4_0900_AI_CI)};
}

static struct value text_value(struct slice text) {
    return value_of_string(text, COLLATION_UTF8MB4_0900_AI_CI);
}

/* ---- what of a scan both formats say ---- */

static struct slice index_name(const struct access_path *path) {
    return path->table->definition->indexes[path->index].name;
}

static bool is_single_point(const struct access_path *path) {
    for (uint32_t i = 0; i < path->part_count; i++) {
        if (path->parts[i].interval_count != 1) return false;
    }
    return path->kind == ACCESS_POINT;
}

static bool is_reference(const struct access_path *path) {
    for (uint32_t i = 0; i < path->part_count; i++) {
        if (!path->parts[i].is_points || path->parts[i].interval_count != 1) return false;
    }
    return path->part_count > 0;
}

/* Of a join; a table that is not joined to another before it is OUTER. */
enum side { SIDE_OUTER, SIDE_INNER };

static const char *access_type(const struct plan_scan *scan, enum side side) {
    const struct access_path *path = scan->path;
    if (is_single_point(path)) return side == SIDE_INNER ? "eq_ref" : "const";
    if (path->kind == ACCESS_FULL) return path->index == 0 ? "ALL" : "index";
    return is_reference(path) ? "ref" : "range";
}

/* ---- TREE ---- */

struct tree {
    struct execution *execution;
    struct buffer out;
};

static void print_indent(struct tree *tree, uint32_t depth) {
    if (tree->out.size > 0) buffer_append_byte(&tree->out, '\n');
    for (uint32_t i = 0; i < depth; i++) buffer_append(&tree->out, SLICE_LITERAL("    "));
    buffer_append(&tree->out, SLICE_LITERAL("-> "));
}

static void print_list(struct tree *tree, struct expr **list, uint32_t count,
                       const char *separator) {
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) buffer_printf(&tree->out, "%s", separator);
        expr_print(list[i], &tree->out);
    }
}

static void print_scan(struct tree *tree, const struct plan_scan *scan) {
    const struct access_path *path = scan->path;
    const char *how = is_single_point(path)       ? "Single-row index lookup"
                      : path->kind == ACCESS_FULL ? (path->index == 0 ? "Table scan" : "Index scan")
                      : is_reference(path)        ? "Index lookup"
                                                  : "Index range scan";
    struct slice alias = scan->bound->alias, index = index_name(path);
    buffer_printf(&tree->out, "%s on %.*s", how, (int)alias.size, (const char *)alias.data);
    if (path->kind != ACCESS_FULL || path->index != 0) {
        buffer_printf(&tree->out, " using %.*s", (int)index.size, (const char *)index.data);
    }
    if (scan->is_descending) buffer_printf(&tree->out, " (reverse)");
    if (scan->program.size > 0) {
        struct program *program;
        enum status status = program_open(scan->program, scan->bound->base->layout,
                                          tree->execution->arena, &program);
        CHECK(status == STATUS_OK);
        if (program_has_filter(program)) buffer_printf(&tree->out, ", with pushed condition");
        if (program_has_groups(program)) buffer_printf(&tree->out, ", with pushed aggregates");
    }
    if (scan->is_top) buffer_printf(&tree->out, ", with pushed order and limit");
    if (scan->limit != NULL) buffer_printf(&tree->out, ", with pushed limit");
    if (scan->filter_count > 0) {
        buffer_printf(&tree->out, ", filter: ");
        print_list(tree, scan->filter, scan->filter_count, " and ");
    }
}

static void print_table(struct tree *tree, const char *what, const struct bound_table *table) {
    buffer_printf(&tree->out, "%s %.*s", what, (int)table->alias.size,
                  (const char *)table->alias.data);
}

static void print_join(struct tree *tree, const struct plan_node *node) {
    const char *kind = node->join->kind == BOUND_LEFT ? "left" : "inner";
    switch (node->kind) {
    case PLAN_LOOKUP: buffer_printf(&tree->out, "Batched key lookup %s join", kind); break;
    case PLAN_HASH: buffer_printf(&tree->out, "Hash %s join", kind); break;
    default: buffer_printf(&tree->out, "Nested loop %s join", kind); break;
    }
    if (node->join->condition_count == 0) return;
    buffer_printf(&tree->out, " (");
    print_list(tree, node->join->conditions, node->join->condition_count, " and ");
    buffer_printf(&tree->out, ")");
}

static void print_order(struct tree *tree, const struct plan_node *node) {
    buffer_printf(&tree->out, node->sort.is_distinct ? "Sort with duplicate removal: " : "Sort: ");
    for (uint32_t i = 0; i < node->sort.order_count; i++) {
        if (i > 0) buffer_printf(&tree->out, ", ");
        expr_print(node->sort.order[i].expr, &tree->out);
        if (node->sort.order[i].is_descending) buffer_printf(&tree->out, " DESC");
    }
    if (node->sort.limit != NULL) buffer_printf(&tree->out, ", limit input to the first rows");
}

static void print_line(struct tree *tree, const struct plan_node *node) {
    switch (node->kind) {
    case PLAN_ONCE: buffer_printf(&tree->out, "Rows fetched before execution"); return;
    case PLAN_NEVER: buffer_printf(&tree->out, "Zero rows"); return;
    case PLAN_SCAN: print_scan(tree, node->scan); return;
    case PLAN_VIRTUAL: print_table(tree, "Table scan on", node->table); return;
    case PLAN_DERIVED: print_table(tree, "Materialize", node->table); return;
    case PLAN_WORK: print_table(tree, "Scan new records on", node->table); return;
    case PLAN_VALUES: buffer_printf(&tree->out, "Rows of VALUES"); return;
    case PLAN_LOOKUP:
    case PLAN_HASH:
    case PLAN_LOOP: print_join(tree, node); return;
    case PLAN_FILTER:
        buffer_printf(&tree->out, "Filter: ");
        print_list(tree, node->filter.conditions, node->filter.condition_count, " and ");
        return;
    case PLAN_APPLY: buffer_printf(&tree->out, "Subqueries: %u", node->apply.count); return;
    case PLAN_GROUP:
        buffer_printf(&tree->out, node->group->key_count > 0 ? "Group aggregate by " : "Aggregate");
        print_list(tree, node->group->keys, node->group->key_count, ", ");
        return;
    case PLAN_PROJECT: buffer_printf(&tree->out, "Select list"); return;
    case PLAN_DISTINCT: buffer_printf(&tree->out, "Remove duplicates"); return;
    case PLAN_SORT: print_order(tree, node); return;
    case PLAN_LIMIT: buffer_printf(&tree->out, "Limit"); return;
    case PLAN_SET: buffer_printf(&tree->out, "Union, except or intersect"); return;
    case PLAN_WINDOW: buffer_printf(&tree->out, "Window"); return;
    }
    UNREACHABLE();
}

static void print_node(struct tree *tree, const struct plan_node *node, uint32_t depth) {
    if (node == NULL || depth > EXPLAIN_DEPTH_MAX) return;
    if (node->kind == PLAN_PROJECT) { /* says nothing */
        print_node(tree, node->input, depth);
        return;
    }
    print_indent(tree, depth);
    print_line(tree, node);
    buffer_printf(&tree->out, "  (rows=%.0f)", node->rows);
    print_node(tree, node->input, depth + 1);
    print_node(tree, node->inner, depth + 1);
    if (node->kind == PLAN_DERIVED && node->query != NULL) {
        print_node(tree, node->query->root, depth + 1);
        if (node->step != NULL) print_node(tree, node->step->root, depth + 1);
    }
    for (uint32_t i = 0; node->kind == PLAN_APPLY && i < node->apply.count; i++) {
        print_node(tree, node->apply.items[i].plan->root, depth + 1);
    }
    for (uint32_t i = 0; node->kind == PLAN_SET && i < node->set.arm_count; i++) {
        print_node(tree, node->set.arms[i].plan->root, depth + 1);
    }
}

static const struct plan_node *plan_root(const struct plan *plan) {
    if (plan->query != NULL) return plan->query->root;
    return plan->modify != NULL ? plan->modify->source : NULL;
}

static enum status explain_tree(struct execution *execution, struct exec_result *result) {
    const struct plan *plan = execution->context->plan;
    struct tree tree = {.execution = execution, .out = buffer_of(execution->arena)};
    uint32_t depth = 0;
    if (plan->kind != BOUND_QUERY) {
        print_indent(&tree, depth++);
        bool is_pushed = plan->modify != NULL && plan->modify->change != NULL;
        buffer_printf(&tree.out, plan->kind == BOUND_INSERT       ? "Insert"
                                 : plan->modify->bound->is_delete ? "Delete"
                                                                  : "Update");
        if (is_pushed) buffer_printf(&tree.out, ", pushed");
    }
    print_node(&tree, plan_root(plan), depth);
    buffer_append_byte(&tree.out, '\n');
    struct result_column column = text_column("EXPLAIN");
    struct value text = text_value(buffer_slice(&tree.out));
    struct result_sink *sink = execution->context->sink;
    sink->columns(sink, &column, 1);
    result->has_rows = 1;
    result->rows_sent = 1;
    return sink->row(sink, &text, 1);
}

/* ---- TRADITIONAL ---- */

enum { EXPLAIN_COLUMN_COUNT = 12 };

static const char *const column_names[EXPLAIN_COLUMN_COUNT] = {
    "id",  "select_type", "table", "partitions", "type",     "possible_keys",
    "key", "key_len",     "ref",   "rows",       "filtered", "Extra",
};

struct table_list {
    struct execution *execution;
    struct exec_result *result;
    uint32_t id;
    bool has_sort, has_group; /* above the tables of the block, for the first one's Extra */
    const char *select_type;
};

static void extra_add(struct buffer *extra, const char *text) {
    if (extra->size > 0) buffer_append(extra, SLICE_LITERAL("; "));
    buffer_append(extra, slice_of_text(text));
}

/* Bytes of a key part as MySQL counts them. */
static uint32_t key_part_bytes(const struct column_type *type, uint32_t prefix_chars) {
    static const uint8_t fraction_bytes[] = {0, 1, 1, 2, 2, 3, 3};
    static const uint8_t digit_bytes[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
    switch ((enum column_kind)type->kind) {
    case COLUMN_TINYINT:
    case COLUMN_YEAR: return 1;
    case COLUMN_SMALLINT: return 2;
    case COLUMN_MEDIUMINT:
    case COLUMN_DATE: return 3;
    case COLUMN_INT:
    case COLUMN_FLOAT: return 4;
    case COLUMN_BIGINT:
    case COLUMN_DOUBLE: return 8;
    case COLUMN_TIME: return 3 + fraction_bytes[type->scale];
    case COLUMN_TIMESTAMP: return 4 + fraction_bytes[type->scale];
    case COLUMN_DATETIME: return 5 + fraction_bytes[type->scale];
    case COLUMN_BIT: return (type->length + 7) / 8;
    case COLUMN_ENUM: return type->member_count < 256 ? 1 : 2;
    case COLUMN_SET: {
        uint32_t bytes = (type->member_count + 7u) / 8;
        return bytes > 4 ? 8 : bytes;
    }
    case COLUMN_DECIMAL: {
        uint32_t whole = type->precision - type->scale, scale = type->scale;
        return whole / 9 * 4 + digit_bytes[whole % 9] + scale / 9 * 4 + digit_bytes[scale % 9];
    }
    default: break;
    }
    uint32_t character = collation_charset(type->collation)->bytes_per_char_max;
    uint32_t bytes = prefix_chars > 0 ? prefix_chars * character : column_type_bytes_max(type);
    bool is_fixed = type->kind == COLUMN_CHAR || type->kind == COLUMN_BINARY;
    return is_fixed ? bytes : bytes + 2;
}

static void scan_values(struct table_list *list, const struct plan_scan *scan, enum side side,
                        struct value *values) {
    const struct access_path *path = scan->path;
    values[4] = text_value(slice_of_text(access_type(scan, side)));
    if (path->kind != ACCESS_FULL || path->index != 0) {
        values[5] = values[6] = text_value(index_name(path));
        uint32_t bytes = 0;
        const struct index_definition *index = &path->table->definition->indexes[path->index];
        for (uint32_t i = 0; i < path->part_count; i++) {
            const struct column_type *type =
                &path->table->definition->columns[index->parts[i].column].type;
            bytes += key_part_bytes(type, index->parts[i].prefix_chars) +
                     (column_type_is_nullable(type) ? 1 : 0);
        }
        if (bytes > 0) {
            values[7] = text_value(
                slice_of_text(arena_printf(list->execution->arena, "%u", (unsigned)bytes)));
        }
    }
    if (is_reference(path)) {
        values[8] = text_value(slice_of_text(side == SIDE_INNER ? "func" : "const"));
    }
    values[9] = value_of_uint((uint64_t)path->rows);
}

static enum status send_table(struct table_list *list, const struct plan_node *node,
                              enum side side) {
    struct value values[EXPLAIN_COLUMN_COUNT];
    for (uint32_t i = 0; i < EXPLAIN_COLUMN_COUNT; i++) values[i] = value_null();
    values[0] = value_of_uint(list->id);
    values[1] = text_value(slice_of_text(list->select_type));
    struct buffer extra = buffer_of(list->execution->arena);
    if (node->kind == PLAN_SCAN) {
        values[2] = text_value(node->scan->bound->alias);
        scan_values(list, node->scan, side, values);
        bool is_filtered = node->scan->pushed_count > 0 || node->scan->filter_count > 0;
        if (is_filtered && node->scan->path->kind != ACCESS_POINT) extra_add(&extra, "Using where");
        if (node->scan->is_grouped) extra_add(&extra, "Using pushed aggregates");
        if (node->scan->is_top) extra_add(&extra, "Using pushed limit");
    } else if (node->kind == PLAN_VIRTUAL || node->kind == PLAN_DERIVED ||
               node->kind == PLAN_WORK) {
        values[2] = text_value(node->table->alias);
        values[4] = text_value(SLICE_LITERAL("ALL"));
        values[9] = value_of_uint((uint64_t)node->rows);
    } else {
        extra_add(&extra, node->kind == PLAN_NEVER ? "Impossible WHERE" : "No tables used");
    }
    if (values[2].kind != VALUE_NULL) values[10] = value_of_double(100);
    if (list->has_group) extra_add(&extra, "Using temporary");
    if (list->has_sort) extra_add(&extra, "Using filesort");
    if (side == SIDE_INNER && node->kind != PLAN_SCAN)
        extra_add(&extra, "Using join buffer (hash join)");
    list->has_group = list->has_sort = false;
    if (extra.size > 0) values[11] = text_value(buffer_slice(&extra));
    list->result->rows_sent++;
    struct result_sink *sink = list->execution->context->sink;
    return sink->row(sink, values, EXPLAIN_COLUMN_COUNT);
}

static enum status send_nodes(struct table_list *list, const struct plan_node *node,
                              enum side side);

/* Another query block: its tables get the next id. */
static enum status send_block(struct table_list *list, const struct plan_node *root,
                              const char *select_type) {
    struct table_list block = {.execution = list->execution,
                               .result = list->result,
                               .id = list->id + 1,
                               .select_type = select_type};
    return send_nodes(&block, root, SIDE_OUTER);
}

static enum status send_nodes(struct table_list *list, const struct plan_node *node,
                              enum side side) {
    enum status status = STATUS_OK;
    if (node->kind == PLAN_SORT) list->has_sort = true;
    if (node->kind == PLAN_GROUP && node->group->key_count > 0) list->has_group = true;
    if (node->kind == PLAN_SET) {
        for (uint32_t i = 0; i < node->set.arm_count && status == STATUS_OK; i++) {
            list->select_type = i == 0 ? "PRIMARY" : "UNION";
            status = send_nodes(list, node->set.arms[i].plan->root, SIDE_OUTER);
            list->id++;
        }
        return status;
    }
    if (node->input == NULL) {
        status = send_table(list, node, side);
        if (status != STATUS_OK || node->kind != PLAN_DERIVED || node->query == NULL) return status;
        return send_block(list, node->query->root, "DERIVED");
    }
    status = send_nodes(list, node->input, SIDE_OUTER);
    if (status == STATUS_OK && node->inner != NULL)
        status = send_nodes(list, node->inner, SIDE_INNER);
    for (uint32_t i = 0; node->kind == PLAN_APPLY && i < node->apply.count && status == STATUS_OK;
         i++) {
        const struct plan_apply *item = &node->apply.items[i];
        status = send_block(list, item->plan->root,
                            item->subquery->is_correlated ? "DEPENDENT SUBQUERY" : "SUBQUERY");
    }
    return status;
}

static enum status explain_traditional(struct execution *execution, struct exec_result *result) {
    struct result_column columns[EXPLAIN_COLUMN_COUNT];
    for (uint32_t i = 0; i < EXPLAIN_COLUMN_COUNT; i++) columns[i] = text_column(column_names[i]);
    columns[0].type = columns[9].type = column_type_bigint(COLUMN_UNSIGNED);
    columns[10].type = column_type_double();
    struct result_sink *sink = execution->context->sink;
    sink->columns(sink, columns, EXPLAIN_COLUMN_COUNT);
    result->has_rows = 1;
    const struct plan *plan = execution->context->plan;
    struct table_list list = {.execution = execution, .result = result, .id = 1};
    bool is_insert = plan->kind == BOUND_INSERT;
    list.select_type = plan->kind == BOUND_QUERY        ? "SIMPLE"
                       : is_insert                      ? "INSERT"
                       : plan->modify->bound->is_delete ? "DELETE"
                                                        : "UPDATE";
    const struct plan_node *root = plan_root(plan);
    if (root != NULL) return send_nodes(&list, root, SIDE_OUTER);
    struct value values[EXPLAIN_COLUMN_COUNT];
    for (uint32_t i = 0; i < EXPLAIN_COLUMN_COUNT; i++) values[i] = value_null();
    values[0] = value_of_uint(1);
    values[1] = text_value(SLICE_LITERAL("INSERT"));
    values[2] = text_value(plan->bound->insert->table->alias);
    values[4] = text_value(SLICE_LITERAL("ALL"));
    result->rows_sent = 1;
    return sink->row(sink, values, EXPLAIN_COLUMN_COUNT);
}

enum status exec_explain(struct exec_context *context, enum explain_format format,
                         struct exec_result *result_out) {
    struct execution execution = {
        .context = context, .eval = context->eval, .arena = context->arena};
    *result_out = (struct exec_result){0};
    enum status status = format == EXPLAIN_TREE ? explain_tree(&execution, result_out)
                                                : explain_traditional(&execution, result_out);
    return status == STATUS_OK ? STATUS_OK : exec_refused(&execution, status);
}
