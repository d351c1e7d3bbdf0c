/* Do any bytes crash the decoders of records, items, batches and blocks, or decode to something that encodes
 * differently? Checksums of records are repaired, since a fuzzer cannot guess them. */
#include "base/crc32c.h"
#include "storage/checkpoint_private.h"
#include "storage/redo_batch.h"
#include "tests/base/chunks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_ops(struct slice ops, uint32_t op_count) {
    struct reader reader = reader_of(ops);
    struct record_op op;
    uint32_t count = 0;
    while (record_op_next(&reader, &op)) count++;
    CHECK(count == op_count);
}

static void try_record(const uint8_t *data, size_t size, struct arena *arena) {
    if (size < RECORD_HEADER_BYTES || size > RECORD_BYTES_MAX) return;
    uint8_t *bytes = arena_alloc(arena, size);
    memcpy(bytes, data, size);
    store_le32(bytes, (uint32_t)size);
    store_le32(bytes + 4, crc32c(0, slice_of(bytes + 8, size - 8)));
    struct record record;
    if (record_decode(slice_of(bytes, size), &record) != STATUS_OK) return;
    struct buffer again = buffer_of(arena), text = buffer_of(arena);
    CHECK(slice_equal(record_append(&again, &record), slice_of(bytes, size)));
    if (record.kind == RECORD_COMMIT) walk_ops(record.commit.ops, record.commit.op_count);
    if (record.kind == RECORD_PREPARE) walk_ops(record.prepare.ops, record.prepare.op_count);
    record_print(&text, &record);
}

static void try_items(struct slice items, struct arena *arena) {
    struct buffer again = buffer_of(arena);
    struct slice rest = items;
    struct item item;
    while (item_next(&rest, &item) == STATUS_OK) item_append(&again, &item);
    CHECK(slice_equal(buffer_slice(&again), slice_part(items, 0, again.size)));
}

static void try_block(struct slice bytes, struct chunk_source *source, struct arena *arena) {
    struct block block;
    if (bytes.size < BLOCK_HEADER_BYTES) return;
    if (block_read_header(bytes, &block) != STATUS_OK) return;
    if (bytes.size < BLOCK_HEADER_BYTES + (size_t)block.stored_bytes) return;
    if (block.raw_bytes > MIB) return;
    struct compressor *compressor = compressor_open(source);
    struct slice items;
    if (block_unpack(&block, bytes, compressor, arena, &items) == STATUS_OK) {
        CHECK(items.size == block.raw_bytes);
    }
    compressor_close(compressor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    struct slice stream = slice_of(data, size);
    struct record record;
    struct batch batch;
    while (record_next(&stream, NULL, &record) == STATUS_OK) {}
    if (size >= BATCH_HEADER_BYTES &&
        batch_read_header(slice_of(data, size), &batch) == STATUS_OK) {
        CHECK(batch.synced_lsn <= batch.follows && batch.follows <= batch.lsn);
    }
    try_record(data, size, &arena);
    try_items(slice_of(data, size), &arena);
    try_block(slice_of(data, size), &chunks.source, &arena);
    arena_close(&arena);
    CHECK(chunks.out_bytes == 0);
    return 0;
}
