#!/usr/bin/python3
"""Real clients against the pool: each connects, makes a table of all types, writes and reads it back, as text and
prepared, with TLS and without where the client can choose."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import PROGRAMS, Cases, Cluster, expect, output_of  # noqa: E402

JAR = "/usr/share/java/mariadb-java-client.jar"
ODBC = "/usr/lib/x86_64-linux-gnu/odbc/libmaodbc.so"


def cli_status(c):
    text = c.mysql("status")
    expect("8.4" in text and "Uptime" in text, text)
    expect("Threads:" in text, text)


def cli_session(c):
    text = c.mysql("create table cli(id int primary key auto_increment, t varchar(20));"
                   "insert into cli(t) values ('a'),('b'); select * from cli order by id desc; show tables;"
                   "update cli set t = 'c' where id = 2; delete from cli where id = 1; select count(*), max(t) from cli;",
                   "live")
    expect(text.split("\n")[:3] == ["id\tt", "2\tb", "1\ta"], text)
    expect(text.rstrip().endswith("1\tc"), text)


def cli_tls(c):
    text = c.mysql("show session status like 'Ssl_version'", "--ssl")
    expect("TLSv1." in text, text)


def cli_wrong_password(c):
    for user in ("root", "nobody"):
        run = subprocess.run(["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{c.port}", f"-u{user}", "-pwrong"],
                             input="select 1", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
        expect(run.returncode != 0 and "1045" in run.stdout, run.stdout)


def cli_errors(c):
    text = c.mysql("selec 1", check=False)
    expect("ERROR 1064 (42000)" in text, text)
    text = c.mysql("select * from nowhere", "live", check=False)
    expect("ERROR 1146 (42S02)" in text, text)


def pymysql_types(c, ssl):
    import datetime
    import decimal
    import pymysql
    options = {"ssl": {"check_hostname": False, "verify_mode": False}} if ssl else {}
    connection = pymysql.connect(host="127.0.0.1", port=c.port, user="root", database="live", charset="utf8mb4", **options)
    with connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists py")
        cursor.execute("create table py(id bigint primary key, i tinyint, s smallint, m mediumint, n int, b bigint, u bigint unsigned,"
                       " d decimal(30,10), f float, g double, c char(10), v varchar(100), t text, x varbinary(20), l blob,"
                       " e date, h time(6), k datetime(6), q timestamp(3) null, y year)")
        rows = [
            (1, -128, -32768, -8388608, -2147483648, -2**63, 0, decimal.Decimal("-99999999999999999999.9999999999"), -1.5, -1e300,
             "", "", "", b"", b"", datetime.date(1000, 1, 1), datetime.timedelta(hours=838, minutes=59, seconds=59),
             datetime.datetime(1000, 1, 1), datetime.datetime(1970, 1, 2), 1901),
            (2, 127, 32767, 8388607, 2147483647, 2**63 - 1, 2**64 - 1, decimal.Decimal("99999999999999999999.9999999999"), 0.25,
             1.7976931348623157e308, "zehn Byte!", "\U0001F600 grüße", "x" * 60000, bytes(range(20)), bytes(range(256)) * 100,
             datetime.date(9999, 12, 31), datetime.timedelta(hours=12, microseconds=123456),
             datetime.datetime(9999, 12, 31, 23, 59, 59, 999999), datetime.datetime(2037, 12, 31, 23, 59, 59, 125000), 2155),
            (3,) + (None,) * 19,
        ]
        marks = ",".join(["%s"] * 20)
        for row in rows:
            cursor.execute(f"insert into py values ({marks})", row)
        connection.commit()
        cursor.execute("select * from py order by id")
        for row, back in zip(rows, cursor.fetchall()):
            for column, (want, have) in enumerate(zip(row, back)):
                expect(want == have, f"row {row[0]} column {column}: {want!r} came back as {have!r}"[:500])
        cursor.execute("select %s, %s", ("it's", 5))
        expect(cursor.fetchone() == ("it's", 5), "literals")


def php(c):
    text = output_of(["php", os.path.join(PROGRAMS, "client.php"), str(c.port)])
    expect("php done" in text, text)


def go(c):
    env = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOCACHE=os.path.join(c.directory, "go"), GOFLAGS="")
    text = output_of(["go", "run", os.path.join(PROGRAMS, "client.go"), str(c.port)], env=env)
    expect("go done" in text, text)


def java(c):
    with tempfile.TemporaryDirectory() as directory:
        output_of(["javac", "-d", directory, os.path.join(PROGRAMS, "Client.java")])
        text = output_of(["java", "-cp", f"{directory}:{JAR}", "Client", str(c.port)])
    expect("java done" in text, text)


def node(c, package):
    modules = os.path.join(os.path.dirname(PROGRAMS), "node_modules")
    if not os.path.isdir(os.path.join(modules, package)):
        output_of(["npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "mysql2@3.11.5", "mariadb@3.4.0"],
                  cwd=os.path.dirname(PROGRAMS))
    text = output_of(["node", os.path.join(PROGRAMS, "client.js"), package, str(c.port)])
    expect("node done" in text, text)


def odbc(c):
    connection = f"DRIVER={ODBC};SERVER=127.0.0.1;PORT={c.port};UID=root;DATABASE=live"
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "odbc")
        output_of(["cc", "-o", program, os.path.join(PROGRAMS, "odbc.c"), "-lodbc"])
        text = output_of([program, connection])
        expect("odbc done" in text, text)


def isql(c):
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "odbc.ini"), "w") as ini:
            ini.write(f"[live]\nDriver={ODBC}\nSERVER=127.0.0.1\nPORT={c.port}\nUID=root\nDATABASE=live\n")
        run = subprocess.run(["isql", "-b", "live"], input="select 6*7 as answer\n", text=True, timeout=60,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env=dict(os.environ, ODBCINI=os.path.join(directory, "odbc.ini")))
        expect("42" in run.stdout, run.stdout)


def main():
    cases = Cases()
    with Cluster("--storage", "2", "--replicas", "2") as c:
        c.mysql("create database live")
        cases.run("mysql: status", cli_status, c)
        cases.run("mysql: a session", cli_session, c)
        cases.run("mysql: TLS", cli_tls, c)
        cases.run("mysql: wrong passwords and unknown users", cli_wrong_password, c)
        cases.run("mysql: errors", cli_errors, c)
        cases.run("PyMySQL: all types", pymysql_types, c, False)
        cases.run("PyMySQL: all types over TLS", pymysql_types, c, True)
        cases.run("PHP: mysqli and PDO", php, c)
        cases.run("Go", go, c)
        cases.run("Java: libmariadb-java", java, c)
        cases.run("Node: mysql2", node, c, "mysql2")
        cases.run("Node: mariadb", node, c, "mariadb")
        cases.run("ODBC: a C program", odbc, c)
        cases.run("ODBC: isql", isql, c)
    cases.end()


if __name__ == "__main__":
    main()
