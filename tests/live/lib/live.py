"""What the live tests share: a cluster of one's own in a temporary directory, and cases that are counted.

BUILD names the build directory (default: build). Everything listens on loopback; what a test started it ends.
"""
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
PROGRAMS = os.path.join(ROOT, "tests", "live", "programs")


def is_free(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(count=16):
    """Nobody listens on it and on those behind it, which a cluster's daemons take. Not one that the system would give to
    some client meanwhile."""
    while True:
        port = random.randrange(10000, 32000)
        if all(is_free(port + i) for i in range(count)):
            return port


class Cluster:
    """`with Cluster("--storage", "2") as c:` runs it; c.port is the first SQL daemon's."""

    def __init__(self, *options):
        self.options, self.directory, self.port = options, tempfile.mkdtemp(prefix="tessera-live-"), free_port()
        self.data = os.path.join(self.directory, "data")

    def tool(self, *arguments, check=True, timeout=60):
        command = [os.path.join(BUILD, "server", "tessera"), *arguments, "--data", self.data]
        return subprocess.run(command, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL).stdout

    def up(self):
        self.tool("up", "--background", *(() if os.path.exists(self.data) else ("--port", str(self.port))),
                  *(() if os.path.exists(self.data) else self.options))

    def status(self):
        status = json.loads(self.tool("status", "--json"))
        return status["nodes"] if isinstance(status, dict) else status

    def pid(self, node):
        return int(self.tool("pid", node).strip())

    def __enter__(self):
        try:
            self.up()
        except subprocess.CalledProcessError as error:
            self.__exit__()
            raise RuntimeError(f"tessera up failed:\n{error.stdout}") from None
        return self

    def __exit__(self, *_):
        self.tool("down", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def mysql(self, sql, *options, check=True):
        command = ["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{self.port}", "-uroot", "--batch", *options]
        run = subprocess.run(command, input=sql, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        if check and run.returncode != 0:
            raise AssertionError(f"mysql: {run.stdout}")
        return run.stdout


class Cases:
    """Counts what passed and failed; the last line is the one that runtests reads."""

    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, function, *arguments):
        start = time.monotonic()
        try:
            function(*arguments)
        except (Exception, AssertionError) as error:  # a failing case must not hide the others
            self.failed += 1
            text = str(error).strip() or repr(error)
            print(f"FAIL {name}: {re.sub(chr(10), chr(10) + '     ', text)[:2000]}", flush=True)
            return
        self.passed += 1
        print(f"ok   {name} ({time.monotonic() - start:.1f} s)", flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def output_of(command, **options):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                         stdin=subprocess.DEVNULL, **options)
    if run.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {run.returncode}:\n{run.stdout}")
    return run.stdout


def expect(condition, text):
    if not condition:
        raise AssertionError(text)
