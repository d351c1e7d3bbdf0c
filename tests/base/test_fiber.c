#include <criterion/criterion.h>
#include <fenv.h>
#include <signal.h>
#include <sys/mman.h>

#include "base/fiber.h"

#define PAGE_BYTES 4096

/* A stack as io/ maps it: with a guard page below. */
static void *stack_map(size_t size) {
    uint8_t *low = mmap(NULL, size + PAGE_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    cr_assert_neq(low, MAP_FAILED);
    cr_assert_eq(mprotect(low, PAGE_BYTES, PROT_NONE), 0);
    return low + PAGE_BYTES;
}

static void stack_unmap(void *stack, size_t size) {
    cr_assert_eq(munmap((uint8_t *)stack - PAGE_BYTES, size + PAGE_BYTES), 0);
}

static void count_forever(struct fiber *self, void *argument) {
    uint64_t *count = argument;
    for (;;) {
        ++*count;
        fiber_suspend(self);
    }
}

Test(fiber, it_goes_on_where_it_was_a_million_times) {
    void *stack = stack_map(FIBER_STACK_BYTES);
    struct fiber fiber;
    uint64_t count = 0;
    fiber_open(&fiber, stack, FIBER_STACK_BYTES, count_forever, &count);
    cr_assert_eq(count, 0);
    for (uint64_t i = 1; i <= 1000000; i++) {
        CHECK(fiber_resume(&fiber));
        CHECK(count == i);
    }
    fiber_abandon(&fiber);
    stack_unmap(stack, FIBER_STACK_BYTES);
}

static void count_to_three(struct fiber *self, void *argument) {
    for (int i = 1; i <= 3; i++) {
        *(int *)argument = i;
        if (i < 3) fiber_suspend(self);
    }
}

Test(fiber, when_its_entry_returns_it_is_done_and_its_stack_serves_again) {
    void *stack = stack_map(FIBER_STACK_BYTES);
    for (int round = 0; round < 1000; round++) {
        struct fiber fiber;
        int seen = 0;
        fiber_open(&fiber, stack, FIBER_STACK_BYTES, count_to_three, &seen);
        cr_assert(fiber_resume(&fiber));
        cr_assert(fiber_resume(&fiber));
        cr_assert_eq(seen, 2);
        cr_assert(fiber_is_live(&fiber));
        cr_assert(!fiber_resume(&fiber));
        cr_assert_eq(seen, 3);
        cr_assert(!fiber_is_live(&fiber));
    }
    stack_unmap(stack, FIBER_STACK_BYTES);
}

static uint64_t sum_deep(struct fiber *self, uint64_t depth) {
    volatile uint64_t locals[16] = {depth, depth};
    if (depth == 0) {
        fiber_suspend(self);
        return 0;
    }
    uint64_t below = sum_deep(self, depth - 1);
    return locals[0] + below;
}

static void use_stack_deeply(struct fiber *self, void *argument) {
    size_t left = fiber_stack_left(self);
    CHECK(left > 3 * MIB && left < 4 * MIB);
    *(uint64_t *)argument = sum_deep(self, 5000);
}

Test(fiber, a_deep_stack_survives_suspension) {
    void *stack = stack_map(4 * MIB);
    struct fiber fiber;
    uint64_t sum = 0;
    fiber_open(&fiber, stack, 4 * MIB, use_stack_deeply, &sum);
    cr_assert(fiber_resume(&fiber));
    cr_assert(!fiber_resume(&fiber));
    cr_assert_eq(sum, 5000ull * 5001 / 2);
    stack_unmap(stack, 4 * MIB);
}

static void round_upwards(struct fiber *self, void *argument) {
    double *result = argument;
    volatile double one = 1, three = 3;
    CHECK(fesetround(FE_UPWARD) == 0);
    fiber_suspend(self);
    CHECK(fegetround() == FE_UPWARD);
    *result = one / three;
}

Test(fiber, each_side_keeps_its_floating_point_modes_and_numbers) {
    void *stack = stack_map(FIBER_STACK_BYTES);
    struct fiber fiber;
    double upwards = 0;
    volatile double one = 1, three = 3;
    double half = one / 2;
    fiber_open(&fiber, stack, FIBER_STACK_BYTES, round_upwards, &upwards);
    cr_assert(fiber_resume(&fiber));
    cr_assert_eq(fegetround(), FE_TONEAREST);
    cr_assert(!fiber_resume(&fiber));
    cr_assert_eq(fegetround(), FE_TONEAREST);
    cr_assert_gt(upwards, one / three);
    cr_assert_eq(half, 0.5);
    stack_unmap(stack, FIBER_STACK_BYTES);
}

struct nest {
    struct fiber fibers[10];
    void *stacks[10];
    int order[64];
    int count;
};

static void nest_run(struct fiber *self, void *argument) {
    struct nest *nest = argument;
    size_t depth = (size_t)(self - nest->fibers);
    nest->order[nest->count++] = (int)depth;
    if (depth + 1 < ARRAY_COUNT(nest->fibers)) {
        struct fiber *inner = &nest->fibers[depth + 1];
        fiber_open(inner, nest->stacks[depth + 1], FIBER_STACK_BYTES, nest_run, nest);
        CHECK(fiber_resume(inner));
        nest->order[nest->count++] = -(int)depth;
        fiber_suspend(self);
        CHECK(!fiber_resume(inner));
    } else {
        fiber_suspend(self);
    }
}

Test(fiber, a_fiber_may_resume_another_and_gets_control_back) {
    static struct nest nest;
    for (size_t i = 0; i < ARRAY_COUNT(nest.stacks); i++)
        nest.stacks[i] = stack_map(FIBER_STACK_BYTES);
    fiber_open(&nest.fibers[0], nest.stacks[0], FIBER_STACK_BYTES, nest_run, &nest);
    cr_assert(fiber_resume(&nest.fibers[0]));
    cr_assert_eq(nest.count, 19);
    for (int i = 0; i < 10; i++) cr_assert_eq(nest.order[i], i);
    for (int i = 0; i < 9; i++) cr_assert_eq(nest.order[10 + i], -(8 - i));
    cr_assert(!fiber_resume(&nest.fibers[0]));
    for (size_t i = 0; i < ARRAY_COUNT(nest.stacks); i++)
        stack_unmap(nest.stacks[i], FIBER_STACK_BYTES);
}

static void resume_given(struct fiber *self, void *argument) {
    (void)self;
    fiber_resume(argument);
}

Test(fiber, it_may_be_resumed_by_another_than_before) {
    void *stack = stack_map(FIBER_STACK_BYTES), *other_stack = stack_map(FIBER_STACK_BYTES);
    struct fiber fiber, other;
    uint64_t count = 0;
    fiber_open(&fiber, stack, FIBER_STACK_BYTES, count_forever, &count);
    fiber_resume(&fiber);
    fiber_open(&other, other_stack, FIBER_STACK_BYTES, resume_given, &fiber);
    cr_assert(!fiber_resume(&other));
    stack_unmap(other_stack, FIBER_STACK_BYTES);
    fiber_resume(&fiber);
    cr_assert_eq(count, 3);
    fiber_abandon(&fiber);
    stack_unmap(stack, FIBER_STACK_BYTES);
}

static __attribute__((noinline)) void hold_locals(struct fiber *self, uint8_t *seen) {
    uint8_t locals[2000];
    for (size_t i = 0; i < sizeof(locals); i++) locals[i] = *seen;
    fiber_suspend(self);
    *seen = locals[1000];
}

static void hold_some(struct fiber *self, void *argument) { hold_locals(self, argument); }

Test(fiber, an_abandoned_stack_is_plain_memory_again) {
    void *stack = stack_map(FIBER_STACK_BYTES);
    uint8_t seen = 7;
    for (int round = 0; round < 1000; round++) {
        struct fiber fiber;
        fiber_open(&fiber, stack, FIBER_STACK_BYTES, hold_some, &seen);
        if (round % 3 > 0) cr_assert(fiber_resume(&fiber));
        fiber_abandon(&fiber);
        cr_assert(!fiber_is_live(&fiber));
        if (round % 100 == 0) memset(stack, 0x55, FIBER_STACK_BYTES);
    }
    stack_unmap(stack, FIBER_STACK_BYTES);
}

Test(fiber, resuming_a_done_fiber_aborts, .signal = SIGABRT) {
    void *stack = stack_map(FIBER_STACK_BYTES);
    struct fiber fiber;
    int seen;
    fiber_open(&fiber, stack, FIBER_STACK_BYTES, count_to_three, &seen);
    while (fiber_resume(&fiber)) {}
    fiber_resume(&fiber);
}

Test(fiber, suspending_off_its_stack_aborts, .signal = SIGABRT) {
    void *stack = stack_map(FIBER_STACK_BYTES);
    struct fiber fiber;
    int seen;
    fiber_open(&fiber, stack, FIBER_STACK_BYTES, count_to_three, &seen);
    fiber_suspend(&fiber);
}
