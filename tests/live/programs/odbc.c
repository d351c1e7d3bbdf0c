/* odbc.c: a C program on odbc-mariadb: direct and prepared statements, NULL, wide numbers. */
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SQLHSTMT statement;

static void must(SQLRETURN result, const char *what) {
    if (SQL_SUCCEEDED(result)) return;
    SQLCHAR state[6] = "", text[512] = "";
    SQLINTEGER number = 0;
    SQLGetDiagRec(SQL_HANDLE_STMT, statement, 1, state, &number, text, sizeof text, NULL);
    printf("failed: %s: %s %d %s\n", what, state, (int)number, text);
    exit(1);
}

static void execute(const char *sql) {
    must(SQLExecDirect(statement, (SQLCHAR *)sql, SQL_NTS), sql);
    SQLFreeStmt(statement, SQL_CLOSE);
}

int main(int argc, char **argv) {
    (void)argc;
    SQLHENV environment;
    SQLHDBC connection;
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
    if (!SQL_SUCCEEDED(SQLDriverConnect(connection, NULL, (SQLCHAR *)argv[1], SQL_NTS, NULL, 0, NULL,
                                        SQL_DRIVER_NOPROMPT))) {
        SQLCHAR state[6] = "", text[512] = "";
        SQLGetDiagRec(SQL_HANDLE_DBC, connection, 1, state, NULL, text, sizeof text, NULL);
        printf("failed: connect: %s %s\n", state, text);
        return 1;
    }
    SQLAllocHandle(SQL_HANDLE_STMT, connection, &statement);
    execute("drop table if exists odbc_client");
    execute("create table odbc_client(id int primary key, v varchar(40), d decimal(20,4))");
    must(SQLPrepare(statement, (SQLCHAR *)"insert into odbc_client values (?, ?, ?)", SQL_NTS), "prepare");
    SQLINTEGER id = 1;
    char text[40] = "gr\xc3\xbc\xc3\x9f" "e", number[40] = "1234567890123456.7891";
    SQLLEN text_size = SQL_NTS, number_size = SQL_NTS;
    must(SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &id, 0, NULL), "bind");
    must(SQLBindParameter(statement, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, text, 40, &text_size), "bind");
    must(SQLBindParameter(statement, 3, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_DECIMAL, 20, 4, number, 40, &number_size), "bind");
    must(SQLExecute(statement), "insert");
    id = 2;
    text_size = number_size = SQL_NULL_DATA;
    must(SQLExecute(statement), "insert nulls");
    SQLFreeStmt(statement, SQL_RESET_PARAMS);
    SQLFreeStmt(statement, SQL_CLOSE);
    must(SQLExecDirect(statement, (SQLCHAR *)"select id, v, d from odbc_client order by id", SQL_NTS), "select");
    for (int row = 1; row <= 2; row++) {
        char v[80], d[80];
        SQLLEN v_size, d_size;
        must(SQLFetch(statement), "fetch");
        must(SQLGetData(statement, 2, SQL_C_CHAR, v, sizeof v, &v_size), "get v");
        must(SQLGetData(statement, 3, SQL_C_CHAR, d, sizeof d, &d_size), "get d");
        int is_null = v_size == SQL_NULL_DATA && d_size == SQL_NULL_DATA;
        int is_value = v_size > 0 && d_size > 0 && strcmp(d, "1234567890123456.7891") == 0;
        if (row == 1 ? !is_value : !is_null) {
            printf("failed: row %d is %s %s\n", row, v, d);
            return 1;
        }
    }
    printf("odbc done\n");
    return 0;
}
