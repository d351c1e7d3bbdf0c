/* plan_scan.c: what of a table's conditions and columns is pushed to the fragments?
 *
 * The path decides some conditions by the keys it reads; each of the others is pushed if it can be computed where the rows are; the rest
 * is the scan's own filter. The outputs are the columns that somebody reads, in the order of the table.
 */
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
                       const struct scan_want *want, struct expr **pushed, uint32_t *pushed_count) {
    scan->filter = arena_array(planner->arena, struct expr *, want->conjunct_count + 1);
    for (uint32_t i = 0; i < want->conjunct_count; i++) {
        if (is_covered(scan, i)) continue;
        if (plan_is_pushable(planner, scan->bound, want->conjuncts[i])) {
            pushed[(*pushed_count)++] = want->conjuncts[i];
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

static enum status scan_program(struct planner *planner, struct plan_scan *scan,
                                struct expr **pushed, uint32_t pushed_count) {
    const struct row_layout *layout = scan->bound->base->layout;
    struct program_builder builder;
    program_builder_open(&builder, planner->arena, layout->column_count);
    struct expr_program program = {
        .builder = &builder, .table = scan->bound, .arena = planner->arena};
    plan_emit_filter(&program, pushed, pushed_count);
    bool is_whole = wants_all_columns(scan);
    if (is_whole)
        columns_of_whole_rows(planner, scan);
    else if (scan->column_count > 0)
        emit_outputs(scan, &builder);
    else
        emit_witness(scan, &builder);
    scan->output = layout;
    scan->parameters = program.parameters;
    scan->parameter_count = program.parameter_count;
    if (is_whole && pushed_count == 0) return STATUS_OK;
    struct buffer bytes = buffer_of(planner->arena);
    enum status status = program_builder_finish(&builder, &bytes);
    if (status != STATUS_OK) return status;
    scan->program = buffer_slice(&bytes);
    struct program *opened;
    status = program_open(scan->program, layout, planner->arena, &opened);
    if (status == STATUS_OK) scan->output = program_output_layout(opened);
    return status;
}

enum status plan_scan_with(struct planner *planner, const struct scan_want *want,
                           struct access_path *path, struct plan_scan **out) {
    struct plan_scan *scan = arena_new(planner->arena, struct plan_scan);
    scan->bound = want->table;
    scan->path = path;
    scan->row_slot = want->row_slot;
    scan_columns(planner, scan);
    struct expr **pushed = arena_array(planner->arena, struct expr *, want->conjunct_count + 1);
    uint32_t pushed_count = 0;
    scan_split(planner, scan, want, pushed, &pushed_count);
    planner->scan_count++;
    *out = scan;
    enum status status = scan_program(planner, scan, pushed, pushed_count);
    if (status == STATUS_OK) return status;
    return diagnostics_status(planner->input->diagnostics, status);
}

enum status plan_scan_make(struct planner *planner, const struct scan_want *want,
                           struct plan_scan **out) {
    return plan_scan_with(planner, want, plan_path_best(planner, want), out);
}
