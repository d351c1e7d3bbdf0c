/* io/file.h: small files, directories, and how a process ends when the machine fails it.
 */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "base/bytes.h"
#include "base/status.h"

/* One line to stderr: "<time> <text>: <errno's text, if errno is set>"; then exit status 2. */
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);
/* One line to stderr with the time. */
void say(const char *format, ...) PRINTF_LIKE(1, 2);

/* Makes the directory and its parents, mode 0700. OK when it is there already; DENIED; INVALID: a
 * file is in the way; FULL. */
MUST_USE enum status directory_make(const char *path);
/* fdatasync of the directory: names in it are durable. Ends the process when it fails. */
void directory_sync(const char *path);

/* The whole file, malloc'ed and with a NUL behind it; free it. NOT_FOUND, DENIED, TOO_LARGE (above
 * bytes_max), CORRUPT (unreadable). */
MUST_USE enum status file_read(const char *path, size_t bytes_max, struct slice *bytes_out);
/* Written beside it, synced and renamed: after a crash the old or the new content. Mode 0600. */
MUST_USE enum status file_write(const char *path, struct slice bytes);
bool file_exists(const char *path);

/* A lock that ends with the process or with file_unlock. OK: fd_out holds it. BUSY: another process
 * has it; pid_out (may be NULL) is the one that wrote its number into the file, 0: unknown. */
MUST_USE enum status file_lock(const char *path, int *fd_out, int *pid_out);
void file_unlock(int fd);
/* Who holds the lock: its process number, 0 when nobody does. */
int file_lock_holder(const char *path);

/* Raises RLIMIT_NOFILE as far as `wanted`; returns what it is now. */
uint64_t descriptors_raise(uint64_t wanted);

#endif
