/* bench_fragment.c: what the in-memory engine costs, one thread, no network, no log.
 *
 *   bench_fragment [rows]        default 1,000,000; rows are those of sysbench, about 190 bytes
 *
 * Prints nanoseconds an operation. Keys are visited in a scattered order, so reads miss the caches
 * as they would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "base/hash.h"
#include "row/collation.h"
#include "storage/fragment.h"
#include "storage/lock.h"

enum { PAD_BYTES = 180, SCAN_ROWS = 100 };

struct bench {
    struct memory memory;
    struct chunk_source chunks;
    struct arena arena, scratch;
    struct fragments *fragments;
    struct fragment *fragment;
    struct fragment_schema *schema;
    struct lock_table *locks;
    uint64_t timestamp;
    uint32_t row_count;
};

static void *chunk_take(struct chunk_source *source, size_t size) {
    (void)source;
    return malloc(size);
}
static void chunk_give(struct chunk_source *source, void *chunk, size_t size) {
    (void)source;
    (void)size;
    free(chunk);
}

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void report(const char *what, double from_ns, double count) {
    printf("%-44s %8.1f ns\n", what, (now_ns() - from_ns) / count);
}

/* sbtest (id INT UNSIGNED PRIMARY KEY, k INT NOT NULL, c VARBINARY(200), KEY k (k)); the index on
 * demand. */
static struct table_definition *definition_make(struct arena *arena, uint16_t index_count) {
    struct column_definition *columns = arena_array(arena, struct column_definition, 3);
    columns[0].name = SLICE_LITERAL("id");
    columns[0].type =
        (struct column_type){.kind = COLUMN_INT, .flags = COLUMN_UNSIGNED | COLUMN_NOT_NULL};
    columns[1].name = SLICE_LITERAL("k");
    columns[1].type = (struct column_type){.kind = COLUMN_INT, .flags = COLUMN_NOT_NULL};
    columns[2].name = SLICE_LITERAL("c");
    columns[2].type = (struct column_type){.kind = COLUMN_VARBINARY,
                                           .flags = COLUMN_NOT_NULL,
                                           .length = 200,
                                           .collation = COLLATION_BINARY};
    struct index_definition *indexes = arena_array(arena, struct index_definition, 2);
    struct index_part *parts = arena_array(arena, struct index_part, 2);
    for (uint16_t i = 0; i < 2; i++) {
        parts[i].column = i;
        indexes[i] = (struct index_definition){.id = i + 1u, .part_count = 1, .parts = &parts[i]};
        indexes[i].kind = i == 0 ? INDEX_PRIMARY : INDEX_ORDERED;
    }
    struct table_definition *table = arena_new(arena, struct table_definition);
    *table = (struct table_definition){.id = 1,
                                       .schema_version = 1,
                                       .column_count = 3,
                                       .index_count = index_count,
                                       .partition_part_count = 1,
                                       .columns = columns,
                                       .indexes = indexes};
    return table;
}

static void bench_open(struct bench *bench, uint32_t row_count, uint16_t index_count) {
    size_t size = (size_t)row_count * 640 + (64 << 20);
    uint8_t *region = mmap(NULL, size + MEMORY_PAGE_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(region != MAP_FAILED);
    region += -(uintptr_t)region % MEMORY_PAGE_BYTES;
    madvise(region, size, MADV_HUGEPAGE);
    *bench = (struct bench){.row_count = row_count, .timestamp = 1};
    enum status status = memory_open(&bench->memory, region, size, 5);
    CHECK(status == STATUS_OK);
    bench->chunks = (struct chunk_source){chunk_take, chunk_give};
    arena_open(&bench->arena, &bench->chunks, 0);
    arena_open(&bench->scratch, &bench->chunks, 0);
    struct fragments_options options = {.memory = &bench->memory,
                                        .arena = &bench->arena,
                                        .writer_count = 1024,
                                        .fragment_count_max = 16};
    bench->fragments = fragments_open(&options);
    bench->schema =
        fragment_schema_make(definition_make(&bench->arena, index_count), &bench->arena);
    status = fragment_open(bench->fragments, bench->schema, &bench->fragment);
    CHECK(status == STATUS_OK);
    bench->locks = lock_table_open(&bench->arena, &bench->memory, 1024);
}

/* A row like one of sysbench, with the id's bytes patched in: what a statement brings is bytes. */
static struct slice row_make(struct bench *bench, uint32_t id, int32_t k) {
    static uint8_t pad[PAD_BYTES];
    memset(pad, 'x', sizeof(pad));
    struct value values[3] = {value_of_uint(id), value_of_int(k),
                              value_of_string(slice_of(pad, sizeof(pad)), COLLATION_BINARY)};
    struct buffer out = buffer_of(&bench->scratch);
    struct slice row;
    enum status status = row_encode(bench->schema->row, values, &out, &row);
    CHECK(status == STATUS_OK);
    return row;
}

/* id and k are the first of the fixed part: no column is nullable (row/row.h). */
static void row_patch(uint8_t *row, uint32_t id, uint32_t k) {
    store_le32(row + ROW_HEADER_BYTES, id);
    store_le32(row + ROW_HEADER_BYTES + 4, k);
}

static uint32_t scattered(const struct bench *bench, uint64_t i) {
    return (uint32_t)(i * 2654435761u % bench->row_count);
}

/* One autocommit transaction of one write, but for the log. */
static void write_one(struct bench *bench, const struct fragment_write *write) {
    struct writers *writers = fragments_writers(bench->fragments);
    struct fragment_write pending = *write;
    enum status status =
        writer_open(writers, (struct writer_id){1, bench->timestamp}, &pending.writer);
    CHECK(status == STATUS_OK);
    struct lock_request lock = {
        .name = {1, write->key.hash}, .owner = pending.writer, .mode = LOCK_EXCLUSIVE};
    enum lock_outcome outcome = lock_acquire(bench->locks, &lock);
    CHECK(outcome == LOCK_GRANTED);
    pending.statement = 1;
    status = fragment_write(bench->fragment, &pending);
    CHECK(status == STATUS_OK);
    bench->timestamp++;
    writer_prepare(writers, pending.writer, bench->timestamp);
    writer_decide_commit(writers, pending.writer, bench->timestamp, bench->timestamp);
    bool done = fragment_commit(bench->fragments, pending.writer, 1000);
    CHECK(done);
    done = lock_release_all(bench->locks, pending.writer, 1000);
    CHECK(done);
    writer_close(writers, pending.writer);
}

static void bench_inserts(struct bench *bench, const char *what) {
    struct slice row = row_make(bench, 1, 0);
    uint8_t bytes[256], key[4];
    memcpy(bytes, row.data, row.size);
    double from = now_ns();
    for (uint32_t i = 0; i < bench->row_count; i++) {
        uint32_t id = what[0] == 's' ? scattered(bench, i) : i;
        store_be32(key, id);
        row_patch(bytes, id, id * 7919 % 1000003);
        struct fragment_write write = {.key = fragment_key_of(slice_of(key, 4)),
                                       .kind = WRITE_PUT,
                                       .row = slice_of(bytes, row.size)};
        write_one(bench, &write);
    }
    report(what, from, bench->row_count);
}

static void bench_reads(struct bench *bench) {
    struct version_view view = version_view_snapshot(bench->timestamp);
    struct version_read read;
    uint8_t key[4];
    uint64_t sum = 0, count = 2 * (uint64_t)bench->row_count;
    double from = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        store_be32(key, scattered(bench, i));
        struct fragment_key wanted = fragment_key_of(slice_of(key, 4));
        enum version_found found = fragment_read(bench->fragment, &wanted, &view, &read);
        CHECK(found == VERSION_VISIBLE);
        sum += read.version->bytes[10];
    }
    report("point read", from, (double)count);
    CHECK(sum > 0);
}

static void bench_scans(struct bench *bench, uint32_t index) {
    struct fragment_row rows[SCAN_ROWS];
    uint32_t count = 100000;
    uint64_t seen = 0;
    double from = now_ns();
    for (uint32_t i = 0; i < count; i++) {
        uint8_t key[4];
        store_be32(key, scattered(bench, i) / (index == 0 ? 1 : 4) | (index == 0 ? 0 : 1u << 31));
        struct fragment_scan scan = {.fragment = bench->fragment,
                                     .index = index,
                                     .range_flags = RANGE_UPPER_NONE,
                                     .lower = slice_of(key, 4),
                                     .view = version_view_snapshot(bench->timestamp)};
        struct fragment_batch batch = {
            .rows = rows, .row_capacity = SCAN_ROWS, .examine_max = 1000, .arena = &bench->scratch};
        enum scan_result result = fragment_scan_next(&scan, &batch);
        CHECK(result != SCAN_MUST_WAIT);
        for (uint32_t row = 0; row < batch.row_count; row++) seen += rows[row].row.data[10] != 0;
        arena_reset(&bench->scratch);
    }
    report(index == 0 ? "100-row scan by primary key" : "100-row scan by secondary index", from,
           count);
    printf("%-44s %8.1f\n", "  rows a scan", (double)seen / count);
}

static void bench_updates(struct bench *bench, const char *what) {
    struct slice row = row_make(bench, 1, 0);
    uint8_t bytes[256], key[4];
    memcpy(bytes, row.data, row.size);
    uint64_t live = bench->timestamp;
    double from = now_ns();
    for (uint32_t i = 0; i < bench->row_count; i++) {
        uint32_t id = scattered(bench, i);
        store_be32(key, id);
        row_patch(bytes, id, id * 7919 % 1000003 + (what[0] == 'u' ? 0 : i % 1000 + 1));
        bytes[100] = (uint8_t)i;
        struct fragment_write write = {.key = fragment_key_of(slice_of(key, 4)),
                                       .kind = WRITE_UPDATE,
                                       .row = slice_of(bytes, row.size)};
        write_one(bench, &write);
        if (i % 64 != 63) continue;
        live = bench->timestamp;
        struct fragment_horizon horizon = {live, &live, 1};
        fragment_collect(bench->fragments, &horizon, 128);
        fragments_step_end(bench->fragments);
    }
    report(what, from, bench->row_count);
}

static void bench_locks(struct bench *bench) {
    enum { COUNT = 5000000 };
    double from = now_ns();
    for (uint64_t i = 0; i < COUNT; i++) {
        struct lock_request lock = {.name = {1, hash_u64(i)}, .owner = 5, .mode = LOCK_EXCLUSIVE};
        enum lock_outcome outcome = lock_acquire(bench->locks, &lock);
        CHECK(outcome == LOCK_GRANTED);
        if (i % 16 != 15) continue;
        bool done = lock_release_all(bench->locks, 5, 1000);
        CHECK(done);
    }
    report("X lock and release, 16 a transaction", from, COUNT);
}

static void bench_table(uint32_t row_count, uint16_t index_count, const char *inserts) {
    struct bench bench;
    bench_open(&bench, row_count, index_count);
    printf("-- %u rows, %u ordered index(es)\n", row_count, (unsigned)index_count);
    bench_inserts(&bench, inserts);
    struct fragment_statistics statistics;
    fragment_statistics_of(bench.fragment, &statistics);
    printf("%-44s %8.1f\n", "bytes a row", (double)statistics.used_bytes / row_count);
    bench_reads(&bench);
    bench_scans(&bench, 0);
    if (index_count > 1) bench_scans(&bench, 1);
    bench_updates(&bench, "update of an unindexed column, collected");
    if (index_count > 1) bench_updates(&bench, "an update of the indexed column, collected");
    bench_reads(&bench);
    bench_locks(&bench);
    /* the process ends: nothing is given back */
}

int main(int argc, char **argv) {
    uint32_t row_count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    CHECK(row_count >= 1000);
    bench_table(row_count, 1, "insert, rising keys");
    bench_table(row_count, 1, "scattered inserts");
    bench_table(row_count, 2, "insert, rising keys");
    return 0;
}
