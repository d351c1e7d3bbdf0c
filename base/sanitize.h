/* base/sanitize.h: what we tell the sanitizers about memory and stacks that we manage ourselves.
 *
 * Every call is an empty inline function in a build without that sanitizer, so no function body
 * anywhere needs an #if. `sanitize_address` and `sanitize_thread` say which one this build has.
 */
#ifndef BASE_SANITIZE_H
#define BASE_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZE_ADDRESS_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZE_ADDRESS_BUILD 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define SANITIZE_THREAD_BUILD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZE_THREAD_BUILD 1
#endif
#endif

#define SANITIZE_INLINE static inline __attribute__((always_inline))

#ifdef SANITIZE_ADDRESS_BUILD
#define SANITIZE_STACK_FACTOR 4 /* red zones make frames larger */
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

static const bool sanitize_address = true;

/* Whoever touches these bytes before sanitize_unpoison is reported. */
static inline void sanitize_poison(const volatile void *memory, size_t size) {
    __asan_poison_memory_region(memory, size);
}
static inline void sanitize_unpoison(const volatile void *memory, size_t size) {
    __asan_unpoison_memory_region(memory, size);
}
/* Around a switch of stacks: start on the old stack, finish on the new one. A NULL place in start
 * says that the old stack is never run again; finish gets what start saved when this stack was
 * left. */
SANITIZE_INLINE void sanitize_stack_start(void **fake_stack_out, const void *low, size_t size) {
    __sanitizer_start_switch_fiber(fake_stack_out, low, size);
}
SANITIZE_INLINE void sanitize_stack_finish(void *fake_stack, const void **low_out,
                                           size_t *size_out) {
    __sanitizer_finish_switch_fiber(fake_stack, low_out, size_out);
}
#else
#define SANITIZE_STACK_FACTOR 1

static const bool sanitize_address = false;

static inline void sanitize_poison(const volatile void *memory, size_t size) {
    (void)memory;
    (void)size;
}
static inline void sanitize_unpoison(const volatile void *memory, size_t size) {
    (void)memory;
    (void)size;
}
SANITIZE_INLINE void sanitize_stack_start(void **fake_stack_out, const void *low, size_t size) {
    (void)fake_stack_out;
    (void)low;
    (void)size;
}
SANITIZE_INLINE void sanitize_stack_finish(void *fake_stack, const void **low_out,
                                           size_t *size_out) {
    (void)fake_stack;
    (void)low_out;
    (void)size_out;
}
#endif

#ifdef SANITIZE_THREAD_BUILD
#include <sanitizer/tsan_interface.h>

static const bool sanitize_thread = true;

/* One handle a stack; a switch names the stack that runs next. NULL in other builds. */
static inline void *sanitize_fiber_current(void) { return __tsan_get_current_fiber(); }
static inline void *sanitize_fiber_create(void) { return __tsan_create_fiber(0); }
static inline void sanitize_fiber_destroy(void *handle) { __tsan_destroy_fiber(handle); }
SANITIZE_INLINE void sanitize_fiber_switch(void *handle) { __tsan_switch_to_fiber(handle, 0); }
#else
static const bool sanitize_thread = false;

static inline void *sanitize_fiber_current(void) { return NULL; }
static inline void *sanitize_fiber_create(void) { return NULL; }
static inline void sanitize_fiber_destroy(void *handle) { (void)handle; }
SANITIZE_INLINE void sanitize_fiber_switch(void *handle) { (void)handle; }
#endif

#endif
