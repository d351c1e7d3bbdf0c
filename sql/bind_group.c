/* bind_group.c: what may an expression above a grouping read?
 *
 * Group keys, aggregates, and columns that depend on the keys. The others are 1055 under ONLY_FULL_GROUP_BY (1140 without GROUP
 * BY); without that mode any row's value does. All columns that are read above become ANY_VALUE aggregates which keep the
 * column's slot (B3 of bound.h), so expressions need no change; only keys that are expressions are replaced by their slot.
 *
 * A column depends on the keys when that follows from:
 *   (D1) it is a key;
 *   (D2) WHERE or an inner join's ON says that it equals a dependent column, or something that the block does not read;
 *   (D3) all columns of a primary or a NOT NULL unique key of its table depend on the keys.
 */
#include "sql/aggregate.h"
#include "sql/bind_private.h"

struct bound_aggregate *bind_add_aggregate(struct binder *binder, struct scope *scope,
                                           const struct bound_aggregate *aggregate) {
    struct bound_select *select = scope->select;
    for (uint32_t i = 0; i < select->aggregate_count; i++) {
        struct bound_aggregate *other = &select->aggregates[i];
        bool is_same = other->function == aggregate->function &&
                       other->is_distinct == aggregate->is_distinct &&
                       other->arg_count == aggregate->arg_count && aggregate->order_count == 0 &&
                       other->order_count == 0 &&
                       slice_equal(other->separator, aggregate->separator);
        for (uint32_t a = 0; a < aggregate->arg_count && is_same; a++) {
            is_same = expr_equal(other->args[a], aggregate->args[a]);
        }
        if (is_same) return other;
    }
    struct bound_aggregate *added =
        BIND_PUSH(binder->arena, &select->aggregates, &select->aggregate_count);
    *added = *aggregate;
    added->slot = bind_new_slot(binder);
    return added;
}

/* ---- dependent columns ---- */

struct dependence {
    const struct bound_select *select;
    uint64_t *slots;  /* bits: known to depend on the keys */
    uint64_t *tables; /* bits by place in select->tables: all columns do */
    bool has_grown;
};

static bool has_bit(const uint64_t *set, uint32_t bit) {
    return (set[bit / 64] >> bit % 64 & 1) != 0;
}

static void set_bit(struct dependence *dependence, uint64_t *set, uint32_t bit) {
    if (has_bit(set, bit)) return;
    set[bit / 64] |= (uint64_t)1 << bit % 64;
    dependence->has_grown = true;
}

/* Place of the table in the block, or -1: it is of a block around. */
static int32_t place_of(const struct bound_select *select, const struct bound_table *table) {
    for (uint32_t i = 0; i < select->table_count; i++) {
        if (select->tables[i] == table) return (int32_t)i;
    }
    return -1;
}

static bool depends(const struct dependence *dependence, const struct expr *expr) {
    if (expr->kind == EXPR_COLUMN) {
        int32_t place = place_of(dependence->select, expr->table);
        return place < 0 || has_bit(dependence->tables, (uint32_t)place) ||
               has_bit(dependence->slots, expr->slot);
    }
    bool is_opaque = (expr->flags & (EXPR_NOT_DETERMINISTIC | EXPR_HAS_SUBQUERY)) != 0;
    for (uint32_t i = 0; i < expr->arg_count && !is_opaque; i++) {
        is_opaque = !depends(dependence, expr->args[i]);
    }
    return !is_opaque;
}

/* (D2) */
static void apply_equalities(struct dependence *dependence, struct expr *const *conditions,
                             uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const struct expr *condition = conditions[i];
        bool is_equality = condition->kind == EXPR_COMPARE && condition->operation == PROGRAM_EQ;
        if (!is_equality) continue;
        for (uint32_t side = 0; side < 2; side++) {
            const struct expr *column = condition->args[side];
            if (column->kind != EXPR_COLUMN || !depends(dependence, condition->args[1 - side]))
                continue;
            set_bit(dependence, dependence->slots, column->slot);
        }
    }
}

static void apply_joins(struct dependence *dependence, const struct bound_from *from) {
    if (from == NULL || from->kind != FROM_JOIN) return;
    apply_equalities(dependence, from->conditions, from->condition_count);
    apply_joins(dependence, from->left);
    apply_joins(dependence, from->right);
}

static bool is_key_known(const struct dependence *dependence, const struct bound_table *table,
                         const struct index_definition *index) {
    if (index->kind == INDEX_ORDERED || index->state != INDEX_PUBLIC) return false;
    for (uint32_t i = 0; i < index->part_count; i++) {
        uint32_t column = index->parts[i].column;
        bool is_read = column < table->column_count && table->columns[column] != NULL;
        if (!is_read || index->parts[i].prefix_chars != 0) return false;
        if (column_type_is_nullable(&table->columns[column]->type)) return false;
        if (!has_bit(dependence->slots, table->columns[column]->slot)) return false;
    }
    return true;
}

/* (D3) */
static void apply_keys(struct dependence *dependence) {
    const struct bound_select *select = dependence->select;
    for (uint32_t i = 0; i < select->table_count; i++) {
        const struct bound_table *table = select->tables[i];
        if (table->kind != BOUND_BASE) continue;
        const struct table_definition *definition = table->base->definition;
        for (uint32_t k = 0; k < definition->index_count; k++) {
            if (is_key_known(dependence, table, &definition->indexes[k])) {
                set_bit(dependence, dependence->tables, i);
            }
        }
    }
}

static bool is_dependent(struct binder *binder, const struct bound_select *select,
                         const struct expr *column) {
    uint32_t words = binder->statement->slot_count / 64 + 1;
    struct dependence dependence = {.select = select, .has_grown = true};
    dependence.slots = arena_array(binder->arena, uint64_t, words);
    dependence.tables = arena_array(binder->arena, uint64_t, select->table_count / 64 + 1);
    for (uint32_t i = 0; i < select->group_count; i++) { /* (D1) */
        const struct expr *key = select->group[i];
        if (key->kind == EXPR_COLUMN) set_bit(&dependence, dependence.slots, key->slot);
    }
    while (dependence.has_grown) {
        dependence.has_grown = false;
        apply_equalities(&dependence, select->where, select->where_count);
        apply_joins(&dependence, select->from);
        apply_keys(&dependence);
    }
    return depends(&dependence, column);
}

/* ---- lifting ---- */

struct lift_context {
    struct binder *binder;
    struct bound_select *select;
    const char *list;
    uint32_t number;
    bool is_any; /* inside ANY_VALUE: any row's value is asked for */
};

static enum status tell_not_grouped(const struct lift_context *context, const struct expr *column) {
    struct diagnostics *diagnostics = context->binder->diagnostics;
    struct buffer name = buffer_of(context->binder->arena);
    const struct bound_table *table = column->table;
    if (table->schema.size > 0) {
        buffer_append(&name, table->schema);
        buffer_append_byte(&name, '.');
    }
    buffer_append(&name, table->alias);
    buffer_append_byte(&name, '.');
    buffer_append(&name, bound_column_name(table, column->column));
    const char *text = bind_text(context->binder, buffer_slice(&name));
    if (context->select->group_count > 0) {
        return diagnostics_error_text(
            diagnostics, ER_WRONG_FIELD_WITH_GROUP,
            "Expression #%u of %s is not in GROUP BY clause and contains nonaggregated column '%s' "
            "which is not functionally dependent on columns in GROUP BY clause; this is "
            "incompatible with sql_mode=only_full_group_by",
            (unsigned)context->number, context->list, text);
    }
    return diagnostics_error_text(
        diagnostics, ER_MIX_OF_GROUP_FUNC_AND_FIELDS,
        "In aggregated query without GROUP BY, expression #%u of %s contains nonaggregated column "
        "'%s'; this is incompatible with sql_mode=only_full_group_by",
        (unsigned)context->number, context->list, text);
}

static bool is_slot_grouped(const struct bound_select *select, uint32_t slot) {
    for (uint32_t i = 0; i < select->group_count; i++) {
        if (select->group_slots[i] == slot) return true;
    }
    for (uint32_t i = 0; i < select->aggregate_count; i++) {
        if (select->aggregates[i].slot == slot) return true;
    }
    return false;
}

static enum status lift_column(const struct lift_context *context, const struct expr *column) {
    struct binder *binder = context->binder;
    struct bound_select *select = context->select;
    if (place_of(select, column->table) < 0 || is_slot_grouped(select, column->slot)) {
        return STATUS_OK;
    }
    bool is_checked =
        (binder->input->sql_mode & SQL_MODE_ONLY_FULL_GROUP_BY) != 0 && !context->is_any;
    if (is_checked && !is_dependent(binder, select, column)) {
        return tell_not_grouped(context, column);
    }
    struct bound_aggregate *any =
        BIND_PUSH(binder->arena, &select->aggregates, &select->aggregate_count);
    any->function = aggregate_any_value();
    any->arg_count = 1;
    any->args = arena_array(binder->arena, struct expr *, 1);
    any->args[0] = arena_new(binder->arena, struct expr);
    *any->args[0] = *column;
    any->args[0]->eval = expr_eval_slot; /* a TIMESTAMP stays what the row holds */
    any->type = column->type;
    any->slot = column->slot;
    return STATUS_OK;
}

/* The outer columns that a subquery above the grouping reads are read above as well. */
static enum status lift_subquery(const struct lift_context *context,
                                 const struct bound_subquery *subquery) {
    for (uint32_t i = 0; i < subquery->outer_slot_count; i++) {
        for (uint32_t t = 0; t < context->select->table_count; t++) {
            struct bound_table *table = context->select->tables[t];
            for (uint32_t c = 0; c < table->column_count; c++) {
                const struct bound_column *column = table->columns[c];
                if (column == NULL || column->slot != subquery->outer_slots[i]) continue;
                enum status status =
                    lift_column(context, bind_column_of(context->binder, table, c));
                if (status != STATUS_OK) return status;
            }
        }
    }
    return STATUS_OK;
}

struct expr *bind_key_slot(struct binder *binder, const struct bound_select *select, uint32_t key) {
    const struct expr *expr = select->group[key];
    struct expr *slot = expr_new(binder->arena, EXPR_SLOT, 0);
    slot->slot = select->group_slots[key];
    slot->type = expr->type;
    slot->collation = expr->collation;
    slot->coercibility = expr->coercibility;
    slot->flags = (expr->flags & EXPR_NULLABLE) | (select->has_rollup ? EXPR_NULLABLE : 0);
    return slot;
}

static enum status lift(const struct lift_context *context, struct expr **expr_in_out) {
    struct expr *expr = *expr_in_out;
    const struct bound_select *select = context->select;
    for (uint32_t i = 0; i < select->group_count; i++) {
        bool is_key = select->group[i]->kind != EXPR_COLUMN && expr_equal(select->group[i], expr);
        if (!is_key) continue;
        *expr_in_out = bind_key_slot(context->binder, select, i);
        return STATUS_OK;
    }
    if (expr->kind == EXPR_COLUMN) {
        if (select->has_rollup && place_of(select, expr->table) >= 0) {
            *expr_in_out = arena_new(context->binder->arena, struct expr);
            **expr_in_out = *expr;
            (*expr_in_out)->flags |= EXPR_NULLABLE;
        }
        return lift_column(context, expr);
    }
    if (expr->kind == EXPR_SLOT && expr->subquery != NULL) {
        return lift_subquery(context, expr->subquery);
    }
    struct lift_context inner = *context;
    if (expr->kind == EXPR_CALL && strcmp(function_name(expr->function), "ANY_VALUE") == 0) {
        inner.is_any = true;
    }
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        enum status status = lift(&inner, &expr->args[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status bind_lift(struct binder *binder, struct bound_select *select, struct expr **expr,
                      const char *list, uint32_t number) {
    struct lift_context context = {binder, select, list, number, false};
    return lift(&context, expr);
}
