/* test_setting.c: options of the command line and of a file. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/setting.h"

struct options {
    char *data;
    uint64_t port, memory, durability;
    bool embedded, gave_port;
    const char *words[1];
};

static enum setting_outcome read_options(struct options *options, int count, char **arguments) {
    const struct setting settings[] = {
        {.name = "data", .kind = SETTING_TEXT, .value = &options->data, .help = "a directory"},
        {.name = "port-number",
         .kind = SETTING_NUMBER,
         .value = &options->port,
         .greatest = 65535,
         .was_given = &options->gave_port},
        {.name = "memory",
         .kind = SETTING_SIZE,
         .value = &options->memory,
         .least = 1,
         .greatest = UINT64_MAX},
        {.name = "durability",
         .kind = SETTING_CHOICE,
         .value = &options->durability,
         .choices = "sync|replicated"},
        {.name = "embedded", .kind = SETTING_FLAG, .value = &options->embedded},
    };
    struct program program = {.name = "test",
                              .group = "test",
                              .usage = "test [options]",
                              .settings = settings,
                              .setting_count = ARRAY_COUNT(settings),
                              .words = options->words,
                              .word_count_max = 1};
    enum setting_outcome outcome = setting_read(&program, count, arguments);
    if (program.file_text != NULL && options->data != NULL)
        cr_assert_str_eq(options->data, "/from/file");
    setting_close(&program);
    return outcome;
}

#define READ(options, ...)                                                                         \
    read_options(options, (int)ARRAY_COUNT(((char *[]){"test", __VA_ARGS__})),                     \
                 (char *[]){"test", __VA_ARGS__})

Test(setting, values_follow_their_option_either_way) {
    struct options options = {0};
    cr_assert_eq(READ(&options, "--data", "here", "--port-number=70", "--memory", "2G",
                      "--durability=replicated", "--embedded", "word"),
                 SETTING_RUN);
    cr_assert_str_eq(options.data, "here");
    cr_assert_eq(options.port, 70);
    cr_assert(options.gave_port);
    cr_assert_eq(options.memory, 2ull << 30);
    cr_assert_eq(options.durability, 1);
    cr_assert(options.embedded);
    cr_assert_str_eq(options.words[0], "word");
}

Test(setting, what_is_not_in_the_table_is_refused, .init = cr_redirect_stderr) {
    struct options options = {0};
    cr_expect_eq(READ(&options, "--bogus"), SETTING_REFUSED);
    cr_expect_eq(READ(&options, "-p"), SETTING_REFUSED);
    cr_expect_eq(READ(&options, "one", "two"), SETTING_REFUSED);
    cr_expect_eq(READ(&options, "--data"), SETTING_REFUSED);
    cr_expect_eq(READ(&options, "--port-number=65536"), SETTING_REFUSED);
    cr_expect_eq(READ(&options, "--port-number=1k"), SETTING_REFUSED);
    cr_expect_eq(READ(&options, "--port-number=-1"), SETTING_REFUSED);
    cr_expect_eq(READ(&options, "--memory=lots"), SETTING_REFUSED);
    cr_expect_eq(READ(&options, "--durability=sometimes"), SETTING_REFUSED);
    cr_expect_eq(READ(&options, "--embedded=perhaps"), SETTING_REFUSED);
}

Test(setting, help_is_shown_and_ends_the_program, .init = cr_redirect_stdout) {
    struct options options = {0};
    cr_assert_eq(READ(&options, "--help"), SETTING_SHOWN);
}

static enum setting_outcome read_file(struct options *options, const char *text) {
    char path[] = "/tmp/tessera-setting-XXXXXX", argument[64];
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    snprintf(argument, sizeof argument, "--defaults-file=%s", path);
    enum setting_outcome outcome = READ(options, argument, "--memory=1K");
    unlink(path);
    return outcome;
}

Test(setting, a_file_gives_options_of_its_groups) {
    struct options options = {0};
    cr_assert_eq(read_file(&options, "# a comment\n[other]\nbogus = 1\n[tessera]\n"
                                     "port_number = 7\n\n[test]\n data=/from/file \nembedded\n"
                                     "memory = 5G\n"),
                 SETTING_RUN);
    cr_assert_eq(options.port, 7);
    cr_assert(options.embedded);
    cr_assert_eq(options.memory, 1024); /* the command line wins */
}

Test(setting, an_unknown_option_in_a_file_is_refused, .init = cr_redirect_stderr) {
    struct options options = {0};
    cr_assert_eq(read_file(&options, "[test]\nbogus = 1\n"), SETTING_REFUSED);
}

Test(setting, a_missing_file_is_refused, .init = cr_redirect_stderr) {
    struct options options = {0};
    cr_assert_eq(READ(&options, "--defaults-file=/nowhere/at/all"), SETTING_REFUSED);
}
