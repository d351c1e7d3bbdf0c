/* storage/checkpoint_private.h: blocks of a checkpoint file, and what recovery tells the checkpoint machine.
 *
 * A file is blocks, one behind the other, numbered from 0; the last one says so. Bytes behind it do not count.
 *     block: | header, 32 bytes | items, packed by zstd or as they are |
 */
#ifndef STORAGE_CHECKPOINT_PRIVATE_H
#define STORAGE_CHECKPOINT_PRIVATE_H

#include "base/compress.h"
#include "storage/checkpoint.h"

#define BLOCK_HEADER_BYTES 32
#define BLOCK_RAW_BYTES_MAX                                                                        \
    (RECORD_BYTES_MAX + MIB) /* one large item behind a block that was nearly full */

enum block_codec { BLOCK_RAW = 0, BLOCK_ZSTD = 1 };

struct block {
    uint64_t number; /* of the checkpoint */
    uint32_t index;
    uint32_t raw_bytes, stored_bytes;
    uint8_t codec; /* enum block_codec */
    uint8_t is_last;
};

/* Bytes of memory that block_seal may need for `raw_bytes`. */
size_t block_bytes_max(size_t raw_bytes);
/* Writes header and stored bytes to `out`, block_bytes_max of them at least; fills in the sizes and the codec of `block`.
 * Returns the bytes used. */
size_t block_seal(struct block *block, struct compressor *compressor, struct slice items,
                  uint8_t *out);
/* The header alone, sizes verified to be possible; its checksum is that of the whole block. */
MUST_USE enum status block_read_header(struct slice bytes, struct block *block_out);
/* Whether header and stored bytes are whole; bytes: at least both. */
bool block_is_whole(const struct block *block, struct slice bytes);
/* The items of a whole block, in the arena or in `bytes`. */
MUST_USE enum status block_unpack(const struct block *block, struct slice bytes,
                                  struct compressor *compressor, struct arena *arena,
                                  struct slice *items_out);

/* ---- for recovery ---- */

/* A whole checkpoint that is on disk: its HEAD, and how large it is. */
void checkpoint_adopt(struct checkpoint *checkpoint, const struct item_head *head, uint64_t bytes);
/* A file that the next published checkpoint makes useless: removed then. Whatever the file is called, numbers of
 * checkpoints go on above it. */
void checkpoint_adopt_useless(struct checkpoint *checkpoint, struct disk_file file);
/* The log begins at `lsn`: it grows from there until a first checkpoint is due. */
void checkpoint_adopt_log(struct checkpoint *checkpoint, uint64_t lsn);
/* No earlier checkpoint counts any more once one is published: the store starts over. */
void checkpoint_forget(struct checkpoint *checkpoint);

#endif
