/* file.c: small files, written so that a crash leaves the old or the new content.
 *
 *     content -> path.new -> fdatasync -> rename to path -> sync of the directory
 */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void say_line(int error, const char *format, va_list arguments) {
    char text[1024], stamp[32];
    vsnprintf(text, sizeof text, format, arguments);
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &parts);
    fprintf(stderr, "%s %s%s%s\n", stamp, text, error == 0 ? "" : ": ",
            error == 0 ? "" : strerror(error));
    fflush(stderr);
}

void die(const char *format, ...) {
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    say_line(error, format, arguments);
    va_end(arguments);
    _exit(2);
}

void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say_line(0, format, arguments);
    va_end(arguments);
}

static enum status file_status(int error) {
    switch (error) {
    case ENOENT: return STATUS_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS: return STATUS_DENIED;
    case ENOSPC:
    case EDQUOT: return STATUS_FULL;
    case EEXIST:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG: return STATUS_INVALID;
    }
    return STATUS_CORRUPT;
}

static enum status directory_make_one(const char *path) {
    struct stat stat_buffer;
    if (mkdir(path, 0700) == 0) return STATUS_OK;
    if (errno != EEXIST) return file_status(errno);
    if (stat(path, &stat_buffer) != 0) return file_status(errno);
    return S_ISDIR(stat_buffer.st_mode) ? STATUS_OK : STATUS_INVALID;
}

enum status directory_make(const char *path) {
    char part[PATH_MAX];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part) return STATUS_INVALID;
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        enum status status = directory_make_one(part);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

void directory_sync(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) die("cannot sync the directory %s", path);
    close(fd);
}

static enum status file_read_open(int fd, size_t bytes_max, struct slice *bytes_out) {
    struct stat stat_buffer;
    if (fstat(fd, &stat_buffer) != 0) return STATUS_CORRUPT;
    if ((uint64_t)stat_buffer.st_size > bytes_max) return STATUS_TOO_LARGE;
    size_t size = (size_t)stat_buffer.st_size, at = 0;
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL) die("no memory for a file of %zu bytes", size);
    while (at < size) {
        ssize_t got = read(fd, bytes + at, size - at);
        if (got <= 0) break;
        at += (size_t)got;
    }
    bytes[at] = '\0';
    *bytes_out = slice_of(bytes, at);
    return STATUS_OK;
}

enum status file_read(const char *path, size_t bytes_max, struct slice *bytes_out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return file_status(errno);
    enum status status = file_read_open(fd, bytes_max, bytes_out);
    close(fd);
    return status;
}

static enum status file_write_synced(const char *path, struct slice bytes) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return file_status(errno);
    size_t at = 0;
    while (at < bytes.size) {
        ssize_t written = write(fd, bytes.data + at, bytes.size - at);
        if (written < 0 && errno != EINTR) break;
        if (written > 0) at += (size_t)written;
    }
    enum status status = at == bytes.size && fdatasync(fd) == 0 ? STATUS_OK : file_status(errno);
    close(fd);
    return status;
}

enum status file_write(const char *path, struct slice bytes) {
    char beside[PATH_MAX], directory[PATH_MAX];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return STATUS_INVALID;
    enum status status = file_write_synced(beside, bytes);
    if (status != STATUS_OK) return status;
    if (rename(beside, path) != 0) return file_status(errno);
    snprintf(directory, sizeof directory, "%s", path);
    directory_sync(dirname(directory));
    return STATUS_OK;
}

bool file_exists(const char *path) { return access(path, F_OK) == 0; }

static int file_lock_owner(int fd) {
    char text[16] = "";
    if (pread(fd, text, sizeof text - 1, 0) <= 0) return 0;
    return (int)strtol(text, NULL, 10);
}

enum status file_lock(const char *path, int *fd_out, int *pid_out) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return file_status(errno);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (pid_out != NULL) *pid_out = file_lock_owner(fd);
        close(fd);
        return STATUS_BUSY;
    }
    char text[16];
    int size = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)size, 0) != size) {
        close(fd);
        return STATUS_FULL;
    }
    *fd_out = fd;
    return STATUS_OK;
}

void file_unlock(int fd) { close(fd); }

int file_lock_holder(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    int pid = flock(fd, LOCK_SH | LOCK_NB) == 0 ? 0 : file_lock_owner(fd);
    close(fd);
    return pid;
}

uint64_t descriptors_raise(uint64_t wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    if (limit.rlim_cur >= wanted) return limit.rlim_cur;
    struct rlimit raised = {wanted, MAX(limit.rlim_max, (rlim_t)wanted)};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
    raised = (struct rlimit){MIN((rlim_t)wanted, limit.rlim_max), limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}
