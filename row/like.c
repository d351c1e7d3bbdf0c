/* like.c: LIKE: % is any text, _ any one character.
 *
 * Characters are compared one by one, as MySQL does: two are equal when they have equal weights on
 * all levels of the collation, whatever stands beside them. Trailing spaces count, PAD SPACE or
 * not.
 *
 * One place is remembered, the last %: when what follows it does not match, the % swallows one more
 * character. An earlier % need never be tried again, since whatever it could swallow the last one
 * can. So the time is at most text times pattern, and there is no recursion.
 */
#include "row/collation.h"
#include "row/collation_private.h"

struct like {
    const struct collation *collation;
    uint32_t escape; /* 0: none */
    bool is_utf8;
};

struct like_char {
    uint32_t code; /* code point; the byte itself in sets of one byte */
    uint32_t size;
};

static struct like_char like_char_at(const struct like *like, const uint8_t *at,
                                     const uint8_t *end) {
    struct like_char c = {*at, 1};
    if (like->is_utf8) c.code = code_point_at(at, end, &c.size);
    return c;
}

static bool ducet_equal(uint32_t a, uint32_t b, uint32_t levels) {
    uint32_t made_a[4], made_b[4];
    const uint32_t *x, *y;
    uint32_t x_count = ducet_elements(a, made_a, &x), y_count = ducet_elements(b, made_b, &y);
    for (uint32_t level = 1; level <= levels; level++) {
        uint32_t i = 0, j = 0;
        for (;;) {
            while (i < x_count && element_weight(x[i], level) == 0) i++;
            while (j < y_count && element_weight(y[j], level) == 0) j++;
            if (i == x_count || j == y_count) break;
            if (element_weight(x[i++], level) != element_weight(y[j++], level)) return false;
        }
        if (i != x_count || j != y_count) return false;
    }
    return true;
}

static bool char_equal(const struct like *like, uint32_t a, uint32_t b) {
    if (a == b) return true;
    switch ((enum collation_order)like->collation->order) {
    case COLLATION_ORDER_BYTES: return false;
    case COLLATION_ORDER_TABLE8:
        return like->collation->table8[a & 0xff] == like->collation->table8[b & 0xff];
    case COLLATION_ORDER_GENERAL: return general_weight(a) == general_weight(b);
    case COLLATION_ORDER_DUCET: return ducet_equal(a, b, like->collation->levels);
    }
    UNREACHABLE();
}

enum pattern_kind { PATTERN_LITERAL, PATTERN_ONE, PATTERN_MANY };
struct pattern_item {
    enum pattern_kind kind;
    uint32_t code;
    uint32_t size; /* bytes of the pattern, escape included */
};

static struct pattern_item pattern_at(const struct like *like, const uint8_t *at,
                                      const uint8_t *end) {
    struct like_char c = like_char_at(like, at, end);
    if (like->escape != 0 && c.code == like->escape && at + c.size < end) {
        struct like_char next = like_char_at(like, at + c.size, end);
        return (struct pattern_item){PATTERN_LITERAL, next.code, c.size + next.size};
    }
    enum pattern_kind kind = c.code == '%'   ? PATTERN_MANY
                             : c.code == '_' ? PATTERN_ONE
                                             : PATTERN_LITERAL;
    return (struct pattern_item){kind, c.code, c.size};
}

static struct like like_of(uint16_t id, uint32_t escape) {
    const struct collation *collation = collation_find(id);
    CHECK(collation != NULL);
    return (struct like){collation, escape, charset_is_utf8(collation->charset)};
}

bool collation_like(uint16_t id, struct slice text, struct slice pattern, uint32_t escape) {
    struct like like = like_of(id, escape);
    const uint8_t *t = text.data, *t_end = text.data + text.size;
    const uint8_t *p = pattern.data, *p_end = pattern.data + pattern.size;
    const uint8_t *many_p = NULL, *many_t = NULL; /* behind the last %, and where its text ends */
    for (;;) {
        if (p < p_end) {
            struct pattern_item item = pattern_at(&like, p, p_end);
            if (item.kind == PATTERN_MANY) {
                p += item.size;
                if (p == p_end) return true;
                many_p = p;
                many_t = t;
                continue;
            }
            if (t < t_end) {
                struct like_char c = like_char_at(&like, t, t_end);
                if (item.kind == PATTERN_ONE || char_equal(&like, c.code, item.code)) {
                    p += item.size;
                    t += c.size;
                    continue;
                }
            }
        } else if (t == t_end) {
            return true;
        }
        if (many_p == NULL || many_t == t_end) return false;
        many_t += like_char_at(&like, many_t, t_end).size;
        t = many_t;
        p = many_p;
    }
}

struct slice collation_like_prefix(uint16_t id, struct slice pattern, uint32_t escape,
                                   struct arena *arena) {
    struct like like = like_of(id, escape);
    struct buffer prefix = buffer_of(arena);
    const uint8_t *p = pattern.data, *end = pattern.data + pattern.size;
    while (p < end) {
        struct pattern_item item = pattern_at(&like, p, end);
        if (item.kind != PATTERN_LITERAL) break;
        /* The literal's bytes are the last ones of the item. */
        struct like_char first = like_char_at(&like, p, end);
        bool is_escaped = first.size < item.size;
        uint32_t skipped = is_escaped ? first.size : 0;
        buffer_append(&prefix, slice_of(p + skipped, item.size - skipped));
        p += item.size;
    }
    return buffer_slice(&prefix);
}
