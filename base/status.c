/* status.c: the printed names of statuses.
 *
 * Numbers may come from foreign bytes, so both functions answer for every number.
 */
#include "base/status.h"

#include "base/check.h"

struct status_words {
    const char *name, *text;
};

#define STATUS_NUMBER(name, number, text) static_assert((number) >= 0, "statuses index an array");
STATUS_LIST(STATUS_NUMBER)
#undef STATUS_NUMBER

#define STATUS_WORDS(name, number, text) [number] = {#name, text},
static const struct status_words status_words[] = {STATUS_LIST(STATUS_WORDS)};
#undef STATUS_WORDS

static const struct status_words unknown_words = {"UNKNOWN", "a status this version does not know"};

static const struct status_words *status_find(enum status status) {
    size_t number = (size_t)status;
    if (number >= ARRAY_COUNT(status_words) || status_words[number].name == NULL)
        return &unknown_words;
    return &status_words[number];
}

const char *status_name(enum status status) { return status_find(status)->name; }

const char *status_text(enum status status) { return status_find(status)->text; }
