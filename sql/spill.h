/* sql/spill.h: temporary files, for what a statement keeps beyond its memory.
 *
 * server/ implements them by unlinked files in the daemon's data directory, tests by memory. A file has one writer, which
 * appends, and is read anywhere; it is gone when it is closed or when the process ends.
 */
#ifndef SQL_SPILL_H
#define SQL_SPILL_H

#include "base/bytes.h"
#include "base/status.h"

/* The most that one call writes or reads, so that nobody else's statement waits for long. */
#define SPILL_PIECE_BYTES_MAX ((size_t)1 << 20)

struct spill_file;

struct spill_files {
    /* FULL: no file can be had. */
    MUST_USE enum status (*open)(struct spill_files *files, struct spill_file **file_out);
    /* FULL: the disk is. At most SPILL_PIECE_BYTES_MAX. */
    MUST_USE enum status (*append)(struct spill_files *files, struct spill_file *file,
                                   struct slice bytes);
    /* Bytes offset .. offset + size, all of which were appended. CORRUPT: they cannot be read. */
    MUST_USE enum status (*read)(struct spill_files *files, struct spill_file *file,
                                 uint64_t offset, uint8_t *to, size_t size);
    void (*close)(struct spill_files *files, struct spill_file *file);
};

#endif
