/* access.c: from conditions to the intervals of an index's parts.
 *
 *   conjunct                         interval of column c
 *   c = e, c <=> e, c IS NULL        a point
 *   c IN (e, ..)                     points
 *   c < e, c BETWEEN e AND f, ..     one range
 *   c LIKE 'abc%'                    one range
 *   any of these OR any of these     the list of both, when all are about the same column
 *
 *   (R1) Only a bare column on one side counts: a cast column would not keep the index's order. Text must be compared in the
 *        column's own collation.
 *   (R2) Of several conjuncts about one part, points win over ranges; two half-open ranges are joined into one. What is not
 *        taken stays a filter.
 */
#include "sql/access.h"

#include "row/collation.h"

/* ---- one conjunct ---- */

struct found {
    struct access_interval *intervals;
    uint32_t count;
    bool is_exact; /* the intervals say all that the conjunct says */
};

static bool is_column(const struct expr *expr, const struct access_input *input, uint32_t column) {
    return expr->kind == EXPR_COLUMN && expr->table == input->table && expr->column == column;
}

/* May `expr` be evaluated before the table is read? */
static bool is_known(const struct expr *expr, const struct access_input *input) {
    if ((expr->flags & (EXPR_NOT_DETERMINISTIC | EXPR_WAITS)) != 0) return false;
    if ((expr->flags & EXPR_STATEMENT_CONSTANT) != 0) return true;
    uint64_t *slots = arena_alloc_zeroed(input->arena, input->slot_words * sizeof *slots);
    expr_slots(expr, slots);
    for (uint32_t i = 0; i < input->slot_words; i++) {
        if ((slots[i] & ~input->known_slots[i]) != 0) return false;
    }
    return true;
}

/* (R1) */
static bool keeps_order(const struct expr *comparison, const struct expr *column) {
    if (column->type.kind == COLUMN_TIMESTAMP || column->type.kind == COLUMN_JSON) return false;
    if (column->type.kind == COLUMN_ENUM || column->type.kind == COLUMN_SET) return false;
    if (!column_kind_is_text(column->type.kind)) return true;
    return comparison->collation == column->type.collation;
}

static void found_add(struct found *found, const struct access_input *input,
                      struct access_interval interval) {
    bool is_full =
        found->count == 0 || (found->count >= 4 && (found->count & (found->count - 1)) == 0);
    if (is_full) {
        struct access_interval *larger =
            arena_array(input->arena, struct access_interval, MAX(4u, found->count * 2));
        if (found->count > 0) memcpy(larger, found->intervals, found->count * sizeof *larger);
        found->intervals = larger;
    }
    found->intervals[found->count++] = interval;
}

static enum program_op op_turned(enum program_op op) {
    switch (op) {
    case PROGRAM_LT: return PROGRAM_GT;
    case PROGRAM_LE: return PROGRAM_GE;
    case PROGRAM_GT: return PROGRAM_LT;
    case PROGRAM_GE: return PROGRAM_LE;
    default: return op;
    }
}

static bool interval_of_op(enum program_op op, const struct expr *bound,
                           struct access_interval *out) {
    switch (op) {
    case PROGRAM_EQ: *out = (struct access_interval){.low = bound, .high = bound}; return true;
    case PROGRAM_NULL_SAFE_EQ:
        *out = (struct access_interval){.low = bound, .high = bound, .flags = ACCESS_NULL_SAFE};
        return true;
    case PROGRAM_LT:
        *out = (struct access_interval){.high = bound, .flags = ACCESS_HIGH_OPEN};
        return true;
    case PROGRAM_LE: *out = (struct access_interval){.high = bound}; return true;
    case PROGRAM_GT:
        *out = (struct access_interval){.low = bound, .flags = ACCESS_LOW_OPEN};
        return true;
    case PROGRAM_GE: *out = (struct access_interval){.low = bound}; return true;
    default: return false;
    }
}

static bool find_compare(const struct access_input *input, const struct expr *expr, uint32_t column,
                         struct found *found) {
    const struct expr *left = expr->args[0], *right = expr->args[1];
    enum program_op op = (enum program_op)expr->operation;
    if (!is_column(left, input, column)) {
        const struct expr *swap = left;
        left = right;
        right = swap;
        op = op_turned(op);
    }
    struct access_interval interval;
    bool is_usable = is_column(left, input, column) && keeps_order(expr, left) &&
                     is_known(right, input) && interval_of_op(op, right, &interval);
    if (is_usable) found_add(found, input, interval);
    return is_usable;
}

static bool find_in(const struct access_input *input, const struct expr *expr, uint32_t column,
                    struct found *found) {
    const struct expr *needle = expr->args[0];
    if ((expr->flags & EXPR_IS_NEGATED) != 0 || !is_column(needle, input, column)) return false;
    if (!keeps_order(expr, needle) || expr->arg_count > ACCESS_INTERVALS_MAX) return false;
    for (uint32_t i = 1; i < expr->arg_count; i++) {
        if (!is_known(expr->args[i], input)) return false;
    }
    for (uint32_t i = 1; i < expr->arg_count; i++) {
        found_add(found, input,
                  (struct access_interval){.low = expr->args[i], .high = expr->args[i]});
    }
    return true;
}

static bool find_between(const struct access_input *input, const struct expr *expr, uint32_t column,
                         struct found *found) {
    const struct expr *needle = expr->args[0];
    if ((expr->flags & EXPR_IS_NEGATED) != 0 || !is_column(needle, input, column)) return false;
    if (!keeps_order(expr, needle)) return false;
    if (!is_known(expr->args[1], input) || !is_known(expr->args[2], input)) return false;
    found_add(found, input, (struct access_interval){.low = expr->args[1], .high = expr->args[2]});
    return true;
}

static bool find_null(const struct access_input *input, const struct expr *expr, uint32_t column,
                      struct found *found) {
    if (!is_column(expr->args[0], input, column)) return false;
    bool is_negated = (expr->flags & EXPR_IS_NEGATED) != 0;
    if (is_negated) return false; /* nearly everything: a filter does as well */
    found_add(found, input, (struct access_interval){.flags = ACCESS_IS_NULL});
    return true;
}

static bool begins_with_wildcard(const struct expr *pattern) {
    if (pattern->kind != EXPR_CONSTANT || pattern->value.kind != VALUE_STRING) return false;
    struct slice text = value_slice(&pattern->value);
    return text.size > 0 && (text.data[0] == '%' || text.data[0] == '_');
}

/* The range of a prefix is a superset in some collations: the filter stays. */
static bool find_like(const struct access_input *input, const struct expr *expr, uint32_t column,
                      struct found *found) {
    const struct expr *needle = expr->args[0];
    if ((expr->flags & EXPR_IS_NEGATED) != 0 || !is_column(needle, input, column)) return false;
    if (!keeps_order(expr, needle) || !column_kind_is_string(needle->type.kind)) return false;
    if (!is_known(expr->args[1], input)) return false;
    found->is_exact = false;
    if (begins_with_wildcard(expr->args[1])) return false;
    found_add(found, input,
              (struct access_interval){
                  .low = expr->args[1], .flags = ACCESS_LIKE, .escape = expr->operation});
    return true;
}

/* All that one condition says about one column; false: nothing that an index could use. */
static bool find_intervals(const struct access_input *input, const struct expr *expr,
                           uint32_t column, struct found *found) {
    switch ((enum expr_kind)expr->kind) {
    case EXPR_COMPARE: return find_compare(input, expr, column, found);
    case EXPR_IN: return find_in(input, expr, column, found);
    case EXPR_BETWEEN: return find_between(input, expr, column, found);
    case EXPR_IS_NULL: return find_null(input, expr, column, found);
    case EXPR_LIKE: return find_like(input, expr, column, found);
    case EXPR_OR: break;
    default: return false;
    }
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        if (!find_intervals(input, expr->args[i], column, found)) return false;
        if (found->count > ACCESS_INTERVALS_MAX) return false;
    }
    return true;
}

/* ---- one part ---- */

static bool interval_is_point(const struct access_interval *interval) {
    if ((interval->flags & ACCESS_IS_NULL) != 0) return true;
    return (interval->flags & ACCESS_LIKE) == 0 && interval->low != NULL &&
           interval->low == interval->high;
}

static bool found_is_points(const struct found *found) {
    for (uint32_t i = 0; i < found->count; i++) {
        if (!interval_is_point(&found->intervals[i])) return false;
    }
    return true;
}

static bool is_half(const struct access_interval *interval) {
    return (interval->flags & ACCESS_LIKE) == 0 && !interval_is_point(interval) &&
           (interval->low == NULL) != (interval->high == NULL);
}

/* c > a and c < b: one interval. */
static bool join_halves(struct access_part *part, const struct found *found) {
    if (part->interval_count != 1 || found->count != 1) return false;
    struct access_interval *have = &part->intervals[0];
    const struct access_interval *more = &found->intervals[0];
    if (!is_half(have) || !is_half(more) || (have->low == NULL) == (more->low == NULL))
        return false;
    if (have->low == NULL)
        have->low = more->low;
    else
        have->high = more->high;
    have->flags |= more->flags;
    return true;
}

/* (R2): takes from all conjuncts what there is about one column. */
static void part_find(const struct access_input *input, struct access_path *path,
                      struct access_part *part, const struct index_part *definition) {
    uint64_t taken = 0, exact = 0;
    for (uint32_t i = 0; i < input->conjunct_count; i++) {
        struct found found = {.is_exact = true};
        if (!find_intervals(input, input->conjuncts[i], definition->column, &found)) continue;
        uint64_t bit = i < 64 ? (uint64_t)1 << i : 0;
        bool is_points = found_is_points(&found);
        if (part->interval_count == 0 || (is_points && !part->is_points)) {
            *part = (struct access_part){found.intervals, found.count, is_points};
            taken = bit;
            exact = found.is_exact ? bit : 0;
        } else if (!part->is_points && join_halves(part, &found)) {
            taken |= bit;
            exact |= found.is_exact ? bit : 0;
        }
    }
    bool is_whole = definition->prefix_chars == 0;
    if (is_whole) path->covered |= taken & exact;
}

/* ---- one index ---- */

static double interval_fraction(const struct access_interval *interval) {
    if (interval->low != NULL && interval->high != NULL) return 0.02;
    return 0.33;
}

/* Rows that the path reads of a table: each equal part divides by its distinct values, a range leaves a guess. */
static double rows_read(const struct access_path *path, double rows, double distinct) {
    uint32_t all_parts = path->table->definition->indexes[path->index].part_count;
    double keys = 1, left = rows;
    for (uint32_t i = 0; i < path->part_count; i++) {
        const struct access_part *part = &path->parts[i];
        if (part->is_points) {
            keys *= part->interval_count;
            double share = distinct > 1 ? (double)(i + 1) / all_parts : 0;
            left = share >= 1 ? rows / distinct : MIN(left, rows / MAX(distinct * share, 1.0));
        } else {
            left *= MIN(1.0, part->interval_count * interval_fraction(&part->intervals[0]));
        }
    }
    if (path->kind == ACCESS_POINT) left = 1;
    return MAX(1.0, MIN(rows, keys * left));
}

static void path_estimate(struct access_path *path, const struct access_input *input) {
    const struct table_statistics *statistics = input->statistics;
    double rows = ROWS_SUPPOSED, distinct = ROWS_SUPPOSED / 10;
    if (statistics != NULL && statistics->rows > 0) {
        rows = (double)statistics->rows;
        distinct = (double)MAX(statistics->distinct[path->index], (uint64_t)1);
    }
    bool is_empty = statistics != NULL && statistics->rows == 0;
    path->rows = is_empty ? 1 : rows_read(path, rows, distinct);
    double scale = MAX(1.0, ROWS_SUPPOSED / rows);
    path->weight = rows_read(path, rows * scale, distinct * scale);
}

static bool part_may_be_null(const struct access_part *part) {
    for (uint32_t i = 0; i < part->interval_count; i++) {
        if ((part->intervals[i].flags & (ACCESS_IS_NULL | ACCESS_NULL_SAFE)) != 0) return true;
    }
    return false;
}

static enum access_kind path_kind(const struct access_path *path) {
    const struct index_definition *index = &path->table->definition->indexes[path->index];
    if (path->part_count == 0) return ACCESS_FULL;
    if (path->part_count < index->part_count || index->kind == INDEX_ORDERED) return ACCESS_RANGE;
    for (uint32_t i = 0; i < path->part_count; i++) {
        bool is_whole_point = path->parts[i].is_points && !part_may_be_null(&path->parts[i]) &&
                              index->parts[i].prefix_chars == 0;
        if (!is_whole_point) return ACCESS_RANGE;
    }
    return ACCESS_POINT;
}

static void path_slots(struct access_path *path, const struct access_input *input) {
    path->slots = arena_alloc_zeroed(input->arena, MAX(input->slot_words, 1u) * sizeof(uint64_t));
    for (uint32_t i = 0; i < path->part_count; i++) {
        for (uint32_t k = 0; k < path->parts[i].interval_count; k++) {
            const struct access_interval *interval = &path->parts[i].intervals[k];
            if (interval->low != NULL) expr_slots(interval->low, path->slots);
            if (interval->high != NULL) expr_slots(interval->high, path->slots);
        }
    }
}

struct access_path *access_of_index(const struct access_input *input, uint32_t index) {
    const struct table *table = input->table->base;
    const struct index_definition *definition = &table->definition->indexes[index];
    struct access_path *path = arena_new(input->arena, struct access_path);
    path->table = table;
    path->index = index;
    path->parts = arena_alloc_zeroed(input->arena, definition->part_count * sizeof *path->parts);
    double product = 1;
    for (uint32_t i = 0; i < definition->part_count; i++) {
        struct access_part *part = &path->parts[i];
        uint64_t covered = path->covered;
        part_find(input, path, part, &definition->parts[i]);
        product *= part->interval_count;
        if (part->interval_count == 0 || product > ACCESS_POSITIONS_MAX) {
            path->covered = covered;
            break;
        }
        path->part_count = i + 1;
        bool ends_here = !part->is_points || definition->parts[i].prefix_chars != 0;
        if (ends_here) break;
        path->used_columns = i + 1;
    }
    path->kind = path_kind(path);
    path_estimate(path, input);
    path_slots(path, input);
    return path;
}

/* ---- all indexes ---- */

static bool hint_names(const struct ast_index_hint *hint, struct slice name) {
    for (uint32_t i = 0; i < hint->indexes.count; i++) {
        if (slice_equal_nocase(hint->indexes.items[i], name)) return true;
    }
    return false;
}

static bool index_is_allowed(const struct bound_table *table,
                             const struct index_definition *index) {
    if (index->state != INDEX_PUBLIC || index->is_invisible) return false;
    bool is_allowed = true;
    for (uint32_t i = 0; table->hints != NULL && i < table->hints->count; i++) {
        const struct ast_index_hint *hint = &table->hints->items[i];
        if (hint->scope != AST_HINT_FOR_ALL && hint->scope != AST_HINT_FOR_JOIN) continue;
        bool is_named = hint_names(hint, index->name);
        if (hint->action == AST_HINT_IGNORE ? is_named : !is_named) is_allowed = false;
    }
    return is_allowed;
}

/* What a row costs by this path: a secondary index leads to the row by one more look-up, a unique one by a message. */
static double path_cost(const struct access_path *path) {
    const struct index_definition *index = &path->table->definition->indexes[path->index];
    double each = path->index == 0                                            ? 1.0
                  : index->kind == INDEX_UNIQUE && path->kind == ACCESS_POINT ? 2.0
                                                                              : 1.2;
    return path->weight * each;
}

struct access_path *access_best(const struct access_input *input) {
    const struct table_definition *definition = input->table->base->definition;
    struct access_path *best = NULL;
    for (uint32_t i = 0; i < definition->index_count; i++) {
        if (!index_is_allowed(input->table, &definition->indexes[i])) continue;
        struct access_path *path = access_of_index(input, i);
        if (path->kind == ACCESS_FULL && i > 0) continue;
        if (best == NULL || path_cost(path) < path_cost(best)) best = path;
    }
    return best != NULL ? best : access_of_index(input, 0);
}
