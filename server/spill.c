/* spill.c: where do statements put rows that do not fit into their memory?
 *
 * Into files without a name in the daemon's data directory: they are gone when they are closed, and when the process ends
 * whatever way. Nothing is synced. Reads and writes are at most 1 MiB and go through the page cache, so they are made on the
 * loop's thread: a piece costs some 100 us, and the executor pauses between pieces.
 */
#include "server/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "server/process.h"

struct spill_file {
    int fd;
    uint64_t size;
};

struct directory_files {
    struct spill_files files;
    const char *directory;
};

static enum status temporary_open(struct spill_files *files, struct spill_file **file_out) {
    const struct directory_files *own = CONTAINER_OF(files, struct directory_files, files);
    int fd = open(own->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return STATUS_FULL;
    struct spill_file *file = calloc(1, sizeof *file);
    if (file == NULL) die("no memory for a temporary file");
    file->fd = fd;
    *file_out = file;
    return STATUS_OK;
}

static enum status temporary_append(struct spill_files *files, struct spill_file *file,
                                    struct slice bytes) {
    (void)files;
    CHECK(bytes.size <= SPILL_PIECE_BYTES_MAX);
    while (bytes.size > 0) {
        ssize_t written = pwrite(file->fd, bytes.data, bytes.size, (off_t)file->size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return STATUS_FULL;
        file->size += (uint64_t)written;
        bytes = slice_part(bytes, (size_t)written, bytes.size);
    }
    return STATUS_OK;
}

static enum status temporary_read(struct spill_files *files, struct spill_file *file,
                                  uint64_t offset, uint8_t *to, size_t size) {
    (void)files;
    CHECK(size <= SPILL_PIECE_BYTES_MAX && offset + size <= file->size);
    while (size > 0) {
        ssize_t count = pread(file->fd, to, size, (off_t)offset);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return STATUS_CORRUPT;
        to += count;
        offset += (uint64_t)count;
        size -= (size_t)count;
    }
    return STATUS_OK;
}

static void temporary_close(struct spill_files *files, struct spill_file *file) {
    (void)files;
    close(file->fd);
    free(file);
}

struct spill_files *spill_files_open(const char *directory) {
    struct directory_files *own = calloc(1, sizeof *own);
    if (own == NULL) die("no memory for temporary files");
    own->files =
        (struct spill_files){temporary_open, temporary_append, temporary_read, temporary_close};
    own->directory = directory;
    return &own->files;
}

void spill_files_close(struct spill_files *files) {
    free(CONTAINER_OF(files, struct directory_files, files));
}
