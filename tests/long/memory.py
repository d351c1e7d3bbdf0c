#!/usr/bin/env python3
"""memory.py SECONDS: an update loop keeps the memory of all daemons flat.

Clients update the same rows, with an indexed column and a text whose length changes, delete and insert; another holds
snapshots open for a second at a time. Resident memory of each process is sampled once a second: the median of the last
quarter may exceed that of the second one by 5% and 4 MiB (the first is warming up). The last line is "N passed, N failed".
"""
import os
import random
import statistics
import sys
import threading
import time

import pymysql

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live", "lib"))
from live import Cases, Cluster, expect  # noqa: E402

NODES = ("meta1", "store1", "store2", "sql1")
ROWS = 2000
CLIENTS = 4


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class Client(threading.Thread):
    def __init__(self, cluster, number, until, work):
        super().__init__(daemon=True)
        self.connection = pymysql.connect(host="127.0.0.1", port=cluster.port, user="root", database="m", autocommit=True)
        self.chance, self.until, self.work, self.count, self.odd = random.Random(number), until, work, 0, None

    def run(self):
        try:
            while time.monotonic() < self.until:
                self.work(self.connection.cursor(), self.chance)
                self.count += 1
        except pymysql.err.MySQLError as error:
            self.odd = error


def updates(cursor, chance):
    row = chance.randrange(ROWS)
    way = chance.randrange(10)
    try:
        if way == 0:
            cursor.execute("DELETE FROM t WHERE id = %s", (row,))
            cursor.execute("INSERT INTO t VALUES (%s, 0, '')", (row,))
        else:
            cursor.execute("UPDATE t SET k = %s, s = REPEAT('x', %s) WHERE id = %s",
                           (chance.randrange(10**6), chance.randrange(400), row))
    except pymysql.err.MySQLError as error:
        if error.args[0] not in (1062, 1205, 1213):
            raise


def holds_snapshot(cursor, _):
    cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    cursor.execute("SELECT COUNT(*) FROM t")
    time.sleep(1)
    cursor.execute("SELECT SUM(k) FROM t")
    cursor.execute("COMMIT")


def runs(cluster, seconds, samples):
    cluster.mysql("CREATE DATABASE m; CREATE TABLE m.t (id INT PRIMARY KEY, k INT, s VARCHAR(400), KEY (k))")
    rows = ",".join(f"({n}, {n}, '')" for n in range(ROWS))
    cluster.mysql(f"INSERT INTO m.t VALUES {rows}")
    until = time.monotonic() + seconds
    clients = [Client(cluster, n, until, updates) for n in range(CLIENTS)]
    clients.append(Client(cluster, CLIENTS, until, holds_snapshot))
    for client in clients:
        client.start()
    pids = {node: cluster.pid(node) for node in NODES}
    while time.monotonic() < until:
        for node in NODES:
            samples[node].append(resident_kb(pids[node]))
        time.sleep(min(1, seconds / 40))
    for client in clients:
        client.join(60)
        expect(client.odd is None, f"{client.odd}")
    print(f"{sum(client.count for client in clients)} rounds", flush=True)


def is_flat(samples):
    quarter = len(samples) // 4
    before, after = statistics.median(samples[quarter:2 * quarter]), statistics.median(samples[-quarter:])
    print(f"     {before:.0f} KiB, then {after:.0f} KiB", flush=True)
    expect(after <= before * 1.05 + 4096, f"grew from {before:.0f} to {after:.0f} KiB")


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    cases, samples = Cases(), {node: [] for node in NODES}
    with Cluster("--storage", "2", "--replicas", "2") as cluster:
        cases.run(f"updates for {seconds:.0f} s", runs, cluster, seconds, samples)
        for node in NODES:
            cases.run(f"{node} stays flat", is_flat, samples[node])
    cases.end()


if __name__ == "__main__":
    main()
