"""Finds the lambdas of a file: where each starts, what it captures, and where its body is."""

import re
from typing import Iterator, NamedTuple

from source import closing


class Lambda(NamedTuple):
    start: int
    captures: str
    body: tuple[int, int]


def lambdas(code: str) -> Iterator[Lambda]:
    for found in re.finditer(r"\[", code):
        start = found.start()
        before = code[:start].rstrip()
        word = re.search(r"\w+$", before)
        is_subscript = before.endswith((")", "]")) or (word and word.group() not in ("return", "co_return", "co_await", "co_yield", "case"))
        is_attribute = code.startswith("[[", start) or before.endswith("[")
        if is_subscript or is_attribute:
            continue
        end = closing(code, start)
        body = body_after(code, end + 1) if end > 0 else None
        if body:
            yield Lambda(start, code[start + 1 : end].strip(), body)


def body_after(code: str, offset: int) -> tuple[int, int] | None:
    """The braces of a lambda whose captures end before `offset`: template and function parameters, specifiers, return type, body."""
    rest = re.compile(r"\s*(?:<[^{};]*?>\s*)?").match(code, offset)
    offset = rest.end()
    if code.startswith("(", offset):
        offset = closing(code, offset) + 1
        if offset == 0:
            return None
    until_body = re.compile(r"[^{};()]*(?:\([^{};()]*\)[^{};()]*)*").match(code, offset)
    offset = until_body.end()
    if not code.startswith("{", offset):
        return None
    end = closing(code, offset)
    return (offset, end) if end > 0 else None


def own_body(code: str, of: Lambda, all_lambdas: list[Lambda]) -> str:
    """The body without the bodies of lambdas inside it."""
    start, end = of.body
    text = list(code[start : end + 1])
    for inner in all_lambdas:
        if start < inner.start and inner.body[1] < end:
            for offset in range(inner.body[0], inner.body[1] + 1):
                text[offset - start] = " "
    return "".join(text)
