#!/usr/bin/env python3
"""What each layer of each module can include, read from its include folders, against what design.md's walls allow it.

layers.py BUILD ROOT LAYER USES INCLUDES   e.g. layers.py build/dev modules/logistics/warehouse app "logistics.warehouse product.catalog" warehouse_app.txt
The include folders hold links to source folders (cmake/Modules.cmake), so what they show is what compiles; no list kept by hand can be out of date.
"""

import re
import sys
from pathlib import Path

LAYERS = ["domain", "app", "adapters"]
DOMAIN_SEES = {"kernel/base", "kernel/json", "kernel/money"}


def shown_by(folder: Path, prefix: str = ""):
    """The source folders behind one include folder: its links, and the folders of generated files."""
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        name = f"{prefix}{entry.name}"
        if entry.is_symlink():
            yield name
        elif entry.is_dir():
            yield from shown_by(entry, name + "/")
        elif prefix:
            yield prefix.rstrip("/")


def faults(root: str, layer: str, uses: list[str], seen: set[str]):
    own = {f"{root}/{below}" for below in LAYERS[: LAYERS.index(layer) + 1]}
    contracts = {f"contracts/{name.replace('.', '/')}/v1" for name in uses}
    if not seen:
        yield "sees nothing at all: the check looks at the wrong folders"
    for path in sorted(seen):
        allowed = (
            path in own
            or (layer == "domain" and path in DOMAIN_SEES)
            or (layer != "domain" and (path.startswith("kernel/") or path in contracts or path == "contracts/emporion"))
        )
        if not allowed:
            yield f"sees {path}"


def main() -> int:
    build, root, layer, uses, includes = sys.argv[1:]
    # Folders outside the build are the system's own; that they stay out of modules is tools/tidy's rule.
    folders = [Path(line) for line in re.split(r"[;\n]", Path(includes).read_text()) if line.startswith(build + "/")]
    seen = {path for folder in folders for path in shown_by(folder)}
    found = list(faults(root, layer, uses.split(), seen))
    for fault in found:
        print(f"{root}/{layer} {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
