#!/usr/bin/env python3
"""tidy.py: the rules of our C that a compiler does not check.

    tests/tidy.py [DIR]...      checks the tree, or these directories of it (row, tests/row, ...)
    tests/tidy.py --self-test   checks the checks on the fixtures in tests/tidy/

It reads C with a scanner, not a parser: comments and strings are blanked, then functions are found by
their braces at depth 0. That is enough because clang-format keeps the layout. Generated code is in the build
directories and .def files are data: neither is read. Every finding has the name of its rule; RULES has
them all.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILE_LINES_MAX = 1000
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 5
CHECKS_PER_FUNCTION_MIN = 1.0  # in storage/; the aim is 2

RULES = {
    "arrow": "an include against the table in ARCHITECTURE.md",
    "private": "from another directory only dir/dir.h may be included (base/, row/ and wire/ are open)",
    "library": "a header of a library or of the system that the table does not give this directory",
    "root": "includes are written from the root of the tree",
    "file-size": f"more than {FILE_LINES_MAX} lines",
    "essay": "outside tests/: the file does not open with a comment that says what it is",
    "function-size": f"a function above {FUNCTION_LINES_MAX} lines",
    "parameters": f"more than {PARAMETERS_MAX} parameters (say 'shape fixed by <library>' above a callback)",
    "bool": "a bare bool parameter",
    "must-use": "a function that returns enum status and is declared without MUST_USE",
    "malloc": "malloc and its kin outside io/, server/, sim/ and tests/",
    "threads": "atomics or threads outside io/ and server/",
    "world": "a clock, socket, file, sleep or random call outside io/, server/, sim/ and tests/",
    "errno": "errno outside io/, server/, sim/ and tests/",
    "sleep": "a test that sleeps outside tests/live",
    "if": "#if in a function body",
    "typedef": "a typedef that defines a struct, union or enum",
    "later": "a word that puts work off",
    "header-alone": "a header that does not compile alone",
    "checks": f"fewer than {CHECKS_PER_FUNCTION_MIN} CHECKs per function in storage/",
}

WORLD = {"io", "server", "sim", "tests", "bench"}
OPEN_HEADERS = {"base", "row", "wire"}
EXTRA_HEADERS = {("sim", "storage/inspect.h")}  # how the simulator's checkers look in

C_HEADERS = {
    "assert.h", "ctype.h", "endian.h", "float.h", "inttypes.h", "limits.h", "math.h", "setjmp.h",
    "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h",
    "stdnoreturn.h", "string.h", "strings.h",
}
C_HEADER_PATTERN = re.compile(r"(\w*intrin|cpuid)\.h$|sanitizer/")
LIBRARY_HEADERS = {
    "ISA-L": re.compile(r"isa-l"),
    "xxhash": re.compile(r"xxhash\.h$"),
    "libcrypto": re.compile(r"openssl/"),
    "zlib": re.compile(r"zlib\.h$"),
    "zstd": re.compile(r"zstd(_errors)?\.h$"),
    "ICU": re.compile(r"unicode/"),
    "GMP": re.compile(r"gmp\.h$"),
    "the operating system and its libraries": re.compile(r""),
}

MALLOC = "malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf aligned_alloc " \
    "posix_memalign memalign"
CLOCKS = "time clock clock_gettime gettimeofday times localtime localtime_r gmtime gmtime_r mktime " \
    "strftime nanosleep clock_nanosleep usleep sleep alarm setitimer"
CALLS = "socket connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg poll ppoll " \
    "select epoll_wait open openat creat read write pread pwrite close fsync fdatasync mmap munmap fopen " \
    "fclose fread fwrite fgets unlink rename mkdir opendir system popen fork execve getpid getenv rand " \
    "random srand srandom drand48 lrand48 getrandom getentropy arc4random RAND_bytes"
SLEEPS = "nanosleep clock_nanosleep usleep sleep"


def calls_of(names):
    """Matches a call of one of the names that is not a member, a declaration's tail or another name's."""
    return re.compile(r"(?<![\w.>])(?:%s)\s*\(" % "|".join(names.split()))


MALLOC_CALL = calls_of(MALLOC)
WORLD_CALL = calls_of(f"{CLOCKS} {CALLS}")
SLEEP_CALL = calls_of(SLEEPS)
THREADS = re.compile(r"\b(atomic_\w+|_Atomic|_Thread_local|__thread|__atomic_\w+|__sync_\w+|"
                     r"pthread_\w+|thrd_\w+|mtx_\w+|rcu_\w+)\b")
THREAD_HEADER = re.compile(r"#\s*include\s*<(stdatomic|pthread|threads)\.h>")
LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK|(?i:for now|not implemented yet))\b")
TYPEDEF = re.compile(r"\btypedef\s+(struct|union|enum)\b(\s+\w+)?\s*(\{|\2\s*;)")
ERRNO = re.compile(r"\berrno\b")

Finding = namedtuple("Finding", "path line rule text")
Function = namedtuple("Function", "name head parameters first last body_first is_static")
Prototype = namedtuple("Prototype", "name head parameters line")

# --------------------------------------------------------------------------------------------------
# The scanner


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else)\b", re.MULTILINE)


class Source:
    """One file, and its text with less and less in it; all of the same length, so that places agree."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.directory = path.split("/")[0]
        self.is_header = path.endswith(".h")
        self.code = COMMENT_OR_STRING.sub(blank, text)
        self.bare = DIRECTIVE.sub(blank, self.code)
        self.functions, self.prototypes = [], []
        self.scan()

    def line(self, place):
        return self.text.count("\n", 0, place) + 1

    def scan(self):
        """Cuts the file at the ; and {} of depth 0 and keeps what is a function or a prototype."""
        depth, start, body = 0, 0, 0
        for match in re.finditer(r"[{};]", self.bare):
            place, mark = match.start(), match.group(0)
            if mark == "{":
                if depth == 0:
                    body = place
                depth += 1
            elif mark == "}":
                depth -= 1
                if depth == 0:
                    self.add_function(start, body, place)
                    if self.bare[start:body].rstrip().endswith(")"):
                        start = place + 1
            elif depth == 0:
                self.add_prototype(start, place)
                start = place + 1

    def signature(self, start, end):
        """(name, head before the name, parameters) when the text ends like a function's, else None."""
        text = re.sub(r"(PRINTF_LIKE|__attribute__)\s*\((?:[^()]|\([^()]*\))*\)\s*$", "",
                      self.bare[start:end].rstrip())
        if not text.endswith(")") or "=" in text.split("(")[0]:
            return None
        depth, at = 0, len(text)
        while at > 0:
            at -= 1
            depth += {")": 1, "(": -1}.get(text[at], 0)
            if depth == 0:
                break
        name = re.search(r"(\w+)\s*$", text[:at])
        if name is None:
            return None
        return name.group(1), text[:name.start()], split_parameters(text[at + 1:-1])

    def add_function(self, start, body, end):
        signature = self.signature(start, body)
        if signature is None:
            return
        name, head, parameters = signature
        first = self.first_word(start, body)
        self.functions.append(Function(name, head, parameters, self.line(first), self.line(end),
                                       self.line(body), "static" in head.split()))

    def add_prototype(self, start, end):
        signature = self.signature(start, end)
        if signature is None or not signature[1].strip() or "typedef" in signature[1]:
            return
        name, head, parameters = signature
        self.prototypes.append(Prototype(name, head, parameters, self.line(self.first_word(start, end))))

    def first_word(self, start, end):
        """Where the declaration begins, after macro calls that stand alone on their lines."""
        alone = re.finditer(r"^\w+\([^;{}]*?\)[ \t]*\n(?=\s*\w)", self.bare[start:end], re.MULTILINE)
        start = max([start] + [start + match.end() for match in alone])
        text = self.bare[start:end]
        return start + len(text) - len(text.lstrip())


def split_parameters(text):
    """The parameters between the parentheses, commas inside inner ones left alone."""
    parts, depth, part = [], 0, ""
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += char
    parts.append(part)
    parts = [" ".join(part.split()) for part in parts]
    return [] if parts in ([""], ["void"]) else parts


# --------------------------------------------------------------------------------------------------
# The table


def read_table(text):
    """{directory: (directories it may include, names of libraries)} of ARCHITECTURE.md."""
    rows = re.findall(r"^\| (\w+)/ \| ([^|]+?) \|", text, re.MULTILINE)
    directories = {name for name, _ in rows}
    table = {}
    for name, may in rows:
        first, _, rest = may.partition(";")
        libraries = {part.strip() for part in rest.split(",") if part.strip()}
        if first.startswith("all"):
            excepted = set(re.findall(r"\w+", first.partition("but")[2]))
            table[name] = (directories - excepted - {name}, libraries)
        else:
            table[name] = (set(re.findall(r"\w+", first)) & directories - {name}, libraries)
    return table


# --------------------------------------------------------------------------------------------------
# The rules of one file


def check_includes(source, table):
    may, libraries = table.get(source.directory, (set(), set()))
    for match in INCLUDE.finditer(source.text):
        line, quote, header = source.line(match.start()), match.group(1), match.group(2)
        target = header.split("/")[0]
        if quote == "<":
            if header in C_HEADERS or C_HEADER_PATTERN.match(header):
                continue
            if source.directory == "tests" and header.startswith("criterion/"):
                continue
            if not any(LIBRARY_HEADERS[name].match(header) for name in libraries if name in LIBRARY_HEADERS):
                yield line, "library", f"<{header}> in {source.directory}/"
        elif "/" not in header or target not in table:
            yield line, "root", f'"{header}"'
        elif target != source.directory:
            if target not in may:
                yield line, "arrow", f"{source.directory}/ may not include {target}/"
            elif (target not in OPEN_HEADERS and source.directory not in {"tests", "bench"}
                  and header != f"{target}/{target}.h" and (source.directory, header) not in EXTRA_HEADERS):
                yield line, "private", f'"{header}"'


def check_parameters(source, name, parameters, line):
    above = "\n".join(source.text.splitlines()[max(0, line - 6):line - 1])
    if len(parameters) > PARAMETERS_MAX and "shape fixed by" not in above:
        yield line, "parameters", f"{name} has {len(parameters)}"
    for parameter in parameters:
        if re.fullmatch(r"(const )?(bool|_Bool)( \w+)?", parameter):
            yield line, "bool", f"{name}: {parameter}"


def check_functions(source):
    for function in source.functions:
        lines = function.last - function.first + 1
        if lines > FUNCTION_LINES_MAX:
            yield function.first, "function-size", f"{function.name} has {lines}"
        yield from check_parameters(source, function.name, function.parameters, function.first)
    for prototype in source.prototypes:
        yield from check_parameters(source, prototype.name, prototype.parameters, prototype.line)
    for match in CONDITIONAL.finditer(source.code):
        line = source.line(match.start())
        if any(f.body_first < line < f.last for f in source.functions):
            yield line, "if", match.group(0).strip()


def check_must_use(source):
    if not source.is_header:
        return
    inline = [(f.name, f.head, f.first) for f in source.functions]
    declared = [(p.name, p.head, p.line) for p in source.prototypes]
    for name, head, line in inline + declared:
        words = head.split()
        if words[-2:] == ["enum", "status"] and "MUST_USE" not in words:
            yield line, "must-use", name


def check_words(source):
    directory = source.directory
    live = source.path.startswith("tests/live/")
    if directory not in WORLD:
        yield from found(source, "malloc", MALLOC_CALL, source.bare)
        yield from found(source, "world", WORLD_CALL, source.bare)
        yield from found(source, "errno", ERRNO, source.bare)
    if directory not in {"io", "server", "tests", "bench"}:
        yield from found(source, "threads", THREADS, source.code)
        yield from found(source, "threads", THREAD_HEADER, source.text)
    if directory == "tests" and not live:
        yield from found(source, "sleep", SLEEP_CALL, source.bare)
    yield from found(source, "typedef", TYPEDEF, source.bare)
    yield from found(source, "later", LATER, source.text)


def found(source, rule, pattern, text):
    for match in pattern.finditer(text):
        yield source.line(match.start()), rule, match.group(0).strip()


def check_file(source):
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield lines, "file-size", f"{lines} lines"
    if source.directory != "tests" and not source.text.startswith("/*"):
        yield 1, "essay", source.path


def check_source(source, table):
    """The findings of all rules that look at one file."""
    checks = [check_file(source), check_includes(source, table), check_functions(source),
              check_must_use(source), check_words(source)]
    return [Finding(source.path, *finding) for check in checks for finding in check]


# --------------------------------------------------------------------------------------------------
# The rules of the tree


def check_density(sources):
    """(CHECKs per function in storage/ or None, findings)."""
    storage = [s for s in sources if s.directory == "storage" and not s.is_header]
    functions = sum(len(s.functions) for s in storage)
    if functions == 0:
        return None, []
    checks = sum(len(re.findall(r"\b(CHECK|static_assert|machine_move|UNREACHABLE)\s*\(", s.bare))
                 for s in storage)
    density = checks / functions
    if density >= CHECKS_PER_FUNCTION_MIN:
        return density, []
    return density, [Finding("storage", 1, "checks", f"{density:.2f} per function")]


def compile_alone(header):
    """The first error of a header on its own, or None."""
    command = ["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-I.", "-fsyntax-only", "-x", "c"]
    for build in ("build", "build-asan"):  # headers that the build generates
        if os.path.isdir(os.path.join(ROOT, build)):
            command.append(f"-I{build}")
    result = subprocess.run(command + [header], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return None
    errors = [line for line in result.stderr.splitlines() if "error" in line]
    return Finding(header, 1, "header-alone", errors[0] if errors else "does not compile")


def check_headers(headers):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [finding for finding in pool.map(compile_alone, headers) if finding]


def tree_files(table):
    """The C files of the directories in the table, fixtures left out, in order."""
    for directory in sorted(table):
        for base, inner, names in os.walk(os.path.join(ROOT, directory)):
            inner[:] = sorted(d for d in inner if d != "node_modules")
            relative = os.path.relpath(base, ROOT)
            if relative == "tests/tidy":
                inner[:] = []
                continue
            for name in sorted(names):
                if name.endswith((".c", ".h", ".y")):
                    yield f"{relative}/{name}"


def load(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def check_tree(directories):
    table = read_table(load("ARCHITECTURE.md"))
    inside = tuple(directory.rstrip("/") + "/" for directory in directories) or ("",)
    paths = [path for path in tree_files(table) if path.startswith(inside)]
    sources, findings = [], []
    for path in paths:
        if path.endswith(".y"):  # a grammar is not C; its size and words are checked
            text = load(path)
            if text.count("\n") > 2 * FILE_LINES_MAX:
                findings.append(Finding(path, 1, "file-size", "a grammar of more than 2000 lines"))
            continue
        source = Source(path, load(path))
        sources.append(source)
        findings += check_source(source, table)
    headers = [s.path for s in sources if s.is_header]
    findings += check_headers(headers)
    density, density_findings = check_density(sources)
    findings += density_findings
    for finding in sorted(findings):
        print(f"{finding.path}:{finding.line}: {finding.rule}: {finding.text}")
    used = {finding.rule for finding in findings}
    for rule in sorted(used):
        print(f"{rule}: {RULES[rule]}")
    functions = sum(len(s.functions) for s in sources)
    print(f"tidy: {len(sources)} files, {functions} functions, {len(headers)} headers alone, "
          f"{len(findings)} findings" + (f"; storage/ has {density:.2f} CHECKs per function" if density else ""))
    return not findings


# --------------------------------------------------------------------------------------------------
# The fixtures: tests/tidy/*.c begin with a line "as <path>: <rule>..." saying where the file would be and
# which rules it breaks, each named as often as it is broken.


def self_test():
    table = read_table(load("ARCHITECTURE.md"))
    passed, failed, covered = 0, 0, set()
    directory = os.path.join(ROOT, "tests/tidy")
    for name in sorted(os.listdir(directory)):
        text = load(f"tests/tidy/{name}")
        path, expected = re.match(r"/[/*] as (\S+):([^*\n]*)", text).groups()
        expected = sorted(expected.split())
        covered.update(expected)
        findings = check_source(Source(path, text), table)
        if "header-alone" in expected:
            findings += check_headers([f"tests/tidy/{name}"])
        if "checks" in expected:
            findings += check_density([Source(path, text)])[1]
        if sorted(f.rule for f in findings) == expected:
            passed += 1
            continue
        failed += 1
        print(f"tests/tidy/{name}: expected {expected}, found {sorted(findings)}")
    for rule in sorted(set(RULES) - covered - {"file-size"}):
        failed += 1
        print(f"no fixture breaks {rule}")
    long_file = Source("row/long.c", "/* long */\n" + "\n" * FILE_LINES_MAX)
    if [f.rule for f in check_source(long_file, table)] == ["file-size"]:
        passed += 1
    else:
        failed += 1
        print("a long file is not found")
    print(f"{passed} passed, {failed} failed")
    return failed == 0


if __name__ == "__main__":
    sys.exit(0 if (self_test() if "--self-test" in sys.argv else check_tree(sys.argv[1:])) else 1)
