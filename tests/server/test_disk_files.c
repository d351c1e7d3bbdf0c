/* test_disk_files.c: names of numbered files, there and back. */
#include <criterion/criterion.h>

#include "server/disk_files.h"

Test(disk_files, a_name_is_read_back) {
    static const struct disk_file files[] = {
        {DISK_LOG, 0, 1}, {DISK_CHECKPOINT, 3, UINT64_MAX}, {DISK_NODE, 12, 0}};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        char name[DISK_NAME_BYTES_MAX];
        struct disk_file file;
        disk_file_name(&files[i], name);
        cr_assert_eq(disk_file_parse(name, &file), STATUS_OK);
        cr_expect_eq(file.kind, files[i].kind);
        cr_expect_eq(file.store, files[i].store);
        cr_expect_eq(file.number, files[i].number);
    }
}

Test(disk_files, other_names_are_not_ours) {
    static const char *const names[] = {"pid",
                                        "log",
                                        "log-0-1",
                                        "log-0-00000000000000000001.new",
                                        "log-00-00000000000000000001",
                                        "log--00000000000000000001",
                                        "meta.sqlite"};
    struct disk_file file;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        cr_expect_eq(disk_file_parse(names[i], &file), STATUS_NOT_FOUND, "%s", names[i]);
}
