/* io/topology.h: what the machine gives this process: processors, caches, memory. */
#ifndef IO_TOPOLOGY_H
#define IO_TOPOLOGY_H

#include "base/check.h"

struct topology {
    uint32_t processor_count;   /* that may be used: affinity mask and cgroup quota, rounded up */
    uint32_t core_count;        /* physical ones among them */
    uint32_t cache_group_count; /* sets of processors with a last-level cache in common */
    uint64_t memory_bytes;      /* of the machine, or of the cgroup if that is less */
};

/* Looks once, without I/O devices: milliseconds. */
void topology_read(struct topology *topology_out);
/* The same memory_bytes without the rest: microseconds. */
uint64_t topology_memory_bytes(void);

#endif
