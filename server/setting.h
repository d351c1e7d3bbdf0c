/* server/setting.h: options of a program: on the command line, and in a my.cnf-like file.
 *
 *     --port=3306  --port 3306  --embedded          port = 3306    (under [tessera] or [sqld])
 *
 * In a file, names may have '_' for '-'. The command line wins. An unknown option is refused.
 */
#ifndef SERVER_SETTING_H
#define SERVER_SETTING_H

#include "io/io.h"

enum setting_kind {
    SETTING_TEXT,   /* char ** */
    SETTING_NUMBER, /* uint64_t * */
    SETTING_SIZE,   /* uint64_t *, bytes; "512M", "2G" */
    SETTING_FLAG,   /* bool * */
    SETTING_CHOICE, /* uint64_t *: place in `choices` */
};

struct setting {
    const char *name; /* "max-connections" */
    enum setting_kind kind;
    void *value; /* holds the default before */
    uint64_t least, greatest;
    const char *choices; /* "sync|replicated" */
    const char *what;    /* for --help: "NUMBER", or NULL */
    const char *help;
    bool *was_given; /* may be NULL */
};

struct program {
    const char *name;  /* "tessera-sqld" */
    const char *group; /* "sqld": of the file, beside "tessera" */
    const char *usage; /* the lines before the options */
    const struct setting *settings;
    uint32_t setting_count;
    /* Words that are no options go here, at most word_count_max. */
    const char **words;
    uint32_t word_count_max, word_count;
    char *file_text; /* what SETTING_TEXT values of a file point into; setting_close frees it */
};

enum setting_outcome { SETTING_RUN, SETTING_SHOWN, SETTING_REFUSED };

/* Reads --defaults-file=FILE if it is the first argument, then the others. Prints --help, --version
 * and what is wrong. Texts point into the arguments and into file_text. */
enum setting_outcome setting_read(struct program *program, int argument_count, char **arguments);

/* The options of one file, under [tessera] and [group]. */
enum setting_outcome setting_read_file(struct program *program, const char *path);

void setting_close(struct program *program);

/* "512M" to bytes; INVALID, OUT_OF_RANGE. */
MUST_USE enum status setting_parse_size(const char *text, uint64_t *size_out);

#endif
