#!/usr/bin/env python3
"""Which test shows which acceptance check: docs/acceptance.md, made of checks.txt and the names of the tests.

acceptance.py            writes docs/acceptance.md
acceptance.py --check    exit code 1 if it is stale

A test is called acceptance_<spec>_<section>_<number>_<Sentence>: acceptance_commerce_3_9_17_ManyRefundsKeepToTheRate, acceptance_product_3_A10_AnEditIsNoticed.
A sentence in snake_case goes on from the name of its suite.
"""

import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

FOLDERS = ("kernel", "modules", "apps", "tests", "bench", "tools")
TEST = re.compile(r"\b(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*(\w+)\s*,\s*acceptance_(\w+?)\s*[,)]")
NAME = re.compile(r"([a-z]+)_(\d+(?:_\d+)?)_(A?\d+)_(\w+)")
WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
PROPER = {"vnpay": "VNPay", "vn pay": "VNPay", "momo": "MoMo", "paypal": "PayPal", "pay pal": "PayPal", "stripe": "Stripe", "cod": "COD", "dong": "dong"}


@dataclass
class Check:
    number: str
    words: str
    tests: list = field(default_factory=list)


@dataclass
class Section:
    key: str  # "commerce 3.9"
    title: str
    checks: dict = field(default_factory=dict)


def read_checks(text):
    sections = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("# "):
            continue
        if heading := re.fullmatch(r"## (\w+ [\d.]+) (.+)", line):
            section = sections[heading[1]] = Section(heading[1], heading[2])
        elif check := re.fullmatch(r"(A?\d+)\. (.+)", line):
            if check[1] in section.checks:
                raise ValueError(f"checks.txt:{number}: {check[1]} is there twice")
            section.checks[check[1]] = Check(check[1], check[2])
        else:
            raise ValueError(f"checks.txt:{number}: neither a section nor a check")
    return sections


def sentence(suite, words):
    """TheTwoHeardFiveTimes -> The two heard five times; heard_five_times -> Momo heard five times."""
    if "_" in words or words.islower():
        out = " ".join(word.lower() for word in WORD.findall(suite)) + " " + words.replace("_", " ")
    else:
        out = " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in WORD.findall(words))
    for plain, proper in PROPER.items():
        out = re.sub(rf"\b{plain}\b", proper, out)
    return out[0].upper() + out[1:]


def find_tests(root):
    """(suite, rest of the name, path) of each numbered test."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.cpp")):
            if "fixtures" in path.parts:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            if "acceptance_" in text:
                for found in TEST.finditer(text):
                    yield found[1], found[2], path.relative_to(root).as_posix()


def attach(sections, tests):
    """Files each test under its check; answers what is wrong with the names."""
    faults = []
    for suite, name, path in tests:
        parts = NAME.fullmatch(name)
        section = sections.get(f"{parts[1]} {parts[2].replace('_', '.')}") if parts else None
        check = section.checks.get(parts[3]) if section else None
        if check:
            check.tests.append((sentence(suite, parts[4]), path))
        elif parts and parts[1] in {key.split()[0] for key in sections}:
            faults.append(f"{path}: acceptance_{name} has the number of no check in tools/acceptance/checks.txt")
    return faults


def page(sections):
    checks = [check for section in sections.values() for check in section.checks.values()]
    missing = [check for check in checks if not check.tests]
    out = [
        "# Acceptance checks",
        "",
        "Made by `make acceptance` from the names of the tests and `tools/acceptance/checks.txt`; the test `acceptance_page` fails while this page is stale.",
        f"{len(checks) - len(missing)} of {len(checks)} checks have a test.",
    ]
    for section in sections.values():
        out += ["", f"## {section.key}: {section.title}", "", "| no. | check | shown by |", "| --- | --- | --- |"]
        for check in section.checks.values():
            shown = "<br>".join(f"{words} ([{Path(path).name}](../{path}))" for words, path in check.tests)
            words = check.words.replace("|", "\\|")
            out.append(f"| {check.number} | {words} | {shown or '**missing**'} |")
        absent = [check.number for check in section.checks.values() if not check.tests]
        if absent:
            out += ["", f"Missing: {', '.join(absent)}."]
    return "\n".join(out) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="only tell whether the page is stale")
    wanted = arguments.parse_args()
    root = Path(__file__).resolve().parents[2]
    sections = read_checks((root / "tools/acceptance/checks.txt").read_text(encoding="utf-8"))
    faults = attach(sections, find_tests(root))
    made = page(sections)
    target = root / "docs/acceptance.md"
    if not wanted.check:
        target.write_text(made, encoding="utf-8")
    elif not target.exists() or target.read_text(encoding="utf-8") != made:
        faults.append("docs/acceptance.md is stale: run `make acceptance` and commit it")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
