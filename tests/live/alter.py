#!/usr/bin/env python3
"""alter.py: ALTER TABLE copies rows while others read and write, while it is killed, and while storage daemons die.

The rows of the table at the end are those that were acknowledged, whatever happened to the copies. The last line is
"N passed, N failed"."""
import os
import sys
import threading
import time

import pymysql

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import Cluster  # noqa: E402

ROWS = 20000
RETRIABLE = {1205, 1213}
passed = failed = 0


def fact(text, holds, detail=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {text} {detail}")


class Clients(threading.Thread):
    """Inserts rows with numbers of their own and counts the table, until it is told to stop."""

    def __init__(self, port, first):
        super().__init__(daemon=True)
        self.port, self.first, self.kept, self.errors = port, first, set(), set()
        self.smallest, self.is_over = ROWS, False

    def run(self):
        with connect(self.port) as connection, connection.cursor() as cursor:
            number = self.first
            while not self.is_over:
                number += 1
                try:
                    cursor.execute("INSERT INTO t (a) VALUES (%s)", (number,))
                    self.kept.add(number)
                    cursor.execute("SELECT COUNT(*) FROM t")
                    self.smallest = min(self.smallest, cursor.fetchone()[0])
                except pymysql.err.MySQLError as error:
                    self.errors.add(error.args[0])


def connect(port):
    return pymysql.connect(host="127.0.0.1", port=port, user="root", database="test", autocommit=True)


def outcome(port, sql, holder):
    """Runs it on a connection of its own, whose number is in holder[0] meanwhile."""
    with connect(port) as connection, connection.cursor() as cursor:
        holder.append(connection.thread_id())
        try:
            cursor.execute(sql)
            holder.append(None)
        except pymysql.err.MySQLError as error:
            holder.append(error.args[0])


def kill(cursor, thread):
    try:
        cursor.execute(f"KILL QUERY {thread}")
    except pymysql.err.MySQLError as error:
        if error.args[0] != 1094:  # it was faster
            raise


def beside(port, sql, act):
    """The statement's error number (None: it went well) with `act(thread id)` done while it runs."""
    holder = []
    thread = threading.Thread(target=outcome, args=(port, sql, holder))
    thread.start()
    while not holder:
        time.sleep(0.001)
    time.sleep(0.15)
    act(holder[0])
    thread.join(60)
    return holder[1] if len(holder) > 1 else "it hangs"


def fill(cluster):
    cluster.mysql("CREATE DATABASE test; CREATE TABLE test.t (id INT PRIMARY KEY AUTO_INCREMENT, a BIGINT, UNIQUE KEY a (a))")
    with connect(cluster.port) as connection, connection.cursor() as cursor:
        for first in range(0, ROWS, 5000):
            cursor.execute("INSERT INTO t (a) VALUES " + ",".join(f"({n})" for n in range(first, first + 5000)))


def columns(cursor):
    cursor.execute("SHOW COLUMNS FROM t")
    return [row[0] for row in cursor.fetchall()]


def run(cluster):
    port = cluster.port
    fill(cluster)
    clients = [Clients(port, 10**6 * (n + 1)) for n in range(2)]
    for client in clients:
        client.start()
    with connect(port) as connection, connection.cursor() as cursor:
        fact("a copy under load goes well", beside(port, "ALTER TABLE t ADD x INT FIRST", lambda _: None) is None)
        fact("its column is there", columns(cursor) == ["x", "id", "a"], columns(cursor))
        number = beside(port, "ALTER TABLE t DROP COLUMN x", lambda thread: kill(cursor, thread))
        fact("a killed copy says so, or was done", number in (1317, None), number)
        fact("and leaves the table as it was", columns(cursor) == (["x", "id", "a"] if number else ["id", "a"]))
        for store in ("store1", "store2"):
            before = columns(cursor)
            error = beside(port, f"ALTER TABLE t ADD {store} INT FIRST", lambda _: cluster.tool("kill", store))
            fact("a copy outlives a storage daemon", error is None, error)
            fact("and adds its column", columns(cursor) == [store] + before, columns(cursor))
            cluster.tool("start", store)
            time.sleep(3)
        for client in clients:
            client.is_over = True
            client.join(30)
            fact("clients saw retriable errors only", client.errors <= RETRIABLE, client.errors)
            fact("and never a table without its rows", client.smallest >= ROWS, client.smallest)
        cursor.execute("SELECT a FROM t")
        numbers = sorted(row[0] for row in cursor.fetchall())
        wanted = sorted(set(range(ROWS)).union(*(client.kept for client in clients)))
        fact("every acknowledged row is there once", set(wanted) <= set(numbers) and len(set(numbers)) == len(numbers))
        cursor.execute("SHOW TABLES")
        fact("no other table is left", cursor.fetchall() == (("t",),))


with Cluster("--storage", "2", "--replicas", "2") as pool:
    run(pool)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
