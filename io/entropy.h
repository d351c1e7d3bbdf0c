/* io/entropy.h: unguessable bytes, from the kernel. */
#ifndef IO_ENTROPY_H
#define IO_ENTROPY_H

#include "base/check.h"

void entropy_fill(void *memory, size_t size);
uint64_t entropy_u64(void);

#endif
