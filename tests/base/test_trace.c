#include <criterion/criterion.h>

#include "base/trace.h"

Test(trace, the_ring_keeps_the_newest_records) {
    struct trace_record records[8];
    struct trace trace;
    trace_open(&trace, records, 8);
    for (uint64_t i = 0; i < 20; i++) {
        trace_step(&trace, i * 10);
        trace_add(&trace, "commit txn % at lsn %", i, i + 1, 0);
    }
    cr_assert_eq(trace_recent(&trace, 0)->number, 19);
    cr_assert_eq(trace_recent(&trace, 7)->number, 12);
    cr_assert_null(trace_recent(&trace, 8));
    char line[TRACE_LINE_BYTES_MAX];
    cr_assert_eq(trace_format(trace_recent(&trace, 1), line, sizeof(line)), strlen(line));
    cr_assert_str_eq(line, "18 180us commit txn 18 at lsn 19");
}

static uint64_t hash_after(uint64_t now_us, const char *text, uint64_t value) {
    struct trace_record records[2];
    struct trace trace;
    trace_open(&trace, records, 2);
    trace_add(&trace, "first", 0, 0, 0);
    trace_step(&trace, now_us);
    trace_add(&trace, text, 1, value, 3);
    return trace.hash;
}

Test(trace, the_hash_tells_times_texts_and_values_apart) {
    char copy[] = "text"; /* another address */
    cr_assert_eq(hash_after(1, "text", 2), hash_after(1, copy, 2));
    cr_assert_neq(hash_after(1, "text", 2), hash_after(2, "text", 2));
    cr_assert_neq(hash_after(1, "text", 2), hash_after(1, "test", 2));
    cr_assert_neq(hash_after(1, "text", 2), hash_after(1, "text", 4));
}

Test(trace, no_trace_is_a_trace_that_keeps_nothing) {
    trace_step(NULL, 1);
    trace_add(NULL, "text", 0, 0, 0);
    trace_move(NULL, "job", 1, "idle", "busy");
}

Test(trace, a_line_is_cut_to_its_memory) {
    struct trace_record records[2];
    struct trace trace;
    trace_open(&trace, records, 2);
    trace_add(&trace, "a text that is long", 0, 0, 0);
    char line[10];
    cr_assert_lt(trace_format(trace_recent(&trace, 0), line, sizeof(line)), 10);
    cr_assert_eq(strlen(line), 9);
}
