/* server/disk_files.h: the disk operations of wire/step.h on a directory of real files. */
#ifndef SERVER_DISK_FILES_H
#define SERVER_DISK_FILES_H

#include "io/io.h"
#include "wire/step.h"

struct disk_files;

struct disk_files_options {
    struct loop *loop;
    const char *directory; /* exists */
    struct life *life;     /* of the process; may be NULL */
    struct arena *arena;   /* lists for the done event; reset by its owner between events */
    /* Called for each operation that is done; the event's bytes are valid during the call. */
    void (*done)(void *context, const struct disk_done *done);
    void *context;
};

struct disk_files *disk_files_open(const struct disk_files_options *options);
/* Finishes what was submitted; nothing is reported any more. */
void disk_files_close(struct disk_files *files);
/* op->bytes is borrowed until it is done (E3). */
void disk_files_submit(struct disk_files *files, const struct disk_op *op);

/* The name of a file in the directory, and back. NOT_FOUND: the name is none of ours. */
void disk_file_name(const struct disk_file *file, char name_out[DISK_NAME_BYTES_MAX]);
MUST_USE enum status disk_file_parse(const char *name, struct disk_file *file_out);

#endif
