/* test_topology.c: what this machine has is believable. */
#include <criterion/criterion.h>

#include "base/limits.h"
#include "io/io.h"

Test(topology, there_is_a_processor_and_memory) {
    struct topology topology;
    topology_read(&topology);
    cr_assert_geq(topology.processor_count, 1);
    cr_assert_geq(topology.core_count, 1);
    cr_assert_geq(topology.cache_group_count, 1);
    cr_assert_geq(topology.memory_bytes, 16 * MIB);
    cr_assert_eq(topology.memory_bytes, topology_memory_bytes());
}
