/* track.c: what a client that tracks its session hears. track PORT; prints a line a statement: kinds and values of its changes. */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>

static void run(MYSQL *mysql, const char *sql) {
    if (mysql_query(mysql, sql) != 0) {
        printf("%s: error %u %s\n", sql, mysql_errno(mysql), mysql_error(mysql));
        exit(1);
    }
    MYSQL_RES *result = mysql_store_result(mysql);
    if (result != NULL) mysql_free_result(result);
    printf("%s:", sql);
    for (int kind = SESSION_TRACK_BEGIN; kind <= SESSION_TRACK_END; kind++) {
        const char *data;
        size_t size;
        if (mysql_session_track_get_first(mysql, (enum enum_session_state_type)kind, &data, &size) != 0) continue;
        do printf(" %d=%.*s", kind, (int)size, data);
        while (mysql_session_track_get_next(mysql, (enum enum_session_state_type)kind, &data, &size) == 0);
    }
    printf("\n");
}

int main(int argc, char **argv) {
    MYSQL *mysql = mysql_init(NULL);
    if (argc < 2 || mysql_real_connect(mysql, "127.0.0.1", "root", "", NULL, (unsigned)atoi(argv[1]), NULL, 0) == NULL) return 1;
    for (int i = 2; i < argc; i++) run(mysql, argv[i]);
    mysql_close(mysql);
    return 0;
}
