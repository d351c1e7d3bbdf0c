#include <criterion/criterion.h>

#include "base/compress.h"
#include "base/random.h"
#include "tests/base/chunks.h"

enum { SIZE_MAX_TESTED = 300000 };

static uint8_t plain[SIZE_MAX_TESTED], packed[SIZE_MAX_TESTED + 5000], back[SIZE_MAX_TESTED];

/* Half of it compresses well. */
static void fill_plain(void) {
    struct random random;
    random_open(&random, 5);
    random_bytes(&random, plain, sizeof(plain) / 2);
    for (size_t i = sizeof(plain) / 2; i < sizeof(plain); i++) plain[i] = (uint8_t)(i / 100);
}

static size_t pack(struct compressor *compressor, enum compress_method method, int level,
                   size_t size) {
    size_t bound = compress_bound(method, size), packed_size;
    CHECK(bound <= sizeof(packed));
    struct compress_job job = {method, level, slice_of(plain + sizeof(plain) - size, size), packed,
                               bound};
    cr_assert_eq(compressor_pack(compressor, &job, &packed_size), STATUS_OK);
    return packed_size;
}

static enum status unpack(struct compressor *compressor, enum compress_method method,
                          size_t packed_size, size_t out_size) {
    struct compress_job job = {method, 0, slice_of(packed, packed_size), back, out_size};
    size_t size = SIZE_MAX;
    enum status status = compressor_unpack(compressor, &job, &size);
    if (status == STATUS_OK) cr_assert_leq(size, out_size);
    return status;
}

static void every_size_comes_back(enum compress_method method) {
    fill_plain();
    struct chunks chunks = chunks_open();
    struct compressor *compressor = compressor_open(&chunks.source);
    static const size_t sizes[] = {0, 1, 50, 1000, 65536, SIZE_MAX_TESTED};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        for (int level = -1; level <= 7; level += 4) {
            size_t size = sizes[i], packed_size = pack(compressor, method, level, size);
            cr_assert_eq(unpack(compressor, method, packed_size, size), STATUS_OK);
            cr_assert(
                slice_equal(slice_of(back, size), slice_of(plain + sizeof(plain) - size, size)));
            if (size > 0)
                cr_assert_eq(unpack(compressor, method, packed_size, size - 1), STATUS_TOO_LARGE);
        }
    }
    compressor_close(compressor);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(compress, zlib_gives_every_size_back) { every_size_comes_back(COMPRESS_ZLIB); }
Test(compress, zstd_gives_every_size_back) { every_size_comes_back(COMPRESS_ZSTD); }

static void broken_bytes_are_refused(enum compress_method method) {
    fill_plain();
    struct chunks chunks = chunks_open();
    struct compressor *compressor = compressor_open(&chunks.source);
    size_t packed_size = pack(compressor, method, 3, 5000);
    cr_assert_eq(unpack(compressor, method, packed_size - 1, sizeof(back)), STATUS_CORRUPT);
    cr_assert_eq(unpack(compressor, method, packed_size + 1, sizeof(back)), STATUS_CORRUPT);
    cr_assert_eq(unpack(compressor, method, 0, sizeof(back)), STATUS_CORRUPT);
    struct random random;
    random_open(&random, 9);
    for (int i = 0; i < 2000; i++) {
        pack(compressor, method, 3, 200);
        packed[random_below(&random, 20)] ^= (uint8_t)random_range(&random, 1, 255);
        (void)!unpack(compressor, method, packed_size, 200); /* any answer, but no harm */
    }
    compressor_close(compressor);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(compress, zlib_refuses_broken_bytes) { broken_bytes_are_refused(COMPRESS_ZLIB); }
Test(compress, zstd_refuses_broken_bytes) { broken_bytes_are_refused(COMPRESS_ZSTD); }

Test(compress, a_result_that_does_not_fit_is_too_large) {
    fill_plain();
    struct chunks chunks = chunks_open();
    struct compressor *compressor = compressor_open(&chunks.source);
    for (enum compress_method method = COMPRESS_ZLIB; method <= COMPRESS_ZSTD; method++) {
        struct compress_job job = {method, 3, slice_of(plain, 10000), packed, 100};
        size_t size;
        cr_assert_eq(compressor_pack(compressor, &job, &size), STATUS_TOO_LARGE);
        job.out_size = 0;
        job.out = NULL;
        cr_assert_eq(compressor_pack(compressor, &job, &size), STATUS_TOO_LARGE);
    }
    compressor_close(compressor);
}

Test(compress, a_second_use_takes_no_memory) {
    fill_plain();
    struct chunks chunks = chunks_open();
    struct compressor *compressor = compressor_open(&chunks.source);
    size_t take_count[2] = {0};
    for (int round = 0; round < 2; round++) {
        for (enum compress_method method = COMPRESS_ZLIB; method <= COMPRESS_ZSTD; method++) {
            size_t size = pack(compressor, method, 3, 20000);
            cr_assert_eq(unpack(compressor, method, size, 20000), STATUS_OK);
        }
        take_count[round] = chunks.take_count;
    }
    cr_assert_eq(take_count[0], take_count[1]);
    compressor_close(compressor);
}
