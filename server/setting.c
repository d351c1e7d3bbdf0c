/* setting.c: one table of options serves the command line, the file and --help.
 *
 *   (O1) Every name is looked up in the table; what is not there ends the program with a message,
 *        wherever it stood.
 *   (O2) The file is read first, so that the command line wins.
 */
#include "server/setting.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)

enum status setting_parse_size(const char *text, uint64_t *size_out) {
    char *end;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (end == text || text[0] == '-' || errno != 0) return STATUS_INVALID;
    uint64_t unit = 1;
    switch (toupper((unsigned char)*end)) {
    case 'K': unit = KIB; break;
    case 'M': unit = MIB; break;
    case 'G': unit = GIB; break;
    case 'T': unit = 1024 * GIB; break;
    }
    if (unit > 1) end++;
    if (*end != '\0') return STATUS_INVALID;
    return __builtin_mul_overflow(number, unit, size_out) ? STATUS_OUT_OF_RANGE : STATUS_OK;
}

/* "-" and "_" are the same. */
static bool name_is(const char *name, const char *given, size_t given_size) {
    if (strlen(name) != given_size) return false;
    for (size_t i = 0; i < given_size; i++)
        if ((given[i] == '_' ? '-' : given[i]) != name[i]) return false;
    return true;
}

static const struct setting *setting_find(const struct program *program, const char *name,
                                          size_t size) {
    for (uint32_t i = 0; i < program->setting_count; i++)
        if (name_is(program->settings[i].name, name, size)) return &program->settings[i];
    return NULL;
}

static bool choice_find(const char *choices, const char *given, uint64_t *place_out) {
    size_t size = strlen(given);
    *place_out = 0;
    for (const char *at = choices; size > 0 && *at != '\0'; (*place_out)++) {
        size_t length = strcspn(at, "|");
        if (length == size && strncmp(at, given, size) == 0) return true;
        at += length + (at[length] == '|');
    }
    return false;
}

static bool number_set(const struct setting *setting, const char *text) {
    uint64_t number;
    if (setting_parse_size(text, &number) != STATUS_OK) return false;
    if (setting->kind == SETTING_NUMBER && !isdigit((unsigned char)text[strlen(text) - 1]))
        return false;
    if (number < setting->least || number > setting->greatest) return false;
    *(uint64_t *)setting->value = number;
    return true;
}

static bool flag_set(const struct setting *setting, const char *text) {
    static const char *const on[] = {"", "1", "on", "true", "yes"};
    static const char *const off[] = {"0", "off", "false", "no"};
    for (size_t i = 0; i < ARRAY_COUNT(on); i++)
        if (strcasecmp(text, on[i]) == 0) return *(bool *)setting->value = true;
    for (size_t i = 0; i < ARRAY_COUNT(off); i++)
        if (strcasecmp(text, off[i]) == 0) {
            *(bool *)setting->value = false;
            return true;
        }
    return false;
}

static bool setting_set(const struct setting *setting, char *text) {
    bool is_right = true;
    switch (setting->kind) {
    case SETTING_TEXT: *(char **)setting->value = text; break;
    case SETTING_NUMBER:
    case SETTING_SIZE: is_right = number_set(setting, text); break;
    case SETTING_FLAG: is_right = flag_set(setting, text); break;
    case SETTING_CHOICE: is_right = choice_find(setting->choices, text, setting->value); break;
    }
    if (is_right && setting->was_given != NULL) *setting->was_given = true;
    return is_right;
}

static enum setting_outcome refuse(const struct program *program, const char *where,
                                   const char *problem, const char *name) {
    fprintf(stderr, "%s: %s%s%s; see %s --help\n", program->name, where, problem, name,
            program->name);
    return SETTING_REFUSED;
}

static enum setting_outcome refuse_value(const struct program *program,
                                         const struct setting *setting, const char *given) {
    if (setting->kind == SETTING_CHOICE)
        fprintf(stderr, "%s: --%s is one of %s, not %s\n", program->name, setting->name,
                setting->choices, given);
    else if (setting->kind == SETTING_FLAG)
        fprintf(stderr, "%s: --%s is on or off, not %s\n", program->name, setting->name, given);
    else
        fprintf(stderr, "%s: --%s is a number from %lu to %lu, not %s\n", program->name,
                setting->name, (unsigned long)setting->least, (unsigned long)setting->greatest,
                given);
    return SETTING_REFUSED;
}

static void help_print(const struct program *program) {
    printf("%s\n\nOptions:\n", program->usage);
    for (uint32_t i = 0; i < program->setting_count; i++) {
        const struct setting *setting = &program->settings[i];
        char left[64];
        const char *what = setting->choices != NULL ? setting->choices : setting->what;
        if (setting->help == NULL) continue; /* between our own programs */
        snprintf(left, sizeof left, "--%s%s%s", setting->name, what == NULL ? "" : " ",
                 what == NULL ? "" : what);
        printf("  %-32s %s\n", left, setting->help);
    }
    printf("  %-32s %s\n", "--defaults-file=FILE", "options, one a line; first argument");
    printf("  %-32s %s\n", "--help", "this text");
}

static char *trimmed(char *text) {
    while (isspace((unsigned char)*text)) text++;
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1])) text[--size] = '\0';
    return text;
}

static enum setting_outcome line_read(const struct program *program, const char *where,
                                      char *line) {
    char *equals = strchr(line, '=');
    char *value = equals == NULL ? line + strlen(line) : equals + 1;
    if (equals != NULL) *equals = '\0';
    char *name = trimmed(line);
    const struct setting *setting = setting_find(program, name, strlen(name));
    if (setting == NULL) return refuse(program, where, "unknown option ", name); /* (O1) */
    value = trimmed(value);
    return setting_set(setting, value) ? SETTING_RUN : refuse_value(program, setting, value);
}

enum setting_outcome setting_read_file(struct program *program, const char *path) {
    struct slice bytes;
    char where[300], ours[64];
    bool is_ours = false;
    enum setting_outcome outcome = SETTING_RUN;
    if (file_read(path, FILE_BYTES_MAX, &bytes) != STATUS_OK)
        return refuse(program, "", "cannot read ", path);
    snprintf(ours, sizeof ours, "[%s]", program->group);
    snprintf(where, sizeof where, "%.200s: ", path);
    setting_close(program);
    program->file_text = (char *)(uintptr_t)bytes.data;
    char *rest = program->file_text, *line;
    while (outcome == SETTING_RUN && (line = strsep(&rest, "\n")) != NULL) {
        line = trimmed(line);
        if (line[0] == '\0' || line[0] == '#' || line[0] == ';') continue;
        if (line[0] == '[')
            is_ours = strcmp(line, "[tessera]") == 0 || strcmp(line, ours) == 0;
        else if (is_ours)
            outcome = line_read(program, where, line);
    }
    return outcome;
}

void setting_close(struct program *program) {
    free(program->file_text);
    program->file_text = NULL;
}

/* One option; *used_out: it took the next argument as well. */
static enum setting_outcome argument_read(const struct program *program, char *argument, char *next,
                                          bool *used_out) {
    char *name = argument + 2;
    size_t size = strcspn(name, "=");
    const struct setting *setting = setting_find(program, name, size);
    *used_out = false;
    if (strcmp(argument, "--help") == 0) {
        help_print(program);
        return SETTING_SHOWN;
    }
    if (setting == NULL) return refuse(program, "", "unknown option ", argument);
    char *value = name[size] == '=' ? name + size + 1 : name + strlen(name);
    if (name[size] != '=' && setting->kind != SETTING_FLAG) {
        if (next == NULL) return refuse(program, "", "a value is missing after ", argument);
        value = next;
        *used_out = true;
    }
    return setting_set(setting, value) ? SETTING_RUN : refuse_value(program, setting, value);
}

enum setting_outcome setting_read(struct program *program, int argument_count, char **arguments) {
    static const char defaults[] = "--defaults-file=";
    enum setting_outcome outcome = SETTING_RUN;
    int at = 1;
    if (argument_count > 1 && strncmp(arguments[1], defaults, sizeof defaults - 1) == 0) {
        outcome = setting_read_file(program, arguments[1] + sizeof defaults - 1); /* (O2) */
        at = 2;
    }
    for (; at < argument_count && outcome == SETTING_RUN; at++) {
        bool used = false;
        if (strncmp(arguments[at], "--", 2) == 0) {
            char *next = at + 1 < argument_count ? arguments[at + 1] : NULL;
            outcome = argument_read(program, arguments[at], next, &used);
        } else if (program->word_count < program->word_count_max && arguments[at][0] != '-') {
            program->words[program->word_count++] = arguments[at];
        } else {
            outcome = refuse(program, "", "unexpected argument ", arguments[at]);
        }
        at += used;
    }
    return outcome;
}
