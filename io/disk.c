/* disk.c: how are writes made durable without the loop waiting for the disk?
 *
 * A thread takes all jobs that are there at once and does them in order. Syncs wait until the
 * batch's writes are made, then each file is synced once, whatever number of jobs asked:
 *
 *     jobs:   W(a) WS(a) W(b) WS(a) S(b)
 *     done:   write write write write | fdatasync a, fdatasync b | all five are answered
 *
 *   (K1) A job is answered only after what it promises: WRITE after pwrite, WRITE_SYNC and SYNC after
 *        the fdatasync that follows it in its batch.
 *   (K2) Creating a file syncs the directory before the first write is answered: a synced log whose
 *        name is lost is a lost log.
 *   (K3) A read, list, publish or removal first ends the batch before it, so that order is kept.
 *   (K4) Any failure of a write or a sync ends the process (D3).
 */
#include "io/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

enum { OPEN_FILES_MAX = 8 };

struct open_file {
    char name[DISK_NAME_BYTES_MAX]; /* empty: the place is free */
    int fd;
    bool needs_sync;
    uint64_t used_at;
};

struct disk {
    struct mailbox requests, finished;
    struct loop_watch watch;
    struct disk_job stop;
    pthread_t thread;
    struct life *life;
    char directory[PATH_MAX];
    int directory_fd;
    /* The thread's own from here on. */
    struct open_file files[OPEN_FILES_MAX];
    uint64_t use_count;
    struct mail *unanswered; /* jobs of the batch that wait for its syncs, oldest first */
    struct mail **unanswered_end;
};

static void disk_answer(struct disk *disk, struct disk_job *job) {
    mailbox_post(&disk->finished, &job->mail);
}

static void disk_sync_file(struct disk *disk, struct open_file *file) {
    if (!file->needs_sync) return;
    if (fdatasync(file->fd) != 0) die("cannot sync %s/%s", disk->directory, file->name); /* (K4) */
    file->needs_sync = false;
}

/* The syncs that the batch asked for, then its answers (K1). */
static void disk_end_batch(struct disk *disk) {
    for (uint32_t i = 0; i < OPEN_FILES_MAX; i++) disk_sync_file(disk, &disk->files[i]);
    struct mail *mail = disk->unanswered;
    disk->unanswered = NULL;
    disk->unanswered_end = &disk->unanswered;
    while (mail != NULL) {
        struct disk_job *job = CONTAINER_OF(mail, struct disk_job, mail);
        mail = mail->next;
        disk_answer(disk, job);
    }
}

static void disk_defer(struct disk *disk, struct disk_job *job) {
    job->mail.next = NULL;
    *disk->unanswered_end = &job->mail;
    disk->unanswered_end = &job->mail.next;
}

static void disk_forget_file(struct disk *disk, struct open_file *file) {
    if (file->name[0] == '\0') return;
    disk_sync_file(disk, file);
    close(file->fd);
    file->name[0] = '\0';
}

static struct open_file *disk_place(struct disk *disk) {
    struct open_file *place = &disk->files[0];
    for (uint32_t i = 0; i < OPEN_FILES_MAX; i++) {
        struct open_file *file = &disk->files[i];
        if (file->name[0] == '\0') return file;
        if (file->used_at < place->used_at) place = file;
    }
    disk_forget_file(disk, place);
    return place;
}

static void disk_sync_directory(struct disk *disk) {
    if (fsync(disk->directory_fd) != 0) die("cannot sync %s", disk->directory); /* (K4) */
}

enum file_creation { FILE_MUST_EXIST, FILE_MAY_BE_CREATED };

/* NULL: it does not exist, or is unreadable (then errno says so). */
static struct open_file *disk_file(struct disk *disk, const char *name,
                                   enum file_creation creation) {
    for (uint32_t i = 0; i < OPEN_FILES_MAX; i++) {
        struct open_file *file = &disk->files[i];
        if (strcmp(file->name, name) != 0) continue;
        file->used_at = ++disk->use_count;
        return file;
    }
    struct open_file *file = disk_place(disk);
    file->fd = openat(disk->directory_fd, name, O_RDWR | O_CLOEXEC);
    if (file->fd < 0 && errno == ENOENT && creation == FILE_MAY_BE_CREATED) {
        file->fd = openat(disk->directory_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file->fd >= 0) disk_sync_directory(disk); /* (K2) */
    }
    if (file->fd < 0) return NULL;
    snprintf(file->name, sizeof file->name, "%s", name);
    file->used_at = ++disk->use_count;
    return file;
}

/* Bytes that are being written belong to name.new until PUBLISH, if there is no such name yet. */
static void disk_write(struct disk *disk, struct disk_job *job) {
    struct open_file *file = disk_file(disk, job->name, FILE_MAY_BE_CREATED);
    if (file == NULL) die("cannot open %s/%s", disk->directory, job->name);
    size_t at = 0;
    while (at < job->bytes.size) {
        ssize_t written =
            pwrite(file->fd, job->bytes.data + at, job->bytes.size - at, (off_t)(job->offset + at));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) die("cannot write %s/%s", disk->directory, job->name); /* (K4) */
        at += (size_t)written;
    }
    if (job->kind == DISK_JOB_WRITE_SYNC) file->needs_sync = true;
    job->status = STATUS_OK;
}

static enum status disk_read_at(int fd, struct disk_job *job) {
    struct stat stat_buffer;
    if (fstat(fd, &stat_buffer) != 0) return STATUS_CORRUPT;
    uint64_t size = (uint64_t)stat_buffer.st_size;
    uint64_t wanted = job->offset >= size ? 0 : MIN(job->size, size - job->offset);
    job->read_bytes = malloc(wanted + 1);
    if (job->read_bytes == NULL) die("no memory to read %s", job->name);
    while (job->size_read < wanted) {
        ssize_t got = pread(fd, job->read_bytes + job->size_read, wanted - job->size_read,
                            (off_t)(job->offset + job->size_read));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return STATUS_CORRUPT;
        if (got == 0) break;
        job->size_read += (uint64_t)got;
    }
    return STATUS_OK;
}

static enum status disk_read(struct disk *disk, struct disk_job *job) {
    struct open_file *file = disk_file(disk, job->name, FILE_MUST_EXIST);
    if (file == NULL) return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CORRUPT;
    return disk_read_at(file->fd, job);
}

static enum status disk_sync(struct disk *disk, struct disk_job *job) {
    struct open_file *file = disk_file(disk, job->name, FILE_MUST_EXIST);
    if (file == NULL) return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CORRUPT;
    file->needs_sync = true;
    return STATUS_OK;
}

static void disk_forget_name(struct disk *disk, const char *name) {
    for (uint32_t i = 0; i < OPEN_FILES_MAX; i++)
        if (strcmp(disk->files[i].name, name) == 0) disk_forget_file(disk, &disk->files[i]);
}

static void disk_unpublished_name(const struct disk_job *job, char name_out[DISK_NAME_BYTES_MAX]) {
    int size =
        snprintf(name_out, DISK_NAME_BYTES_MAX, "%.*s.new", DISK_NAME_BYTES_MAX - 5, job->name);
    CHECK(size > 0 && size < DISK_NAME_BYTES_MAX);
}

static enum status disk_publish(struct disk *disk, struct disk_job *job) {
    char unpublished[DISK_NAME_BYTES_MAX];
    disk_unpublished_name(job, unpublished);
    struct open_file *file = disk_file(disk, unpublished, FILE_MUST_EXIST);
    if (file == NULL) return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CORRUPT;
    file->needs_sync = true;
    disk_forget_file(disk, file);
    disk_forget_name(disk, job->name);
    if (renameat(disk->directory_fd, unpublished, disk->directory_fd, job->name) != 0)
        die("cannot rename %s/%s", disk->directory, unpublished);
    disk_sync_directory(disk);
    return STATUS_OK;
}

static enum status disk_remove(struct disk *disk, struct disk_job *job) {
    char unpublished[DISK_NAME_BYTES_MAX];
    disk_unpublished_name(job, unpublished);
    disk_forget_name(disk, job->name);
    disk_forget_name(disk, unpublished);
    (void)unlinkat(disk->directory_fd, job->name, 0);
    (void)unlinkat(disk->directory_fd, unpublished, 0);
    return STATUS_OK;
}

static bool name_is_listed(const char *name) {
    size_t size = strlen(name);
    if (name[0] == '.' || size >= DISK_NAME_BYTES_MAX) return false;
    return size < 4 || strcmp(name + size - 4, ".new") != 0;
}

static void disk_list_add(struct disk_job *job, const char *name, uint64_t size) {
    if ((job->entry_count & (job->entry_count - 1)) == 0) {
        size_t capacity = MAX(8u, job->entry_count * 2);
        job->entries = realloc(job->entries, capacity * sizeof *job->entries);
        if (job->entries == NULL) die("no memory for a list of files");
    }
    struct disk_entry *entry = &job->entries[job->entry_count++];
    snprintf(entry->name, sizeof entry->name, "%s", name);
    entry->size = size;
}

static enum status disk_list(struct disk *disk, struct disk_job *job) {
    DIR *directory = opendir(disk->directory);
    if (directory == NULL) return STATUS_CORRUPT;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        struct stat stat_buffer;
        if (!name_is_listed(entry->d_name)) continue;
        if (fstatat(disk->directory_fd, entry->d_name, &stat_buffer, 0) != 0) continue;
        if (S_ISREG(stat_buffer.st_mode))
            disk_list_add(job, entry->d_name, (uint64_t)stat_buffer.st_size);
    }
    closedir(directory);
    return STATUS_OK;
}

static void disk_do(struct disk *disk, struct disk_job *job) {
    switch (job->kind) {
    case DISK_JOB_WRITE:
    case DISK_JOB_WRITE_SYNC: disk_write(disk, job); break;
    case DISK_JOB_SYNC: job->status = disk_sync(disk, job); break;
    case DISK_JOB_LIST:
        disk_end_batch(disk); /* (K3) */
        job->status = disk_list(disk, job);
        break;
    case DISK_JOB_READ:
        disk_end_batch(disk);
        job->status = disk_read(disk, job);
        break;
    case DISK_JOB_PUBLISH:
        disk_end_batch(disk);
        job->status = disk_publish(disk, job);
        break;
    case DISK_JOB_REMOVE:
        disk_end_batch(disk);
        job->status = disk_remove(disk, job);
        break;
    }
    disk_defer(disk, job);
}

/* Shape fixed by pthread. */
static void *disk_main(void *argument) {
    struct disk *disk = argument;
    life_join(disk->life);
    for (bool stops = false; !stops;) {
        struct mail *mail = mailbox_wait(&disk->requests);
        while (mail != NULL) {
            struct disk_job *job = CONTAINER_OF(mail, struct disk_job, mail);
            mail = mail->next;
            if (job == &disk->stop)
                stops = true;
            else
                disk_do(disk, job);
        }
        disk_end_batch(disk);
    }
    for (uint32_t i = 0; i < OPEN_FILES_MAX; i++) disk_forget_file(disk, &disk->files[i]);
    return NULL;
}

static void disk_on_finished(struct loop_watch *watch, enum loop_interest what) {
    (void)what;
    struct disk *disk = CONTAINER_OF(watch, struct disk, watch);
    struct mail *mail = mailbox_take(&disk->finished);
    while (mail != NULL) {
        struct disk_job *job = CONTAINER_OF(mail, struct disk_job, mail);
        mail = mail->next;
        job->done(job);
    }
}

struct disk *disk_open(struct loop *loop, const char *directory, struct life *life) {
    struct disk *disk = calloc(1, sizeof *disk);
    if (disk == NULL) die("no memory for a disk");
    snprintf(disk->directory, sizeof disk->directory, "%s", directory);
    disk->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (disk->directory_fd < 0) die("cannot open the directory %s", directory);
    disk->unanswered_end = &disk->unanswered;
    disk->life = life;
    mailbox_open(&disk->requests);
    mailbox_open(&disk->finished);
    loop_watch_open(&disk->watch, loop, mailbox_fd(&disk->finished), disk_on_finished);
    loop_watch_want(&disk->watch, LOOP_READ);
    if (pthread_create(&disk->thread, NULL, disk_main, disk) != 0)
        die("cannot start a disk thread");
    return disk;
}

void disk_close(struct disk *disk) {
    mailbox_post(&disk->requests, &disk->stop.mail);
    pthread_join(disk->thread, NULL);
    loop_watch_close(&disk->watch);
    mailbox_close(&disk->requests);
    mailbox_close(&disk->finished);
    close(disk->directory_fd);
    free(disk);
}

void disk_submit(struct disk *disk, struct disk_job *job) {
    CHECK(job->done != NULL && job->name[DISK_NAME_BYTES_MAX - 1] == '\0');
    job->status = STATUS_OK;
    job->read_bytes = NULL;
    job->size_read = 0;
    job->entries = NULL;
    job->entry_count = 0;
    mailbox_post(&disk->requests, &job->mail);
}
