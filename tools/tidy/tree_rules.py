"""Rules about the whole tree: a function from the root folder to (path, message) of each break."""

import re
from pathlib import Path


def folders(parent: Path):
    return sorted(entry for entry in parent.glob("*") if entry.is_dir()) if parent.is_dir() else []


def module_complete(root: Path):
    """Every folder modules/*/* is a registered module with the parts that all modules have; a module that the rules do not know is itself an error."""
    registered = read(root / "modules/CMakeLists.txt")
    context_map = read(root / "docs/context-map.md")
    for domain in folders(root / "modules"):
        for module in folders(domain):
            name = f"{domain.name}/{module.name}"
            path = f"modules/{name}"
            if not re.search(rf"^\s*add_subdirectory\({name}\)", registered, re.M):
                yield path, "is not in modules/CMakeLists.txt"
            for part in ("README.md", "CMakeLists.txt", "api/module.hpp", "migrations"):
                if not (module / part).exists():
                    yield path, f"has no {part}"
            if not (root / "contracts" / name / "v1").is_dir():
                yield path, f"has no contracts/{name}/v1"
            if not re.search(rf"`{name}`", context_map):
                yield path, "is not in docs/context-map.md"
            if not re.search(r"^\s*emporion_module\(", read(module / "CMakeLists.txt"), re.M):
                yield path, "is not made by emporion_module()"


def contract_complete(root: Path):
    """Every folder contracts/*/*/v* is a registered contract with an API, and its package is named after its folder."""
    registered = read(root / "contracts/CMakeLists.txt")
    for domain in folders(root / "contracts"):
        for module in folders(domain):
            for version in folders(module):
                path = version.relative_to(root).as_posix()
                if not re.search(rf"^\s*emporion_contract\({domain.name}\.{module.name}[ )]", registered, re.M):
                    yield path, "is not in contracts/CMakeLists.txt"
                if not (version / f"{module.name}_api.proto").exists():
                    yield path, f"has no {module.name}_api.proto"
                for proto in sorted(version.glob("*.proto")):
                    if f"\npackage emporion.{module.name}.{version.name};" not in "\n" + read(proto):
                        yield f"{path}/{proto.name}", f"its package is not emporion.{module.name}.{version.name}"


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


TREE_RULES = [module_complete, contract_complete]
