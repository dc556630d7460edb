"""What the checks of this folder that look at the whole tree have in common."""

import sys
from pathlib import Path


def main_of(faults) -> int:
    """Prints what `faults` finds below the folder of the first argument. 1 if that is anything."""
    found = list(faults(Path(sys.argv[1])))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0
