#!/usr/bin/env python3
"""Every saga that a module defines is put under the trials of kernel/testing/saga_trials.hpp by a test of that module.

sagas.py ROOT   A saga is `saga::Definition<…>(this, "name")` in modules/; its trials are a file *_pgtest.cpp of the same module that includes the trials and names it.
"""

import re
import sys
from pathlib import Path

from report import main_of

DEFINED = re.compile(r'saga::Definition<[^>]*>\(this,\s*"([^"]+)"')


def faults(root: Path):
    seen = 0
    for source in sorted(root.glob("modules/*/*/**/*.cpp")):
        for name in DEFINED.findall(source.read_text()):
            seen += 1
            module = root.joinpath(*source.relative_to(root).parts[:3])
            trials = (test.read_text() for test in module.rglob("*_pgtest.cpp"))
            if not any("kernel/testing/saga_trials.hpp" in text and f'"{name}"' in text for text in trials):
                yield f"{source.relative_to(root)}: no test puts the saga {name} under trial"
    if seen == 0:
        yield "no saga found: the check looks at the wrong place"


if __name__ == "__main__":
    sys.exit(main_of(faults))
