/* io/disk.h: one directory of files, written and synced by a thread of its own.
 *
 * fdatasync never blocks the loop (D2). A write or sync that fails ends the process (D3): nobody
 * goes on with a log that he cannot trust. Names are plain file names in the directory; a name that
 * ends in ".new" is not published yet and is never listed.
 */
#ifndef IO_DISK_H
#define IO_DISK_H

#include "base/bytes.h"
#include "base/status.h"
#include "io/life.h"
#include "io/loop.h"
#include "io/mailbox.h"

struct disk;

#define DISK_NAME_BYTES_MAX 64

enum disk_job_kind {
    DISK_JOB_LIST,
    DISK_JOB_READ,       /* up to `size` bytes at `offset` */
    DISK_JOB_WRITE,      /* `bytes` at `offset`; creates the file, and then syncs the directory */
    DISK_JOB_WRITE_SYNC, /* and fdatasync */
    DISK_JOB_SYNC,
    DISK_JOB_PUBLISH, /* sync of name.new, renamed to name, sync of the directory */
    DISK_JOB_REMOVE,  /* name and name.new */
};

struct disk_entry {
    char name[DISK_NAME_BYTES_MAX];
    uint64_t size;
};

/* The owner fills the first part, keeps the job until done() and frees results then. */
struct disk_job {
    struct mail mail;
    void (*done)(struct disk_job *job); /* on the loop's thread */
    enum disk_job_kind kind;
    char name[DISK_NAME_BYTES_MAX];
    uint64_t offset, size;
    struct slice bytes;
    /* Results. NOT_FOUND: READ, SYNC, PUBLISH of a missing file; CORRUPT: an unreadable one. */
    enum status status;
    uint8_t *read_bytes; /* malloc'ed; size_read of them */
    uint64_t size_read;
    struct disk_entry *entries; /* malloc'ed */
    uint32_t entry_count;
};

/* The directory exists. The thread joins `life`, if there is one. */
struct disk *disk_open(struct loop *loop, const char *directory, struct life *life);
/* Does what was submitted, then ends the thread; done() is not called any more. */
void disk_close(struct disk *disk);
/* Jobs are begun in order; a sync covers the writes of its file that were submitted before. */
void disk_submit(struct disk *disk, struct disk_job *job);

#endif
