"""Rules about one file each. A rule is a function from a Source to (line, message) of each break; its name is the rule's name."""

import re

from lambdas import lambdas, own_body
from source import ALLOW, Source

STANDARD = set(
    """algorithm any array atomic barrier bit bitset charconv chrono codecvt compare complex concepts condition_variable coroutine deque exception execution
    expected filesystem flat_map flat_set format forward_list fstream functional future generator initializer_list iomanip ios iosfwd iostream istream iterator
    latch limits list locale map mdspan memory memory_resource mutex new numbers numeric optional ostream print queue random ranges ratio regex
    scoped_allocator semaphore set shared_mutex source_location span spanstream sstream stack stacktrace stdexcept stdfloat stop_token streambuf string
    string_view strstream syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
    cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype""".split()
)
TEST_KIT = ("gtest/", "gmock/", "rapidcheck.h", "rapidcheck/", "benchmark/")
# The operating system's own headers: no library, but still not for modules, which reach the world through ports.
SYSTEM = re.compile(r"(sys|netinet|arpa|net|linux)/\w+\.h|(unistd|fcntl|signal|poll|pwd|grp|spawn|errno|dirent|termios|dlfcn|pthread|time|stdlib|string|stdio|stdint)\.h|netdb\.h")
ROOTS = ("kernel/", "modules/", "contracts/", "apps/", "tools/", "tests/", "bench/")


def under(source: Source, *folders: str) -> bool:
    return any(str(source.path).startswith(folder) for folder in folders)


def is_cpp(source: Source) -> bool:
    return source.path.suffix in (".cpp", ".hpp")


def is_test_code(source: Source) -> bool:
    return source.is_test or under(source, "tests/", "bench/", "kernel/testing/") or "testing" in source.path.parts


def module_of(path: str) -> str | None:
    """"logistics/warehouse" of "modules/logistics/warehouse/…"."""
    parts = path.split("/")
    return "/".join(parts[1:3]) if parts[0] == "modules" and len(parts) > 3 else None


def layer_of(source: Source) -> str | None:
    parts = source.path.parts
    return parts[3] if parts[0] == "modules" and len(parts) > 4 else None


def third_party_include(source: Source):
    """Third-party headers stay inside the kernel's own .cpp files; apps may parse arguments with CLI11, the generator reads protobuf, tests use their kit."""
    if not is_cpp(source):
        return
    for line, path, quoted in source.includes():
        if quoted or path in STANDARD:
            continue
        in_cpp = source.path.suffix == ".cpp"
        allowed = (
            (under(source, "kernel/") and in_cpp)
            or (is_test_code(source) and path.startswith(TEST_KIT))
            or (not under(source, "modules/", "contracts/") and SYSTEM.fullmatch(path))
            or (under(source, "apps/") and in_cpp and path.startswith("CLI/"))
            or (under(source, "tools/codegen/") and path.startswith("google/protobuf/"))
        )
        if not allowed:
            yield line, f"<{path}> is included outside the kernel's own .cpp files"


def pb_header(source: Source):
    """Protobuf is the generator's business; all other code sees plain structs."""
    if not is_cpp(source) or under(source, "tools/codegen/"):
        return
    for line, path, _ in source.includes():
        if re.search(r"\.pb\.(h|hpp|cc)$", path):
            yield line, f"{path} is included outside tools/codegen"


def include_from_root(source: Source):
    """One file has one name: includes are written from the root of the repository."""
    if not is_cpp(source):
        return
    for line, path, quoted in source.includes():
        if quoted and (not path.startswith(ROOTS) or "/../" in path or "/./" in path) and not under(source, "tools/codegen/"):
            yield line, f'"{path}" is not written from the root'


def module_includes_module(source: Source):
    """Modules share contracts and the kernel, nothing else; the composition root sees their api only."""
    if not is_cpp(source):
        return
    own = module_of(str(source.path))
    for line, path, _ in source.includes():
        other = module_of(path)
        if other is None or other == own:
            continue
        if own is not None:
            yield line, f"modules/{own} includes modules/{other}"
        elif not re.fullmatch(r"modules/\w+/\w+/api/module\.hpp", path):
            yield line, f"{path} is not the api of its module"


def kernel_knows_no_module(source: Source):
    """The kernel builds and tests without any module or contract; contracts know no module."""
    if not is_cpp(source) or not under(source, "kernel/", "contracts/"):
        return
    for line, path, _ in source.includes():
        if path.startswith(("modules/", "apps/")) or (path.startswith("contracts/") and under(source, "kernel/")):
            yield line, f"{path} is above the kernel"


def domain_include(source: Source):
    """A domain knows the standard library, kernel/base, kernel/money and itself."""
    if not is_cpp(source) or layer_of(source) != "domain":
        return
    own = f"modules/{module_of(str(source.path))}/"
    allowed = ("kernel/base/", "kernel/money/", own + "domain/")
    if source.is_test:
        allowed += (own + "testing/", "kernel/testing/")
    for line, path, quoted in source.includes():
        if quoted and not path.startswith(allowed):
            yield line, f"{path} is not for a domain"


def domain_sql(source: Source):
    """SQL lives in adapters and migrations."""
    if not is_cpp(source) or layer_of(source) != "domain":
        return
    sql = re.compile(r"\bselect\b.+\bfrom\b|\binsert\s+into\b|\bupdate\b.+\bset\b|\bdelete\s+from\b", re.I | re.S)
    for line, content in source.strings():
        if sql.search(content):
            yield line, "SQL in a domain"


def float_money(source: Source):
    """Money and quantities are integers; rates are decimals."""
    money_bearing = layer_of(source) == "domain" or under(source, "kernel/money/") or (under(source, "contracts/") and source.path.suffix == ".proto")
    if not money_bearing or source.is_test or source.path.suffix not in (".cpp", ".hpp", ".proto"):
        return
    for found in re.finditer(r"\b(?:long\s+)?(float|double)\b", source.code):
        yield source.line_of(found.start()), f"{found.group(1)} where money is counted"


def capturing_lambda_coroutine(source: Source):
    """A coroutine's frame points at its lambda, not at copies of the captures: once the lambda is gone they dangle."""
    if not is_cpp(source):
        return
    every = list(lambdas(source.code))
    for one in every:
        if one.captures and re.search(r"\b(co_await|co_return|co_yield|EMP_CO_\w+)\b", own_body(source.code, one, every)):
            yield source.line_of(one.start), f"a coroutine captures [{one.captures}]: pass parameters or write a member function"


def bare_handle(source: Source):
    """Whoever suspends a coroutine keeps a Suspended of its handle: resumed bare, it would leave the mark of its flow with whoever resumed it (ADR 0028)."""
    if not is_cpp(source) or under(source, "kernel/async/"):
        return
    for found in re.finditer(r"\bawait_suspend\s*\(\s*std\s*::\s*coroutine_handle\s*<[^>]*>\s*(\w+)\s*\)[^{;]*\{", source.code):
        name, depth, at = found.group(1), 1, found.end()
        while depth > 0 and at < len(source.code):
            depth += {"{": 1, "}": -1}.get(source.code[at], 0)
            at += 1
        for use in re.finditer(rf"\b{name}\b", source.code[found.end():at]):
            if not re.search(r"\bSuspended\s*\(\s*$", source.code[:found.end() + use.start()]):
                yield source.line_of(found.end() + use.start()), f"{name} is used bare: keep Suspended({name}) and resume that"


def test_sleeps(source: Source):
    """A test moves the clock or waits for a condition; it never sleeps."""
    if not is_cpp(source) or not (source.is_test or under(source, "tests/") or (under(source, "modules/") and "testing" in source.path.parts)):
        return
    for found in re.finditer(r"\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep)\b|(?<![\w.>])sleep\s*\(", source.code):
        yield source.line_of(found.start()), f"{found.group().rstrip('( ')} in a test"


def module_ambient(source: Source):
    """A module's time, randomness and environment are handed to it, so that a seed can replay a run."""
    if not is_cpp(source) or not under(source, "modules/") or source.is_test:
        return
    for found in re.finditer(r"\b(system_clock|steady_clock|high_resolution_clock|random_device|mt19937(?:_64)?|getenv|SystemClock|SystemRandom|gettimeofday)\b", source.code):
        if not (found.group() in ("SystemClock", "SystemRandom") and is_test_code(source)):
            yield source.line_of(found.start()), f"{found.group()} in a module"


def module_thread(source: Source):
    """Module state belongs to one thread; work that blocks goes to Runtime::on_worker."""
    if not is_cpp(source) or not under(source, "modules/") or is_test_code(source):
        return
    for found in re.finditer(r"\bstd\s*::\s*(mutex|shared_mutex|recursive_mutex|thread|jthread|async|condition_variable|atomic)\b|\bthread_local\b", source.code):
        yield source.line_of(found.start()), f"{found.group()} in a module"


def todo_without_issue(source: Source):
    """What is left to do has an issue, or it is forgotten."""
    for found in re.finditer(r"\b(TODO|FIXME)\b(?!\(#\d+\))", source.text):
        yield source.line_of(found.start()), f"{found.group()} without an issue: write {found.group()}(#12)"


def unexplained_exception(source: Source):
    """An exception from a rule names a rule that exists and says why."""
    from tree_rules import TREE_RULES  # Here: tree_rules imports from this file's neighbours.
    names = {rule.__name__ for rule in [*RULES, *TREE_RULES]}
    for found in re.finditer(r"tidy-allow.*", source.text):
        form = ALLOW.match(found.group())
        if not form or form.group(2) not in names:
            yield source.line_of(found.start()), "write tidy-allow(rule): reason, or tidy-allow-file(rule): reason"


RULES = [
    third_party_include, pb_header, include_from_root, module_includes_module, kernel_knows_no_module, domain_include, domain_sql, float_money,
    capturing_lambda_coroutine, bare_handle, test_sleeps, module_ambient, module_thread, todo_without_issue, unexplained_exception,
]
