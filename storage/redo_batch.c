/* redo_batch.c: which bytes of a log file are a batch?
 *
 * header: | u32 magic | u32 crc32c of the header behind this | u64 lsn | u64 follows | u64 synced_lsn | u32 epoch |
 *         | u32 payload bytes | u32 crc32c of the payload | u32 record count | u16 store | u16 store count |
 *         | u8 format | 11 zeros |
 *
 *   (C1) The header has a checksum of its own: a batch that was torn behind its first sector still proves what
 *        was synced when it was written (B4), and a search for later batches reads headers alone.
 */
#include "storage/redo_batch.h"

#include "base/crc32c.h"

#define BATCH_MAGIC        0x6f646572 /* "redo" */
#define BATCH_FORMAT       1
#define BATCH_CHECKED_FROM 8
#define BATCH_PAYLOAD_CRC  40 /* offset of the payload's checksum */

static_assert(BATCH_SECTOR_BYTES >= BATCH_HEADER_BYTES, "a header is never torn");

static uint32_t header_crc(const uint8_t *header) {
    return crc32c(0,
                  slice_of(header + BATCH_CHECKED_FROM, BATCH_HEADER_BYTES - BATCH_CHECKED_FROM));
}

void batch_seal(const struct batch *batch, uint8_t *bytes) {
    CHECK(batch->lsn % BATCH_SECTOR_BYTES == 0);
    CHECK(batch->follows <= batch->lsn && batch->synced_lsn <= batch->follows);
    size_t used = BATCH_HEADER_BYTES + (size_t)batch->payload_bytes;
    memset(bytes, 0, BATCH_HEADER_BYTES);
    memset(bytes + used, 0, batch_bytes(batch) - used);
    struct writer writer = writer_of(bytes, BATCH_HEADER_BYTES);
    writer_u32(&writer, BATCH_MAGIC);
    writer_u32(&writer, 0);
    writer_u64(&writer, batch->lsn);
    writer_u64(&writer, batch->follows);
    writer_u64(&writer, batch->synced_lsn);
    writer_u32(&writer, batch->epoch);
    writer_u32(&writer, batch->payload_bytes);
    CHECK(writer.at == bytes + BATCH_PAYLOAD_CRC);
    writer_u32(&writer, crc32c(0, slice_of(bytes + BATCH_HEADER_BYTES, batch->payload_bytes)));
    writer_u32(&writer, batch->record_count);
    writer_u16(&writer, batch->store);
    writer_u16(&writer, batch->store_count);
    writer_u8(&writer, BATCH_FORMAT);
    CHECK(!writer.failed);
    store_le32(bytes + 4, header_crc(bytes));
}

enum status batch_read_header(struct slice bytes, struct batch *batch_out) {
    CHECK(bytes.size >= BATCH_HEADER_BYTES);
    struct reader reader = reader_of(slice_part(bytes, 0, BATCH_HEADER_BYTES));
    if (reader_u32(&reader) != BATCH_MAGIC) return STATUS_CORRUPT;
    if (reader_u32(&reader) != header_crc(bytes.data)) return STATUS_CORRUPT;
    batch_out->lsn = reader_u64(&reader);
    batch_out->follows = reader_u64(&reader);
    batch_out->synced_lsn = reader_u64(&reader);
    batch_out->epoch = reader_u32(&reader);
    batch_out->payload_bytes = reader_u32(&reader);
    reader_u32(&reader);
    batch_out->record_count = reader_u32(&reader);
    batch_out->store = reader_u16(&reader);
    batch_out->store_count = reader_u16(&reader);
    uint8_t format = reader_u8(&reader);
    CHECK(!reader.failed);
    if (format != BATCH_FORMAT || batch_out->lsn % BATCH_SECTOR_BYTES != 0) return STATUS_CORRUPT;
    if (batch_out->follows == 0 || batch_out->follows > batch_out->lsn) return STATUS_CORRUPT;
    return batch_out->synced_lsn <= batch_out->follows ? STATUS_OK : STATUS_CORRUPT;
}

bool batch_is_whole(const struct batch *batch, struct slice bytes) {
    CHECK(bytes.size >= BATCH_HEADER_BYTES + (uint64_t)batch->payload_bytes);
    struct slice payload = slice_part(bytes, BATCH_HEADER_BYTES, batch->payload_bytes);
    return crc32c(0, payload) == load_le32(bytes.data + BATCH_PAYLOAD_CRC);
}
