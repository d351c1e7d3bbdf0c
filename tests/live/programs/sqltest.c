/* sqltest.c: runs one .test file of tests/sql against a server, as text or as prepared statements.
 *
 *   sqltest PORT DATABASE FILE text|prepared|record
 *
 * A file is a list of cases with a blank line behind each (lines with # are comments):
 *
 *   statement ok                      statement error 1062 23000         query
 *   INSERT INTO t VALUES (1)          INSERT INTO t VALUES (1)           SELECT a, b FROM t
 *                                                                        ----
 *                                                                        1|NULL
 *
 *   statement affected 3, statement warnings 1   also check that number
 *   query unsorted    rows in any order           query names   the first line has the columns' names
 *   query once        is not asked a second time (others are: the second answer is a kept plan's)
 *   connection NAME [USER [PASSWORD]]             the cases below run there
 *   only text, only prepared                      the next case runs in that protocol alone
 *
 * Columns are separated by |, NULL is NULL, a row of one empty text is (empty), control bytes are \xNN. A statement that
 * cannot be prepared (1295), and those that show what the statement before left, run as text in both. `record` prints
 * the file with the answers that came instead of the ones it holds. */
#include <mysql.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 1 << 20,
    CELL_MAX = 1 << 17,
    ROWS_MAX = 4096,
    CONNECTIONS_MAX = 8,
    COLUMNS_MAX = 256
};

enum mode { MODE_TEXT, MODE_PREPARED, MODE_RECORD };

struct peer {
    char name[64];
    MYSQL *mysql;
};

struct test_case {
    char header[256];
    char only[16];
    char sql[TEXT_MAX];
    char expected[TEXT_MAX];
    bool has_rows;
    int line;
};

struct outcome {
    unsigned error, warnings;
    char state[8], message[600];
    long long affected;
    char rows[TEXT_MAX];
    size_t used;
};

static struct peer peers[CONNECTIONS_MAX];
static unsigned peer_count, peer_now, port, passed, failed;
static const char *database, *file_name;
static enum mode mode;
static struct test_case one;
static struct outcome got;
static char cells[COLUMNS_MAX][CELL_MAX];

/* ---- connections ---- */

static void fail_hard(const char *what, const char *why) {
    printf("%s: %s: %s\n0 passed, 1 failed\n", file_name, what, why);
    exit(1);
}

static MYSQL *connect_as(const char *user, const char *password) {
    MYSQL *mysql = mysql_init(NULL);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(mysql, "127.0.0.1", user, password, NULL, port, NULL,
                           CLIENT_MULTI_RESULTS) == NULL)
        fail_hard(user, mysql_error(mysql));
    if (mysql_query(mysql, "SET NAMES utf8mb4") != 0) fail_hard("SET NAMES", mysql_error(mysql));
    mysql_select_db(mysql, database); /* who has no right to it goes without */
    return mysql;
}

static void connection_switch(const char *header) {
    char name[64] = "", user[64] = "root", password[64] = "";
    sscanf(header, "connection %63s %63s %63s", name, user, password);
    for (peer_now = 0; peer_now < peer_count; peer_now++)
        if (strcmp(peers[peer_now].name, name) == 0) return;
    if (peer_count == CONNECTIONS_MAX) fail_hard(header, "too many connections");
    snprintf(peers[peer_count].name, sizeof name, "%s", name);
    peers[peer_count++].mysql = connect_as(user, password);
}

/* ---- what came back ---- */

static void put(const char *bytes, size_t size) {
    for (size_t i = 0; i < size && got.used < TEXT_MAX - 8; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < 0x20)
            got.used += (size_t)sprintf(got.rows + got.used, "\\x%02X", c);
        else
            got.rows[got.used++] = (char)c;
    }
    got.rows[got.used] = 0;
}

static void put_cell(unsigned column, const char *bytes, size_t size) {
    if (column > 0) put("|", 1);
    if (bytes == NULL)
        put("NULL", 4);
    else
        put(bytes, size);
}

static void put_line_end(size_t line_start) {
    if (got.used == line_start) put("(empty)", 7);
    got.rows[got.used++] = '\n';
    got.rows[got.used] = 0;
}

static void put_names(MYSQL_RES *result) {
    if (strstr(one.header, "names") == NULL) return;
    for (unsigned i = 0; i < mysql_num_fields(result); i++)
        put_cell(i, mysql_fetch_field_direct(result, i)->name,
                 strlen(mysql_fetch_field_direct(result, i)->name));
    put_line_end(SIZE_MAX);
}

static void note_error(unsigned error, const char *state, const char *message) {
    got.error = error;
    snprintf(got.state, sizeof got.state, "%s", state);
    snprintf(got.message, sizeof got.message, "%s", message);
}

static void run_text(MYSQL *mysql) {
    if (mysql_real_query(mysql, one.sql, strlen(one.sql)) != 0) {
        note_error(mysql_errno(mysql), mysql_sqlstate(mysql), mysql_error(mysql));
        return;
    }
    MYSQL_RES *result = mysql_store_result(mysql);
    if (result == NULL && mysql_errno(mysql) != 0)
        note_error(mysql_errno(mysql), mysql_sqlstate(mysql), mysql_error(mysql));
    got.affected = (long long)mysql_affected_rows(mysql);
    got.warnings = mysql_warning_count(mysql);
    if (result == NULL) return;
    put_names(result);
    for (MYSQL_ROW row; (row = mysql_fetch_row(result)) != NULL;) {
        const unsigned long *sizes = mysql_fetch_lengths(result);
        size_t start = got.used;
        for (unsigned i = 0; i < mysql_num_fields(result); i++)
            put_cell(i, row[i], row[i] ? sizes[i] : 0);
        put_line_end(start);
    }
    if (mysql_errno(mysql) != 0)
        note_error(mysql_errno(mysql), mysql_sqlstate(mysql), mysql_error(mysql));
    mysql_free_result(result);
}

static void fetch_prepared(MYSQL_STMT *statement, unsigned columns) {
    MYSQL_BIND binds[COLUMNS_MAX];
    unsigned long sizes[COLUMNS_MAX];
    my_bool nulls[COLUMNS_MAX];
    memset(binds, 0, sizeof binds);
    for (unsigned i = 0; i < columns; i++) {
        binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
                                .buffer = cells[i],
                                .buffer_length = CELL_MAX,
                                .length = &sizes[i],
                                .is_null = &nulls[i]};
    }
    mysql_stmt_bind_result(statement, binds);
    int end;
    while ((end = mysql_stmt_fetch(statement)) == 0 || end == MYSQL_DATA_TRUNCATED) {
        size_t start = got.used;
        for (unsigned i = 0; i < columns; i++)
            put_cell(i, nulls[i] ? NULL : cells[i], nulls[i] ? 0 : sizes[i]);
        put_line_end(start);
    }
    if (end == 1)
        note_error(mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement),
                   mysql_stmt_error(statement));
}

static bool is_about_the_one_before(void) {
    static const char *const starts[] = {"SHOW WARNINGS", "SHOW ERRORS", "SHOW COUNT(*)"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncasecmp(one.sql, starts[i], strlen(starts[i])) == 0) return true;
    return false;
}

static void run_prepared(MYSQL *mysql) {
    MYSQL_STMT *statement = mysql_stmt_init(mysql);
    if (mysql_stmt_prepare(statement, one.sql, strlen(one.sql)) != 0 &&
        mysql_stmt_errno(statement) == 1295) {
        mysql_stmt_close(statement);
        run_text(mysql);
        return;
    }
    if (mysql_stmt_errno(statement) == 0 && mysql_stmt_execute(statement) == 0) {
        got.warnings = mysql_warning_count(mysql);
        got.affected = (long long)mysql_stmt_affected_rows(statement);
        MYSQL_RES *columns = mysql_stmt_result_metadata(statement);
        if (columns != NULL) {
            put_names(columns);
            fetch_prepared(statement, mysql_num_fields(columns));
            got.warnings = mysql_warning_count(mysql);
            mysql_free_result(columns);
        }
    }
    if (mysql_stmt_errno(statement) != 0)
        note_error(mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement),
                   mysql_stmt_error(statement));
    mysql_stmt_close(statement);
}

/* ---- cases ---- */

static int line_compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_sort(char *text) {
    static char copy[TEXT_MAX];
    static char *lines[ROWS_MAX];
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *line = strtok(copy, "\n"); line != NULL && count < ROWS_MAX;
         line = strtok(NULL, "\n"))
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, line_compare);
    for (size_t i = 0; i < count; i++) text += sprintf(text, "%s\n", lines[i]);
}

static bool answer_is_right(char *why, size_t size) {
    unsigned error = 0;
    char state[8] = "";
    long long number;
    sscanf(one.header, "statement error %u %7s", &error, state);
    if (got.error != error || (state[0] != 0 && strcmp(state, got.state) != 0)) {
        snprintf(why, size, "expected error %u %s, got %u (%s) %s", error, state, got.error,
                 got.state, got.message);
        return false;
    }
    if (sscanf(one.header, "statement affected %lld", &number) == 1 && number != got.affected) {
        snprintf(why, size, "expected %lld affected rows, got %lld", number, got.affected);
        return false;
    }
    if (sscanf(one.header, "statement warnings %lld", &number) == 1 && number != got.warnings) {
        snprintf(why, size, "expected %lld warnings, got %u", number, got.warnings);
        return false;
    }
    if (strncmp(one.header, "query", 5) != 0) return true;
    if (strstr(one.header, "unsorted") != NULL) {
        lines_sort(got.rows);
        lines_sort(one.expected);
    }
    if (strcmp(one.expected, got.rows) == 0) return true;
    snprintf(why, size, "expected\n%sgot\n%s", one.expected, got.rows);
    return false;
}

static void run_once(void) {
    MYSQL *mysql = peers[peer_now].mysql;
    got = (struct outcome){0};
    if (mode == MODE_PREPARED && !is_about_the_one_before())
        run_prepared(mysql);
    else
        run_text(mysql);
}

static void record(void) {
    run_once();
    if (one.only[0] != 0) printf("only %s\n", one.only);
    if (got.error != 0 && strstr(one.header, got.state) == NULL)
        printf("statement error %u %s\n%s\n", got.error, got.state, one.sql);
    else if (got.error == 0 && strncmp(one.header, "statement error", 15) == 0)
        printf("statement ok\n%s\n", one.sql);
    else if (strncmp(one.header, "statement affected", 18) == 0)
        printf("statement affected %lld\n%s\n", got.affected, one.sql);
    else if (strncmp(one.header, "statement warnings", 18) == 0)
        printf("statement warnings %u\n%s\n", got.warnings, one.sql);
    else
        printf("%s\n%s\n", one.header, one.sql);
    if (got.error == 0 && strncmp(one.header, "query", 5) == 0) printf("----\n%s", got.rows);
    printf("\n");
}

static void run_case(void) {
    static const char *const modes[] = {"text", "prepared", ""};
    if (mode == MODE_RECORD) {
        record();
        return;
    }
    if (one.only[0] != 0 && strcmp(one.only, modes[mode]) != 0) return;
    bool is_asked_again = strncmp(one.header, "query", 5) == 0 &&
                          strstr(one.header, "once") == NULL && !is_about_the_one_before();
    for (int time = 0; time <= is_asked_again; time++) {
        static char why[2 * TEXT_MAX];
        run_once();
        if (answer_is_right(why, sizeof why)) continue;
        printf("FAIL %s:%d (%s%s)\n%.400s\n%.3000s\n", file_name, one.line, modes[mode],
               time ? ", second time" : "", one.sql, why);
        failed++;
        return;
    }
    passed++;
}

/* ---- the file ---- */

static bool line_read(FILE *file, char *line, int *number) {
    if (fgets(line, TEXT_MAX, file) == NULL) return false;
    line[strcspn(line, "\n")] = 0;
    ++*number;
    return true;
}

static void append(char *text, const char *line) {
    size_t size = strlen(text);
    snprintf(text + size, TEXT_MAX - size, "%s\n", line);
}

/* Reads what follows a header: the statement, and rows behind ----. */
static void body_read(FILE *file, char *line, int *number) {
    one.sql[0] = one.expected[0] = 0;
    one.has_rows = false;
    while (line_read(file, line, number) && line[0] != 0) {
        if (!one.has_rows && strcmp(line, "----") == 0)
            one.has_rows = true;
        else
            append(one.has_rows ? one.expected : one.sql, line);
    }
    size_t size = strlen(one.sql);
    if (size > 0) one.sql[size - 1] = 0;
}

static void file_run(FILE *file) {
    static char line[TEXT_MAX];
    int number = 0;
    while (line_read(file, line, &number)) {
        bool is_plain = line[0] == 0 || line[0] == '#' || strncmp(line, "connection ", 11) == 0;
        if (is_plain && mode == MODE_RECORD && line[0] != 0)
            printf("%s\n%s", line, line[0] == '#' ? "" : "\n");
        if (strncmp(line, "connection ", 11) == 0)
            connection_switch(line);
        else if (strncmp(line, "only ", 5) == 0)
            snprintf(one.only, sizeof one.only, "%s", line + 5);
        if (is_plain || strncmp(line, "only ", 5) == 0) continue;
        if (strncmp(line, "statement ", 10) != 0 && strncmp(line, "query", 5) != 0)
            fail_hard("no such header", line);
        snprintf(one.header, sizeof one.header, "%s", line);
        one.line = number;
        body_read(file, line, &number);
        run_case();
        one.only[0] = 0;
    }
}

static void database_renew(void) {
    char sql[256];
    MYSQL *mysql = connect_as("root", "");
    snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS %s", database);
    if (mysql_query(mysql, sql) != 0) fail_hard(sql, mysql_error(mysql));
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", database);
    if (mysql_query(mysql, sql) != 0) fail_hard(sql, mysql_error(mysql));
    mysql_close(mysql);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    port = (unsigned)atoi(argv[1]);
    database = argv[2];
    file_name = strrchr(argv[3], '/') ? strrchr(argv[3], '/') + 1 : argv[3];
    mode = strcmp(argv[4], "record") == 0     ? MODE_RECORD
           : strcmp(argv[4], "prepared") == 0 ? MODE_PREPARED
                                              : MODE_TEXT;
    FILE *file = fopen(argv[3], "r");
    if (file == NULL) fail_hard(argv[3], "cannot be opened");
    database_renew();
    connection_switch("connection default");
    file_run(file);
    if (mode != MODE_RECORD) printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
