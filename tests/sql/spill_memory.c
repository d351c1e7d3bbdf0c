/* spill_memory.c: files of sql/spill.h that are pieces of memory. */
#include "tests/sql/spill_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

struct spill_file {
    uint8_t *data;
    size_t size, capacity;
};

static enum status file_open(struct spill_files *files, struct spill_file **file_out) {
    struct spill_memory *memory = CONTAINER_OF(files, struct spill_memory, files);
    memory->open_count++;
    *file_out = calloc(1, sizeof **file_out);
    CHECK(*file_out != NULL);
    return STATUS_OK;
}

static enum status file_append(struct spill_files *files, struct spill_file *file,
                               struct slice bytes) {
    struct spill_memory *memory = CONTAINER_OF(files, struct spill_memory, files);
    CHECK(bytes.size > 0 && bytes.size <= SPILL_PIECE_BYTES_MAX);
    memory->bytes_written += bytes.size;
    if (memory->bytes_max != 0 && memory->bytes_written > memory->bytes_max) return STATUS_FULL;
    if (file->size + bytes.size > file->capacity) {
        file->capacity = 2 * (file->size + bytes.size);
        file->data = realloc(file->data, file->capacity);
        CHECK(file->data != NULL);
    }
    memcpy(file->data + file->size, bytes.data, bytes.size);
    file->size += bytes.size;
    return STATUS_OK;
}

static enum status file_read(struct spill_files *files, struct spill_file *file, uint64_t offset,
                             uint8_t *to, size_t size) {
    (void)files;
    CHECK(size <= SPILL_PIECE_BYTES_MAX && offset + size <= file->size);
    memcpy(to, file->data + offset, size);
    return STATUS_OK;
}

static void file_close(struct spill_files *files, struct spill_file *file) {
    struct spill_memory *memory = CONTAINER_OF(files, struct spill_memory, files);
    CHECK(memory->open_count > 0);
    memory->open_count--;
    free(file->data);
    free(file);
}

void spill_memory_open(struct spill_memory *memory) {
    *memory = (struct spill_memory){.files = {file_open, file_append, file_read, file_close}};
}
