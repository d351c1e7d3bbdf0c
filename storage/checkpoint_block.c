/* checkpoint_block.c: which bytes of a file are a block of this checkpoint?
 *
 * header: | u32 magic | u32 crc32c of header and stored bytes behind this | u64 checkpoint number | u32 index |
 *         | u32 raw bytes | u32 stored bytes | u8 codec | u8 is last | 2 zeros |
 * Number and index are in the checksum: a block that a disk returns from another file or place is not taken.
 */
#include "base/crc32c.h"
#include "storage/checkpoint_private.h"

#define BLOCK_MAGIC        0x6b6f6c62 /* "blok" */
#define BLOCK_LEVEL        1          /* of zstd: as fast as the disk */
#define BLOCK_CHECKED_FROM 8

static_assert(BLOCK_HEADER_BYTES == 4 + 4 + 8 + 4 + 4 + 4 + 1 + 1 + 2, "disk format");

size_t block_bytes_max(size_t raw_bytes) {
    CHECK(raw_bytes <= BLOCK_RAW_BYTES_MAX);
    return BLOCK_HEADER_BYTES + MAX(raw_bytes, compress_bound(COMPRESS_ZSTD, raw_bytes));
}

size_t block_seal(struct block *block, struct compressor *compressor, struct slice items,
                  uint8_t *out) {
    CHECK(block->is_last <= 1);
    CHECK(items.size > 0 && items.size <= BLOCK_RAW_BYTES_MAX);
    uint8_t *stored = out + BLOCK_HEADER_BYTES;
    size_t stored_bytes = 0;
    struct compress_job job = {.method = COMPRESS_ZSTD,
                               .level = BLOCK_LEVEL,
                               .in = items,
                               .out = stored,
                               .out_size = items.size};
    block->codec = BLOCK_ZSTD;
    if (compressor_pack(compressor, &job, &stored_bytes) !=
        STATUS_OK) { /* it does not get smaller */
        memcpy(stored, items.data, items.size);
        stored_bytes = items.size;
        block->codec = BLOCK_RAW;
    }
    block->raw_bytes = (uint32_t)items.size;
    block->stored_bytes = (uint32_t)stored_bytes;
    memset(out, 0, BLOCK_HEADER_BYTES);
    store_le32(out, BLOCK_MAGIC);
    store_le64(out + 8, block->number);
    store_le32(out + 16, block->index);
    store_le32(out + 20, block->raw_bytes);
    store_le32(out + 24, block->stored_bytes);
    out[28] = block->codec;
    out[29] = block->is_last;
    size_t size = BLOCK_HEADER_BYTES + stored_bytes;
    store_le32(out + 4, crc32c(0, slice_of(out + BLOCK_CHECKED_FROM, size - BLOCK_CHECKED_FROM)));
    return size;
}

enum status block_read_header(struct slice bytes, struct block *block_out) {
    CHECK(bytes.size >= BLOCK_HEADER_BYTES);
    struct reader reader = reader_of(slice_part(bytes, 0, BLOCK_HEADER_BYTES));
    uint32_t magic = reader_u32(&reader);
    reader_u32(&reader);
    block_out->number = reader_u64(&reader);
    block_out->index = reader_u32(&reader);
    block_out->raw_bytes = reader_u32(&reader);
    block_out->stored_bytes = reader_u32(&reader);
    block_out->codec = reader_u8(&reader);
    block_out->is_last = reader_u8(&reader);
    CHECK(!reader.failed);
    if (magic != BLOCK_MAGIC || block_out->raw_bytes == 0) return STATUS_CORRUPT;
    if (block_out->raw_bytes > BLOCK_RAW_BYTES_MAX) return STATUS_CORRUPT;
    if (block_out->stored_bytes > block_out->raw_bytes) return STATUS_CORRUPT;
    if (block_out->codec == BLOCK_RAW) {
        return block_out->stored_bytes == block_out->raw_bytes ? STATUS_OK : STATUS_CORRUPT;
    }
    return block_out->codec == BLOCK_ZSTD && block_out->is_last <= 1 ? STATUS_OK : STATUS_CORRUPT;
}

bool block_is_whole(const struct block *block, struct slice bytes) {
    size_t size = BLOCK_HEADER_BYTES + (size_t)block->stored_bytes;
    CHECK(bytes.size >= size);
    struct slice checked = slice_part(bytes, BLOCK_CHECKED_FROM, size - BLOCK_CHECKED_FROM);
    return crc32c(0, checked) == load_le32(bytes.data + 4);
}

enum status block_unpack(const struct block *block, struct slice bytes,
                         struct compressor *compressor, struct arena *arena,
                         struct slice *items_out) {
    CHECK(bytes.size >= BLOCK_HEADER_BYTES + (size_t)block->stored_bytes);
    struct slice stored = slice_part(bytes, BLOCK_HEADER_BYTES, block->stored_bytes);
    *items_out = stored;
    if (block->codec == BLOCK_RAW) return STATUS_OK;
    CHECK(block->codec == BLOCK_ZSTD);
    uint8_t *raw = arena_alloc(arena, block->raw_bytes);
    size_t raw_bytes = 0;
    struct compress_job job = {
        .method = COMPRESS_ZSTD, .in = stored, .out = raw, .out_size = block->raw_bytes};
    enum status status = compressor_unpack(compressor, &job, &raw_bytes);
    if (status != STATUS_OK || raw_bytes != block->raw_bytes) return STATUS_CORRUPT;
    *items_out = slice_of(raw, raw_bytes);
    return STATUS_OK;
}
