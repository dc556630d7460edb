#!/usr/bin/env python3
"""Every operation of every contract as a line of C++: calls.py OUT PROTO… writes the table of contract_call.hpp, made of the protos themselves."""

import re
import sys
from pathlib import Path

PACKAGE = re.compile(r"^package ([\w.]+);", re.M)
SERVICE = re.compile(r"^service (\w+) \{(.*?)^\}", re.M | re.S)
MODULE = re.compile(r'option \(emporion\.module\) = "(\w+)";')
KEYWORDS = {"continue", "default", "delete", "export", "new", "register", "switch", "try", "union"}  # Those that a verb may be.
RPC = re.compile(r"^\s*rpc (\w+)\((\w+)\) returns \(\w+\)", re.M)


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def operations(text):
    package = PACKAGE.search(text)[1]
    for service, body in SERVICE.findall(text):
        module = MODULE.search(body)[1]
        for method, request in RPC.findall(body):
            name = snake(method)
            method_name = f"::{package.replace('.', '::')}::{service}::{name}{'_' if name in KEYWORDS else ''}"
            yield (
                f'    {{"{module}", "{name}", "/{package}.{service}/{method}", "{package}.{request}",\n'
                f"     &CallOf<&{method_name}>::call}},\n"
            )


def main(out, protos):
    lines = ["// Made of the contracts by tests/contracts/calls.py.\n", '#include "tests/contracts/contract_call.hpp"\n\n']
    lines += [f'#include "{proto.with_suffix("")}.hpp"\n' for proto in protos]
    lines += ['#include "tests/contracts/call_of.hpp"\n\n', "namespace emporion::contracts {\nnamespace {\n\nconstexpr ContractCall calls[] = {\n"]
    for proto in protos:
        lines += operations(proto.read_text())
    lines += ["};\n\n}  // namespace\n\nstd::span<const ContractCall> contract_calls() { return calls; }\n\n}  // namespace emporion::contracts\n"]
    Path(out).write_text("".join(lines))


if __name__ == "__main__":
    main(sys.argv[1], [Path(name) for name in sys.argv[2:]])
