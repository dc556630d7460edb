#!/usr/bin/env python3
"""Tells what failed, in short, from the JUnit file that ctest wrote: tools/failures.py FILE.

The output of a test that failed runs to thousands of lines. Here are, per test, the expectations that failed, or its last lines if it names none.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

BLOCKS, LINES = 8, 25  # of one test


def in_short(output):
    """Each expectation that failed with the case it belongs to, without the program's own log; the last lines if there is none."""
    blocks, case, block = [], "", None
    for line in output.splitlines():
        if line.startswith('{"time"'):
            continue
        if run := re.match(r"\[ RUN      \] (.*)", line):
            case, block = run[1], None
        elif re.match(r"\[", line):
            block = None
        elif re.search(r": (Failure|error: |fatal error: )", line):
            block = [case, line]
            blocks.append(block)
        elif block is not None and len(block) < LINES:
            block.append(line)
    if not blocks:
        return output.splitlines()[-LINES:]
    told = [line for block in blocks[:BLOCKS] for line in block if line]
    return told + ([f"and {len(blocks) - BLOCKS} more"] if len(blocks) > BLOCKS else [])


def main():
    for test in ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
        if test.find("failure") is None:
            continue
        print(f"\n== {test.get('name')} failed after {float(test.get('time') or 0):.0f} s: {test.find('failure').get('message') or 'no message'}")
        print("\n".join("   " + line for line in in_short(test.findtext("system-out") or "")))


if __name__ == "__main__":
    main()
