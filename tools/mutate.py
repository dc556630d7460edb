#!/usr/bin/env python3
"""Takes out each guard of tests/mutation/guards.toml and sees that a test fails; tests/mutation/guards.golden says which test that is.

mutate.py                 every guard against its test of the golden table; where that is none or notices nothing any more, against all tests of its programs
mutate.py NAME …          only these guards
mutate.py --discover      every guard against all tests of its programs
mutate.py --sample 3      that many guards, spread over the table, against their golden tests only; the table stays as it is
mutate.py --check         only the table itself: patterns match, names are known, every guard has a test

Programs are those of the build folder (--build, default build/dev) and have to be there. Exit code 1 if a guard is not caught.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOES_NOT_APPLY = 90  # kernel/fault/mutation.hpp
SECONDS_MAX = 240
TRIES_MAX = 4


def read_guards():
    return tomllib.loads((ROOT / "tests/mutation/guards.toml").read_text(encoding="utf-8"))["guard"]


def read_golden(text):
    return {line.split("\t")[0]: tuple(line.split("\t")[1:3]) for line in text.splitlines() if line and not line.startswith("#")}


def golden_text(golden):
    head = "# guard, program, the test that fails without it. Kept by tools/mutate.py.\n"
    return head + "".join(f"{name}\t{program}\t{test}\n" for name, (program, test) in sorted(golden.items()))


def place_of(guard):
    """What kernel/fault/mutation.hpp calls the text: a statement's name, or the migration's file within its part."""
    path = Path(guard["file"])
    return guard.get("place") or f"{'kernel' if path.parts[0] == 'kernel' else 'module'}/{path.name}"


def plain(text):
    """C++ string literals as one text: a statement's pattern may run over two of them."""
    return re.sub(r'"\s*\n\s*"', "", text)


def faults_of_table(guards, golden, names_in_code, tests, read):
    """What is wrong with the table, whatever the tests say."""
    seen = set()
    for guard in guards:
        name = guard["name"]
        if name in seen:
            yield f"{name}: is there twice"
        seen.add(name)
        if "file" in guard:
            count = (plain(read(guard["file"])) if "place" in guard else read(guard["file"])).count(guard["pattern"])
            if count != 1 and "place" not in guard or count == 0:
                yield f"{name}: its pattern is {count} times in {guard['file']}"
            if "place" in guard and f'"{guard["place"]}"' not in read(guard["file"]):
                yield f"{name}: no statement {guard['place']} in {guard['file']}"
        elif name not in names_in_code:
            yield f"{name}: no EMP_GUARD has this name"
        if name not in golden:
            yield f"{name}: no test in guards.golden; run `make mutate`"
        elif written(golden[name][1]) not in tests:
            yield f"{name}: there is no test {golden[name][1]} any more; write its new name into guards.golden"
    for name in sorted(names_in_code - seen):
        yield f"{name}: EMP_GUARD of the code, but not in guards.toml"
    for name in sorted(set(golden) - seen):
        yield f"{name}: in guards.golden, but not in guards.toml"


def written(test):
    """The name of a test in the code: without what its parameters add."""
    return re.sub(r"^\w+/(?=\w+\.)|/\w+$", "", test)


def guards_in_code():
    names = set()
    for folder in ("kernel", "modules", "apps"):
        for path in (ROOT / folder).rglob("*.[ch]pp"):
            if not re.search(r"_(test|pgtest)\.cpp$", path.name) and path.name != "mutation.hpp":
                names.update(re.findall(r'EMP_GUARD\("([\w.]+)"', path.read_text(encoding="utf-8", errors="replace")))
    return names


def tests_in_code():
    names = set()
    for folder in ("kernel", "modules", "apps", "tests"):
        for path in (ROOT / folder).rglob("*test.cpp"):
            names.update(f"{suite}.{name}" for suite, name in re.findall(r"\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", path.read_text(encoding="utf-8", errors="replace")))
    return names


def environment_of(guard):
    if guard is None:
        return {}
    if "file" not in guard:
        return {"EMPORION_MUTATE": guard["name"]}
    lines = [place_of(guard), guard["pattern"], guard["replacement"]]
    return {"EMPORION_MUTATE_SQL": "\n".join(line.replace("\n", "\\n") for line in lines)}


def run(program, guard, test, first_only):
    """(exit code or None if it did not end, names of failed tests)."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [str(program), f"--gtest_output=json:{report}", f"--gtest_filter={test}"] + (["--gtest_fail_fast"] if first_only else [])
        try:
            done = subprocess.run(command, env={**os.environ, **environment_of(guard)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired as late:
            return None, last_begun(late.stdout or b"")
        if b"MIGRATION_FAILED" in done.stdout:
            raise SystemExit(f"mutate.py: {guard['name'] if guard else program}: the migrations cannot be applied so")
        failed = []
        if report.exists():
            for suite in json.loads(report.read_text(encoding="utf-8")).get("testsuites", []):
                failed += [f"{suite['name']}.{one['name']}" for one in suite["testsuite"] if one.get("failures")]
        if done.returncode != 0 and not failed:
            failed = last_begun(done.stdout)  # It ended the process.
        return done.returncode, failed


def last_begun(output):
    begun = re.findall(rb"^\[ RUN      \] (\S+)", output, re.M)
    return [begun[-1].decode()] if begun else []


class Mutator:
    def __init__(self, build):
        self.programs = {}
        for folder, folders, files in os.walk(build):
            folders[:] = [name for name in folders if name not in ("test-cluster", "include", "CMakeFiles", "generated")]
            for name in files:
                if name.endswith(("_test", "_pgtest")) and os.access(os.path.join(folder, name), os.X_OK):
                    self.programs[name] = Path(folder) / name
        self.sound = {}

    def program(self, name):
        if name not in self.programs:
            raise SystemExit(f"mutate.py: {name} is not built")
        return self.programs[name]

    def passes_untouched(self, program, test):
        if (program, test) not in self.sound:
            self.sound[program, test] = run(self.program(program), None, test, True)[0] == 0
        return self.sound[program, test]

    def caught_by(self, guard, known, discover):
        """(program, test) that fails without the guard and passes with it, or None."""
        if known and not discover:
            program, test = known
            code, failed = run(self.program(program), guard, test, True)
            self.must_apply(guard, code)
            if code != 0 and failed and self.passes_untouched(program, test):
                return known
        for program in guard["programs"] if discover is not None else []:
            left_out = []  # What fails with the guard as well, on a machine that has too much to do.
            for _ in range(TRIES_MAX):
                code, failed = run(self.program(program), guard, "*-" + ":".join(left_out), True)
                self.must_apply(guard, code)
                if code == 0 or not failed:
                    break
                for test in failed:
                    if self.passes_untouched(program, test):
                        return program, test
                left_out += failed
        return None

    @staticmethod
    def must_apply(guard, code):
        if code == DOES_NOT_APPLY:
            raise SystemExit(f"mutate.py: {guard['name']}: its pattern is not in the text {place_of(guard)}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("names", nargs="*")
    arguments.add_argument("--discover", action="store_true")
    arguments.add_argument("--sample", type=int)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--build", type=Path, default=ROOT / "build/dev")
    wanted = arguments.parse_args()
    table = ROOT / "tests/mutation/guards.golden"
    golden = read_golden(table.read_text(encoding="utf-8")) if table.exists() else {}
    guards = read_guards()
    faults = list(faults_of_table(guards, golden, guards_in_code(), tests_in_code(), lambda path: (ROOT / path).read_text(encoding="utf-8")))
    if not wanted.check and wanted.sample is None:
        faults = [fault for fault in faults if "guards.golden" not in fault]
    if faults or wanted.check:
        print("\n".join(faults))
        return 1 if faults else 0
    if wanted.sample:
        guards = guards[len(guards) // (2 * wanted.sample) :: max(1, len(guards) // wanted.sample)][: wanted.sample]
    if wanted.names:
        guards = [guard for guard in guards if guard["name"] in wanted.names]
    mutator = Mutator(wanted.build)
    known = {guard["name"] for guard in read_guards()}
    uncaught = []
    for guard in guards:
        began = time.monotonic()
        caught = mutator.caught_by(guard, golden.get(guard["name"]), None if wanted.sample else wanted.discover)
        print(f"{guard['name']}: {' '.join(caught) if caught else 'NOT CAUGHT'} ({time.monotonic() - began:.1f} s)", flush=True)
        if caught:
            golden[guard["name"]] = caught
        else:
            uncaught.append(guard["name"])
            golden.pop(guard["name"], None)
        if wanted.sample is None:
            table.write_text(golden_text({name: where for name, where in golden.items() if name in known}), encoding="utf-8")
    print(f"{len(guards) - len(uncaught)} of {len(guards)} guards caught")
    return 1 if uncaught else 0


if __name__ == "__main__":
    sys.exit(main())
