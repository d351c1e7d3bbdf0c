/* tests/row/fixture.h: an arena for a test, and short ways to make and show values. */
#ifndef TESTS_ROW_FIXTURE_H
#define TESTS_ROW_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/random.h"
#include "row/collation.h"
#include "row/row.h"
#include "row/temporal.h"
#include "tests/base/chunks.h"

struct fixture {
    struct chunks chunks;
    struct arena arena;
};

static inline struct arena *fixture_open(struct fixture *fixture) {
    fixture->chunks = chunks_open();
    arena_open(&fixture->arena, &fixture->chunks.source, 0);
    return &fixture->arena;
}
static inline void fixture_close(struct fixture *fixture) { arena_close(&fixture->arena); }

static inline struct value text_value(const char *text, uint16_t collation) {
    return value_of_string(slice_of_text(text), collation);
}
static inline struct decimal decimal_of(const char *text) {
    struct decimal decimal;
    enum status status = decimal_from_text(slice_of_text(text), &decimal);
    cr_assert(status == STATUS_OK || status == STATUS_TRUNCATED, "%s", text);
    return decimal;
}
/* The text, with a NUL. */
static inline const char *decimal_show(const struct decimal *decimal, struct arena *arena) {
    char *text = arena_alloc(arena, DECIMAL_TEXT_BYTES_MAX + 1);
    text[decimal_to_text(decimal, (uint8_t *)text)] = '\0';
    return text;
}
static inline const char *value_show(const struct value *value, struct arena *arena) {
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    return arena_text(arena, value_text(value, memory));
}
static inline int64_t date_time_of(const char *text) {
    struct temporal_parsed parsed;
    enum status status = temporal_parse_date_time(slice_of_text(text), 6, 0, &parsed);
    cr_assert_eq(status, STATUS_OK, "%s", text);
    return parsed.packed;
}
static inline const char *date_time_show(int64_t packed, uint8_t fsp, struct arena *arena) {
    char *text = arena_alloc(arena, TEMPORAL_TEXT_BYTES_MAX + 1);
    text[temporal_format_date_time(packed, fsp, (uint8_t *)text)] = '\0';
    return text;
}
static inline int sign_of(int order) { return (order > 0) - (order < 0); }

#endif
