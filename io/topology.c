/* topology.c: what may this process use?
 *
 * hwloc knows the processors that the affinity mask leaves and which of them share a cache; the
 * cgroup files say what a container was given of time and memory. The tightest bound counts.
 */
#include "io/topology.h"

#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "base/limits.h"
#include "io/file.h"

/* The first number of a small file; UINT64_MAX when there is none ("max"). The second in
 * *second_out. */
static uint64_t numbers_read(const char *path, uint64_t *second_out) {
    struct slice text;
    if (file_read(path, 4096, &text) != STATUS_OK) return UINT64_MAX;
    char *end;
    uint64_t first = strtoull((const char *)text.data, &end, 10);
    if (end == (const char *)text.data) first = UINT64_MAX;
    if (second_out != NULL && *end == ' ') *second_out = strtoull(end, NULL, 10);
    free((void *)(uintptr_t)text.data);
    return first;
}

/* The directory of this process in the unified hierarchy; false: there is none. */
static bool cgroup_path(char *path_out, size_t size) {
    char line[512];
    bool found = false;
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL) return false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "0::", 3) != 0) continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(path_out, size, "/sys/fs/cgroup%s", line + 3);
        found = true;
    }
    fclose(file);
    return found;
}

static uint64_t cgroup_number(const char *name, uint64_t *second_out) {
    char directory[600], path[700];
    uint64_t number = UINT64_MAX;
    if (!cgroup_path(directory, sizeof directory)) return number;
    /* A bound may stand on any directory on the way up. */
    while (strlen(directory) > strlen("/sys/fs/cgroup")) {
        snprintf(path, sizeof path, "%s/%s", directory, name);
        uint64_t here = numbers_read(path, second_out);
        number = MIN(number, here);
        *strrchr(directory, '/') = '\0';
    }
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s", name);
    return MIN(number, numbers_read(path, second_out));
}

uint64_t topology_memory_bytes(void) {
    struct sysinfo info;
    if (sysinfo(&info) != 0) die("cannot ask for the size of memory");
    uint64_t machine = (uint64_t)info.totalram * info.mem_unit;
    return MIN(machine, cgroup_number("memory.max", NULL));
}

static uint32_t processors_by_quota(uint32_t count) {
    uint64_t period_us = 100000;
    uint64_t quota_us = cgroup_number("cpu.max", &period_us);
    if (quota_us == UINT64_MAX || period_us == 0) return count;
    return (uint32_t)MIN((uint64_t)count, MAX(1, (quota_us + period_us - 1) / period_us));
}

void topology_read(struct topology *topology_out) {
    hwloc_topology_t hwloc;
    *topology_out =
        (struct topology){.processor_count = 1, .core_count = 1, .cache_group_count = 1};
    topology_out->memory_bytes = topology_memory_bytes();
    if (hwloc_topology_init(&hwloc) != 0) return;
    hwloc_topology_set_io_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_NONE);
    if (hwloc_topology_load(hwloc) == 0) {
        int processors = hwloc_get_nbobjs_by_type(hwloc, HWLOC_OBJ_PU);
        int cores = hwloc_get_nbobjs_by_type(hwloc, HWLOC_OBJ_CORE);
        int caches = hwloc_get_nbobjs_by_type(hwloc, HWLOC_OBJ_L3CACHE);
        topology_out->processor_count = processors_by_quota((uint32_t)MAX(1, processors));
        topology_out->core_count = (uint32_t)MAX(1, cores);
        topology_out->cache_group_count = (uint32_t)MAX(1, caches);
    }
    hwloc_topology_destroy(hwloc);
}
