/* plan_modify.c: which rows do UPDATE and DELETE concern, and can the fragments change them by themselves?
 *
 * There is always a source of rows, read with exclusive locks; the executor writes them back (dml_modify.c). When nothing in the
 * statement needs the front end, there is a pushed change beside it, which the executor prefers in strict mode:
 *   (M1) One table, no subquery, no ORDER BY; every condition can be tried and every value computed where the rows are.
 *   (M2) No assigned column is part of the primary key, of a unique index, or filled by the server (ON UPDATE).
 */
#include "sql/plan_private.h"

/* ---- the pushed change ---- */

static bool index_has_column(const struct index_definition *index, uint32_t column) {
    for (uint32_t i = 0; i < index->part_count; i++) {
        if (index->parts[i].column == column) return true;
    }
    return false;
}

/* (M2) */
static bool column_is_plain(const struct table_definition *table, uint32_t column) {
    const struct column_definition *definition = &table->columns[column];
    if (definition->type.kind == COLUMN_TIMESTAMP || definition->options != 0) return false;
    for (uint32_t i = 0; i < table->index_count; i++) {
        const struct index_definition *index = &table->indexes[i];
        if (index->kind != INDEX_ORDERED && index_has_column(index, column)) return false;
    }
    return true;
}

static bool table_is_plain(const struct table_definition *table, const struct bound_modify *bound) {
    for (uint32_t i = 0; i < table->index_count; i++) {
        if (bound->is_delete && table->indexes[i].kind == INDEX_UNIQUE) return false;
    }
    for (uint32_t i = 0; !bound->is_delete && i < table->column_count; i++) {
        bool is_filled =
            (table->columns[i].options & (COLUMN_ON_UPDATE_NOW | COLUMN_GENERATED_STORED)) != 0;
        if (is_filled) return false;
    }
    return true;
}

static bool change_is_simple(const struct bound_modify *bound) {
    const struct bound_select *source = bound->source;
    bool is_one = bound->target_count == 1 && source->table_count == 1 &&
                  source->row_subquery_count == 0 && bound->order_count == 0 && !bound->is_ignore;
    if (!is_one) return false;
    const struct table_definition *table = bound->targets[0].table->base->definition;
    if (!table_is_plain(table, bound)) return false;
    for (uint32_t i = 0; i < bound->targets[0].assignment_count; i++) {
        const struct bound_assignment *assignment = &bound->targets[0].assignments[i];
        bool is_plain =
            column_is_plain(table, assignment->column) && assignment->value->kind != EXPR_DEFAULT;
        if (!is_plain) return false;
    }
    return true;
}

static enum status emit_assignments(struct expr_program *program,
                                    const struct bound_target *target) {
    if (target->assignment_count == 0) return STATUS_OK;
    program_begin(program->builder, SECTION_ASSIGN);
    for (uint32_t i = 0; i < target->assignment_count; i++) {
        program_operand operand;
        enum status status = expr_to_program(target->assignments[i].value, program, &operand);
        if (status != STATUS_OK) return status;
        program_add_assignment(program->builder, target->assignments[i].column, operand);
    }
    return STATUS_OK;
}

/* UNSUPPORTED when something cannot be computed there. */
static enum status change_program(struct planner *planner, const struct bound_modify *bound,
                                  struct plan_change *change) {
    const struct bound_table *table = bound->targets[0].table;
    const struct bound_select *source = bound->source;
    struct expr **pushed = arena_array(planner->arena, struct expr *, source->where_count + 1);
    uint32_t pushed_count = 0;
    for (uint32_t i = 0; i < source->where_count; i++) {
        if (i < 64 && (change->path->covered >> i & 1) != 0) continue;
        if (!plan_is_pushable(planner, table, source->where[i])) return STATUS_UNSUPPORTED;
        pushed[pushed_count++] = source->where[i];
    }
    struct program_builder builder;
    program_builder_open(&builder, planner->arena, table->base->layout->column_count);
    struct expr_program program = {.builder = &builder, .table = table, .arena = planner->arena};
    plan_emit_filter(&program, pushed, pushed_count);
    enum status status = emit_assignments(&program, &bound->targets[0]);
    if (status != STATUS_OK) return status;
    change->parameters = program.parameters;
    change->parameter_count = program.parameter_count;
    if (pushed_count == 0 && bound->targets[0].assignment_count == 0) return STATUS_OK;
    struct buffer bytes = buffer_of(planner->arena);
    status = program_builder_finish(&builder, &bytes);
    change->program = buffer_slice(&bytes);
    return status;
}

/* NULL: it is not to be had. */
static struct plan_change *plan_change_make(struct planner *planner,
                                            const struct bound_modify *bound) {
    if (!change_is_simple(bound)) return NULL;
    struct scan_want want = {.table = bound->targets[0].table,
                             .conjuncts = bound->source->where,
                             .conjunct_count = bound->source->where_count,
                             .known = slots_new(planner),
                             .row_slot = UINT32_MAX};
    struct plan_change *change = arena_new(planner->arena, struct plan_change);
    change->path = plan_path_best(planner, &want);
    change->limit = bound->limit;
    return change_program(planner, bound, change) == STATUS_OK ? change : NULL;
}

/* ---- the source ---- */

/* Could a row that was changed be met again? With one table, only if its path reads what is assigned. */
static bool source_moves_rows(const struct bound_modify *bound, const struct plan_node *node) {
    if (bound->is_delete) return false;
    if (bound->source->table_count != 1) return true;
    while (node->kind != PLAN_SCAN && node->input != NULL) node = node->input;
    if (node->kind != PLAN_SCAN) return true;
    const struct table_definition *table = node->scan->bound->base->definition;
    const struct index_definition *index = &table->indexes[node->scan->path->index];
    for (uint32_t i = 0; i < bound->targets[0].assignment_count; i++) {
        uint32_t column = bound->targets[0].assignments[i].column;
        if (index_has_column(index, column) || index_has_column(table_primary(table), column)) {
            return true;
        }
    }
    return false;
}

/* ORDER BY and LIMIT of UPDATE and DELETE are planned as a query's. */
static struct plan_node *source_order(struct planner *planner, const struct bound_modify *bound,
                                      struct plan_node *node) {
    const struct bound_query query = {
        .order = bound->order, .order_count = bound->order_count, .limit = bound->limit};
    return plan_order_and_limit(planner, node, &query, bound->source);
}

enum status plan_modify(struct planner *planner, const struct bound_modify *bound,
                        struct plan_modify **out) {
    struct plan_modify *plan = arena_new(planner->arena, struct plan_modify);
    plan->bound = bound;
    plan->row_slots = arena_array(planner->arena, uint32_t, bound->target_count);
    for (uint32_t i = 0; i < bound->target_count; i++) {
        plan->row_slots[i] = plan_row_slot(planner, bound->targets[i].table);
    }
    enum status status = plan_rows(planner, bound->source, slots_new(planner), &plan->source);
    if (status != STATUS_OK) return status;
    plan->source = source_order(planner, bound, plan->source);
    plan->moves_rows = source_moves_rows(bound, plan->source);
    plan->change = plan_change_make(planner, bound);
    *out = plan;
    return STATUS_OK;
}
