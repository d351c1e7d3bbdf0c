#!/usr/bin/env python3
"""failover.py [SECONDS [ROUNDS]]: clients write to the pool while its daemons are killed and paused.

A round kills each storage daemon, pauses one and kills everything at once; there are as many as fit into SECONDS, and at
least ROUNDS (default 1). sysbench's oltp_read_write runs beside the clients and may see retriable errors only. Every client keeps a ledger: what was acknowledged, and what was answered 1213. At the end every
acknowledged transaction is there exactly once and whole, and none that was answered 1213 is. Writes go on
within STALL_SECONDS after each fault. The last line is "N passed, N failed".
"""
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

import pymysql

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, os.environ.get("BUILD", "build"), "server", "tessera")
CLIENTS = 8
STALL_SECONDS = 1.0
RETRIABLE = {1213, 1205}
LOST = {2006, 2013, 2003, 0}
passed = failed = 0


def fact(text, holds, detail=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print("FAILED", text, detail, flush=True)


class Pool:
    def __init__(self, data):
        self.data = data
        self.port = 0

    def tool(self, *arguments, check=True):
        run = subprocess.run([TOOL, *arguments, "--data", self.data], capture_output=True, text=True, timeout=120)
        if check and run.returncode != 0:
            raise RuntimeError(f"tessera {' '.join(arguments)}: {run.stderr}")
        return run.stdout

    def up(self, *options):
        out = self.tool("up", "--background", *options)
        self.port = int(out.split("127.0.0.1:")[1].split()[0])

    def connect(self):
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", database="ledger", autocommit=True,
                               connect_timeout=5, read_timeout=30)

    def kill_all(self):
        pids = [self.tool("pid", node, check=False).strip() for node in ("meta1", "store1", "store2", "sql1")]
        for pid in pids:
            if pid:
                os.kill(int(pid), 9)
        time.sleep(0.2)


class Client(threading.Thread):
    """Inserts pairs of rows, in one statement, two statements of one transaction, or alone."""

    def __init__(self, pool, number):
        super().__init__(daemon=True)
        self.pool, self.number = pool, number
        self.acknowledged, self.refused, self.odd = set(), set(), []
        self.next = number * 10**9
        self.last_ok = time.monotonic()
        self.stops = False
        self.connection = None

    def write(self, first, way):
        with self.connection.cursor() as cursor:
            if way == 0:
                cursor.execute("INSERT INTO pair VALUES (%s, %s), (%s, %s)", (first, first, first + 1, first))
                return
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO pair VALUES (%s, %s)", (first, first))
            cursor.execute("INSERT INTO pair VALUES (%s, %s)", (first + 1, first))
            cursor.execute("COMMIT")

    def once(self, way):
        first, self.next = self.next, self.next + 2
        try:
            if self.connection is None:
                self.connection = self.pool.connect()
            self.write(first, way)
            self.acknowledged.add(first)
            self.last_ok = time.monotonic()
        except pymysql.err.MySQLError as error:
            self.on_error(first, error)
        except OSError:
            self.connection = None

    def on_error(self, first, error):
        number = error.args[0] if error.args else 0
        if number == 1213:
            self.refused.add(first)
        if number in RETRIABLE:
            try:
                self.connection.rollback()
                return
            except (pymysql.err.MySQLError, OSError):
                pass
        elif number not in LOST:
            self.odd.append(str(error)[:200])
        self.connection = None
        time.sleep(0.02)

    def run(self):
        chance = random.Random(self.number)
        while not self.stops:
            self.once(chance.randrange(2))


class Load:
    """sysbench oltp_read_write; any error but the retriable ones ends it early. It does not outlive its server."""

    ERRORS = "1213,1205,2013,2006"

    def __init__(self, pool):
        self.command = ["sysbench", "oltp_read_write", "--mysql-host=127.0.0.1", f"--mysql-port={pool.port}", "--mysql-user=root",
                        "--mysql-db=ledger", "--tables=2", "--table-size=1000", "--threads=4", "--time=86400",
                        "--report-interval=1", f"--mysql-ignore-errors={self.ERRORS}"]
        subprocess.run([*self.command, "prepare"], check=True, capture_output=True, timeout=120)

    def begin(self):
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*self.command, "run"], stdout=self.output, stderr=subprocess.STDOUT)

    def end(self):
        code = self.process.poll()
        self.process.terminate()
        self.process.wait(30)
        self.output.seek(0)
        lines = self.output.read().splitlines()
        busy = sum("tps: " in line and float(line.split("tps: ")[1].split()[0]) > 0 for line in lines)
        fact("oltp_read_write met only retriable errors", code is None, f"{code}: " + "; ".join(lines[-8:]))
        fact("oltp_read_write went on", busy > 0)


def stall(clients, since):
    """Seconds from `since` until somebody was acknowledged."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        newest = max(client.last_ok for client in clients)
        if newest > since:
            return newest - since
        time.sleep(0.005)
    return 20.0


def settled(pool):
    """Waits until every storage node is in sync again."""
    for _ in range(200):
        out = pool.tool("status")
        if out.count("serving") >= 4 and out.count("store1 store2") == 2:
            return True
        time.sleep(0.1)
    return False


def kill_one(pool, clients, node):
    time.sleep(random.uniform(0.2, 1.0))
    pool.tool("kill", node)
    seconds = stall(clients, time.monotonic())
    fact(f"writes go on within {STALL_SECONDS} s after {node} was killed", seconds <= STALL_SECONDS, f"{seconds:.2f} s")
    pool.tool("start", node)
    fact(f"{node} is in sync again", settled(pool), pool.tool("status"))


def pause_one(pool, clients, node, seconds):
    pool.tool("pause", node)
    waited = stall(clients, time.monotonic())
    fact(f"writes go on within {STALL_SECONDS} s after {node} was paused", waited <= STALL_SECONDS, f"{waited:.2f} s")
    time.sleep(max(0, seconds - waited))
    pool.tool("resume", node)
    fact(f"{node} is in sync again", settled(pool), pool.tool("status"))


def kill_everything(pool, clients):
    time.sleep(random.uniform(0.2, 0.6))
    pool.kill_all()
    pool.up()
    seconds = stall(clients, time.monotonic())
    fact("writes go on after everything was killed", seconds < 10, f"{seconds:.2f} s")


def check_ledger(pool, clients):
    connection = pool.connect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, first FROM pair")
        found = {}
        for key, first in cursor.fetchall():
            found.setdefault(first, []).append(key)
    acknowledged = set().union(*(client.acknowledged for client in clients))
    refused = set().union(*(client.refused for client in clients))
    missing = [first for first in acknowledged if first not in found]
    torn = [first for first, keys in found.items() if sorted(keys) != [first, first + 1]]
    undead = [first for first in refused if first in found]
    odd = [text for client in clients for text in client.odd]
    fact(f"{len(acknowledged)} acknowledged transactions are there", not missing, f"{len(missing)}: {missing[:5]}")
    fact("every transaction is whole", not torn, f"{len(torn)}: {torn[:5]}")
    fact(f"{len(refused)} transactions answered 1213 are not there", not undead, f"{len(undead)}: {undead[:5]}")
    fact("no other errors", not odd, f"{len(odd)}: {sorted(set(odd))[:5]}")
    print(f"{len(acknowledged)} acknowledged, {len(refused)} refused, {len(found)} found", flush=True)


def faults(pool, clients, load, seconds, rounds_min):
    end = time.monotonic() + seconds
    rounds = 0
    while rounds < rounds_min or time.monotonic() < end:
        load.begin()
        kill_one(pool, clients, "store1")
        kill_one(pool, clients, "store2")
        pause_one(pool, clients, random.choice(("store1", "store2")), 2 if seconds < 60 else 5)
        load.end()
        kill_everything(pool, clients)
        rounds += 1
    print(f"{2 * rounds} kills, {rounds} pauses, {rounds} kills of everything", flush=True)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    rounds_min = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as work:
        pool = Pool(os.path.join(work, "pool"))
        pool.up("--port", "0")
        try:
            setup = pymysql.connect(host="127.0.0.1", port=pool.port, user="root", autocommit=True)
            setup.cursor().execute("CREATE DATABASE ledger")
            setup.cursor().execute("CREATE TABLE ledger.pair (id BIGINT PRIMARY KEY, first BIGINT NOT NULL)")
            clients = [Client(pool, number) for number in range(1, CLIENTS + 1)]
            load = Load(pool)
            for client in clients:
                client.start()
            faults(pool, clients, load, seconds, rounds_min)
            for client in clients:
                client.stops = True
            for client in clients:
                client.join(40)
            fact("every client ended", not any(client.is_alive() for client in clients))
            check_ledger(pool, clients)
        finally:
            if failed and os.environ.get("KEEP_LOGS"):
                subprocess.run(f"tail -n 20 {pool.data}/*/log", shell=True, check=False)
            pool.tool("down", check=False)


main()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
