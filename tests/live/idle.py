#!/usr/bin/env python3
"""idle.py [SECONDS]: what a cluster of one meta, two storage and one SQL daemon costs when nobody uses it.

From `up` to the answer of SELECT 1 over TCP, CPU over SECONDS (default 10), resident memory. The last line is "N passed, N failed".
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import Cases, Cluster, expect  # noqa: E402

START_SECONDS = 1.5
CPU_SHARE = 0.005
STORE_KB = 64 << 10
SQL_KB = 32 << 10
NODES = ("meta1", "store1", "store2", "sql1")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def starts(cluster, begin):
    expect(cluster.mysql("SELECT 1", "-N") == "1\n", "SELECT 1 has no answer")
    seconds = time.monotonic() - begin
    expect(seconds < START_SECONDS, f"{seconds:.2f} s from up to SELECT 1")


def sleeps(cluster, seconds):
    pids = {node: cluster.pid(node) for node in NODES}
    time.sleep(2)  # the RSA pair is being made
    before = {node: cpu_seconds(pid) for node, pid in pids.items()}
    time.sleep(seconds)
    for node, pid in pids.items():
        share = (cpu_seconds(pid) - before[node]) / seconds
        expect(share < CPU_SHARE, f"{node} uses {share:.2%} of a core")


def is_small(cluster, node, limit_kb):
    resident = resident_kb(cluster.pid(node))
    expect(resident < limit_kb, f"{resident} KiB")


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    cases = Cases()
    begin = time.monotonic()
    with Cluster("--storage", "2", "--replicas", "2") as cluster:
        cases.run(f"SELECT 1 is answered within {START_SECONDS} s", starts, cluster, begin)
        cases.run(f"every process uses less than {CPU_SHARE:.1%} of a core", sleeps, cluster, seconds)
        for node in ("store1", "store2"):
            cases.run(f"{node} is smaller than {STORE_KB >> 10} MiB", is_small, cluster, node, STORE_KB)
        cases.run(f"sql1 is smaller than {SQL_KB >> 10} MiB", is_small, cluster, "sql1", SQL_KB)
    cases.end()


if __name__ == "__main__":
    main()
