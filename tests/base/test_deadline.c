#include <criterion/criterion.h>

#include "base/deadline.h"
#include "base/random.h"
#include "tests/base/chunks.h"

enum { COUNT = 300 };

Test(deadline, they_come_in_time_order_whatever_was_moved_or_disarmed) {
    struct chunks chunks = chunks_open();
    struct deadline_heap heap;
    deadline_open(&heap, &chunks.source);
    struct deadline deadlines[COUNT] = {0};
    struct random random;
    random_open(&random, 3);
    for (int step = 0; step < 20000; step++) {
        struct deadline *deadline = &deadlines[random_below(&random, COUNT)];
        if (random_chance(&random, 0.7))
            deadline_arm(&heap, deadline, random_below(&random, 100));
        else
            deadline_disarm(&heap, deadline);
    }
    uint32_t armed = 0;
    for (int i = 0; i < COUNT; i++) armed += deadline_is_armed(&deadlines[i]);
    cr_assert_eq(heap.count, armed);
    uint64_t before_us = 0, before_order = 0;
    for (; armed > 0; armed--) {
        uint64_t earliest_us = deadline_earliest_us(&heap);
        cr_assert(earliest_us == 0 || deadline_pop(&heap, earliest_us - 1) == NULL);
        struct deadline *first = deadline_pop(&heap, earliest_us);
        cr_assert(first != NULL && !deadline_is_armed(first));
        cr_assert(first->at_us > before_us || first->order >= before_order);
        cr_assert_geq(first->at_us, before_us);
        before_us = first->at_us;
        before_order = first->order;
    }
    cr_assert_eq(deadline_earliest_us(&heap), DEADLINE_NEVER);
    cr_assert_null(deadline_pop(&heap, UINT64_MAX));
    deadline_close(&heap);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(deadline, equal_times_come_in_the_order_of_arming) {
    struct chunks chunks = chunks_open();
    struct deadline_heap heap;
    deadline_open(&heap, &chunks.source);
    struct deadline deadlines[COUNT] = {0};
    for (int i = 0; i < COUNT; i++) deadline_arm(&heap, &deadlines[i], 5);
    deadline_arm(&heap, &deadlines[0], 5);
    for (int i = 1; i < COUNT; i++) cr_assert_eq(deadline_pop(&heap, 5), &deadlines[i]);
    cr_assert_eq(deadline_pop(&heap, 5), &deadlines[0]);
    deadline_close(&heap);
}
