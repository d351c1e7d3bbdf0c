/* dml_insert.c: INSERT and REPLACE: values become rows, rows go to the cluster in batches.
 *
 *   VALUES, SET, SELECT --> values of all columns --> row bytes --> dml_batch --> txn_write
 *                           defaults, AUTO_INCREMENT
 *
 *   (I1) AUTO_INCREMENT values of one VALUES list follow each other: they are drawn at once.
 *   (I2) LAST_INSERT_ID() is the first value generated; the OK packet's is that or, without one, the last row's own.
 *   (I3) INSERT .. SELECT from its own target reads everything before it writes anything.
 *   (I4) Affected rows: each row inserted or replaced counts 1, each row deleted by REPLACE or changed by ON DUPLICATE
 *        KEY UPDATE 1 more; a row found and left as it is counts only with CLIENT_FOUND_ROWS.
 *   (I5) A generated value above the column's largest becomes that, which 1062 answers for where it is taken; behind the
 *        statement's first one it is 1264. A counter that is used up (2^64 - 1) is 1467.
 *   (I6) ON DUPLICATE KEY UPDATE that names columns of the SELECT finds them in the slots while the row is at hand: each row is
 *        written before the next one is read.
 *   (I7) Rows are made one after the other, and nothing of them stays behind the flush of their batch; results of subqueries,
 *        which lie beside them, do.
 */
#include "sql/dml_insert.h"
#include "row/collation.h"
#include "sql/bind.h"

#define CLIENT_FOUND_ROWS 2
#define SELECT_DRAW_MAX   65536

/* ---- AUTO_INCREMENT ---- */

static bool is_zero(const struct value *value) {
    double number;
    if (value->kind == VALUE_INT || value->kind == VALUE_UINT) return value->u == 0;
    return value_is_number(value) && value_to_double(value, &number) == STATUS_OK && number == 0;
}

static enum status raise_counter(struct insertion *insertion) {
    if (insertion->raise_to == 0) return STATUS_OK;
    struct exec_context *context = insertion->execution->context;
    enum status status = cluster_sequence_raise(context->cluster, context->waiter, insertion->table,
                                                insertion->raise_to);
    insertion->raise_to = 0;
    return status == STATUS_OK ? STATUS_OK : exec_refused(insertion->execution, status);
}

/* Values are drawn for as many rows as are known to come, times the step between them. */
static enum status counter_draw(struct insertion *insertion) {
    struct exec_context *context = insertion->execution->context;
    uint64_t rows = insertion->plan->row_count - insertion->row_at;
    if (insertion->plan->query != NULL) rows = insertion->draw_next;
    insertion->draw_next = MIN((uint64_t)SELECT_DRAW_MAX, insertion->draw_next * 2);
    uint64_t step = MAX(context->auto_increment_increment, (uint64_t)1);
    struct sequence_draw draw = {.table = insertion->table,
                                 .kind = SEQUENCE_AUTO_INCREMENT,
                                 .count = MAX(rows, (uint64_t)1) * step};
    enum status status = raise_counter(insertion); /* what is drawn is above explicit values */
    if (status != STATUS_OK) return status;
    status =
        cluster_sequence_next(context->cluster, context->waiter, &draw, &insertion->drawn_next);
    if (status == STATUS_OUT_OF_RANGE)
        return diagnostics_error(insertion->execution->eval->diagnostics, ER_AUTOINC_READ_FAILED);
    if (status != STATUS_OK) return exec_refused(insertion->execution, status);
    insertion->drawn_end = insertion->drawn_next + draw.count;
    return STATUS_OK;
}

/* The next drawn value that is offset + n * increment. */
static enum status counter_next(struct insertion *insertion, uint64_t *out) {
    struct exec_context *context = insertion->execution->context;
    uint64_t step = MAX(context->auto_increment_increment, (uint64_t)1);
    uint64_t offset = context->auto_increment_offset % step;
    if (context->insert_id != 0) { /* the statement's values follow it */
        *out = insertion->first_generated == 0
                   ? context->insert_id
                   : insertion->drawn_next + (offset + step - insertion->drawn_next % step) % step;
        insertion->drawn_next = *out + 1;
        insertion->raise_to = MAX(insertion->raise_to, *out);
        return STATUS_OK;
    }
    for (;;) {
        uint64_t ahead = (offset + step - insertion->drawn_next % step) % step;
        if (insertion->drawn_next + ahead < insertion->drawn_end) {
            *out = insertion->drawn_next + ahead;
            insertion->drawn_next = *out + 1;
            return STATUS_OK;
        }
        enum status status = counter_draw(insertion);
        if (status != STATUS_OK) return status;
    }
}

/* (I5) */
static enum status fit_generated(struct insertion *insertion, uint64_t generated) {
    struct execution *execution = insertion->execution;
    const struct column_definition *column =
        &insertion->table->definition->columns[insertion->counter_column];
    struct value value = value_of_uint(generated);
    struct convert_options options = {0};
    enum status status = value_convert(&value, &column->type, &options, execution->eval->arena,
                                       &insertion->values[insertion->counter_column]);
    bool is_first = insertion->first_generated == 0;
    bool is_strict =
        (execution->eval->mode & EVAL_STRICT) != 0 && (execution->eval->mode & EVAL_IGNORE) == 0;
    if (status == STATUS_OK || is_first || !is_strict) return STATUS_OK;
    return diagnostics_error(execution->eval->diagnostics, ER_WARN_DATA_OUT_OF_RANGE,
                             arena_text(execution->arena, column->name),
                             (long)insertion->row_at + 1);
}

static enum status fill_generated(struct insertion *insertion) {
    uint64_t generated;
    enum status status = counter_next(insertion, &generated);
    if (status == STATUS_OK) status = fit_generated(insertion, generated);
    if (status != STATUS_OK) return status;
    if (insertion->first_generated == 0) insertion->first_generated = generated;
    return STATUS_OK;
}

/* NULL and 0 ask for a value; any other one raises the counter (X11 of CORE). */
static enum status fill_counter(struct insertion *insertion, const struct value *given) {
    if (insertion->counter_column < 0) return STATUS_OK;
    bool keeps_zero = insertion->execution->context->no_auto_value_on_zero;
    struct value *own = &insertion->values[insertion->counter_column];
    bool is_asked = given == NULL || value_is_null(given) || (is_zero(own) && !keeps_zero);
    if (is_asked) return fill_generated(insertion);
    uint64_t number;
    bool is_positive =
        !(own->kind == VALUE_INT && own->i <= 0) && value_to_uint(own, &number) == STATUS_OK;
    if (!is_positive) return STATUS_OK;
    insertion->raise_to = MAX(insertion->raise_to, number);
    if (number >= insertion->drawn_next &&
        insertion->drawn_end > 0) { /* drawn ones below it are not used any more */
        insertion->drawn_next = MIN(number, insertion->drawn_end - 1) + 1;
    }
    return STATUS_OK;
}

/* ---- a row ---- */

/* VALUES(c) and names in VALUES (..) read what the row has so far. */
static void publish(struct insertion *insertion, uint32_t column) {
    if (insertion->plan->new_row_slot == UINT32_MAX) return;
    insertion->execution->slots[insertion->plan->new_row_slot + column] = insertion->values[column];
}

static enum status fill_default(struct insertion *insertion, uint32_t column) {
    const struct column_definition *definition = &insertion->table->definition->columns[column];
    struct expr **expressions = insertion->plan->default_expressions;
    enum status status =
        dml_default(insertion->execution, definition,
                    expressions != NULL ? expressions[column] : NULL, &insertion->values[column]);
    publish(insertion, column);
    return status;
}

static enum status fill_row_id(struct insertion *insertion) {
    int32_t column = insertion->row_id_column;
    if (column < 0) return STATUS_OK;
    struct exec_context *context = insertion->execution->context;
    struct sequence_draw draw = {.table = insertion->table, .kind = SEQUENCE_ROW_ID, .count = 1};
    uint64_t number;
    enum status status = cluster_sequence_next(context->cluster, context->waiter, &draw, &number);
    if (status != STATUS_OK) return exec_refused(insertion->execution, status);
    insertion->values[column] = value_of_uint(number);
    return STATUS_OK;
}

/* Columns that the statement does not name. */
static enum status fill_rest(struct insertion *insertion) {
    const struct table_definition *definition = insertion->table->definition;
    for (uint32_t i = 0; i < definition->column_count; i++) {
        bool is_filled = insertion->is_given[i] || (int32_t)i == insertion->counter_column ||
                         (int32_t)i == insertion->row_id_column;
        if (is_filled) continue;
        enum status status = fill_default(insertion, i);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* Column `place` of the statement's list gets `given`. */
static enum status fill_given(struct insertion *insertion, uint32_t place,
                              const struct value *given) {
    uint32_t column = insertion->plan->columns[place];
    const struct column_definition *definition = &insertion->table->definition->columns[column];
    if ((int32_t)column == insertion->counter_column) {
        insertion->counter_given = *given;
        if (value_is_null(given)) {
            insertion->values[column] = value_null();
            return STATUS_OK;
        }
    }
    enum status status = dml_convert(insertion->execution, definition, insertion->on_null, given,
                                     &insertion->values[column]);
    publish(insertion, column);
    return status;
}

static enum status finish_row(struct insertion *insertion) {
    bool is_given =
        insertion->counter_column >= 0 && insertion->is_given[insertion->counter_column];
    enum status status = fill_rest(insertion);
    if (status == STATUS_OK) {
        status = fill_counter(insertion, is_given ? &insertion->counter_given : NULL);
    }
    if (status == STATUS_OK) status = fill_row_id(insertion);
    if (status != STATUS_OK) return status;
    if (insertion->counter_column >= 0) {
        uint64_t number;
        const struct value *own = &insertion->values[insertion->counter_column];
        if (value_to_uint(own, &number) == STATUS_OK) insertion->last_counter = number;
    }
    struct row_write write = {.kind = ROW_INSERT};
    struct buffer bytes = buffer_of(insertion->batch.arena);
    buffer_reserve(&bytes, row_size_max(insertion->table->layout, insertion->values));
    status = row_encode(insertion->table->layout, insertion->values, &bytes, &write.row);
    if (status != STATUS_OK) return exec_refused(insertion->execution, status);
    dml_batch_add(&insertion->batch, &write);
    return STATUS_OK;
}

/* ---- all rows ---- */

static enum status flush(struct insertion *insertion, enum write_extent extent) {
    enum status status = raise_counter(insertion);
    return status == STATUS_OK ? dml_batch_flush(&insertion->batch, extent) : status;
}

static enum status after_row(struct insertion *insertion) {
    insertion->row_at++;
    enum status status = exec_pause(insertion->execution);
    bool is_due = insertion->plan->names_source || /* (I6) */
                  (!insertion->reads_target && dml_batch_is_full(&insertion->batch));
    if (status != STATUS_OK || !is_due) return status;
    status = flush(insertion, WRITE_PART);
    if (insertion->plan->subquery_count == 0) exec_forget(insertion->execution); /* (I7) */
    return status;
}

/* DEFAULT in a row. */
static enum status fill_named_default(struct insertion *insertion, uint32_t column) {
    if ((int32_t)column != insertion->counter_column) return fill_default(insertion, column);
    insertion->counter_given = value_null();
    return STATUS_OK;
}

static enum status insert_listed_row(struct insertion *insertion, struct expr **row) {
    struct execution *execution = insertion->execution;
    execution->eval->diagnostics->row_number = (uint32_t)insertion->row_at + 1;
    for (uint32_t i = 0; i < insertion->plan->column_count; i++) {
        enum status status;
        uint32_t column = insertion->plan->columns[i];
        if (row[i]->kind == EXPR_DEFAULT) {
            status = fill_named_default(insertion, column);
        } else {
            struct value given;
            status = expr_eval(row[i], execution->eval, &given);
            if (status == STATUS_OK) status = fill_given(insertion, i, &given);
        }
        if (status != STATUS_OK) return status;
    }
    return finish_row(insertion);
}

static struct value packed_value(const struct insertion *insertion,
                                 const struct ast_packed_literal *literal) {
    const struct eval_context *eval = insertion->execution->eval;
    struct slice text = slice_of(literal->text, literal->size);
    if (literal->kind == AST_LITERAL_INTEGER) {
        uint64_t number = 0;
        for (uint32_t i = 0; i < literal->size; i++)
            number = number * 10 + (uint64_t)(literal->text[i] - '0');
        if (literal->is_negative) return value_of_int(-(int64_t)number);
        return bind_literal_value(AST_LITERAL_INTEGER, number, text, 0, eval->arena);
    }
    if (literal->is_negative) text = slice_of(literal->text - 1, literal->size + 1);
    return bind_literal_value((enum ast_literal_kind)literal->kind, 0, text,
                              eval->connection_collation, eval->arena);
}

static enum status insert_packed_row(struct insertion *insertion,
                                     const struct ast_packed_literal *row) {
    insertion->execution->eval->diagnostics->row_number = (uint32_t)insertion->row_at + 1;
    for (uint32_t i = 0; i < insertion->plan->column_count; i++) {
        enum status status;
        if (row[i].kind == AST_PACKED_DEFAULT) {
            status = fill_named_default(insertion, insertion->plan->columns[i]);
        } else {
            struct value given = packed_value(insertion, &row[i]);
            status = fill_given(insertion, i, &given);
        }
        if (status != STATUS_OK) return status;
    }
    return finish_row(insertion);
}

static enum status insert_packed_run(struct insertion *insertion,
                                     const struct ast_packed_run *run) {
    CHECK(run->literal_count == insertion->plan->column_count);
    for (uint32_t i = 0; i < run->row_count; i++) {
        enum status status = insert_packed_row(insertion, &run->literals[i * run->literal_count]);
        if (status == STATUS_OK) status = after_row(insertion);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

static enum status insert_listed(struct insertion *insertion) {
    const struct bound_insert *plan = insertion->plan;
    uint32_t listed = 0, run = 0;
    while (insertion->row_at < plan->row_count) {
        enum status status;
        const struct ast_packed_run *next =
            run < plan->packed->count ? &plan->packed->items[run] : NULL;
        if (next != NULL && next->first_row == insertion->row_at) {
            status = insert_packed_run(insertion, next);
            run++;
        } else {
            status = insert_listed_row(insertion, plan->rows[listed++]);
            if (status == STATUS_OK) status = after_row(insertion);
        }
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* ENUM and SET are numbers in the slots; a column that is not the same one takes their text. */
static struct value selected_value(struct insertion *insertion, const struct bound_item *item,
                                   const struct column_type *to) {
    const struct value *given = &insertion->execution->slots[item->slot];
    const struct column_type *from = &item->type;
    bool is_member = from->kind == COLUMN_ENUM || from->kind == COLUMN_SET;
    if (!is_member || value_is_null(given) || column_kind_is_numeric(to->kind)) return *given;
    bool is_same = from->kind == to->kind && from->member_count == to->member_count;
    for (uint32_t i = 0; is_same && i < from->member_count; i++)
        is_same = slice_equal(from->members[i], to->members[i]);
    if (is_same) return *given;
    struct slice text = value_text_typed(given, from, insertion->execution->eval->arena);
    return value_of_string(text, from->collation);
}

static enum status insert_selected_row(struct insertion *insertion,
                                       const struct plan_query *query) {
    struct execution *execution = insertion->execution;
    struct diagnostics *diagnostics = execution->eval->diagnostics;
    diagnostics->row_number = diagnostics->row_base + (uint32_t)insertion->row_at + 1;
    for (uint32_t i = 0; i < insertion->plan->column_count; i++) {
        const struct column_definition *column =
            &insertion->table->definition->columns[insertion->plan->columns[i]];
        struct value given = selected_value(insertion, &query->items[i], &column->type);
        enum status status = fill_given(insertion, i, &given);
        if (status != STATUS_OK) return status;
    }
    return finish_row(insertion);
}

static enum status insert_selected(struct insertion *insertion) {
    struct execution *execution = insertion->execution;
    const struct plan_query *query = execution->context->plan->query;
    struct stage *root;
    enum status status = stage_open(execution, query->root, &root);
    while (status == STATUS_OK && (status = stage_step(root, execution)) == STATUS_OK) {
        status = insert_selected_row(insertion, query);
        if (status == STATUS_OK) status = after_row(insertion);
        exec_forget(execution);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- the statement ---- */

static bool from_reads(const struct bound_select *select, const struct table *table);

static bool query_reads(const struct bound_query *query, const struct table *table) {
    for (uint32_t i = 0; i < query->arm_count; i++) {
        const struct bound_arm *arm = &query->arms[i];
        if (arm->select != NULL && from_reads(arm->select, table)) return true;
        if (arm->query != NULL && query_reads(arm->query, table)) return true;
    }
    return false;
}

/* (I3) Subqueries and derived tables are kept before their rows are used, so the tables of FROM decide, those of derived
 * tables among them; a CTE counts in any case. */
static bool from_reads(const struct bound_select *select, const struct table *table) {
    for (uint32_t i = 0; i < select->table_count; i++) {
        const struct bound_table *from = select->tables[i];
        bool is_stream = from->kind == BOUND_VIRTUAL && from->virtual_table->next != NULL;
        if (is_stream) continue; /* of a file */
        if (from->kind == BOUND_DERIVED && !query_reads(from->query, table)) continue;
        if (from->kind != BOUND_BASE) return true;
        if (from->base->definition->id == table->definition->id) return true;
    }
    return select->row_subquery_count + select->group_subquery_count > 0;
}

static void insertion_open(struct insertion *insertion, struct execution *execution) {
    const struct bound_insert *plan = execution->context->plan->bound->insert;
    const struct table *table = plan->table->base;
    uint32_t column_count = table->definition->column_count;
    if (plan->is_ignore) execution->eval->mode |= EVAL_IGNORE;
    *insertion = (struct insertion){
        .execution = execution,
        .plan = plan,
        .table = table,
        .values = arena_alloc_zeroed(execution->arena, column_count * sizeof(struct value)),
        .is_given = arena_alloc_zeroed(execution->arena, column_count),
        .counter_column = table_auto_increment_column(table->definition),
        .row_id_column = table_row_id_column(table->definition),
        .on_null = dml_null_of(execution, plan->query != NULL ? 2 : plan->row_count),
        .draw_next = 1,
        .reads_target = plan->query != NULL && query_reads(plan->query, table)};
    for (uint32_t i = 0; i < plan->column_count; i++) insertion->is_given[plan->columns[i]] = 1;
    dml_batch_open(&insertion->batch, execution, table);
    insertion->batch.on_duplicate = insertion_on_duplicate(plan);
    insertion->batch.settle = insertion_settle;
    insertion->batch.context = insertion;
    bool has_batches = plan->query != NULL || plan->row_count > 1;
    if (has_batches) insertion->batch.arena = exec_arena_open(execution); /* (I7) */
    if (execution->context->copy == NULL) return;
    execution->eval->arena = exec_arena_open(execution); /* exec_forget empties it */
}

/* (I2), (I4) */
static void insertion_result(const struct insertion *insertion, struct exec_result *result) {
    struct execution *execution = insertion->execution;
    const struct bound_insert *plan = insertion->plan;
    bool counts_found = (execution->context->capabilities & CLIENT_FOUND_ROWS) != 0;
    uint64_t copied = insertion->batch.written + insertion->replaced;
    uint64_t changed = counts_found ? insertion->touched : insertion->updated;
    result->affected_rows = copied + insertion->updated + insertion->deleted;
    if (plan->on_duplicate_count > 0) {
        result->affected_rows = copied + insertion->updated + changed;
    }
    uint64_t generated = copied > 0 ? insertion->first_generated : 0; /* drawn, but for no row */
    result->generated_id = generated;
    result->last_insert_id = generated;
    bool has_own = generated == 0 && copied + insertion->updated > 0;
    if (has_own) result->last_insert_id = insertion->last_counter;
    if (execution->eval->has_last_insert_id_set && generated == 0) {
        result->last_insert_id = execution->eval->last_insert_id_set;
    }
    if (plan->query == NULL && plan->row_count <= 1) return;
    uint64_t duplicates =
        plan->is_ignore ? insertion->row_at - copied : insertion->deleted + insertion->updated;
    result->info = slice_of_text(
        arena_printf(execution->arena, "Records: %llu  Duplicates: %llu  Warnings: %u",
                     (unsigned long long)insertion->row_at, (unsigned long long)duplicates,
                     (unsigned)execution->eval->diagnostics->warning_count));
}

enum status dml_insert(struct execution *execution, struct exec_result *result) {
    struct insertion insertion;
    insertion_open(&insertion, execution);
    if (insertion.plan->names_source && insertion.reads_target) { /* (I3) against (I6) */
        return diagnostics_unsupported(
            execution->eval->diagnostics,
            "ON DUPLICATE KEY UPDATE with columns of a SELECT that reads the target");
    }
    enum status status = insertion_subqueries(&insertion);
    if (status != STATUS_OK) return status;
    status =
        insertion.plan->query != NULL ? insert_selected(&insertion) : insert_listed(&insertion);
    if (status != STATUS_OK) return status;
    bool is_whole = execution->context->is_autocommit && insertion.plan->query == NULL &&
                    insertion.plan->subquery_count == 0 &&
                    insertion.batch.count == insertion.row_at;
    status = flush(&insertion, is_whole ? WRITE_WHOLE_STATEMENT : WRITE_PART);
    if (status == STATUS_OK) insertion_result(&insertion, result);
    return status;
}
