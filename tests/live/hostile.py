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


def login(sock, user=b"root", answer=b""):
    """A handshake without a scramble's worth: the first byte of the answer, 0 when it is OK."""
    sock.recv(65536)
    capabilities = 0x000FA685 | 0x00080000
    body = capabilities.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\xff" + bytes(23)
    body += user + b"\0" + bytes([len(answer)]) + answer + b"caching_sha2_password\0"
    sock.sendall(len(body).to_bytes(3, "little") + b"\x01" + body)
    return answer_of(sock)


def answer_of(sock):
    """(first byte, error number or 0) of the next packet that is one; (None, 0): it closed."""
    received = b""
    try:
        while len(received) < 4 or len(received) < 4 + int.from_bytes(received[:3], "little"):
            piece = sock.recv(65536)
            if not piece:
                return None, 0
            received += piece
    except ConnectionError:
        return None, 0
    return received[4], int.from_bytes(received[5:7], "little") if received[4] == 0xff else 0


def ask(sock, text):
    body = b"\x03" + text
    packets = b""
    for number, at in enumerate(range(0, len(body) + 1, 0xffffff)):
        piece = body[at:at + 0xffffff]
        packets += len(piece).to_bytes(3, "little") + bytes([number % 256]) + piece
    try:
        sock.sendall(packets)
    except ConnectionError:
        pass  # what it said before it closed may be there
    return answer_of(sock)


def strangers_with_names(port, client):
    for user, answer in ((b"root", b"x" * 32), (b"nobody", b""), (b"nobody", b"y" * 32), (b"", b""), (b"a" * 200, b"z" * 20)):
        with connect(client) as sock:
            kind, number = login(sock, user, answer)
            fact(f"{user[:10]} with {len(answer)} wrong bytes is denied", kind is None or kind == 1 or number == 1045)
    fact("clients are served afterwards", selects_one(port))


def nonsense(port, client, pid):
    chance = random.Random(4711)
    with connect(client, 30) as sock:
        fact("root logs in", login(sock)[0] == 0)
        for depth in (100, 1000, 10000, 100000):
            answers = {ask(sock, b"SELECT " + opening * depth + b"1" + closing * depth)
                       for opening, closing in ((b"(", b")"), (b"-", b""), (b"NOT ", b""), (b"CASE WHEN 1 THEN ", b" END"),
                                                (b"(SELECT ", b")"), (b"ABS(", b")"), (b"1+(", b")"), (b"'a' LIKE ", b""))}
            fact(f"{depth} nested things are answered", all(kind is not None for kind, _ in answers))
        words = [b"SELECT", b"FROM", b"(", b")", b",", b"'", b'"', b"`", b"1", b"x", b"*", b"WHERE", b"/*", b"*/", b"--", b";", b"@@",
                 b"@", b"?", b"0x", b"\\", b"\xff\xfe", b"JOIN", b"UPDATE", b"SET", b"=", b"ORDER BY", b"\0", b"INSERT INTO"]
        numbers = set()
        for _ in range(2000):
            kind, number = ask(sock, b" ".join(chance.choice(words) for _ in range(chance.randrange(1, 30))))
            numbers.add(number)
            if kind is None:
                break
        fact("nonsense is answered with 1064 and its kin", 1064 in numbers and kind is not None)
        for command in range(0, 256):
            with connect(client, 10) as other:
                login(other)
                body = bytes([command]) + chance.randbytes(chance.randrange(0, 40))
                other.sendall(len(body).to_bytes(3, "little") + b"\0" + body)
                other.close()
        fact("every command with noise changes nothing", selects_one(port))
        kind, number = ask(sock, b"SELECT '" + b"x" * (70 << 20) + b"'")
        fact("a packet over max_allowed_packet gets 1153 or a close", kind is None or number == 1153)
    fact("clients are served afterwards", selects_one(port))


def logged_in_crowd(port, client, pid):
    subprocess.run(["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "-e",
                    f"SET GLOBAL max_connections = {IDLE_CONNECTIONS}"], check=True, timeout=20)
    before = resident_kb(pid)
    idle = []
    for _ in range(IDLE_CONNECTIONS):
        sock = connect(client, 20)
        if login(sock)[0] != 0:
            break
        idle.append(sock)
    fact(f"{len(idle)} of {IDLE_CONNECTIONS} connections are logged in", len(idle) == IDLE_CONNECTIONS)
    fact("one more gets 1040", connection_error(client) == 1040)
    grown = resident_kb(pid) - before
    fact(f"each costs less than 40 KB ({grown // (len(idle) // 1000 + 1)} KB a thousand)", grown <= 40 * len(idle))
    time.sleep(1)
    ticks = cpu_ticks(pid)
    time.sleep(2)
    fact("and no CPU", cpu_ticks(pid) - ticks <= 3)
    fact("each is served", all(ask(sock, b"SELECT 1")[0] == 1 for sock in idle[::50]))
    for sock in idle:
        sock.close()
    time.sleep(1)
    fact("clients are served afterwards", selects_one(port))


def connection_error(client):
    with connect(client) as sock:
        return answer_of(sock)[1]


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
            strangers_with_names(port, ("127.0.0.1", port))
            nonsense(port, ("127.0.0.1", port), pid)
            crowds(port, ("127.0.0.1", port), pid)
            logged_in_crowd(port, ("127.0.0.1", port), pid)
            fact("it is the same process as at first",
                 int(tool("pid", "sql1", "--data", data).stdout or 0) == pid)
        finally:
            tool("down", "--data", data)


main()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
