/* mysql_error.c: what belongs to a MySQL error number?
 *
 * One table, in the order of the numbers, made from row/mysql_error.def and searched by halves:
 * errors are rare, and the table is the documentation. (E1) Numbers ascend, so the search is right;
 * test_mysql_error walks the table.
 */
#include "row/mysql_error.h"

#include <stdio.h>

struct mysql_error_entry {
    unsigned number;
    char sqlstate[6];
    const char *name, *format;
};

#define E(name, number, sqlstate, text) {number, sqlstate, #name, text},
static const struct mysql_error_entry entries[] = {
#include "row/mysql_error.def"
};
#undef E

static const struct mysql_error_entry *entry_find(unsigned number) {
    size_t low = 0, high = ARRAY_COUNT(entries);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entries[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < ARRAY_COUNT(entries) && entries[low].number == number) return &entries[low];
    return NULL;
}

const char *mysql_error_sqlstate(unsigned number) {
    const struct mysql_error_entry *entry = entry_find(number);
    return entry == NULL ? "HY000" : entry->sqlstate;
}

const char *mysql_error_format(unsigned number) {
    const struct mysql_error_entry *entry = entry_find(number);
    return entry == NULL ? "Unknown error" : entry->format;
}

const char *mysql_error_name(unsigned number) {
    const struct mysql_error_entry *entry = entry_find(number);
    return entry == NULL ? "ER_UNKNOWN_ERROR" : entry->name;
}

/* The size without the pieces of a character that was cut in the middle. */
static size_t whole_characters(const char *text, size_t size) {
    size_t start = size;
    while (start > 0 && size - start < 3 && ((uint8_t)text[start - 1] & 0xC0) == 0x80) start--;
    if (start == 0) return size;
    uint8_t lead = (uint8_t)text[start - 1];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return size - (start - 1) < wanted ? start - 1 : size;
}

struct slice mysql_error_print_list(enum mysql_error error, char *memory, size_t size,
                                    va_list args) {
    CHECK(memory != NULL);
    CHECK(size > 0);
    int wanted = vsnprintf(memory, size, mysql_error_format(error), args);
    CHECK(wanted >= 0);
    if ((size_t)wanted < size) return slice_of(memory, (size_t)wanted);
    size_t kept = whole_characters(memory, size - 1);
    memory[kept] = '\0';
    return slice_of(memory, kept);
}

struct slice mysql_error_print(enum mysql_error error, char *memory, size_t size, ...) {
    va_list args;
    va_start(args, size);
    struct slice text = mysql_error_print_list(error, memory, size, args);
    va_end(args);
    return text;
}
