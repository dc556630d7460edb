"""Compiles, as the release build does, every file that a release build reads differently: release_compiles.py BUILD_FOLDER

All other tests run on a build with fault points. What only compiles with them would be found by whoever types `make run` first.
"""

import json
import pathlib
import re
import subprocess
import sys

READ_DIFFERENTLY = re.compile(r"\bEMP_(FAULT_POINTS?|FAULT_PAUSE|GUARD)\b")
NOT_IN_A_RELEASE = re.compile(r"(_(test|pgtest|fuzz|benchmark)\.cpp$)|/(tests|testing)/")


def chosen(entries):
    bindings = 0
    for entry in entries:
        path = pathlib.Path(entry["file"])
        if NOT_IN_A_RELEASE.search(str(path)) or not READ_DIFFERENTLY.search(path.read_text(errors="replace")):
            continue
        if path.name.endswith("_binding.cpp"):  # All are made from one template.
            bindings += 1
            if bindings > 1:
                continue
        yield entry


def release_command(command):
    words = [word for word in command.split() if word != "ccache" and word != "-DEMP_FAULT_POINTS=1"]
    output = words.index("-o")
    return words[:output] + words[output + 2 :] + ["-fsyntax-only"]


def main():
    build = pathlib.Path(sys.argv[1])
    entries = list(chosen(json.loads((build / "compile_commands.json").read_text())))
    if len(entries) < 10:
        sys.exit(f"only {len(entries)} files read differently: the search is broken")
    broken = [entry["file"] for entry in entries if subprocess.run(release_command(entry["command"]), cwd=entry["directory"]).returncode != 0]
    if broken:
        sys.exit("does not compile in a release build: " + ", ".join(broken))
    print(f"{len(entries)} files compile as in a release build")


main()
