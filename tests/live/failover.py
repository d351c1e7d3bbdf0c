#!/usr/bin/python3
"""The ledger: while clients insert, storage daemons are killed, paused and all killed at once; afterwards every acknowledged row
is there exactly once, and none that was answered 1213.

KILLS, PAUSES and CRASHES set how often (the issue's bar is 20, 5 and 10)."""
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import Cases, Cluster, expect  # noqa: E402

KILLS = int(os.environ.get("KILLS", "3"))
PAUSES = int(os.environ.get("PAUSES", "1"))
CRASHES = int(os.environ.get("CRASHES", "2"))
# Certainly not committed; others leave the row unknown (the connection was lost before an answer came).
ABORTED = {1213}
RETRIABLE = {1205, 1213, 2003, 2006, 2013, 1053, 1040, 1412, 3024, 1317}


class Ledger:
    """Threads that insert numbered rows, each with what it was told."""

    def __init__(self, port, threads):
        self.port, self.stopping = port, False
        self.done, self.aborted, self.surprises, self.last_commit = set(), set(), [], time.monotonic()
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(threads)]
        self.longest_gap = 0.0

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(30)

    def connect(self):
        import pymysql
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", database="live", autocommit=True,
                               connect_timeout=5, read_timeout=20)

    def insert(self, connection, number):
        with connection.cursor() as cursor:
            if number % 3 == 0:  # two rows, two shards perhaps
                connection.begin()
                cursor.execute("insert into ledger values (%s, %s)", (number, number))
                cursor.execute("insert into shadow values (%s)", (number,))
                connection.commit()
            else:
                cursor.execute("insert into ledger values (%s, %s)", (number, number))

    def run(self, index):
        import pymysql
        number, connection = index, None
        while not self.stopping:
            try:
                if connection is None:
                    connection = self.connect()
                number += 1000
                self.insert(connection, number)
                self.done.add(number)
                now = time.monotonic()
                self.longest_gap = max(self.longest_gap, now - self.last_commit)
                self.last_commit = now
            except pymysql.err.MySQLError as error:
                code = error.args[0] if error.args else 0
                if code in ABORTED:
                    self.aborted.add(number)
                elif code not in RETRIABLE and code != 0:
                    self.surprises.append(f"{number}: {error}")
                if code not in (1205, 1213):
                    try:
                        connection.close()
                    except Exception:
                        pass
                    connection = None
                    time.sleep(0.02)
            except (OSError, AttributeError):
                connection = None
                time.sleep(0.02)


def audit(c, ledger):
    text = c.mysql("select id from ledger", "live", "--skip-column-names")
    ids = [int(line) for line in text.split()]
    expect(len(ids) == len(set(ids)), "a row is there twice")
    lost = ledger.done - set(ids)
    expect(not lost, f"{len(lost)} acknowledged rows are lost: {sorted(lost)[:5]}")
    ghosts = ledger.aborted & set(ids)
    expect(not ghosts, f"{len(ghosts)} rows answered 1213 are there: {sorted(ghosts)[:5]}")
    shadow = {int(line) for line in c.mysql("select id from shadow", "live", "--skip-column-names").split()}
    torn = {i for i in ids if i % 3 == 0} ^ shadow
    expect(not torn, f"{len(torn)} transactions are torn: {sorted(torn)[:5]}")
    expect(not ledger.surprises, f"not retriable: {ledger.surprises[:3]}")


def in_sync(c, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        nodes = [n for n in c.status() if n["name"].startswith("store")]
        if nodes and all(n.get("state") == "serving" for n in nodes) and c.mysql("select 1", check=False).strip():
            return
        time.sleep(0.1)
    raise AssertionError(f"not in sync after {seconds} s: {c.tool('status')}")


def with_load(c, faults):
    c.mysql("drop table if exists ledger; drop table if exists shadow;"
            "create table ledger(id bigint primary key, v bigint); create table shadow(id bigint primary key)", "live")
    ledger = Ledger(c.port, 8)
    ledger.start()
    time.sleep(0.5)
    try:
        faults(c, ledger)
        before = len(ledger.done)
        time.sleep(1.0)
        expect(len(ledger.done) > before, "no writes a second after the last fault")
    finally:
        ledger.stop()
    audit(c, ledger)
    print(f"     {len(ledger.done)} acknowledged, {len(ledger.aborted)} answered 1213, longest gap {ledger.longest_gap:.2f} s")


def kills(c, ledger):
    for i in range(KILLS):
        node = f"store{random.randrange(2) + 1}"
        in_sync(c)
        c.tool("kill", node)
        before, start = len(ledger.done), time.monotonic()
        while len(ledger.done) <= before and time.monotonic() < start + 10:
            time.sleep(0.01)
        gap = time.monotonic() - start
        expect(gap < 1.0, f"kill {i + 1} of {node}: writes came back after {gap:.2f} s")
        time.sleep(random.random())
        c.tool("start", node)


def pauses(c, ledger):
    for i in range(PAUSES):
        node = f"store{random.randrange(2) + 1}"
        in_sync(c)
        c.tool("pause", node)
        time.sleep(5)
        before = len(ledger.done)
        time.sleep(0.5)
        expect(len(ledger.done) > before, f"pause {i + 1} of {node}: no writes while it is paused")
        c.tool("resume", node)
        time.sleep(1)


def crashes(c, ledger):
    for _ in range(CRASHES):
        time.sleep(0.5 + random.random())
        for pid in [int(n["pid"]) for n in c.status() if n.get("pid")]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        c.up()
        time.sleep(0.5)


def main():
    cases = Cases()
    for durability in ("sync", "replicated"):
        with Cluster("--storage", "2", "--replicas", "2", "--durability", durability) as c:
            c.mysql("create database live")
            cases.run(f"{durability}: kill -9 of a storage daemon, {KILLS} times", with_load, c, kills)
            cases.run(f"{durability}: pause for 5 s, {PAUSES} times", with_load, c, pauses)
            cases.run(f"{durability}: kill -9 of everything, {CRASHES} times", with_load, c, crashes)
    cases.end()


if __name__ == "__main__":
    main()
