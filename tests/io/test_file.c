/* test_file.c: small files and locks in a directory of their own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/io.h"

static char directory[64];

static void setup(void) {
    snprintf(directory, sizeof directory, "/tmp/tessera-file-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(file, .init = setup, .fini = teardown);

static const char *inside(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

Test(file, a_file_is_replaced_whole) {
    struct slice bytes;
    cr_assert_eq(file_write(inside("a"), SLICE_LITERAL("first, and long")), STATUS_OK);
    cr_assert_eq(file_write(inside("a"), SLICE_LITERAL("second")), STATUS_OK);
    cr_assert_eq(file_read(inside("a"), 100, &bytes), STATUS_OK);
    cr_assert(slice_equal(bytes, SLICE_LITERAL("second")));
    free((void *)(uintptr_t)bytes.data);
    cr_assert_not(file_exists(inside("a.new")));
}

Test(file, missing_and_large_files_are_refused) {
    struct slice bytes;
    cr_assert_eq(file_read(inside("a"), 100, &bytes), STATUS_NOT_FOUND);
    cr_assert_eq(file_write(inside("a"), SLICE_LITERAL("12345")), STATUS_OK);
    cr_assert_eq(file_read(inside("a"), 4, &bytes), STATUS_TOO_LARGE);
}

Test(file, parents_of_a_directory_are_made) {
    cr_assert_eq(directory_make(inside("a/b/c")), STATUS_OK);
    cr_assert_eq(directory_make(inside("a/b/c")), STATUS_OK);
    cr_assert_eq(file_write(inside("a/file"), SLICE_LITERAL("x")), STATUS_OK);
    cr_assert_eq(directory_make(inside("a/file")), STATUS_INVALID);
}

Test(file, a_lock_is_held_once_and_names_its_holder) {
    int first, second, pid = 0;
    cr_assert_eq(file_lock_holder(inside("lock")), 0);
    cr_assert_eq(file_lock(inside("lock"), &first, NULL), STATUS_OK);
    cr_assert_eq(file_lock(inside("lock"), &second, &pid), STATUS_BUSY);
    cr_assert_eq(pid, getpid());
    cr_assert_eq(file_lock_holder(inside("lock")), getpid());
    file_unlock(first);
    cr_assert_eq(file_lock_holder(inside("lock")), 0);
    cr_assert_eq(file_lock(inside("lock"), &second, &pid), STATUS_OK);
    file_unlock(second);
}
