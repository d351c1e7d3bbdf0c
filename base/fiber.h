/* base/fiber.h: a call that can be left in its middle and gone on with later.
 *
 * A fiber has a stack of its own and is run by fiber_resume until it suspends or its entry returns.
 * A switch is two dozen instructions and no system call. Fibers may resume other fibers: each
 * remembers who resumed it, and suspending returns there. All on one thread: a fiber is only
 * resumed by the thread that resumed it first.
 *
 * A fiber owns nothing but its arena, so forgetting a suspended one is legal: fiber_abandon, then
 * the stack may be used again or unmapped. Whoever maps stacks (io/) puts a guard page below each.
 */
#ifndef BASE_FIBER_H
#define BASE_FIBER_H

#include "base/limits.h"
#include "base/machine.h"

/* What a switch needs to know about one of its two sides. */
struct fiber_side {
    void *stack_pointer;   /* while it does not run; callee-saved registers lie there */
    void *fake_stack;      /* ASan's, while it does not run */
    void *thread_handle;   /* TSan's */
    const void *stack_low; /* bounds of its stack */
    size_t stack_size;
};

struct fiber {
    struct machine machine;
    struct fiber_side own, resumer;
    void (*entry)(struct fiber *fiber, void *argument);
    void *argument;
};

/* `stack` is borrowed until the fiber is done or abandoned; stack_size is FIBER_STACK_BYTES_MIN at
 * least. The struct must not move. Nothing runs yet. */
void fiber_open(struct fiber *fiber, void *stack, size_t stack_size,
                void (*entry)(struct fiber *fiber, void *argument), void *argument);
/* Runs it until it suspends (true) or its entry has returned (false: it is done, open it anew). */
bool fiber_resume(struct fiber *fiber);
/* Called on the fiber itself: returns when somebody resumes it. */
void fiber_suspend(struct fiber *self);
/* Forgets a fiber that does not run now. Nothing on its stack runs again. */
void fiber_abandon(struct fiber *fiber);

/* Neither done nor abandoned. */
bool fiber_is_live(const struct fiber *fiber);
/* Bytes of stack left to the caller, which runs on this fiber; for bounds on recursion. */
size_t fiber_stack_left(const struct fiber *self);

#endif
