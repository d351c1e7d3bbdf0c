/* fiber.c: switching stacks, and telling the sanitizers.
 *
 *                     resume                 resume
 *      READY ------------------> RUNNING <------------> SUSPENDED
 *        |                          |        suspend        |
 *        | abandon                  | entry returns         | abandon
 *        v                          v                       v
 *    ABANDONED                    DONE                  ABANDONED
 *
 *   (F1) A fiber that is not running has its registers on top of its own stack, and
 *        own.stack_pointer points there; while it runs, the same is true of its resumer and
 *        resumer.stack_pointer.
 *   (F2) A fiber that resumes another stays RUNNING: it is a resumer, and cannot be resumed.
 *   (F3) Between telling a sanitizer and the switch no instrumented function is called or left: the
 *        wrappers are inlined, and the switch is assembly (fiber_switch.S).
 *
 * A new stack, growing down, as the first switch finds it:
 *
 *      low                                                     high
 *      | free ...                 | saved registers | entry | 0 |
 *                                 ^own.stack_pointer
 */
#include "base/fiber.h"

#include "base/sanitize.h"

enum { READY, RUNNING, SUSPENDED, DONE, ABANDONED };

static const struct machine_state states[] = {
    [READY] = {"ready", TO(RUNNING) | TO(ABANDONED)},
    [RUNNING] = {"running", TO(SUSPENDED) | TO(DONE)},
    [SUSPENDED] = {"suspended", TO(RUNNING) | TO(ABANDONED)},
    [DONE] = {"done", 0},
    [ABANDONED] = {"abandoned", 0},
};

/* In fiber_switch.S. Saves the callee-saved registers and the floating-point modes on this stack,
 * its pointer in *save, and takes all of them from `load`. */
void fiber_switch(void **save, void *load);
/* Makes `high`, aligned to 16, look like a stack that fiber_switch left; its first switch calls
 * fiber_begin(fiber). Returns the stack pointer. */
void *fiber_prepare(void *high, struct fiber *fiber);
/* Called from assembly alone. */
_Noreturn void fiber_begin(struct fiber *fiber);

void fiber_open(struct fiber *fiber, void *stack, size_t stack_size,
                void (*entry)(struct fiber *fiber, void *argument), void *argument) {
    CHECK(stack != NULL && entry != NULL);
    CHECK(stack_size >= FIBER_STACK_BYTES_MIN);
    *fiber = (struct fiber){.entry = entry, .argument = argument};
    machine_open(&fiber->machine, states, READY);
    fiber->own.stack_low = stack;
    fiber->own.stack_size = stack_size;
    fiber->own.thread_handle = sanitize_fiber_create();
    uintptr_t high = ((uintptr_t)stack + stack_size) & ~(uintptr_t)15;
    fiber->own.stack_pointer = fiber_prepare((void *)high, fiber);
}

/* From the side that runs to the other one; returns when somebody switches back. */
static inline __attribute__((always_inline)) void fiber_cross(struct fiber_side *from,
                                                              struct fiber_side *to) {
    sanitize_stack_start(&from->fake_stack, to->stack_low, to->stack_size);
    sanitize_fiber_switch(to->thread_handle);
    fiber_switch(&from->stack_pointer, to->stack_pointer); /* (F1) */
}

bool fiber_resume(struct fiber *fiber) {
    machine_move(&fiber->machine, RUNNING); /* (F2) */
    fiber->resumer.thread_handle = sanitize_fiber_current();
    fiber_cross(&fiber->resumer, &fiber->own);
    sanitize_stack_finish(fiber->resumer.fake_stack, NULL, NULL);
    if (fiber->machine.state == SUSPENDED) return true;
    CHECK(fiber->machine.state == DONE);
    sanitize_fiber_destroy(fiber->own.thread_handle);
    return false;
}

/* The fiber runs (again): its resumer may be another one than last time. */
static void fiber_arrive(struct fiber *self) {
    CHECK(self->machine.state == RUNNING);
    sanitize_stack_finish(self->own.fake_stack, &self->resumer.stack_low,
                          &self->resumer.stack_size);
}

void fiber_suspend(struct fiber *self) {
    CHECK(fiber_stack_left(self) > 0);
    machine_move(&self->machine, SUSPENDED);
    fiber_cross(&self->own, &self->resumer);
    fiber_arrive(self);
}

_Noreturn void fiber_begin(struct fiber *fiber) {
    fiber_arrive(fiber);
    fiber->entry(fiber, fiber->argument);
    machine_move(&fiber->machine, DONE);
    sanitize_stack_start(NULL, fiber->resumer.stack_low, fiber->resumer.stack_size);
    sanitize_fiber_switch(fiber->resumer.thread_handle);
    fiber_switch(&fiber->own.stack_pointer, fiber->resumer.stack_pointer);
    UNREACHABLE();
}

/* ASan keeps a second stack for a fiber's locals. It lets go of it when a stack is left for ever,
 * so we claim to step onto the fiber's stack and to leave it; no local of an instrumented frame may
 * be around. */
static __attribute__((no_sanitize_address, noinline)) void fiber_drop_fake(struct fiber *fiber) {
    sanitize_stack_start(&fiber->resumer.fake_stack, fiber->own.stack_low, fiber->own.stack_size);
    sanitize_stack_finish(fiber->own.fake_stack, &fiber->resumer.stack_low,
                          &fiber->resumer.stack_size);
    sanitize_stack_start(NULL, fiber->resumer.stack_low, fiber->resumer.stack_size);
    sanitize_stack_finish(fiber->resumer.fake_stack, NULL, NULL);
}

void fiber_abandon(struct fiber *fiber) {
    if (fiber->machine.state == SUSPENDED) fiber_drop_fake(fiber);
    machine_move(&fiber->machine, ABANDONED);
    sanitize_fiber_destroy(fiber->own.thread_handle);
    sanitize_unpoison(fiber->own.stack_low, fiber->own.stack_size); /* red zones of its frames */
}

bool fiber_is_live(const struct fiber *fiber) {
    return fiber->machine.state != DONE && fiber->machine.state != ABANDONED;
}

size_t fiber_stack_left(const struct fiber *self) {
    CHECK(self->machine.state == RUNNING);
    uintptr_t low = (uintptr_t)self->own.stack_low, here = (uintptr_t)__builtin_frame_address(0);
    CHECK(here > low && here < low + self->own.stack_size);
    return here - low;
}
