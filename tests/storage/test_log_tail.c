/* Facts about the newest records of a log: whoever reads them, in whatever order, finds those that are there. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "storage/log_tail.h"
#include "storage/record.h"
#include "tests/base/chunks.h"

#define CHUNK_BYTES 1024

static struct chunks chunks;
static struct log_tail tail;

static void open_tail(void) {
    chunks = chunks_open();
    log_tail_open(&tail, &chunks.source, CHUNK_BYTES);
}
static void close_tail(void) { log_tail_reset(&tail, 0); }
TestSuite(log_tail, .init = open_tail, .fini = close_tail, .timeout = 60);

/* A record whose size and content follow from its position. */
static size_t size_of(uint64_t position) { return RECORD_HEADER_BYTES + position * 37 % 90; }

static void append_to(uint64_t last) {
    while (tail.last < last) {
        uint8_t bytes[RECORD_HEADER_BYTES + 90];
        size_t size = size_of(tail.last + 1);
        memset(bytes, (int)(tail.last + 1) & 0xff, sizeof bytes);
        store_le32(bytes, (uint32_t)size);
        store_le64(bytes + 16, tail.last + 1);
        log_tail_append(&tail, slice_of(bytes, size));
    }
}

static void expect_record(uint64_t position) {
    struct slice record = log_tail_record(&tail, position);
    cr_assert_eq(record.size, size_of(position));
    cr_assert_eq(load_le64(record.data + 16), position);
    for (size_t i = RECORD_HEADER_BYTES; i < record.size; i++)
        cr_assert_eq(record.data[i], position & 0xff);
}

static uint32_t cursors_in_use(void) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < LOG_TAIL_CURSOR_COUNT; i++) count += tail.cursors[i].chunk != NULL;
    return count;
}

Test(log_tail, readers_at_different_places_keep_their_own) {
    append_to(2000);
    for (uint64_t i = 1; i <= 900; i++) { /* three readers, far apart */
        expect_record(i + 1000);
        expect_record(i + 500);
        expect_record(i);
    }
    cr_expect_eq(cursors_in_use(), 3);
}

Test(log_tail, any_order_finds_the_records) {
    struct random random;
    random_open(&random, 3);
    append_to(500);
    for (int i = 0; i < 20000; i++) {
        expect_record(random_range(&random, tail.first, tail.last));
        if (i % 7 == 0) append_to(tail.last + random_below(&random, 4));
        if (i % 50 == 0) log_tail_trim(&tail, tail.last - 200, 20000);
    }
    cr_expect_gt(tail.first, 1);
}

Test(log_tail, records_that_were_cut_are_not_found_again) {
    struct random random;
    random_open(&random, 4);
    append_to(300);
    for (int i = 0; i < 5000; i++) {
        expect_record(random_range(&random, tail.first, tail.last));
        expect_record(tail.last);
        if (i % 5 != 0) continue;
        log_tail_cut(&tail, tail.last - random_below(&random, 100));
        expect_record(tail.last);
        append_to(tail.last + random_below(&random, 130));
    }
}

Test(log_tail, a_reset_forgets_all_places) {
    append_to(100);
    expect_record(70);
    log_tail_reset(&tail, 5000);
    cr_expect_eq(cursors_in_use(), 0);
    append_to(5100);
    expect_record(5001);
    expect_record(5100);
}
