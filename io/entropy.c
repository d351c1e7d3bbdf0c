/* entropy.c: where chance comes into the process; everything below gets it as an argument. */
#include "io/entropy.h"

#include <sys/random.h>

#include "io/file.h"

void entropy_fill(void *memory, size_t size) {
    uint8_t *at = memory;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got <= 0) die("the kernel gives no random bytes");
        at += got;
        size -= (size_t)got;
    }
}

uint64_t entropy_u64(void) {
    uint64_t value;
    entropy_fill(&value, sizeof value);
    return value;
}
