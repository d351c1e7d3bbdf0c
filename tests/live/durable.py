#!/usr/bin/env python3
"""durable.py: in `sync`, no OK of a commit is sent before the fdatasync that covers it returned.

strace watches the daemons while one client writes, with a pause before each statement so that nothing but it is under way.
Between the arrival of a commit and its OK each storage daemon must write its log and then have synced it. A reading
statement is the control: nothing is written for it, so the watching itself is seen to work. The last line is
"N passed, N failed".
"""
import os
import re
import subprocess
import sys
import tempfile
import time

import pymysql

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import Cases, Cluster, expect  # noqa: E402

CALLS = "recvfrom,read,readv,recvmsg,sendto,write,writev,sendmsg,pwrite64,pwritev,fdatasync"
STATEMENTS = [
    ("INSERT INTO t VALUES (%(n)d, 1)",),
    ("UPDATE t SET v = v + 1 WHERE id = %(n)d",),
    ("INSERT INTO t VALUES (%(n)d + 100000, 1), (%(n)d + 200000, 2), (%(n)d + 300000, 3), (%(n)d + 400000, 4)",),
    ("BEGIN", "UPDATE t SET v = 7 WHERE id = %(n)d", "INSERT INTO t VALUES (%(n)d + 500000, 1)", "COMMIT"),
    ("DELETE FROM t WHERE id = %(n)d",),
]
LINE = re.compile(r"^(\d+) +(.*)$")
CALL = re.compile(r"^(\w+)\((\d+)<((?:->|[^>])*)>")
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>")


def events_of(trace):
    """(thread, call, what its descriptor is) for each call, when it returned or, for what goes out, when it began."""
    pending = {}
    for line in trace:
        match = LINE.match(line)
        if not match:
            continue
        thread, text = match.groups()
        call = CALL.match(text)
        if call:
            name, target = call.group(1), call.group(3)
            goes_out = name in ("sendto", "write", "writev", "sendmsg")
            if "<unfinished" in text and not goes_out:
                pending[thread] = (name, target)
                continue
            yield int(thread), name, target
        elif RESUMED.match(text) and thread in pending:
            yield (int(thread), *pending.pop(thread))


def process_of(thread):
    with open(f"/proc/{thread}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Tgid"))


class Watch:
    """strace on the processes `pids`, while the block runs."""

    def __init__(self, pids):
        self.pids = pids
        self.path = tempfile.mktemp(prefix="tessera-trace-")

    def __enter__(self):
        command = ["strace", "-f", "-yy", "-s", "0", "-e", f"trace={CALLS}", "-o", self.path]
        for pid in self.pids:
            command += ["-p", str(pid)]
        self.strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for _ in self.pids:
            self.strace.stderr.readline()  # "attached"
        time.sleep(0.3)
        return self

    def __exit__(self, *_):
        self.processes = {}
        for pid in self.pids:
            for thread in os.listdir(f"/proc/{pid}/task"):
                self.processes[int(thread)] = pid
        self.strace.terminate()
        self.strace.wait(30)
        with open(self.path) as trace:
            self.events = list(events_of(trace))
        os.unlink(self.path)

    def spans(self, client_port):
        """What happened between each request of the client and its answer."""
        span, spans = None, []
        for thread, call, target in self.events:
            is_client = f":{client_port}]" in target
            if is_client and call in ("recvfrom", "read", "recvmsg", "readv") and span is None:
                span = []
            elif is_client and call in ("sendto", "write", "sendmsg", "writev") and span is not None:
                spans.append(span)
                span = None
            elif span is not None and "/log-" in target:
                span.append((self.processes.get(thread), call))
        return spans


def is_synced(span, pid):
    calls = [call for process, call in span if process == pid]
    writes = [i for i, call in enumerate(calls) if call.startswith("pwrite")]
    return bool(writes) and "fdatasync" in calls[writes[0]:]  # a note or a COMPLETE may be on its way behind it


def write_all(connection, rounds):
    """The statements of some rounds, a control before each; returns which of them commit."""
    commits = []
    cursor = connection.cursor()
    for n in range(1, rounds + 1):
        for group in STATEMENTS:
            for text in ("SELECT COUNT(*) FROM t WHERE id < 3",) + group:
                time.sleep(0.03)
                cursor.execute(text % {"n": n})
                cursor.fetchall()
                commits.append("control" if text.startswith("SELECT") else
                               "commit" if len(group) == 1 or text == "COMMIT" else "inside")
    return commits


def watched(shape, stores):
    with Cluster(*shape) as cluster:
        pids = {node: cluster.pid(node) for node in stores}
        cluster.mysql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT)")
        connection = pymysql.connect(host="127.0.0.1", port=cluster.port, user="root", database="d", autocommit=True)
        port = connection._sock.getsockname()[1]
        with Watch(sorted({*pids.values(), cluster.pid("sql1")})) as watch:
            commits = write_all(connection, 6)
        spans = watch.spans(port)
        expect(len(spans) == len(commits), f"{len(spans)} answers were seen to {len(commits)} statements")
        early = [(i, node) for i, kind in enumerate(commits) if kind == "commit"
                 for node, pid in pids.items() if not is_synced(spans[i], pid)]
        expect(not early, f"answered before it was synced: {early[:5]}: {spans[early[0][0]] if early else ''}")
        synced = [i for i, kind in enumerate(commits) if kind == "control" and any(c == "fdatasync" for _, c in spans[i])]
        expect(len(synced) < len(commits) // 10, f"reading statements were seen to sync: {len(synced)}")


def main():
    cases = Cases()
    cases.run("embedded: an OK comes after its sync", watched, ("--embedded", "--durability", "sync"), ("sql1",))
    cases.run("pool: an OK comes after the sync of both replicas", watched,
              ("--storage", "2", "--replicas", "2", "--durability", "sync"), ("store1", "store2"))
    cases.end()


if __name__ == "__main__":
    main()
