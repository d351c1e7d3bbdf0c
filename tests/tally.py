#!/usr/bin/env python3
"""Counts the tests of one stage of ./runtests and shows those that failed.

    tally.py meson BUILD_DIR         reads meson-logs/testlog.json
    tally.py output CODE FILE NAME   reads the output of one program that ended with CODE

Prints "PASSED FAILED" as its last line. A Criterion program counts as the tests it ran (none is a
failure: under TSan Criterion runs nothing and returns 0); a program that prints lines
"N passed, N failed" counts as their sum; any other program is one test.
"""
import json
import re
import sys

CRITERION = re.compile(r"Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed", re.MULTILINE)
LINES_SHOWN = 60


def count(output, succeeded):
    """(passed, failed) of one program."""
    criterion = CRITERION.search(output)
    summaries = SUMMARY.findall(output)
    if criterion:
        tested, passed, failed, crashed = map(int, criterion.groups())
        failed += crashed
        if tested == 0:
            failed = 1
    elif summaries:
        passed = sum(int(p) for p, _ in summaries)
        failed = sum(int(f) for _, f in summaries)
    else:
        passed, failed = int(succeeded), int(not succeeded)
    if not succeeded and failed == 0:
        failed = 1
    return passed, failed


def report(name, output, passed, failed):
    if failed:
        print(f"-- {name}: {passed} passed, {failed} failed")
        print("\n".join(output.splitlines()[-LINES_SHOWN:]))


def tally_meson(build_dir):
    passed = failed = 0
    with open(f"{build_dir}/meson-logs/testlog.json", encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            output = test.get("stdout", "") + test.get("stderr", "")
            p, f = count(output, test["result"] in ("OK", "EXPECTEDFAIL"))
            report(test["name"], f"{output}\n({test['result']})", p, f)
            passed, failed = passed + p, failed + f
    return passed, failed


def tally_output(code, path, name):
    with open(path, encoding="utf-8", errors="replace") as file:
        output = file.read()
    passed, failed = count(output, code == "0")
    report(name, f"{output}\n(exit code {code})", passed, failed)
    return passed, failed


if __name__ == "__main__":
    result = tally_meson(sys.argv[2]) if sys.argv[1] == "meson" else tally_output(*sys.argv[2:5])
    print(*result)
