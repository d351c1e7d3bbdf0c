/* tests/sql/spill_memory.h: temporary files in memory, which count what was written and may be full. */
#ifndef TESTS_SQL_SPILL_MEMORY_H
#define TESTS_SQL_SPILL_MEMORY_H

#include "sql/spill.h"

struct spill_memory {
    struct spill_files files;
    uint64_t bytes_written, bytes_max; /* FULL beyond; 0: no limit */
    uint32_t open_count;
};
void spill_memory_open(struct spill_memory *memory);

#endif
