/* keyword.c: is this word one of MySQL's?
 *
 * keyword.def lists the words; keyword_hash.py, run by the build, finds for each of 256 buckets a shift that
 * gives every word a slot of its own. So a lookup is one load of the shift, one of the slot and one
 * comparison, for words and for plain names alike.
 */
#include "sql/keyword.h"
#include "sql/grammar.h"
#include "sql/keyword_hash.h"

#define K(word, token, class) {#word, TOKEN_##token, sizeof(#word) - 1, KEYWORD_##class},
static const struct keyword keywords[] = {
#include "sql/keyword.def"
};
#undef K

static_assert(ARRAY_COUNT(keywords) == KEYWORD_COUNT, "the hash is of this list");

/* `upper` has no lower case letters. A byte that differs from its letter by more than 0x20 is another one. */
static bool equal_upper(const uint8_t *data, const char *upper, size_t size) {
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[i];
        if (byte >= 'a' && byte <= 'z') byte = (uint8_t)(byte - 0x20);
        if (byte != (uint8_t)upper[i]) return false;
    }
    return true;
}

const struct keyword *keyword_find(const uint8_t *data, size_t size, uint32_t hash) {
    if (size > KEYWORD_SIZE_MAX) return NULL;
    uint32_t shift = keyword_shifts[hash & 0xFF];
    uint32_t slot = ((hash >> 8) + shift * ((hash >> 20) | 1)) % KEYWORD_SLOTS;
    if (keyword_slots[slot] == 0) return NULL;
    const struct keyword *keyword = &keywords[keyword_slots[slot] - 1];
    if (keyword->size != size || !equal_upper(data, keyword->text, size)) return NULL;
    return keyword;
}

const struct keyword *keyword_list(size_t *count_out) {
    *count_out = ARRAY_COUNT(keywords);
    return keywords;
}
