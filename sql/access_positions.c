/* access_positions.c: the keys and ranges of one execution.
 *
 * The path's parts are walked as a product: for every combination of points in the leading parts, and every interval of
 * the last one, a key or a range is made; then all are sorted and joined (A3).
 *   (P1) A NULL bound satisfies nothing, unless it is IS NULL or <=>.
 *   (P2) Bounds are converted to the column's type; what the conversion moved decides whether the bound is open (A2).
 */
#include <stdlib.h>

#include "row/convert.h"
#include "sql/access.h"

struct maker {
    const struct access_path *path;
    struct eval_context *context;
    struct arena *arena;
    const struct key_layout *keys;
    struct value *values; /* of the points chosen so far, one a part */
    struct access_position *positions;
    uint32_t count, capacity;
};

static void maker_add(struct maker *maker, const struct access_position *position) {
    if (maker->count == maker->capacity) {
        uint32_t capacity = MAX(4u, maker->capacity * 2);
        struct access_position *larger =
            arena_array(maker->arena, struct access_position, capacity);
        if (maker->count > 0) memcpy(larger, maker->positions, maker->count * sizeof *larger);
        maker->positions = larger;
        maker->capacity = capacity;
    }
    maker->positions[maker->count++] = *position;
}

static const struct column_definition *part_column(const struct maker *maker, uint32_t part) {
    const struct table_definition *table = maker->path->table->definition;
    return &table->columns[table->indexes[maker->path->index].parts[part].column];
}

/* ---- bounds ---- */

struct bound {
    struct value value; /* of the column's type */
    int moved;          /* value - what was asked for: < 0, 0, > 0 */
    bool is_null;
};

/* (P2) */
static enum status bound_eval(struct maker *maker, const struct expr *expr, uint32_t part,
                              struct bound *out) {
    struct value asked;
    enum status status = expr_eval(expr, maker->context, &asked);
    if (status != STATUS_OK) return status;
    *out = (struct bound){.is_null = value_is_null(&asked)};
    if (out->is_null) return STATUS_OK;
    const struct column_type *type = &part_column(maker, part)->type;
    struct convert_options options = {.temporal_flags = maker->context->temporal_flags,
                                      .now_epoch_us = maker->context->now_epoch_us};
    if (value_fits(&asked, type)) {
        out->value = asked;
        return STATUS_OK;
    }
    struct column_type wide = *type;
    if (column_kind_is_string(type->kind))
        wide.length = UINT32_MAX; /* never cut: it equals nothing */
    status = value_convert(&asked, column_kind_is_string(type->kind) ? &wide : type, &options,
                           maker->arena, &out->value);
    if (status == STATUS_INVALID) out->is_null = true;
    if (!out->is_null && value_compare(&out->value, &asked, &out->moved) != STATUS_OK)
        out->moved = 0;
    return STATUS_OK;
}

/* ---- positions of the last part ---- */

static enum status key_of_points(struct maker *maker, uint32_t count, struct slice *out) {
    struct buffer key = buffer_of(maker->arena);
    enum status status = key_of_values(maker->keys, maker->values, count, &key);
    *out = buffer_slice(&key);
    return status;
}

/* A value that no key can hold (too long a text): the point satisfies nothing. */
static void add_point(struct maker *maker, uint32_t count) {
    struct access_position position = {0};
    if (key_of_points(maker, count, &position.lower) != STATUS_OK) return;
    if (maker->path->kind != ACCESS_POINT) {
        struct key_range range = key_range_prefix(position.lower, maker->arena);
        position = (struct access_position){range.lower, range.upper, range.upper.size == 0};
    }
    maker_add(maker, &position);
}

static enum status add_between(struct maker *maker, uint32_t part,
                               const struct key_bounds *bounds) {
    struct key_equal equal = {.count = part};
    if (key_of_points(maker, part, &equal.key) != STATUS_OK) return STATUS_OK;
    struct key_range range;
    enum status status = key_range_between(maker->keys, &equal, bounds, maker->arena, &range);
    if (status != STATUS_OK) {
        /* A text longer than the column: read from the equal parts on, the filter decides. */
        struct key_bounds open = {.low_kind = KEY_BOUND_OPEN, .high_kind = KEY_BOUND_OPEN};
        status = key_range_between(maker->keys, &equal, &open, maker->arena, &range);
    }
    if (status != STATUS_OK) return status;
    struct access_position position = {range.lower, range.upper, range.upper.size == 0};
    if (position.has_no_upper || slice_compare(position.lower, position.upper) < 0) {
        maker_add(maker, &position);
    }
    return STATUS_OK;
}

/* (A2): `c > v` with v moved down to c0 is c > c0; moved up, it is c >= c0; and so on. */
static enum key_bound low_kind(const struct bound *bound, uint8_t flags) {
    if (bound->moved != 0) return bound->moved < 0 ? KEY_BOUND_EXCLUSIVE : KEY_BOUND_INCLUSIVE;
    return (flags & ACCESS_LOW_OPEN) != 0 ? KEY_BOUND_EXCLUSIVE : KEY_BOUND_INCLUSIVE;
}
static enum key_bound high_kind(const struct bound *bound, uint8_t flags) {
    if (bound->moved != 0) return bound->moved > 0 ? KEY_BOUND_EXCLUSIVE : KEY_BOUND_INCLUSIVE;
    return (flags & ACCESS_HIGH_OPEN) != 0 ? KEY_BOUND_EXCLUSIVE : KEY_BOUND_INCLUSIVE;
}

static enum status add_range(struct maker *maker, uint32_t part,
                             const struct access_interval *interval) {
    struct key_bounds bounds = {.low_kind = KEY_BOUND_OPEN, .high_kind = KEY_BOUND_OPEN};
    struct bound bound;
    if (interval->low != NULL) {
        enum status status = bound_eval(maker, interval->low, part, &bound);
        if (status != STATUS_OK || bound.is_null) return status; /* (P1) */
        bounds.low = bound.value;
        bounds.low_kind = (uint8_t)low_kind(&bound, interval->flags);
    }
    if (interval->high != NULL) {
        enum status status = bound_eval(maker, interval->high, part, &bound);
        if (status != STATUS_OK || bound.is_null) return status;
        bounds.high = bound.value;
        bounds.high_kind = (uint8_t)high_kind(&bound, interval->flags);
    }
    return add_between(maker, part, &bounds);
}

/* The letters before the first wildcard; `whole_out` when there is none. */
static struct slice like_prefix(struct arena *arena, struct slice pattern, uint32_t escape) {
    struct buffer prefix = buffer_of(arena);
    for (size_t i = 0; i < pattern.size; i++) {
        uint8_t byte = pattern.data[i];
        if (byte == '%' || byte == '_') break;
        if (escape != 0 && byte == escape && i + 1 < pattern.size) byte = pattern.data[++i];
        buffer_append_byte(&prefix, byte);
    }
    return buffer_slice(&prefix);
}

static enum status add_like(struct maker *maker, uint32_t part,
                            const struct access_interval *interval) {
    struct value pattern;
    enum status status = expr_eval(interval->low, maker->context, &pattern);
    if (status != STATUS_OK || value_is_null(&pattern)) return status;
    struct key_equal equal = {.count = part};
    if (key_of_points(maker, part, &equal.key) != STATUS_OK) return STATUS_OK;
    struct slice prefix = SLICE_EMPTY;
    if (pattern.kind == VALUE_STRING) {
        prefix = like_prefix(maker->arena, value_slice(&pattern), interval->escape);
    }
    struct key_range range;
    status = key_range_like(maker->keys, &equal, prefix, maker->arena, &range);
    if (status != STATUS_OK) return status;
    maker_add(maker, &(struct access_position){range.lower, range.upper, range.upper.size == 0});
    return STATUS_OK;
}

/* ---- the product ---- */

/* Sets the part's value for a point; *is_empty_out: it satisfies nothing. */
static enum status point_value(struct maker *maker, uint32_t part,
                               const struct access_interval *interval, bool *is_empty_out) {
    *is_empty_out = false;
    maker->values[part] = value_null();
    if ((interval->flags & ACCESS_IS_NULL) != 0) return STATUS_OK;
    struct bound bound;
    enum status status = bound_eval(maker, interval->low, part, &bound);
    if (status != STATUS_OK) return status;
    bool takes_null = (interval->flags & ACCESS_NULL_SAFE) != 0;
    *is_empty_out = bound.is_null ? !takes_null : bound.moved != 0;
    if (!bound.is_null) maker->values[part] = bound.value;
    return STATUS_OK;
}

static enum status make_part(struct maker *maker, uint32_t part) {
    const struct access_part *intervals = &maker->path->parts[part];
    bool is_last = part + 1 == maker->path->part_count;
    for (uint32_t i = 0; i < intervals->interval_count; i++) {
        const struct access_interval *interval = &intervals->intervals[i];
        enum status status;
        if (intervals->is_points) {
            bool is_empty;
            status = point_value(maker, part, interval, &is_empty);
            if (status == STATUS_OK && !is_empty && is_last) add_point(maker, part + 1);
            if (status == STATUS_OK && !is_empty && !is_last) status = make_part(maker, part + 1);
        } else if ((interval->flags & ACCESS_LIKE) != 0) {
            status = add_like(maker, part, interval);
        } else if ((interval->flags & ACCESS_IS_NULL) != 0 || interval->low == interval->high) {
            bool is_empty;
            status = point_value(maker, part, interval, &is_empty);
            if (status == STATUS_OK && !is_empty) add_point(maker, part + 1);
        } else {
            status = add_range(maker, part, interval);
        }
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* ---- sorting and packing ---- */

static int position_order(const void *a, const void *b) {
    const struct access_position *left = a, *right = b;
    return slice_compare(left->lower, right->lower);
}

/* (A3): sorted; a range that begins inside the one before is joined to it. */
static void positions_join(struct maker *maker) {
    if (maker->count < 2) return;
    qsort(maker->positions, maker->count, sizeof *maker->positions, position_order);
    bool is_points = maker->path->kind == ACCESS_POINT;
    uint32_t kept = 0;
    for (uint32_t i = 1; i < maker->count; i++) {
        struct access_position *last = &maker->positions[kept];
        const struct access_position *next = &maker->positions[i];
        bool is_inside = is_points
                             ? slice_equal(last->lower, next->lower)
                             : last->has_no_upper || slice_compare(next->lower, last->upper) <= 0;
        if (!is_inside) {
            maker->positions[++kept] = *next;
        } else if (!is_points && !last->has_no_upper) {
            if (next->has_no_upper || slice_compare(next->upper, last->upper) > 0) {
                last->upper = next->upper;
                last->has_no_upper = next->has_no_upper;
            }
        }
    }
    maker->count = kept + 1;
}

enum status access_find(const struct access_path *path, struct eval_context *context,
                        struct arena *arena, struct access_list *out) {
    struct maker maker = {.path = path,
                          .context = context,
                          .arena = arena,
                          .keys = path->table->index_keys[path->index]};
    *out = (struct access_list){.kind = path->kind};
    if (path->kind == ACCESS_FULL) {
        maker_add(&maker, &(struct access_position){.has_no_upper = true});
    } else {
        maker.values = arena_array(arena, struct value, path->part_count);
        enum status status = make_part(&maker, 0);
        if (status != STATUS_OK) return status;
    }
    positions_join(&maker);
    out->items = maker.positions;
    out->count = maker.count;
    return STATUS_OK;
}

void access_pack(const struct access_list *list, struct arena *arena,
                 struct access_positions *out) {
    struct buffer packed = buffer_of(arena);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct access_position *position = &list->items[i];
        if (list->kind == ACCESS_POINT) {
            scan_add_point(&packed, position->lower);
            continue;
        }
        uint8_t flags = position->has_no_upper ? RANGE_UPPER_NONE : RANGE_UPPER_OPEN;
        if (position->lower.size == 0) flags |= RANGE_LOWER_NONE;
        scan_add_range(&packed, &(struct pack_range){flags, position->lower, position->upper});
    }
    *out = (struct access_positions){.kind = list->kind == ACCESS_POINT ? POSITION_POINTS
                                                                        : POSITION_RANGES,
                                     .count = list->count,
                                     .packed = buffer_slice(&packed)};
}

enum status access_positions(const struct access_path *path, struct eval_context *context,
                             struct arena *arena, struct access_positions *out) {
    struct access_list list;
    enum status status = access_find(path, context, arena, &list);
    if (status == STATUS_OK) access_pack(&list, arena, out);
    return status;
}
