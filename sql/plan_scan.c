/* plan_scan.c: what of a table's conditions and columns is pushed to the fragments?
 *
 * The path decides some conditions by the keys it reads; each of the others is pushed if it can be computed where the rows are; the rest
 * is the scan's own filter. The outputs are the columns that somebody reads, in the order of the table.
 */
#include "sql/aggregate.h"
#include "sql/plan_private.h"

static const struct table_statistics *statistics_of(const struct planner *planner,
                                                    const struct table *table) {
    const struct plan_input *input = planner->input;
    return input->statistics == NULL ? NULL : input->statistics(input->statistics_context, table);
}

static struct access_input access_input_of(struct planner *planner, const struct scan_want *want) {
    return (struct access_input){.arena = planner->arena,
                                 .table = want->table,
                                 .conjuncts = want->conjuncts,
                                 .conjunct_count = want->conjunct_count,
                                 .known_slots = want->known,
                                 .slot_words = planner->slot_words,
                                 .statistics = statistics_of(planner, want->table->base)};
}

struct access_path *plan_path_best(struct planner *planner, const struct scan_want *want) {
    struct access_input input = access_input_of(planner, want);
    return access_best(&input);
}

static void scan_columns(struct planner *planner, struct plan_scan *scan) {
    const struct bound_table *table = scan->bound;
    scan->columns = arena_array(planner->arena, struct bound_column *, table->column_count + 1);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i] != NULL) scan->columns[scan->column_count++] = table->columns[i];
    }
}

/* The conjunct is pushed, or stays with the scan. Two programs are tried on builders of their own, so that a refused
 * condition leaves nothing in the real one. */
bool plan_is_pushable(struct planner *planner, const struct bound_table *table, struct expr *expr) {
    struct program_builder builder;
    program_builder_open(&builder, planner->arena, table->base->layout->column_count);
    program_begin(&builder, SECTION_FILTER);
    struct expr_program program = {.builder = &builder, .table = table, .arena = planner->arena};
    program_operand operand;
    return expr_to_program(expr, &program, &operand) == STATUS_OK;
}

static bool is_covered(const struct plan_scan *scan, uint32_t conjunct) {
    return conjunct < 64 && (scan->path->covered >> conjunct & 1) != 0;
}

static void scan_split(struct planner *planner, struct plan_scan *scan,
                       const struct scan_want *want) {
    scan->pushed = arena_array(planner->arena, struct expr *, want->conjunct_count + 1);
    scan->filter = arena_array(planner->arena, struct expr *, want->conjunct_count + 1);
    for (uint32_t i = 0; i < want->conjunct_count; i++) {
        if (is_covered(scan, i)) continue;
        if (plan_is_pushable(planner, scan->bound, want->conjuncts[i])) {
            scan->pushed[scan->pushed_count++] = want->conjuncts[i];
        } else {
            scan->filter[scan->filter_count++] = want->conjuncts[i];
        }
    }
}

void plan_emit_filter(struct expr_program *program, struct expr **pushed, uint32_t count) {
    if (count == 0) return;
    program_begin(program->builder, SECTION_FILTER);
    program_operand result = OPERAND_NONE;
    for (uint32_t i = 0; i < count; i++) {
        program_operand operand;
        enum status status = expr_to_program(pushed[i], program, &operand);
        CHECK(status == STATUS_OK);
        result =
            i == 0 ? operand : program_emit_logic(program->builder, PROGRAM_AND, result, operand);
    }
    program_set_filter(program->builder, result);
}

static bool wants_all_columns(const struct plan_scan *scan) {
    return scan->row_slot != UINT32_MAX ||
           scan->column_count == scan->bound->base->layout->column_count;
}

static void emit_outputs(struct plan_scan *scan, struct program_builder *builder) {
    program_begin(builder, SECTION_OUTPUT);
    const struct row_layout *layout = scan->bound->base->layout;
    for (uint32_t i = 0; i < scan->column_count; i++) {
        uint32_t column = scan->columns[i]->column;
        program_add_output(builder, operand_column(column), &layout->columns[column].type);
    }
}

/* A row of no columns says that there was one: COUNT(*). The primary key's first column stands for it. */
static void emit_witness(struct plan_scan *scan, struct program_builder *builder) {
    const struct table_definition *definition = scan->bound->base->definition;
    uint32_t column = table_primary(definition)->parts[0].column;
    program_begin(builder, SECTION_OUTPUT);
    program_add_output(builder, operand_column(column),
                       &scan->bound->base->layout->columns[column].type);
}

/* Whole rows: column i of the output is column i of the table. */
static void columns_of_whole_rows(struct planner *planner, struct plan_scan *scan) {
    struct bound_column **columns =
        arena_array(planner->arena, struct bound_column *, scan->bound->base->layout->column_count);
    for (uint32_t i = 0; i < scan->bound->base->layout->column_count; i++) {
        columns[i] = i < scan->bound->column_count ? scan->bound->columns[i] : NULL;
    }
    scan->columns = columns;
    scan->column_count = scan->bound->base->layout->column_count;
}

/* ---- aggregates ---- */

struct bound_column *plan_slot_new(struct planner *planner, const struct bound_table *table,
                                   const struct column_type *type) {
    if (planner->slot_count == planner->slot_words * 64) return NULL;
    struct bound_column *column = arena_new(planner->arena, struct bound_column);
    *column = (struct bound_column){
        .table = table, .column = UINT32_MAX, .slot = planner->slot_count++, .type = *type};
    return column;
}

static enum aggregate_function function_of(const struct bound_aggregate *aggregate) {
    switch (aggregate_kind_of(aggregate)) {
    case AGGREGATE_KIND_COUNT:
        return aggregate->arg_count == 0 ? AGGREGATE_COUNT_ROWS : AGGREGATE_COUNT;
    case AGGREGATE_KIND_SUM:
    case AGGREGATE_KIND_AVG: return AGGREGATE_SUM;
    case AGGREGATE_KIND_MIN: return AGGREGATE_MIN;
    case AGGREGATE_KIND_MAX: return AGGREGATE_MAX;
    default: return AGGREGATE_FIRST;
    }
}

/* Sums of whole numbers and decimals are exact whatever their order. */
static struct column_type partial_type(const struct bound_aggregate *aggregate,
                                       enum aggregate_function function) {
    if (function == AGGREGATE_COUNT || function == AGGREGATE_COUNT_ROWS) {
        return column_type_bigint(0);
    }
    struct column_type type = aggregate->args[0]->type;
    type.flags &= ~COLUMN_NOT_NULL;
    if (function != AGGREGATE_SUM) return type;
    if (aggregate->type.kind == COLUMN_DOUBLE) return column_type_double();
    return column_type_decimal(DECIMAL_PRECISION_MAX, type.kind == COLUMN_DECIMAL ? type.scale : 0);
}

/* The next column of the scan's output, into a slot of its own. */
static enum status add_partial(struct planner *planner, struct plan_scan *scan,
                               const struct column_type *type, uint32_t *slot_out) {
    struct bound_column *column = plan_slot_new(planner, scan->bound, type);
    if (column == NULL) return STATUS_UNSUPPORTED;
    scan->columns[scan->column_count++] = column;
    *slot_out = column->slot;
    return STATUS_OK;
}

static program_operand operand_of(const struct expr *expr) { return operand_column(expr->column); }

static enum status emit_aggregate(struct planner *planner, struct plan_scan *scan,
                                  const struct bound_aggregate *aggregate,
                                  struct program_builder *builder, struct plan_partial *partial) {
    enum aggregate_function function = function_of(aggregate);
    program_operand operand =
        aggregate->arg_count == 0 ? OPERAND_NONE : operand_of(aggregate->args[0]);
    struct column_type type = partial_type(aggregate, function), count = column_type_bigint(0);
    program_add_aggregate(builder, function, operand, &type);
    enum status status = add_partial(planner, scan, &type, &partial->slot);
    partial->count_slot = UINT32_MAX;
    if (status != STATUS_OK || aggregate_kind_of(aggregate) != AGGREGATE_KIND_AVG) return status;
    program_add_aggregate(builder, AGGREGATE_COUNT, operand, &count);
    return add_partial(planner, scan, &count, &partial->count_slot);
}

static enum status emit_groups(struct planner *planner, struct plan_scan *scan,
                               const struct plan_group *group, struct program_builder *builder) {
    program_begin(builder, SECTION_OUTPUT);
    scan->columns = arena_array(planner->arena, struct bound_column *,
                                group->key_count + 2 * group->aggregate_count + 1);
    scan->column_count = 0;
    for (uint32_t i = 0; i < group->key_count; i++) {
        uint32_t column = group->keys[i]->column;
        scan->columns[scan->column_count++] = scan->bound->columns[column];
        program_add_group(builder, operand_column(column),
                          &scan->bound->base->layout->columns[column].type);
    }
    struct plan_partial *partials = (struct plan_partial *)(uintptr_t)group->partials;
    for (uint32_t i = 0; i < group->aggregate_count; i++) {
        enum status status =
            emit_aggregate(planner, scan, &group->aggregates[i], builder, &partials[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* ---- programs ---- */

/* The place of a table's column in the output. */
static uint32_t output_of_column(const struct plan_scan *scan, uint32_t column) {
    for (uint32_t i = 0; i < scan->column_count; i++) {
        if (scan->columns[i] != NULL && scan->columns[i]->column == column) return i;
    }
    return UINT32_MAX;
}

/* The limit is the program's last parameter. */
static enum status emit_top(struct plan_scan *scan, const struct scan_push *push,
                            struct expr_program *program) {
    for (uint32_t i = 0; i < push->order_count; i++) {
        uint32_t place = output_of_column(scan, push->order_columns[i]);
        if (place == UINT32_MAX) return STATUS_UNSUPPORTED;
        uint16_t flags = push->orders[i].is_descending ? INDEX_PART_DESCENDING : 0;
        program_add_order(program->builder, place, flags);
    }
    program_set_limit(program->builder, operand_param(program->parameter_count));
    return STATUS_OK;
}

static enum status emit_columns(struct planner *planner, struct plan_scan *scan,
                                const struct scan_push *push, struct expr_program *program) {
    if (push != NULL && push->group != NULL) {
        return emit_groups(planner, scan, push->group, program->builder);
    }
    if (wants_all_columns(scan))
        columns_of_whole_rows(planner, scan);
    else if (scan->column_count > 0)
        emit_outputs(scan, program->builder);
    else
        emit_witness(scan, program->builder);
    return push == NULL ? STATUS_OK : emit_top(scan, push, program);
}

static enum status scan_program(struct planner *planner, struct plan_scan *scan,
                                const struct scan_push *push) {
    const struct row_layout *layout = scan->bound->base->layout;
    struct program_builder builder;
    program_builder_open(&builder, planner->arena, layout->column_count);
    struct expr_program program = {
        .builder = &builder, .table = scan->bound, .arena = planner->arena};
    plan_emit_filter(&program, scan->pushed, scan->pushed_count);
    bool is_plain = push == NULL && wants_all_columns(scan) && scan->pushed_count == 0;
    enum status status = emit_columns(planner, scan, push, &program);
    if (status != STATUS_OK) return status;
    scan->output = layout;
    scan->parameters = program.parameters;
    scan->parameter_count = program.parameter_count;
    if (is_plain) return STATUS_OK;
    struct buffer bytes = buffer_of(planner->arena);
    status = program_builder_finish(&builder, &bytes);
    if (status != STATUS_OK) return status;
    scan->program = buffer_slice(&bytes);
    struct program *opened;
    status = program_open(scan->program, layout, planner->arena, &opened);
    if (status == STATUS_OK) scan->output = program_output_layout(opened);
    return status;
}

enum status plan_scan_push(struct planner *planner, struct plan_scan *scan,
                           const struct scan_push *push) {
    struct plan_scan before = *scan;
    uint32_t slot_count = planner->slot_count;
    enum status status = scan_program(planner, scan, push);
    if (status == STATUS_OK) return STATUS_OK;
    *scan = before;
    planner->slot_count = slot_count;
    return STATUS_UNSUPPORTED;
}

enum status plan_scan_with(struct planner *planner, const struct scan_want *want,
                           struct access_path *path, struct plan_scan **out) {
    struct plan_scan *scan = arena_new(planner->arena, struct plan_scan);
    scan->bound = want->table;
    scan->path = path;
    scan->row_slot = want->row_slot;
    scan_columns(planner, scan);
    scan_split(planner, scan, want);
    planner->scan_count++;
    *out = scan;
    enum status status = scan_program(planner, scan, NULL);
    if (status == STATUS_OK) return status;
    return diagnostics_status(planner->input->diagnostics, status);
}

enum status plan_scan_make(struct planner *planner, const struct scan_want *want,
                           struct plan_scan **out) {
    return plan_scan_with(planner, want, plan_path_best(planner, want), out);
}
