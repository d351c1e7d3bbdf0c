#include <criterion/criterion.h>
#include <signal.h>

#include "base/pool.h"
#include "base/sanitize.h"
#include "tests/base/chunks.h"

Test(pool, at_its_maximum_it_gives_null_until_one_comes_back) {
    struct chunks chunks = chunks_open();
    struct pool pool;
    pool_open(&pool, &chunks.source, 40, 1000);
    void *objects[1000];
    for (int i = 0; i < 1000; i++) cr_assert_not_null(objects[i] = pool_take(&pool));
    cr_assert_null(pool_take(&pool));
    pool_give(&pool, objects[500]);
    cr_assert_eq(pool_take(&pool), objects[500]);
    for (int i = 0; i < 1000; i++) pool_give(&pool, objects[i]);
    cr_assert_eq(pool.count, 0);
    pool_close(&pool);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(pool, objects_are_zeroed_aligned_and_apart) {
    struct chunks chunks = chunks_open();
    struct pool pool;
    pool_open(&pool, &chunks.source, 24, 10000);
    uint8_t *before = NULL;
    for (int i = 0; i < 10000; i++) {
        uint8_t *object = pool_take(&pool);
        cr_assert_eq((uintptr_t)object % 16, 0);
        for (int k = 0; k < 24; k++) cr_assert_eq(object[k], 0);
        memset(object, 0xee, 24);
        if (before != NULL) cr_assert_eq(before[0], 0xee);
        if (i % 3 == 0)
            pool_give(&pool, object);
        else
            before = object;
    }
    pool_abandon(&pool);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(pool, a_large_object_gets_a_block_that_holds_it) {
    struct chunks chunks = chunks_open();
    struct pool pool;
    pool_open(&pool, &chunks.source, 100000, 3);
    memset(pool_take(&pool), 1, 100000);
    memset(pool_take(&pool), 1, 100000);
    memset(pool_take(&pool), 1, 100000);
    cr_assert_null(pool_take(&pool));
    cr_assert_eq(chunks.take_count, 1);
    pool_abandon(&pool);
}

Test(pool, closing_with_an_object_out_aborts, .signal = SIGABRT) {
    struct chunks chunks = chunks_open();
    struct pool pool;
    pool_open(&pool, &chunks.source, 16, 1);
    pool_take(&pool);
    pool_close(&pool);
}
