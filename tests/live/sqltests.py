#!/usr/bin/python3
"""Runs tests/sql/*.test, or the files given, in both protocols; tests/live/programs/sqltest.c says what a file holds.

  sqltests.py [--mariadb | --port N] [--record] [FILE]...

SERVERS=pool runs them on storage daemons with two replicas instead of the embedded server. --mariadb takes a MariaDB
of its own (where it agrees with MySQL it shows that the expectations are right), --port a server that is there.
--record prints the files with the answers that came."""
import argparse
import contextlib
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from live import PROGRAMS, ROOT, Cluster, free_port, output_of  # noqa: E402

MODES = ("ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
         "NO_ENGINE_SUBSTITUTION")


@contextlib.contextmanager
def mariadb():
    """A private MariaDB with MySQL's sql_mode; yields its port."""
    directory, port = tempfile.mkdtemp(prefix="tessera-mariadb-"), free_port()
    data = os.path.join(directory, "data")
    output_of(["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", f"--datadir={data}"])
    server = subprocess.Popen(["mariadbd", "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
                               f"--socket={directory}/socket", f"--sql-mode={MODES}", "--character-set-server=utf8mb4",
                               *(["--user=root"] if os.getuid() == 0 else [])],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(150):
            if subprocess.run(["mariadb-admin", "--no-defaults", "-h127.0.0.1", f"-P{port}", "-uroot", "ping"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.2)
        yield port
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def server_of(options):
    if options.port:
        yield options.port
    elif options.mariadb:
        with mariadb() as port:
            yield port
    else:
        layout = ["--storage", "2", "--replicas", "2"] if os.environ.get("SERVERS") == "pool" else ["--embedded"]
        with Cluster(*layout) as cluster:
            yield cluster.port


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mariadb", action="store_true")
    parser.add_argument("--port", type=int)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as directory, server_of(options) as port:
        program = os.path.join(directory, "sqltest")
        flags = output_of(["mariadb_config", "--cflags", "--libs"]).split()
        output_of(["cc", "-O1", "-o", program, os.path.join(PROGRAMS, "sqltest.c"), *flags])
        for path in options.files or sorted(glob.glob(os.path.join(ROOT, "tests", "sql", "*.test"))):
            name = "t_" + os.path.splitext(os.path.basename(path))[0]
            for mode in ["record"] if options.record else ["text", "prepared"]:
                output = run([program, str(port), name, path, mode])
                counts = re.search(r"(\d+) passed, (\d+) failed\s*$", output)
                if options.record or not counts or counts[2] != "0":
                    print(output, end="")
                passed += int(counts[1]) if counts else 0
                failed += int(counts[2]) if counts else 1
    if not options.record:
        print(f"{passed} passed, {failed} failed")
        sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
