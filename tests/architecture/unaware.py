#!/usr/bin/env python3
"""No module knows where it runs: no file under modules/ mentions gRPC, TLS or a placement of processes.

unaware.py ROOT   "Placement" is a word of the business in Checkout (of an order) and in Warehouse (of a line in a warehouse); there it may not stand beside words of processes.
"""

import re
import sys
from pathlib import Path

from report import main_of

NETWORK = re.compile(r"\b(grpc\w*|m?tls)\b|kernel/remote|contracts/remotes|_remote\.hpp", re.IGNORECASE)
PLACEMENT = re.compile(r"placement", re.IGNORECASE)
OF_PROCESSES = re.compile(r"\bprocess(es)?\b|\bremote\b|\breplica|--placement|deploy/|apps/|\bhosts?\b", re.IGNORECASE)
HAS_ITS_OWN = ("commerce/checkout", "logistics/warehouse")


def faults(root: Path):
    seen = 0
    for file in sorted(path for path in root.glob("modules/*/*/**/*") if path.is_file()):
        seen += 1
        module = "/".join(file.relative_to(root).parts[1:3])
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            told = NETWORK.search(line)
            if not told and PLACEMENT.search(line) and (module not in HAS_ITS_OWN or OF_PROCESSES.search(line)):
                told = PLACEMENT.search(line)
            if told:
                yield f"{file.relative_to(root)}:{number}: a module does not know where it runs, but mentions {told.group()}"
    if seen == 0:
        yield "no module found: the check looks at the wrong place"


if __name__ == "__main__":
    sys.exit(main_of(faults))
