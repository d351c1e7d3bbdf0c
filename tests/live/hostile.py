#!/usr/bin/env python3
"""hostile.py: what strangers send to an embedded daemon; it answers as MySQL would, or closes, and lives.

Prints a line for each failure; the last line is "N passed, N failed".
"""
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, os.environ.get("BUILD", "build"), "server", "tessera")
IDLE_CONNECTIONS = 5000
passed = failed = 0


def fact(text, holds):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print("FAILED", text, flush=True)


def tool(*arguments):
    return subprocess.run([TOOL, *arguments], capture_output=True, text=True, timeout=60)


def connect(address, timeout=5):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    sock = socket.socket(family)
    sock.settimeout(timeout)
    sock.connect(address)
    return sock


def drain(sock):
    """All that comes until the other side closes; None: it stays open."""
    received = b""
    try:
        while True:
            piece = sock.recv(65536)
            if not piece:
                return received
            received += piece
    except ConnectionError:
        return received
    except TimeoutError:
        return None


def exchange(address, data, timeout=5):
    with connect(address, timeout) as sock:
        try:
            sock.sendall(data)
        except OSError:
            pass
        return drain(sock)


def selects_one(port):
    run = subprocess.run(["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "-N",
                          "-B", "-e", "SELECT 1"], capture_output=True, text=True, timeout=20)
    return run.stdout.strip() == "1"


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))


def before_login(port, client):
    answer = exchange(client, b"\xff\xff\xff\x01")
    fact("a header of 16 MiB before login is refused", answer is not None)
    fact("and so are 16 MiB", exchange(client, b"\xff\xff\xff\x01" + bytes(16 << 20)) is not None)
    fact("an HTTP request is refused", exchange(client, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") is not None)
    fact("an empty packet is refused", exchange(client, b"\0\0\0\x01") is not None)
    fact("a wrong packet number is refused", exchange(client, b"\x20\0\0\x07" + bytes(32)) is not None)
    fact("clients are served afterwards", selects_one(port))


def noise(port, client, peer):
    chance = random.Random(20240101)
    for _ in range(300):
        exchange(client, chance.randbytes(chance.randrange(1, 400)), 0.02)
    fact("noise on the client port changes nothing", selects_one(port))
    for _ in range(300):
        exchange(peer, chance.randbytes(chance.randrange(1, 400)), 0.02)
    answer = exchange(peer, b"\x40\0\0\0" + bytes(60))
    fact("a peer without the secret is closed", answer == b"")
    fact("noise on the peers' socket changes nothing", selects_one(port))


def crowds(port, client, pid):
    resource.setrlimit(resource.RLIMIT_NOFILE, (IDLE_CONNECTIONS + 200,) * 2)
    before = resident_kb(pid)
    idle = [connect(client) for _ in range(IDLE_CONNECTIONS)]
    fact(f"{IDLE_CONNECTIONS} unfinished handshakes do not keep others out", selects_one(port))
    grown = resident_kb(pid) - before
    fact(f"each costs at most 64 KB ({grown // (IDLE_CONNECTIONS // 1000)} KB a thousand)",
         grown <= 64 * IDLE_CONNECTIONS)
    time.sleep(2)  # the RSA pair is being made
    ticks = cpu_ticks(pid)
    time.sleep(2)
    fact("and no CPU", cpu_ticks(pid) - ticks <= 2)
    for sock in idle:
        sock.settimeout(20)
    fact("and ends by itself", drain(idle[0]) is not None)
    for sock in idle:
        sock.close()
    fact("clients are served afterwards", selects_one(port))


def main():
    with tempfile.TemporaryDirectory() as work:
        data = os.path.join(work, "one")
        up = tool("up", "--embedded", "--data", data, "--port", "0", "--background")
        fact("it starts", up.returncode == 0)
        if up.returncode != 0:
            print(up.stderr)
            return
        try:
            port = int(up.stdout.split("127.0.0.1:")[1].split()[0])
            pid = int(tool("pid", "sql1", "--data", data).stdout)
            before_login(port, ("127.0.0.1", port))
            noise(port, ("127.0.0.1", port), os.path.join(data, "sql1", "peer.sock"))
            crowds(port, ("127.0.0.1", port), pid)
            fact("it is the same process as at first",
                 int(tool("pid", "sql1", "--data", data).stdout or 0) == pid)
        finally:
            tool("down", "--data", data)


main()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
