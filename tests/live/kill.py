#!/usr/bin/python3
"""kill.py: what is left of a statement, a session or a SQL daemon that is killed.

KILL QUERY undoes the statement and nothing else: the transaction goes on with its locks. Whoever goes away gives its
locks back at once, whichever way it goes. On a pool with two SQL daemons and embedded."""
import os
import sys
import threading
import time

import pymysql

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import Cases, Cluster, expect  # noqa: E402

INTERRUPTED, LOCK_TIMEOUT, DEADLOCK, NOWAIT, QUERY_TIMEOUT, USER_LOCK_DEADLOCK = 1317, 1205, 1213, 3572, 3024, 3058
GONE = {2006, 2013, 2055, 0}
IDLE = 4031
GONE_SECONDS = 1.0
ROWS = 64


class Client:
    """A connection; `later` runs a statement on a thread, `result` is its rows or the number of its error."""

    def __init__(self, port):
        self.connection = pymysql.connect(host="127.0.0.1", port=port, user="root", database="kill_test",
                                          autocommit=True, read_timeout=40)
        self.id = self.connection.thread_id()
        self.result = self.thread = None

    def run(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def error(self, sql):
        try:
            self.run(sql)
        except pymysql.err.Error as error:
            return error.args[0]
        return None

    def _work(self, sql):
        try:
            self.result = self.run(sql)
        except pymysql.err.Error as error:
            self.result = error.args[0]
        except (OSError, AttributeError, ValueError):
            self.result = 0

    def later(self, sql, seconds=0.2):
        self.result = None
        self.thread = threading.Thread(target=self._work, args=(sql,), daemon=True)
        self.thread.start()
        time.sleep(seconds)
        expect(self.thread.is_alive(), f"{sql}: did not wait: {self.result}")

    def await_result(self, seconds=5):
        self.thread.join(seconds)
        expect(not self.thread.is_alive(), f"still waits after {seconds} s")
        return self.result

    def value(self, identity):
        rows = self.run(f"SELECT value FROM t WHERE id = {identity}")
        return rows[0][0] if rows else None

    def drop(self):
        """As a client that dies: no COM_QUIT."""
        self.connection._force_close()


def sql_ports(c):
    return [int(node["address"].rsplit(":", 1)[1]) for node in c.status() if node["name"].startswith("sql")]


def fresh(c):
    c.mysql("CREATE DATABASE IF NOT EXISTS kill_test; USE kill_test; DROP TABLE IF EXISTS t; "
            "CREATE TABLE t (id INT PRIMARY KEY, value INT, other INT, KEY (other)); "
            f"INSERT INTO t VALUES {', '.join(f'({i}, 0, {i % 8})' for i in range(ROWS))}")


def is_locked(c, identity):
    with_lock = Client(c.port)
    error = with_lock.error(f"SELECT * FROM t WHERE id = {identity} FOR UPDATE NOWAIT")
    expect(error in (None, NOWAIT), f"NOWAIT: {error}")
    with_lock.drop()
    return error == NOWAIT


def expect_free_within(c, identities, seconds):
    until = time.monotonic() + seconds
    for identity in identities:
        while is_locked(c, identity):
            expect(time.monotonic() < until, f"row {identity} is locked after {seconds} s")
            time.sleep(0.02)


WAITS = {
    "UPDATE": "UPDATE t SET value = 7 WHERE id = 1",
    "UPDATE of all rows": "UPDATE t SET value = 7",
    "UPDATE by index": "UPDATE t SET value = 7 WHERE other = 1",
    "UPDATE row by row": "UPDATE t SET value = 7 WHERE id = (SELECT 1)",
    "DELETE": "DELETE FROM t WHERE id IN (0, 1, 2, 3)",
    "INSERT": "INSERT INTO t VALUES (900, 1, 1), (901, 1, 1), (1, 1, 1)",
    "upsert": "INSERT INTO t VALUES (1, 1, 1) ON DUPLICATE KEY UPDATE value = 8",
    "REPLACE": "REPLACE INTO t VALUES (902, 1, 1), (1, 1, 1)",
    "FOR UPDATE": "SELECT * FROM t WHERE id = 1 FOR UPDATE",
    "FOR UPDATE of all rows": "SELECT * FROM t FOR UPDATE",
    "FOR UPDATE by index": "SELECT * FROM t WHERE other = 1 FOR UPDATE",
    "FOR SHARE in a join": "SELECT * FROM t a JOIN t b ON b.id = a.other WHERE a.id < 9 ORDER BY a.id FOR SHARE",
}


def query_killed(c, sql, kill):
    """A transaction whose statement is interrupted while it waits: it goes on with what it had."""
    fresh(c)
    holder, victim, other = Client(c.port), Client(c.port), Client(c.port)
    holder.run("BEGIN")
    holder.run("UPDATE t SET value = 1 WHERE id = 1")
    victim.run("BEGIN")
    victim.run("UPDATE t SET value = 2 WHERE id IN (20, 21)")
    victim.run("INSERT INTO t VALUES (500, 5, 100)")
    expected = kill(victim, other, sql)
    expect(victim.result in expected, f"the killed statement was told {victim.result}")
    expect(victim.value(20) == 2 and victim.value(500) == 5, "the transaction has lost its own rows")
    expect(is_locked(c, 20) and is_locked(c, 21) and is_locked(c, 500), "the transaction has lost its locks")
    expect(other.value(20) == 0 and other.value(500) is None, "others see the open transaction")
    victim.run("UPDATE t SET value = 3 WHERE id = 30")
    expect(other.value(30) == 0, "a later statement ran as autocommit")
    holder.run("COMMIT")
    victim.run("UPDATE t SET other = 99 WHERE id = 1")
    victim.run("COMMIT")
    rows = dict(other.run("SELECT id, value FROM t"))
    wanted = {i: 0 for i in range(ROWS)} | {1: 1, 20: 2, 21: 2, 30: 3, 500: 5}
    expect(rows == wanted, f"wrong: {sorted(set(rows.items()) ^ set(wanted.items()))}")
    expect_free_within(c, [1, 20, 21, 500, 900], 0.1)


def by_kill_query(victim, other, sql):
    victim.later(sql)
    other.run(f"KILL QUERY {victim.id}")
    victim.await_result(1)
    return {INTERRUPTED}


def by_execution_time(victim, _other, sql):
    victim.run("SET max_execution_time = 300")
    victim.later(sql, 0.1)
    victim.await_result(1)
    victim.run("SET max_execution_time = 0")
    return {QUERY_TIMEOUT}


def by_lock_timeout(victim, _other, sql):
    victim.run("SET innodb_lock_wait_timeout = 1")
    victim.later(sql)
    victim.await_result(3)
    victim.run("SET innodb_lock_wait_timeout = 50")
    return {LOCK_TIMEOUT}


def scan_killed(c):
    fresh(c)
    victim, other = Client(c.port), Client(c.port)
    victim.run("BEGIN")
    victim.run("UPDATE t SET value = 2 WHERE id = 20")
    victim.later("SELECT COUNT(*) FROM t a, t b, t c, t d, t e, t f WHERE a.id + b.id = c.id * d.id + e.id - f.id")
    other.run(f"KILL QUERY {victim.id}")
    expect(victim.await_result(1) == INTERRUPTED, f"{victim.result}")
    victim.later("SELECT SLEEP(20)")
    other.run(f"KILL QUERY {victim.id}")
    victim.await_result(1)
    expect(victim.value(20) == 2 and is_locked(c, 20), "the transaction is gone")
    victim.run("COMMIT")
    expect(other.value(20) == 2, "the transaction was not committed")
    idle = Client(c.port)
    other.run(f"KILL QUERY {idle.id}")
    expect(idle.value(20) == 2, "KILL QUERY of an idle connection struck its next statement")


def idle_ended(c):
    """wait_timeout counts from the end of a statement; it may be made shorter while the session lives."""
    fresh(c)
    idle = Client(c.port)
    idle.run("SET wait_timeout = 1")
    expect(idle.run("SELECT SLEEP(1.5)") == ((0,),), "a busy connection was ended")
    expect(idle.value(20) == 0, "the statement's own time was counted")
    time.sleep(2)
    expect(idle.error("SELECT 1") in GONE | {IDLE}, "the idle connection lives")


def connection_killed(c):
    """While it holds locks, idle or waiting for another one; its row is free at once."""
    fresh(c)
    holder, idle, waiting, other = (Client(c.port) for _ in range(4))
    holder.run("BEGIN")
    holder.run("UPDATE t SET value = 1 WHERE id = 1")
    for client, row in ((idle, 10), (waiting, 20)):
        client.run("BEGIN")
        client.run(f"UPDATE t SET value = 2 WHERE id IN ({row}, {row + 1})")
    waiting.later("UPDATE t SET value = 2")
    for client in (idle, waiting):
        other.run(f"KILL {client.id}")
    expect(waiting.await_result(1) in GONE | {INTERRUPTED}, f"{waiting.result}")
    expect_free_within(c, [10, 11, 20, 21], 0.3)
    expect(idle.error("SELECT 1") in GONE, "the killed connection lives")
    holder.run("ROLLBACK")
    expect(other.run("SELECT SUM(value) FROM t")[0][0] == 0, "something of the killed ones is left")


def client_gone(c, sql):
    fresh(c)
    holder, victim, other = Client(c.port), Client(c.port), Client(c.port)
    holder.run("BEGIN")
    holder.run("UPDATE t SET value = 1 WHERE id = 1")
    victim.run("BEGIN")
    victim.run("UPDATE t SET value = 2 WHERE id IN (20, 21)")
    victim.later(sql)
    victim.connection._sock.shutdown(2)
    expect_free_within(c, [20, 21, 30], 0.3)
    holder.run("COMMIT")
    time.sleep(0.1)
    expect_free_within(c, [1, 2], 0.1)
    expect(other.run("SELECT SUM(value), COUNT(*) FROM t") == ((1, ROWS),), "something of the client is left")


def autocommit_killed(c, sql):
    """Either it is told 1317 and nothing was done, or it was done: never half."""
    fresh(c)
    holder, victim, other = Client(c.port), Client(c.port), Client(c.port)
    holder.run("BEGIN")
    holder.run("UPDATE t SET value = 1 WHERE id = 1")
    victim.later(sql)
    other.run(f"KILL QUERY {victim.id}")
    expect(victim.await_result(1) == INTERRUPTED, f"{victim.result}")
    holder.run("ROLLBACK")
    time.sleep(0.1)
    expect(other.run("SELECT SUM(value), COUNT(*) FROM t") == ((0, ROWS),), "the killed statement was done")
    expect_free_within(c, range(0, 8), 0.1)


def named_locks(c):
    """A GET_LOCK that is given up leaves nothing; one that closes a circle is refused."""
    a, b, other = Client(c.port), Client(c.port), Client(c.port)
    a.run("SELECT GET_LOCK('x', 0)")
    b.run("SELECT GET_LOCK('y', 0)")
    b.later("SELECT GET_LOCK('x', 20)")
    expect(a.error("SELECT GET_LOCK('y', 20)") == USER_LOCK_DEADLOCK, "two wait for each other")
    other.run(f"KILL QUERY {b.id}")
    b.await_result(1)
    b.later("SELECT GET_LOCK('x', 20)")
    b.connection._sock.shutdown(2)
    time.sleep(0.2)
    a.run("SELECT RELEASE_LOCK('x')")
    expect(other.run("SELECT IS_FREE_LOCK('x'), IS_FREE_LOCK('y')") == ((1, 1),), "a lock that nobody knows of")
    expect(a.run("SELECT GET_LOCK('y', 0)") == ((1,),), "the lock of the client that is gone")


def daemon_killed(c, has_meta):
    """kill -9 of a SQL daemon: its transactions' locks and its named locks go within a second, metad or not."""
    ports = sql_ports(c)
    fresh(c)
    survivor = Client(ports[0])
    for _ in range(2):
        dying = [Client(ports[1]) for _ in range(3)]
        dying[0].run("BEGIN")
        dying[0].run("UPDATE t SET value = 9 WHERE id < 8")
        dying[1].run("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        dying[1].run("SELECT GET_LOCK('of the dying', 0)")
        dying[2].run("BEGIN")
        dying[2].later("UPDATE t SET value = 9 WHERE id IN (3, 12)")
        survivor.later("UPDATE t SET value = value + 1 WHERE id = 3")
        waiter = Client(ports[0])
        waiter.later("SELECT GET_LOCK('of the dying', 20)")
        if not has_meta:
            c.tool("kill", "meta1")
        start = time.monotonic()
        c.tool("kill", "sql2")
        expect(survivor.await_result(GONE_SECONDS + 1) == (), f"the survivor was told {survivor.result}")
        took = time.monotonic() - start
        expect(took < GONE_SECONDS + 0.5, f"the row came free after {took:.2f} s")
        expect_free_within(c, list(range(8)) + [12], GONE_SECONDS)
        expect(waiter.await_result(GONE_SECONDS) == ((1,),), "the named lock is still held")
        waiter.run("SELECT RELEASE_ALL_LOCKS()")
        if not has_meta:
            c.tool("start", "meta1")
        c.tool("start", "sql2")
    expect(survivor.run("SELECT SUM(value), MAX(value) FROM t") == ((2, 2),), "something of the dead is left")


def main():
    cases = Cases()
    shapes = {"pool": ["--storage", "2", "--replicas", "1", "--sql", "2"], "embedded": ["--embedded"]}
    for shape, options in shapes.items():
        with Cluster(*options) as c:
            c.mysql("CREATE DATABASE kill_test")
            for name, sql in WAITS.items():
                cases.run(f"{shape}: KILL QUERY in {name}", query_killed, c, sql, by_kill_query)
                cases.run(f"{shape}: lock time-out in {name}", query_killed, c, sql, by_lock_timeout)
                cases.run(f"{shape}: client gone in {name}", client_gone, c, sql)
                if "FOR" in name:
                    continue
                cases.run(f"{shape}: KILL QUERY in an autocommit {name}", autocommit_killed, c, sql)
            for name in ("FOR UPDATE", "FOR UPDATE by index"):
                cases.run(f"{shape}: max_execution_time in {name}", query_killed, c, WAITS[name], by_execution_time)
            cases.run(f"{shape}: KILL QUERY in a scan and in SLEEP", scan_killed, c)
            cases.run(f"{shape}: KILL CONNECTION", connection_killed, c)
            cases.run(f"{shape}: wait_timeout", idle_ended, c)
            cases.run(f"{shape}: GET_LOCK", named_locks, c)
            if shape == "pool":
                cases.run(f"{shape}: a SQL daemon is killed", daemon_killed, c, True)
                cases.run(f"{shape}: a SQL daemon is killed while metad is down", daemon_killed, c, False)
    cases.end()


if __name__ == "__main__":
    main()
