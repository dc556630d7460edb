#!/usr/bin/env python3
"""Checks what the compiler and clang-tidy cannot see. Needs nothing but Debian's python3.

tidy.py [--root DIR]     checks the tree; exit code 1 if a rule is broken
tidy.py --self-test      every rule must refuse its fixture in tools/tidy/fixtures/<rule>, and nothing else in it
tidy.py --list           the rules
"""

import argparse
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from rules import RULES  # noqa: E402
from source import Source  # noqa: E402
from tree_rules import TREE_RULES  # noqa: E402

SUFFIXES = (".cpp", ".hpp", ".proto", ".sql", ".py", ".sh", ".cmake", ".ts", ".tsx")
SKIPPED = {".git", "build", "var", "node_modules", "dist", "tools/tidy", "tests/architecture/fixtures"}
LINES_MAX = 400


def files(root: Path):
    for folder, names, found in os.walk(root):
        here = Path(folder).relative_to(root)
        names[:] = sorted(name for name in names if name not in SKIPPED and (here / name).as_posix() not in SKIPPED)
        for name in sorted(found):
            if name.endswith(SUFFIXES) or name == "CMakeLists.txt":
                yield (here / name).as_posix()


def check(root: Path):
    """(breaks, warnings), each a sorted list of (path, line, rule, message)."""
    breaks, warnings = [], []
    for path in files(root):
        source = Source(path, (root / path).read_text(encoding="utf-8", errors="replace"))
        for rule in RULES:
            for line, message in rule(source):
                if not source.allows(rule.__name__, line):
                    breaks.append((path, line, rule.__name__, message))
        count = source.text.count("\n")
        if count > LINES_MAX and path.endswith((".cpp", ".hpp", ".py")):
            warnings.append((path, 1, "long_file", f"{count} lines: look for a second idea"))
    for rule in TREE_RULES:
        breaks.extend((path, 0, rule.__name__, message) for path, message in rule(root))
    return sorted(breaks), sorted(warnings)


def show(findings):
    for path, line, rule, message in findings:
        print(f"{path}:{line}: {message} [{rule}]" if line else f"{path}: {message} [{rule}]")


def wanted(folder: Path, rule: str):
    """What a fixture says must be refused: lines that end in `refused`, and the lines `path: message` of expected.txt."""
    out = set()
    for path in files(folder):
        for number, line in enumerate((folder / path).read_text(encoding="utf-8").split("\n"), 1):
            if line.rstrip().endswith(" refused"):
                out.add((path, number))
    listed = folder / "expected.txt"
    if listed.exists():
        out.update(tuple(line.split(": ", 1)) for line in listed.read_text(encoding="utf-8").splitlines() if line)
    return out


def self_test(fixtures: Path) -> int:
    rules = [rule.__name__ for rule in RULES + TREE_RULES] + ["long_file"]
    faults = [f"no fixture for the rule {rule}" for rule in rules if not (fixtures / rule).is_dir()]
    faults += [f"the fixture {folder.name} belongs to no rule" for folder in fixtures.iterdir() if folder.name not in rules]
    for rule in rules:
        if not (fixtures / rule).is_dir():
            continue
        breaks, warnings = check(fixtures / rule)
        found = {((path, line) if line else (path, message)) for path, line, name, message in breaks + warnings if name == rule}
        expected = wanted(fixtures / rule, rule)
        if not expected:
            faults.append(f"{rule}: the fixture expects nothing")
        faults += [f"{rule}: not refused: {item[0]}: {item[1]}" for item in sorted(expected - found, key=str)]
        faults += [f"{rule}: wrongly refused: {item[0]}: {item[1]}" for item in sorted(found - expected, key=str)]
    for fault in faults:
        print(fault)
    print(f"{len(rules)} rules, {len(faults)} faults")
    return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        for rule in RULES + TREE_RULES:
            print(f"{rule.__name__}: {rule.__doc__}")
        return 0
    if arguments.self_test:
        return self_test(Path(__file__).resolve().parent / "fixtures")
    breaks, warnings = check(arguments.root)
    show(warnings)
    show(breaks)
    print(f"{len(breaks)} breaks, {len(warnings)} warnings")
    return 1 if breaks else 0


if __name__ == "__main__":
    sys.exit(main())
