#!/usr/bin/python3
"""bank.py [SECONDS]: many clients move money, count, and look on; what isolation promises is checked all the time.

Transfers run at READ COMMITTED and REPEATABLE READ, with locking reads, with relative updates, with savepoints, with
statements that fail half way; a killer interrupts statements, which are then run again in the same transaction. Whoever sums the accounts, over whatever path, finds what there was at the beginning.
In the end the accounts are what the journal says, and the journal has what was acknowledged and not what was refused.
SECONDS (20) are divided among the shapes, most to those with kills of nodes; SEED repeats the choices of the clients, not their order in time. Any broken
promise is printed; the last line is "N passed, N failed"."""
import os
import random
import sys
import threading
import time

import pymysql

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import Cases, Cluster, expect  # noqa: E402

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 20
SEED = int(os.environ.get("SEED", "1"))
ACCOUNTS, MONEY, BRANCHES, COUNTERS = 40, 1000, 4, 3
REFUSED = {1213, 1205}
INTERRUPTED, NO_SUCH_THREAD = 1317, 1094
LOST = {0, 1053, 2003, 2006, 2013, 2055}  # 1053: killed, as MySQL says it
LEVELS = ["READ COMMITTED", "REPEATABLE READ"]
KILL_EACH_SECONDS = 1.5


class Bank:
    """What the clients share: what was promised to whom, and what was found to be broken."""

    def __init__(self, ports, loses):
        self.ports, self.loses = ports, loses  # whether connections may be lost
        self.stops = threading.Event()
        self.lock = threading.Lock()
        self.broken, self.counts = [], {}
        self.acknowledged, self.refused = set(), set()
        self.counted = [0] * COUNTERS  # acknowledged increments
        self.unsure = [0] * COUNTERS

    def breaks(self, text):
        with self.lock:
            self.broken.append(text)
        print("BROKEN", text, flush=True)

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1


class Client(threading.Thread):
    """Runs `turn` again and again; what may happen to a statement is dealt with here."""

    def __init__(self, bank, number):
        super().__init__(daemon=True)
        self.bank, self.number = bank, number
        self.random = random.Random(SEED * 1000 + number)
        self.connection = None
        self.next = number * 10**7

    def connect(self):
        port = self.bank.ports[self.number % len(self.bank.ports)]
        self.connection = pymysql.connect(host="127.0.0.1", port=port, user="root", database="bank", autocommit=True,
                                          read_timeout=30)
        self.on_connect()

    def on_connect(self):
        pass

    def execute(self, cursor, sql):
        """Again when it is interrupted: KILL QUERY has undone the statement, and nothing else."""
        while True:
            try:
                return cursor.execute(sql)
            except pymysql.err.OperationalError as error:
                if error.args[0] != INTERRUPTED:
                    raise
                self.bank.count("interrupted")

    def rows(self, sql):
        with self.connection.cursor() as cursor:
            self.execute(cursor, sql)
            return cursor.fetchall()

    def changed(self, sql):
        with self.connection.cursor() as cursor:
            return self.execute(cursor, sql)

    def value(self, sql):
        return self.rows(sql)[0][0]

    def on_error(self, number):
        """2013: nobody knows; other: certainly not done."""

    def run(self):
        while not self.bank.stops.is_set():
            try:
                if self.connection is None:
                    self.connect()
                self.turn()
                self.bank.count(type(self).__name__)
            except pymysql.err.Error as error:
                self.failed(error.args[0], str(error))
            except (OSError, AttributeError) as error:
                self.failed(0, str(error))

    def failed(self, number, text):
        self.bank.count(f"error {number}")
        self.on_error(number)
        if number not in REFUSED and not (self.bank.loses and number in LOST):
            self.bank.breaks(f"{type(self).__name__}: unexpected {text}")
        if number in REFUSED:
            self.changed_quietly("ROLLBACK")
        if number in LOST:
            self.connection = None
            time.sleep(0.05)

    def changed_quietly(self, sql):
        try:
            self.changed(sql)
        except (pymysql.err.Error, OSError, AttributeError):
            self.connection = None


class Transfer(Client):
    """From one account to another, in one of several ways, with a line in the journal."""

    def turn(self):
        self.next += 1
        source, target = self.random.sample(range(ACCOUNTS), 2)
        amount = self.random.randint(1, 50)
        level = self.random.choice(LEVELS)
        self.changed(f"SET TRANSACTION ISOLATION LEVEL {level}")
        self.changed("BEGIN")
        way = self.random.choice([self.by_locks, self.by_locks, self.relative, self.one_statement, self.by_branch])
        way(source, target, amount)
        if self.random.random() < 0.2:
            self.detour(source)
        if level == "READ COMMITTED" and self.random.random() < 0.2:
            total = self.value(self.random.choice(Looker.PATHS))
            if total != ACCOUNTS * MONEY:
                self.bank.breaks(f"with its own changes a transfer sees {total}")
        self.changed(f"INSERT INTO journal VALUES ({self.next}, {source}, {target}, {amount})")
        if self.random.random() < 0.1:
            self.changed("ROLLBACK")
            with self.bank.lock:
                self.bank.refused.add(self.next)
            return
        self.changed("COMMIT")
        with self.bank.lock:
            self.bank.acknowledged.add(self.next)
        if self.random.random() < 0.1 and not self.rows(f"SELECT 1 FROM journal WHERE id = {self.next}"):
            self.bank.breaks("a session does not see what it has committed")

    def on_error(self, number):
        if number in REFUSED and self.next not in self.bank.acknowledged:
            with self.bank.lock:
                self.bank.refused.add(self.next)

    def by_locks(self, source, target, amount):
        a = self.value(f"SELECT balance FROM account WHERE id = {source} FOR UPDATE")
        b = self.value(f"SELECT balance FROM account WHERE id = {target} FOR UPDATE")
        self.changed(f"UPDATE account SET balance = {a - amount} WHERE id = {source}")
        self.changed(f"UPDATE account SET balance = {b + amount} WHERE id = {target}")

    def relative(self, source, target, amount):
        self.changed(f"UPDATE account SET balance = balance - {amount} WHERE id = {source}")
        self.changed(f"UPDATE account SET balance = balance + {amount} WHERE id = {target}")

    def one_statement(self, source, target, amount):
        changed = self.changed(f"UPDATE account SET balance = balance + IF(id = {source}, -{amount}, {amount}) "
                               f"WHERE id IN ({source}, {target})")
        if changed != 2:
            self.bank.breaks(f"one statement changed {changed} rows of 2")

    def by_branch(self, source, target, amount):
        """Rows move between branches meanwhile: an index that readers go by."""
        rows = dict(self.rows(f"SELECT id, balance FROM account WHERE id IN ({source}, {target}) FOR UPDATE"))
        branch = self.random.randrange(BRANCHES)
        self.changed(f"UPDATE account SET balance = {rows[source] - amount}, branch = {branch} WHERE id = {source}")
        self.changed(f"INSERT INTO account VALUES ({target}, 0, 0, '') ON DUPLICATE KEY UPDATE balance = balance + {amount}")

    def detour(self, source):
        """Work that is undone again: by a savepoint, by an error in the middle of a statement."""
        if self.random.random() < 0.5:
            self.changed("SAVEPOINT s")
            self.changed(f"UPDATE account SET balance = balance + 777 WHERE id = {source}")
            self.changed("ROLLBACK TO SAVEPOINT s")
            return
        other = self.next + 5 * 10**6
        try:
            self.changed(f"INSERT INTO journal VALUES ({other}, 0, 0, 1000000), ({other + 1}, 0, 0, 1), (0, 0, 0, 1)")
            self.bank.breaks("a duplicate key was taken")
        except pymysql.err.IntegrityError:
            pass


class Looker(Client):
    """Sums everything, over different paths, in one snapshot or statement by statement."""

    PATHS = [
        "SELECT SUM(balance) FROM account",
        "SELECT SUM(s) FROM (SELECT branch, SUM(balance) AS s FROM account GROUP BY branch) x",
        f"SELECT SUM(balance) FROM account WHERE branch BETWEEN 0 AND {BRANCHES}",
        f"SELECT SUM(balance) FROM account FORCE INDEX (by_branch) WHERE branch IN ({', '.join(map(str, range(BRANCHES)))})",
        f"SELECT SUM(balance) FROM account WHERE id IN ({', '.join(map(str, range(ACCOUNTS)))})",
        "SELECT SUM(a.balance) FROM account a JOIN account b ON a.id = b.id",
        "SELECT SUM(balance) FROM (SELECT balance FROM account ORDER BY balance DESC LIMIT 1000) x",
    ]

    def turn(self):
        level = self.random.choice([None, "REPEATABLE READ", "REPEATABLE READ", "READ COMMITTED"])
        if level is None:
            return self.look("autocommit")
        self.changed(f"SET TRANSACTION ISOLATION LEVEL {level}")
        self.changed(self.random.choice(["BEGIN", "START TRANSACTION WITH CONSISTENT SNAPSHOT", "START TRANSACTION READ ONLY"]))
        seen = {self.look(level) for _ in range(3)} if level == "READ COMMITTED" else self.look_at_one_moment()
        self.changed("COMMIT")
        return seen

    def look(self, level):
        sql = self.random.choice(self.PATHS)
        total = self.value(sql)
        if total != ACCOUNTS * MONEY:
            self.bank.breaks(f"{level}: {sql} is {total}")
        return total

    def look_at_one_moment(self):
        first = self.rows("SELECT id, balance, branch FROM account ORDER BY id")
        journal = self.rows("SELECT source, target, amount FROM journal")
        if sum(row[1] for row in first) != ACCOUNTS * MONEY:
            self.bank.breaks(f"REPEATABLE READ: the rows make {sum(row[1] for row in first)}")
        balances = balances_of(journal)
        wrong = [(i, b, balances[i]) for i, b, _ in first if b != balances[i]]
        if wrong:
            self.bank.breaks(f"REPEATABLE READ: accounts and journal of different moments: {wrong[:5]}")
        self.look("REPEATABLE READ")
        time.sleep(self.random.random() * 0.05)
        self.look("REPEATABLE READ")
        again = self.rows("SELECT id, balance, branch FROM account FORCE INDEX (by_branch) WHERE branch >= 0")
        if sorted(again) != sorted(first):
            self.bank.breaks(f"REPEATABLE READ: not repeatable: {sorted(set(again) ^ set(first))[:6]}")


class Counter(Client):
    """Reads with a lock and writes one more: no increment is lost. Reads without a lock never go back."""

    def on_connect(self):
        self.changing = None

    def turn(self):
        which = self.random.randrange(COUNTERS)
        if self.random.random() < 0.4:
            return self.look(which)
        self.changed(f"SET TRANSACTION ISOLATION LEVEL {self.random.choice(LEVELS)}")
        self.changed("BEGIN")
        if self.random.random() < 0.5:
            self.rows("SELECT * FROM counter")  # a snapshot, older than the lock
        value = self.value(f"SELECT value FROM counter WHERE id = {which} FOR UPDATE")
        self.changed(f"UPDATE counter SET value = {value + 1} WHERE id = {which}")
        self.changing = which
        self.changed("COMMIT")
        self.changing = None
        with self.bank.lock:
            self.bank.counted[which] += 1

    def look(self, which):
        with self.bank.lock:
            least = self.bank.counted[which]
        level = self.random.choice(LEVELS)
        if self.random.random() < 0.5:
            value = self.value(f"SELECT value FROM counter WHERE id = {which}")
        else:
            self.changed(f"SET TRANSACTION ISOLATION LEVEL {level}")
            self.changed("BEGIN")
            value = dict(self.rows("SELECT id, value FROM counter"))[which]
            self.changed("COMMIT")
        if value < least:
            self.bank.breaks(f"a stale read: counter {which} is {value}, acknowledged before were {least}")

    def on_error(self, number):
        if number in LOST and self.changing is not None:
            with self.bank.lock:
                self.bank.unsure[self.changing] += 1
        self.changing = None


class Doctor(Client):
    """SERIALIZABLE: of a pair at least one is on call; each looks at both before it leaves."""

    def turn(self):
        pair, own = self.random.randrange(3), self.random.randrange(2)
        self.changed("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        self.changed("BEGIN")
        on_call = self.value(f"SELECT SUM(on_call) FROM doctor WHERE pair = {pair}")
        if on_call < 1:
            self.bank.breaks(f"nobody of pair {pair} is on call")
        self.changed(f"UPDATE doctor SET on_call = {0 if on_call == 2 else 1} WHERE id = {pair * 2 + own}")
        self.changed("COMMIT")


class Mover(Client):
    """A key moves among places that a unique index guards: two never share one, none is lost."""

    def turn(self):
        which, place = self.random.randrange(8), self.random.randrange(12)
        try:
            self.changed(f"UPDATE piece SET place = {place} WHERE id = {which}")
        except pymysql.err.IntegrityError:
            pass
        self.changed("BEGIN")
        taken = self.rows(f"SELECT id FROM piece WHERE place = {place} FOR UPDATE")
        self.changed("DELETE FROM piece WHERE id = 7")
        try:
            self.changed(f"INSERT INTO piece VALUES (7, {place})")
            if taken and taken[0][0] != 7:
                self.bank.breaks(f"two pieces on place {place}")
            self.changed("COMMIT")
        except pymysql.err.IntegrityError:
            if not taken:
                self.bank.count("place taken meanwhile")
            self.changed("ROLLBACK")
        pieces = self.rows("SELECT id, place FROM piece")
        if len(pieces) != 8 or len({place for _, place in pieces}) != 8:
            self.bank.breaks(f"pieces: {pieces}")


class Killer(Client):
    """KILL QUERY for whoever runs something, now and then KILL."""

    def turn(self):
        time.sleep(self.random.random() * 0.02)
        running = [row[0] for row in self.rows("SHOW PROCESSLIST") if row[4] == "Query" and row[0] != self.connection.thread_id()]
        if not running:
            return
        way = "KILL" if self.random.random() < 0.03 else "KILL QUERY"
        try:
            self.changed(f"{way} {self.random.choice(running)}")
        except pymysql.err.Error as error:
            if error.args[0] != NO_SUCH_THREAD:
                raise


def balances_of(journal):
    balances = {i: MONEY for i in range(ACCOUNTS)}
    for source, target, amount in journal:
        balances[source] -= amount
        balances[target] += amount
    return balances


def set_up(c):
    c.mysql("CREATE DATABASE bank; USE bank;"
            "CREATE TABLE account (id INT PRIMARY KEY, balance INT, branch INT, note VARCHAR(20), KEY by_branch (branch));"
            "CREATE TABLE journal (id BIGINT PRIMARY KEY, source INT, target INT, amount INT);"
            "CREATE TABLE counter (id INT PRIMARY KEY, value INT);"
            "CREATE TABLE doctor (id INT PRIMARY KEY, pair INT, on_call INT, KEY (pair));"
            "CREATE TABLE piece (id INT PRIMARY KEY, place INT, UNIQUE (place));"
            f"INSERT INTO account VALUES {', '.join(f'({i}, {MONEY}, {i % BRANCHES}, 0)' for i in range(ACCOUNTS))};"
            "INSERT INTO journal VALUES (0, 0, 0, 0);"
            f"INSERT INTO counter VALUES {', '.join(f'({i}, 0)' for i in range(COUNTERS))};"
            "INSERT INTO doctor VALUES (0, 0, 1), (1, 0, 1), (2, 1, 1), (3, 1, 0), (4, 2, 1), (5, 2, 1);"
            f"INSERT INTO piece VALUES {', '.join(f'({i}, {i})' for i in range(8))}")


def kill_now_and_then(c, bank, until):
    """One node after the other; the next one only when everything has come back."""
    chance = random.Random(SEED)
    nodes = [node["name"] for node in c.status() if node["name"].startswith("store")] * 2 + ["sql2"]
    while time.monotonic() + KILL_EACH_SECONDS < until:
        time.sleep(KILL_EACH_SECONDS * (0.5 + chance.random() / 2))
        victim = chance.choice(nodes)
        way = chance.choice(["kill", "pause"])
        c.tool(way, victim)
        bank.count(f"{way} of a node")
        time.sleep(0.3)
        c.tool("start" if way == "kill" else "resume", victim)
        while not all(node.get("state") in (None, "ready", "up", "serving", "live") for node in c.status()):
            time.sleep(0.1)
        time.sleep(0.7)


def check_end(c, bank):
    last = Client(bank, 0)
    last.connect()
    journal = last.rows("SELECT source, target, amount FROM journal")
    accounts = dict(last.rows("SELECT id, balance FROM account"))
    expect(accounts == balances_of(journal), "the accounts are not what the journal says")
    there = {row[0] for row in last.rows("SELECT id FROM journal")} - {0}
    expect(bank.acknowledged <= there, f"acknowledged and lost: {sorted(bank.acknowledged - there)[:5]}")
    expect(not bank.refused & there, f"refused and there: {sorted(bank.refused & there)[:5]}")
    for which, value in last.rows("SELECT id, value FROM counter"):
        sure = bank.counted[which]
        expect(sure <= value <= sure + bank.unsure[which], f"counter {which}: {value}, acknowledged {sure}")
    for table in ("account", "journal", "counter", "doctor", "piece"):
        last.rows(f"SELECT * FROM {table} FOR UPDATE NOWAIT")  # nobody holds anything
    expect(bank.acknowledged and sum(bank.counted), "nothing was done")


def bank_runs(c, kinds, has_kills, seconds):
    """has_kills: of nodes. Whoever is told that its connection is lost does not know what became of its COMMIT."""
    set_up(c)
    ports = [int(node["address"].rsplit(":", 1)[1]) for node in c.status() if node["name"].startswith("sql")] or [c.port]
    bank = Bank(ports, has_kills or Killer in kinds)
    clients = [kind(bank, 1 + i) for i, kind in enumerate(kinds)]
    until = time.monotonic() + seconds
    for client in clients:
        client.start()
    if has_kills:
        kill_now_and_then(c, bank, until)
    time.sleep(max(0, until - time.monotonic()))
    bank.stops.set()
    for client in clients:
        client.join(60)
        expect(not client.is_alive(), f"a {type(client).__name__} hangs")
    print("     " + ", ".join(f"{what} {count}" for what, count in sorted(bank.counts.items())), flush=True)
    expect(not bank.broken, f"{len(bank.broken)} broken promises, first: {bank.broken[:1]}")
    check_end(c, bank)


def main():
    cases = Cases()
    kinds = [Transfer] * 5 + [Looker] * 3 + [Counter] * 3 + [Doctor] * 2 + [Mover] * 2
    shapes = [("pool of two groups", False, ["--storage", "2", "--replicas", "1", "--sql", "2"]),
              ("replicated pool", False, ["--storage", "2", "--replicas", "2", "--sql", "2"]),
              ("replicated pool with kills", True, ["--storage", "2", "--replicas", "2", "--sql", "2"]),
              ("embedded", False, ["--embedded"])]
    for name, has_kills, options in shapes:
        for more in ([], [Killer] * 2):
            with Cluster(*options) as c:
                cases.run(f"{name}{', statements killed' if more else ''}", bank_runs, c, kinds + more, has_kills,
                          SECONDS * (0.25 if has_kills else 1 / 12))
    cases.end()


if __name__ == "__main__":
    main()
