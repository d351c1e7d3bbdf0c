#!/usr/bin/python3
"""sysbench's OLTP scripts, prepare to cleanup, on the pool and embedded, in both ways of preparing statements.

No error but a counted 1213 is let pass. SECONDS sets the length of each run (the issue's bar is 30 at 64 threads)."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import Cases, Cluster, expect, output_of  # noqa: E402

SCRIPTS = ["oltp_point_select", "oltp_read_only", "oltp_read_write", "oltp_write_only", "oltp_insert", "oltp_delete",
           "oltp_update_index", "oltp_update_non_index", "bulk_insert", "select_random_points", "select_random_ranges"]
SECONDS = int(os.environ.get("SECONDS_EACH", "1"))
THREADS = int(os.environ.get("THREADS", "16"))
ROWS = int(os.environ.get("ROWS", "2000"))


def sysbench(c, script, mode, action):
    return output_of(["sysbench", script, "--mysql-host=127.0.0.1", f"--mysql-port={c.port}", "--mysql-user=root",
                      "--mysql-db=sbtest", f"--tables={1 if script.startswith('select') else 4}", f"--table-size={ROWS}", f"--threads={THREADS}", f"--time={SECONDS}",
                      f"--db-ps-mode={mode}", "--mysql-ignore-errors=1213", action])


def script_runs(c, script, mode):
    sysbench(c, script, mode, "prepare")
    text = sysbench(c, script, mode, "run")
    expect("FATAL" not in text, text)
    sysbench(c, script, mode, "cleanup")


def main():
    cases = Cases()
    shapes = {"pool": ["--storage", "2", "--replicas", "2"], "embedded": ["--embedded"]}
    for shape, options in shapes.items():
        with Cluster(*options) as c:
            c.mysql("create database sbtest")
            for mode in ("auto", "disable"):
                for script in SCRIPTS:
                    cases.run(f"{shape}: {script}, ps-mode {mode}", script_runs, c, script, mode)
    cases.end()


if __name__ == "__main__":
    main()
