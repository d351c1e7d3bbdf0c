/* sql/json_path.c: reading and following paths.
 *
 *   path -> $ leg*;  leg -> .name | ."name" | .* | [n] | [last] | [last - n] | [*] | **
 *
 * A value that is no array is an array of itself: $[0] of it is it.
 */
#include "sql/json_path.h"

struct path_reader {
    struct slice text;
    size_t at;
    struct arena *arena;
};

static bool takes(struct path_reader *r, const char *word) {
    size_t size = strlen(word);
    while (r->at < r->text.size && r->text.data[r->at] == ' ') r->at++;
    if (r->text.size - r->at < size || memcmp(r->text.data + r->at, word, size) != 0) return false;
    r->at += size;
    return true;
}

static bool read_number(struct path_reader *r, uint32_t *out) {
    while (r->at < r->text.size && r->text.data[r->at] == ' ') r->at++;
    size_t start = r->at;
    uint64_t number = 0;
    while (r->at < r->text.size && r->text.data[r->at] >= '0' && r->text.data[r->at] <= '9') {
        number = number * 10 + (uint64_t)(r->text.data[r->at] - '0');
        if (number > UINT32_MAX) return false;
        r->at++;
    }
    *out = (uint32_t)number;
    return r->at > start;
}

/* Letters, digits, _, $ and all that is not ASCII. */
static bool is_name_byte(uint8_t byte) {
    uint8_t low = byte | 0x20;
    return byte >= 0x80 || byte == '_' || byte == '$' || (low >= 'a' && low <= 'z') ||
           (byte >= '0' && byte <= '9');
}

static bool read_quoted(struct path_reader *r, struct slice *out) {
    size_t start = r->at - 1;
    while (r->at < r->text.size && r->text.data[r->at] != '"') {
        r->at += r->text.data[r->at] == '\\' ? 2 : 1;
    }
    if (r->at >= r->text.size) return false;
    r->at++;
    struct json name;
    struct json_fault fault;
    struct slice text = slice_part(r->text, start, r->at - start);
    if (json_parse(text, r->arena, &name, &fault) != STATUS_OK) return false;
    *out = name.text;
    return true;
}

static bool read_member(struct path_reader *r, struct json_leg *leg) {
    leg->kind = JSON_LEG_ANY_MEMBER;
    if (takes(r, "*")) return true;
    leg->kind = JSON_LEG_MEMBER;
    if (takes(r, "\"")) return read_quoted(r, &leg->name);
    size_t start = r->at;
    while (r->at < r->text.size && is_name_byte(r->text.data[r->at])) r->at++;
    leg->name = slice_part(r->text, start, r->at - start);
    bool is_number = leg->name.size > 0 && leg->name.data[0] >= '0' && leg->name.data[0] <= '9';
    return leg->name.size > 0 && !is_number;
}

static bool read_cell(struct path_reader *r, struct json_leg *leg) {
    leg->kind = JSON_LEG_ANY_CELL;
    if (takes(r, "*")) return takes(r, "]");
    leg->kind = JSON_LEG_CELL;
    leg->from_last = takes(r, "last");
    bool has_number = !leg->from_last || takes(r, "-");
    if (has_number && !read_number(r, &leg->index)) return false;
    return takes(r, "]");
}

static bool read_leg(struct path_reader *r, struct json_leg *leg) {
    *leg = (struct json_leg){0};
    if (takes(r, "**")) {
        leg->kind = JSON_LEG_ANY_DEPTH;
        return r->at < r->text.size; /* something must follow */
    }
    if (takes(r, ".")) return read_member(r, leg);
    return takes(r, "[") && read_cell(r, leg);
}

enum status json_path_parse(struct slice text, struct arena *arena, struct json_path *out,
                            size_t *bad_at_out) {
    struct path_reader r = {text, 0, arena};
    out->count = 0;
    out->is_wild = false;
    bool is_right = takes(&r, "$");
    uint32_t depths = 0;
    while (is_right && r.at < text.size) {
        struct json_leg *leg = &out->legs[out->count];
        is_right = out->count < JSON_LEGS_MAX && read_leg(&r, leg);
        if (!is_right) break;
        out->count++;
        out->is_wild = out->is_wild || leg->kind >= JSON_LEG_ANY_MEMBER;
        depths += leg->kind == JSON_LEG_ANY_DEPTH;
    }
    *bad_at_out = MIN(r.at + 1, text.size);
    if (is_right && depths > JSON_DEPTH_LEGS_MAX) return STATUS_UNSUPPORTED;
    return is_right ? STATUS_OK : STATUS_INVALID;
}

/* ---- following ---- */

struct json *json_member(const struct json *object, struct slice name) {
    for (uint32_t i = 0; object->kind == JSON_OBJECT && i < object->count; i++) {
        if (slice_equal(object->items[i].key, name)) return &object->items[i];
    }
    return NULL;
}

static void add_place(struct json_places *places, struct json *place) {
    if (place->place == places->mark) return; /* there by another way */
    place->place = places->mark;
    if (places->count == places->capacity) {
        uint32_t capacity = MAX(places->capacity * 2, 4u);
        struct json **items = arena_array(places->arena, struct json *, capacity);
        if (places->count > 0) memcpy(items, places->items, places->count * sizeof(struct json *));
        places->items = items;
        places->capacity = capacity;
    }
    places->items[places->count++] = place;
}

static struct json *cell_of(struct json *place, const struct json_leg *leg) {
    uint32_t count = place->kind == JSON_ARRAY ? place->count : 1;
    if (leg->index >= count) return NULL;
    uint32_t index = leg->from_last ? count - 1 - leg->index : leg->index;
    return place->kind == JSON_ARRAY ? &place->items[index] : place;
}

static void find_all(const struct json_path *path, uint32_t from, struct json *place,
                     struct json_places *places) {
    for (uint32_t i = 0; i < place->count; i++) {
        json_path_find(path, from, &place->items[i], places);
    }
}

void json_path_find(const struct json_path *path, uint32_t from, struct json *place,
                    struct json_places *places) {
    if (from == path->count) {
        add_place(places, place);
        return;
    }
    const struct json_leg *leg = &path->legs[from];
    struct json *next = NULL;
    switch ((enum json_leg_kind)leg->kind) {
    case JSON_LEG_MEMBER: next = json_member(place, leg->name); break;
    case JSON_LEG_CELL: next = cell_of(place, leg); break;
    case JSON_LEG_ANY_MEMBER:
        if (place->kind == JSON_OBJECT) find_all(path, from + 1, place, places);
        return;
    case JSON_LEG_ANY_CELL:
        if (place->kind == JSON_ARRAY) find_all(path, from + 1, place, places);
        return;
    case JSON_LEG_ANY_DEPTH:
        json_path_find(path, from + 1, place, places);
        find_all(path, from, place, places);
        return;
    }
    if (next != NULL) json_path_find(path, from + 1, next, places);
}
