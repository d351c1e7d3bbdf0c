#!/usr/bin/env python3
"""symbols.py: what decides is pure. Proved on the archives, not promised.

    tests/symbols.py BUILD_DIR    checks <BUILD_DIR>/<dir>/libtessera_<dir>.a of every pure directory
    tests/symbols.py --self-test  checks the check on a few lines that break it

Every undefined symbol of an archive is defined in the archive of a directory that it may include, in a
library that the table in ARCHITECTURE.md gives it (and there among the calls that LIBRARIES admits), or
named in tests/symbols.allow with a reason. No clock, socket, file, thread or random call can be: those
names are refused in symbols.allow too. And no archive has a variable outside functions.

symbols.allow: a line "<dir> <dir>: <reason>" or "all: <reason>", then indented lines of names. `*` at the end
of a name stands for anything.
"""
import fnmatch
import os
import re
import subprocess
import sys
import tempfile

import tidy

PURE = ["base", "row", "wire", "storage", "meta", "cluster", "sql", "protocol"]

# name in ARCHITECTURE.md: (shared objects, calls that are pure)
LIBRARIES = {
    "ISA-L": (["libisal.so"], r"crc\w+"),
    "libcrypto": (["libcrypto.so"],
                  r"(EVP_(MD|Digest|Cipher|CIPHER|Encrypt|Decrypt|sha|md5|aes|Q_)|SHA\d*|MD5|AES|HMAC)\w*"
                  r"|CRYPTO_memcmp|OPENSSL_cleanse"),
    "zlib": (["libz.so"], r"(deflate|inflate|compress|uncompress|crc32|adler32|zError)\w*"),
    "zstd": (["libzstd.so"], r"ZSTD_\w+"),
    "ICU": (["libicuuc.so", "libicui18n.so"], r"(u_|ucol_|uregex_|utext_|unorm2?_|uset_|ucnv_|uloc_)\w+"),
    "GMP": (["libgmp.so"], r"__gmpn_\w+"),
}

FORBIDDEN = set(f"{tidy.CLOCKS} {tidy.CALLS} __errno_location".split())
FORBIDDEN_PATTERN = re.compile(r"pthread_|thrd_|mtx_|cnd_|sem_|fopen|RAND_|BIO_|SSL_|gz|ucal_|udat_")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def is_forbidden(name):
    return name in FORBIDDEN or FORBIDDEN_PATTERN.match(name) is not None


def read_allow(text):
    """([(directories, name pattern)], errors)."""
    groups, errors, directories = [], [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] != " ":
            head, _, reason = line.partition(":")
            directories = PURE if head == "all" else head.split()
            if not reason.strip() or not set(directories) <= set(PURE):
                errors.append(f"tests/symbols.allow:{number}: a group is <dirs>: <reason>")
            continue
        for name in line.split():
            if is_forbidden(name):
                errors.append(f"tests/symbols.allow:{number}: {name} is not pure, whatever the reason")
            groups += [(directory, name) for directory in directories]
    return groups, errors


def read_archive(path):
    """(defined names, undefined names, names of variables) of an archive."""
    defined, undefined, variables = set(), set(), set()
    for line in run("objdump", "-t", path).splitlines():
        match = re.match(r"[0-9a-f]{16} (.{7}) (\S+)\t[0-9a-f]+\s+(?:\.hidden )?(\S+)$", line)
        if match is None:
            continue
        flags, section, name = match.groups()
        if section == "*UND*":
            undefined.add(name)
        elif flags[0] in "gu" or flags[1] == "w":
            defined.add(name)
        is_variable = re.match(r"\.(data|bss|tdata|tbss)|\*COM\*", section)
        if is_variable and not section.startswith(".data.rel.ro") and "d" not in flags:
            variables.add(name)
    return defined, undefined - defined, variables


def library_symbols(name):
    objects, pattern = LIBRARIES[name]
    found = set()
    for shared in objects:
        path = run("gcc", f"-print-file-name={shared}").strip()
        for line in run("nm", "-D", "--defined-only", path).splitlines():
            symbol = line.split()[-1].split("@")[0]
            if re.fullmatch(pattern, symbol) and not is_forbidden(symbol):
                found.add(symbol)
    return found


def check_archive(directory, archives, known, allow):
    """The complaints about one archive; known: the names that lower archives and libraries define."""
    _, undefined, variables = archives[directory]
    patterns = [name for where, name in allow if where == directory]

    def is_allowed(name):
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)

    for name in sorted(undefined - known):
        if not is_allowed(name):
            why = "is not pure" if is_forbidden(name) else "is neither below nor allowed"
            yield f"{directory}/: {name} {why}"
    for name in sorted(variables):
        if not is_allowed(name):
            yield f"{directory}/: {name} is a variable outside functions"


def check(build, table, allow):
    """(archives that are clean, complaints)."""
    archives, complaints, clean = {}, [], 0
    for directory in PURE:
        path = f"{build}/{directory}/libtessera_{directory}.a"
        if os.path.exists(path):
            archives[directory] = read_archive(path)
    libraries = {}
    for directory in archives:
        may, names = table[directory]
        known = set()
        for lower in may & set(archives):
            known |= archives[lower][0]
        for name in names & set(LIBRARIES):
            if name not in libraries:
                libraries[name] = library_symbols(name)
            known |= libraries[name]
        found = list(check_archive(directory, archives, known, allow))
        complaints += found
        clean += not found
        print(f"{directory}/: {len(archives[directory][1])} undefined symbols, {len(found)} complaints")
    return clean, complaints


SELF_TEST = {
    "base": "int base_count(int n) { return n + 1; }\n",
    "row": "#include <string.h>\n#include <time.h>\nint base_count(int n);\nint sql_run(void);\n"
           "static const char *const names[] = {\"a\", \"b\"};\n"
           "int row_calls; const char *row_name(int i) { row_calls++; return names[i]; }\n"
           "int row_time(const char *t) { return (int)time(0) + base_count((int)strlen(t)) + sql_run(); }\n",
}
SELF_TEST_FINDS = ["row/: sql_run is neither below nor allowed", "row/: time is not pure",
                   "row/: row_calls is a variable outside functions"]


def self_test(table):
    with tempfile.TemporaryDirectory() as build:
        for directory, text in SELF_TEST.items():
            os.mkdir(f"{build}/{directory}")
            base = f"{build}/{directory}/x"
            with open(f"{base}.c", "w", encoding="utf-8") as file:
                file.write(text)
            run("gcc", "-O2", "-fPIC", "-fno-builtin", "-c", f"{base}.c", "-o", f"{base}.o")
            run("ar", "rc", f"{build}/{directory}/libtessera_{directory}.a", f"{base}.o")
        allow, errors = read_allow("all: pure\n    strlen _GLOBAL_OFFSET_TABLE_\nrow: it is needed\n    time\n")
        _, complaints = check(build, table, [entry for entry in allow if entry[1] != "time"])
    ok = complaints == SELF_TEST_FINDS and len(errors) == 1
    if not ok:
        print("self-test:", complaints, errors)
    print(f"{int(ok)} passed, {int(not ok)} failed")
    return ok


def main(argument):
    table = tidy.read_table(tidy.load("ARCHITECTURE.md"))
    if argument == "--self-test":
        return self_test(table)
    allow, errors = read_allow(tidy.load("tests/symbols.allow"))
    clean, complaints = check(argument, table, allow)
    for line in errors + complaints:
        print(line)
    print(f"{clean} passed, {len(errors) + len(complaints)} failed")
    return not errors and not complaints


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1]) else 1)
