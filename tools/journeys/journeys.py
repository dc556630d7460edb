#!/usr/bin/env python3
"""The journeys over each placement of deploy/placement, and a table of what came of each test in each: the proof that placements make no difference.

journeys.py [--suites "Purchase Desk"] [--program PATH] [--logs FOLDER] [one per-domain per-module]

Exit code 1 if a test failed anywhere, or came to something else in one placement than in another. Logs and results stay in the folder. What is about one process
or about the processes themselves is no part of it.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

PLACEMENTS = ["one", "per-domain", "per-module"]
SUITES = (
    "Purchase PromotedPurchase CardPurchase CreditPurchase RedirectPurchase InvoicedPurchase OrderLife Desk Contention Crowd LostAnswers PaymentWindow "
    "Administrator SagaChecks"
).split()
AS_A_WHOLE = "(before, between or after its tests)"


def tests_of(listing):
    """The names of --gtest_list_tests: a line for each suite, "Purchase.", and below it its tests, set in."""
    suite, out = "", []
    for line in listing.splitlines():
        if line.startswith(" "):
            out.append(suite + line.split("#")[0].strip())
        elif line.strip().endswith("."):
            suite = line.strip()
    return out


def results_of(report, wanted, code):
    """What came of each wanted test: ok, FAILED, skipped, or died where the report does not know it."""
    out = dict.fromkeys(wanted, "died")
    for suite in report.get("testsuites", []):
        for test in suite.get("testsuite", []):
            if test.get("failures"):
                result = "FAILED"
            elif test.get("result") == "SKIPPED" or test.get("status") == "NOTRUN":
                result = "skipped"
            else:
                result = "ok"
            out[f"{suite['name']}.{test['name']}"] = result
    if code != 0 and not any(result in ("FAILED", "died") for result in out.values()):
        out[f"{wanted[0].split('.')[0]}.{AS_A_WHOLE}"] = "FAILED"
    return out


def table(results):
    """`results`: by placement, by test. Answers the lines, and whether all held and alike."""
    placements = list(results)
    tests = list(dict.fromkeys(test for of in results.values() for test in of))
    width = max(map(len, tests), default=4)
    lines = ["  ".join([f"{'test':{width}}"] + [f"{placement:10}" for placement in placements]).rstrip()]
    bad = differing = 0
    for test in tests:
        # A suite that had nothing to say as a whole has no row in the report of the others.
        row = [results[placement].get(test, "ok" if AS_A_WHOLE in test else "missing") for placement in placements]
        differs = len(set(row)) > 1
        differing += differs
        bad += differs or row[0] not in ("ok", "skipped")
        lines.append("  ".join([f"{test:{width}}"] + [f"{result:10}" for result in row]).rstrip() + (" <- differs" if differs else ""))
    lines.append(f"{len(tests)} tests in {', '.join(placements)}: {len(tests) - bad} hold alike" + (f", {bad} do not, {differing} differ" if bad else ""))
    return lines, bad == 0


def run(program, placement, suite, logs):
    environment = dict(os.environ, EMP_JOURNEY_PLACEMENT=placement)
    filtered = f"--gtest_filter={suite}.*"
    wanted = tests_of(subprocess.run([program, "--gtest_list_tests", filtered], capture_output=True, text=True, check=True).stdout)
    if not wanted:
        sys.exit(f"there is no suite {suite}")
    report, log = logs / f"{placement}-{suite}.json", logs / f"{placement}-{suite}.log"
    report.unlink(missing_ok=True)
    began = time.monotonic()
    with log.open("w") as out:
        code = subprocess.run([program, filtered, f"--gtest_output=json:{report}"], stdout=out, stderr=out, env=environment).returncode
    results = results_of(json.loads(report.read_text()) if report.exists() else {}, wanted, code)
    held = sum(result == "ok" for result in results.values())
    print(f"{placement} {suite}: {held} of {len(results)} in {time.monotonic() - began:.0f} s" + ("" if held == len(results) else f", see {log}"), flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("placements", nargs="*", default=PLACEMENTS)
    parser.add_argument("--suites", default=os.environ.get("SUITES", " ".join(SUITES)))
    parser.add_argument("--program", default="build/dev/tests/journeys/journeys_test")
    parser.add_argument("--logs", type=Path, default=Path("build/dev/journeys"))
    options = parser.parse_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    results = {}
    for placement in options.placements:
        of = results[placement] = {}
        for suite in options.suites.split():
            of.update(run(options.program, placement, suite, options.logs))
    lines, alike = table(results)
    print("\n" + "\n".join(lines))
    (options.logs / "table.txt").write_text("\n".join(lines) + "\n")
    sys.exit(not alike)


if __name__ == "__main__":
    main()
