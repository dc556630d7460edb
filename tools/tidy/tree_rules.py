"""Rules about the whole tree: a function from the root folder to (path, message) of each break."""

import json
import re
from pathlib import Path

from source import Source


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


def use_is_declared(root: Path):
    """What a module calls and hears in its code is what its contract says, so the golden graph of contracts tells the truth."""
    for domain in folders(root / "modules"):
        for module in folders(domain):
            own = without_comments(read(root / "contracts" / domain.name / module.name / "v1" / f"{module.name}_api.proto"))
            calls = set(re.findall(r'\(emporion\.calls\)\s*=\s*"([\w.]+)"', own))
            consumes = set(re.findall(r'\(emporion\.consumes\)\s*=\s*"([\w.]+)"', own))
            for file in sorted(module.rglob("*.[ch]pp")):
                if "testing" in file.parts or re.search(r"_(test|pgtest|simtest|benchmark|fuzz)\.cpp$", file.name):
                    continue
                path, code = file.relative_to(root).as_posix(), without_comments(read(file))
                for called in sorted(set(re.findall(r"\b(\w+)::v1::\w+Api\b", code)) - calls - {module.name}):
                    yield path, f"calls {called}, which the contract of {module.name} does not name"
                for other, event in sorted(set(re.findall(r"\bon<\s*(\w+)::v1::(\w+)\s*>", code))):
                    topic = topic_of(root, other, event)
                    if topic not in consumes:
                        yield path, f"hears {topic or f'{other}.{event}'}, which the contract of {module.name} does not name"


def topic_of(root: Path, module: str, event: str):
    for proto in (root / "contracts").glob(f"*/{module}/v1/*_events.proto"):
        found = re.search(rf'\bmessage\s+{event}\s*{{[^}}]*?\(emporion\.topic\)\s*=\s*"([\w.]+)"', without_comments(read(proto)))
        if found:
            return found.group(1)
    return None


def without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*", "", text)


WRITES = r"\b(INSERT\s+INTO|DELETE\s+FROM|UPDATE\s+(?!SET\b|OF\b|SKIP\b|NOWAIT\b)\w+)"


def database_functions(root: Path):
    """By folder and name, of each function of our migrations: the migration that says it last, and its body without comments."""
    functions = {}
    for migration in sorted(found for folder in ("kernel", "modules") for found in (root / folder).rglob("migrations/*.sql")):
        for name, body in re.findall(r"CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(\w+)\s*\(.*?\$\$(.*?)\$\$", re.sub(r"--[^\n]*", "", read(migration)), re.S):
            functions[migration.parent, name] = (migration.relative_to(root).as_posix(), body)
    return functions


def clock_bound(root: Path):
    """clock_timestamp() may differ from row to row, so no index answers a comparison with it and every row is read; the statement's time is one for all."""
    bound = re.compile(r"(?<![-=])[<>]=?\s*clock_timestamp\(\)|\bclock_timestamp\(\)\s*[<>]")
    message = "compares with clock_timestamp(): write statement_timestamp()"
    for (_, name), (path, body) in database_functions(root).items():
        if bound.search(body):
            yield path, f"{name} {message}"
    for folder in ("kernel", "modules", "apps"):
        for file in sorted(found for suffix in ("cpp", "hpp") for found in (root / folder).rglob(f"*.{suffix}")):
            source = Source(file.relative_to(root).as_posix(), read(file))
            if not source.is_test and any(bound.search(content) for _, content in source.strings()):
                yield source.path.as_posix(), f"a statement {message}"


def statement_effect(root: Path):
    """A postgres::Statement that writes, itself or by a function of our migrations, says Effect::writes; else its lost commit would be taken for a refusal."""
    functions = {name: body for (_, name), (_, body) in database_functions(root).items()}
    writers = {name for name, body in functions.items() if re.search(WRITES, body)}
    while True:
        calls = re.compile(rf"\b({'|'.join(sorted(writers)) or '-'})\s*\(")
        more = {name for name, body in functions.items() if calls.search(body)} - writers
        if not more:
            break
        writers |= more
    for folder in ("kernel", "modules", "apps"):
        for file in sorted((root / folder).rglob("*.cpp")):
            source = Source(file.relative_to(root).as_posix(), read(file))
            if source.is_test:
                continue
            for found in re.finditer(r"\bStatement\s+(\w+)\s*\{(.*?)\};", source.uncommented, re.S):
                if "Effect::writes" in found.group(2) or source.allows("statement_effect", source.line_of(found.start())):
                    continue
                if re.search(WRITES, found.group(2)) or calls.search(found.group(2)):
                    yield source.path.as_posix(), f"the statement {found.group(1)} writes and does not say Effect::writes"


def dependency_documented(root: Path):
    """Every package, from Debian or npm, has a line in docs/dependencies.md that says why it is here, and every line a package."""
    lists = sorted((root / "tools").glob("packages*.txt"))
    wanted = [line.strip() for each in lists for line in read(each).splitlines() if line.strip() and not line.startswith("#")]
    rows = [line.split("|")[1] for line in read(root / "docs/dependencies.md").splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    for name in wanted:
        if name not in documented:
            yield "docs/dependencies.md", f"says nothing of {name}"
    for name in sorted(documented - set(wanted)):
        yield "docs/dependencies.md", f"names {name}, which is in no list of packages in tools"
    from_npm = set()
    for manifest in [found for depth in ("", "*/", "*/*/", "*/*/*/") for found in root.glob(f"{depth}package.json")]:
        if not {"node_modules", "build", "fixtures"} & set(manifest.relative_to(root).parts):
            from_npm.update(name for part in ("dependencies", "devDependencies") for name in json.loads(read(manifest)).get(part, {}))
    listed = set(re.findall(r"^\| npm `([^`]+)`", read(root / "docs/dependencies.md"), re.M))
    for name in sorted(from_npm - listed):
        yield "docs/dependencies.md", f"says nothing of {name} from npm"
    for name in sorted(listed - from_npm):
        yield "docs/dependencies.md", f"names {name} from npm, which is in no package.json"


def adr_complete(root: Path):
    """A decision record says what it weighed, what it costs, and what would fail if it were broken."""
    numbers = set()
    for record in sorted((root / "docs/adr").glob("*.md")):
        path = record.relative_to(root).as_posix()
        number = re.match(r"(\d{4})-", record.name)
        if not number:
            yield path, "has no number: it is called NNNN-what-was-decided.md"
        elif number.group(1) in numbers:
            yield path, f"is the second number {number.group(1)}"
        else:
            numbers.add(number.group(1))
        for part in ("Context", "Options", "Decision", "Consequences", "Enforced by"):
            if not re.search(rf"^\*\*{part}\b", read(record), re.M):
                yield path, f"has no {part}"


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


TREE_RULES = [module_complete, contract_complete, use_is_declared, clock_bound, statement_effect, dependency_documented, adr_complete]
