/* sql/json_path.h: JSON paths, '$.a[0]', and what of a document they name.
 *
 * A path is a list of legs behind $. With *, ** or a range it may name any number of places. The documents are the trees of
 * row/json.h; a place is a pointer into one.
 */
#ifndef SQL_JSON_PATH_H
#define SQL_JSON_PATH_H

#include "row/json.h"

#define JSON_LEGS_MAX       100
#define JSON_DEPTH_LEGS_MAX 2 /* each ** more multiplies the ways by the depth of the document */
#define JSON_MARK_FIRST     (UINT32_C(1) << 31)

enum json_leg_kind {
    JSON_LEG_MEMBER,     /* .name */
    JSON_LEG_CELL,       /* [index]; from_last: [last - index] */
    JSON_LEG_ANY_MEMBER, /* .* */
    JSON_LEG_ANY_CELL,   /* [*] */
    JSON_LEG_ANY_DEPTH,  /* **: this place and all below */
};

struct json_leg {
    uint8_t kind; /* enum json_leg_kind */
    bool from_last;
    uint32_t index;
    struct slice name;
};

struct json_path {
    struct json_leg legs[JSON_LEGS_MAX];
    uint32_t count;
    bool is_wild; /* may name several places */
};

struct json_places {
    struct arena *arena;
    struct json **items;
    uint32_t count, capacity;
    uint32_t
        mark; /* of those added: from JSON_MARK_FIRST on, another one for each search in a document */
};

/* STATUS_INVALID: no path; UNSUPPORTED: more than JSON_DEPTH_LEGS_MAX times **; *bad_at_out is the character where it ends to be one. */
MUST_USE enum status json_path_parse(struct slice text, struct arena *arena, struct json_path *out,
                                     size_t *bad_at_out);
/* Adds the places that legs from .. name below `place`, in the document's order. */
void json_path_find(const struct json_path *path, uint32_t from, struct json *place,
                    struct json_places *places);
struct json *json_member(const struct json *object, struct slice name); /* NULL: none */

#endif
