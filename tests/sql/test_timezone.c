/* Facts about time zones; libc's own reading of the same files is the oracle. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "row/temporal.h"
#include "sql/timezone.h"
#include "tests/base/chunks.h"

static struct chunks chunks;
static struct arena arena;

static void open_arena(void) {
    chunks = chunks_open();
    arena_open(&arena, &chunks.source, 0);
}
static void close_arena(void) { arena_close(&arena); }
TestSuite(timezone, .init = open_arena, .fini = close_arena);

static struct slice zone_file(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) cr_skip_test("no tzdata here");
    uint8_t *bytes = arena_alloc(&arena, 65536);
    size_t size = fread(bytes, 1, 65536, file);
    fclose(file);
    return slice_of(bytes, size);
}

static const struct time_zone *zone_of(const char *name) {
    const struct time_zone *zone = NULL;
    cr_assert_eq(time_zone_open(zone_file(name), &arena, &zone), STATUS_OK);
    return zone;
}

Test(timezone, every_day_of_two_centuries_agrees_with_libc) {
    static const char *const names[] = {"Europe/Berlin", "America/New_York",  "Australia/Lord_Howe",
                                        "Asia/Kolkata",  "America/Sao_Paulo", "UTC"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const struct time_zone *zone = zone_of(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t s = INT64_C(-1000000000); s < INT64_C(4000000000); s += 86400 / 2 + 611) {
            time_t moment = (time_t)s;
            struct tm tm;
            localtime_r(&moment, &tm);
            cr_assert_eq(time_zone_offset(zone, s), tm.tm_gmtoff, "%s at %ld", names[i], (long)s);
        }
    }
}

Test(timezone, local_time_comes_back_from_utc) {
    const struct time_zone *zone = zone_of("Europe/Berlin");
    for (int64_t s = 0; s < 2000000000; s += 86400 * 3 + 7) {
        int64_t local = time_zone_from_utc(zone, s * 1000000);
        cr_assert_eq(time_zone_to_utc(zone, local), s * 1000000);
    }
}

Test(timezone, a_time_that_comes_twice_is_the_earlier_one) {
    const struct time_zone *zone = zone_of("Europe/Berlin");
    /* 2024-10-27 02:30 in Berlin: 00:30 UTC in summer time, 01:30 UTC in winter time. */
    int64_t local = INT64_C(1729996200) * 1000000;
    cr_assert_eq(time_zone_to_utc(zone, local), (INT64_C(1729996200) - 7200) * 1000000);
}

Test(timezone, offsets_are_read_and_bounded) {
    const struct time_zone *zone;
    cr_assert_eq(time_zone_of_offset(SLICE_LITERAL("+05:30"), &arena, &zone), STATUS_OK);
    cr_assert_eq(time_zone_offset(zone, 0), 19800);
    cr_assert_eq(time_zone_of_offset(SLICE_LITERAL("-8:00"), &arena, &zone), STATUS_OK);
    cr_assert_eq(time_zone_offset(zone, 0), -28800);
    static const char *const wrong[] = {"", "5", "+15:00", "-14:00", "+5", "+05:60", "+05:30x"};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        cr_assert_eq(time_zone_of_offset(slice_of_text(wrong[i]), &arena, &zone), STATUS_INVALID,
                     "%s", wrong[i]);
    }
}

Test(timezone, a_timestamp_has_its_range) {
    struct value out, date_time = value_of_temporal(VALUE_DATETIME, 0, 0);
    cr_assert_eq(timezone_to_timestamp(NULL, &date_time, &out), STATUS_OK);
    cr_assert_eq(out.i, 0);
    struct date_time parts = {
        .year = 2038, .month = 1, .day = 19, .hour = 3, .minute = 14, .second = 8};
    date_time.i = temporal_pack(&parts);
    cr_assert_eq(timezone_to_timestamp(NULL, &date_time, &out), STATUS_OUT_OF_RANGE);
    parts.second = 7;
    date_time.i = temporal_pack(&parts);
    cr_assert_eq(timezone_to_timestamp(NULL, &date_time, &out), STATUS_OK);
    cr_assert_eq(out.i, INT64_C(2147483647) * 1000000);
    cr_assert_eq(timezone_to_local(NULL, &out).i, date_time.i);
}

Test(timezone, no_cut_or_changed_file_is_read_past_its_end) {
    struct slice file = zone_file("Europe/Berlin");
    const struct time_zone *zone;
    for (size_t size = 0; size < file.size; size += 3) {
        uint8_t *exact = malloc(size + 1);
        memcpy(exact, file.data, size);
        enum status status = time_zone_open(slice_of(exact, size), &arena, &zone);
        cr_assert(status == STATUS_OK || status == STATUS_CORRUPT);
        free(exact);
    }
}
