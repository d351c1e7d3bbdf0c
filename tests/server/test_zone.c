/* test_zone.c: zone files by name, and nothing else. */
#include <criterion/criterion.h>

#include "io/io.h"
#include "server/zone.h"

static enum status read_zone(const char *name) {
    struct heap heap;
    struct arena arena;
    struct slice bytes;
    heap_open(&heap);
    arena_open(&arena, &heap.source, 0);
    enum status status = zone_read(NULL, slice_of_text(name), &arena, &bytes);
    arena_close(&arena);
    heap_close(&heap);
    return status;
}

Test(zone, names_of_the_system_are_found) {
    cr_expect_eq(read_zone("UTC"), STATUS_OK);
    cr_expect_eq(read_zone("Europe/Berlin"), STATUS_OK);
}

Test(zone, no_other_file_is_read) {
    static const char *const names[] = {"",           "/etc/passwd", "../../../etc/passwd",
                                        "zone.tab",   "Europe",      "No/Where",
                                        "Europe/B n", "Europe/\n"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        cr_expect_eq(read_zone(names[i]), STATUS_NOT_FOUND, "%s", names[i]);
}
