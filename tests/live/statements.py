#!/usr/bin/python3
"""Every statement that the grammar takes (tests/sql/statements_good.def) is answered by a live server: carried out,
refused with an error of MySQL's, or 1235. Never a syntax error, never an unknown error, never a lost connection.

Statements that would end the server or change who may log in are left out; those with ? belong to PREPARE."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import ROOT, Cases, Cluster, expect  # noqa: E402

TABLES = ("t", "t1", "t2", "t3", "u", "a", "s", "sbtest1")
COLUMNS = ("id int primary key auto_increment, a int, b int, c int, x varchar(20), y varchar(20), d date, k int, z int,"
           " n int, i int, v int, name varchar(10), e int, f int, p int, q int")
LEFT_OUT = re.compile(r"shutdown|restart|kill|clone|set password|alter user|drop user|rename user|lock instance|prepare s from @",
                      re.IGNORECASE)
BAD = {0: "no error of MySQL's", 1064: "a syntax error", 1105: "an unknown error", 2006: "a lost connection",
       2013: "a lost connection"}


def statements():
    with open(os.path.join(ROOT, "tests", "sql", "statements_good.def"), encoding="utf-8") as file:
        text = file.read()
    for case in re.finditer(r'^S\(((?:\s*"(?:[^"\\]|\\.)*")+)\)', text, re.MULTILINE):
        joined = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', case[1]))
        yield re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), joined)


class Walk:
    def __init__(self, port):
        self.port, self.connection = port, None

    def connect(self):
        import pymysql
        self.connection = pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True, read_timeout=20)
        with self.connection.cursor() as cursor:
            cursor.execute("create database if not exists walk")
            cursor.execute("use walk")
            for table in TABLES:
                cursor.execute(f"create table if not exists {table} ({COLUMNS})")
                cursor.execute(f"insert ignore into {table} (id, a, b, c, x, y) values (1, 1, 2, 3, '4', '5'), (2, 2, 3, 4, '5', '6')")

    def ask(self, statement):
        import pymysql
        if self.connection is None:
            self.connect()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)
        except pymysql.err.MySQLError as error:
            number = error.args[0] if error.args else 0
            if number in (2006, 2013):
                self.connection = None
            expect(number not in BAD, f"{BAD.get(number)}: {error}")


def main():
    cases = Cases()
    with Cluster("--embedded") as cluster:
        walk = Walk(cluster.port)
        for statement in statements():
            if "?" not in statement and not LEFT_OUT.match(statement.strip()):
                cases.run(statement[:100].replace("\n", " "), walk.ask, statement)
    cases.end()


if __name__ == "__main__":
    main()
