"""A source file in three views of equal length: as written, without comments, and without comments and string contents."""

import re
from pathlib import PurePosixPath

ALLOW = re.compile(r"tidy-allow(-file)?\((\w+)\): *(\S.*)")


class Source:
    def __init__(self, path: str, text: str):
        self.path = PurePosixPath(path)
        self.text = text
        if self.path.suffix in (".cpp", ".hpp", ".proto"):
            self.uncommented, self.code = blank(text)
        else:
            self.uncommented = self.code = text

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def allows(self, rule: str, number: int) -> bool:
        """An exception gives its reason: `// tidy-allow(rule): …` on the line or the one above, `// tidy-allow-file(rule): …` for the whole file."""
        for found in ALLOW.finditer(self.text):
            where = self.line_of(found.start())
            if found.group(2) == rule and (found.group(1) or where in (number, number - 1)):
                return True
        return False

    def includes(self):
        """(line, path, is_quoted) of every #include."""
        for found in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', self.uncommented, re.M):
            yield self.line_of(found.start()), found.group(2), found.group(1) == '"'

    def strings(self):
        """(line, content) of every string literal, raw ones included."""
        for found in re.finditer(r'R"([^()\\ ]{0,16})\((.*?)\)\1"|"((?:[^"\\\n]|\\.)*)"', self.uncommented, re.S):
            yield self.line_of(found.start()), found.group(2) or found.group(3) or ""

    @property
    def is_test(self) -> bool:
        return re.search(r"_(test|pgtest|simtest|benchmark|fuzz)\.cpp$", self.path.name) is not None


def blank(text: str) -> tuple[str, str]:
    """(without comments, without comments and string contents); newlines and offsets stay."""
    token = re.compile(
        r"""(?P<comment>//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/)"""
        r"""|(?P<raw>R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)")"""
        r"""|(?P<string>"(?:[^"\\\n]|\\.)*")"""
        r"""|(?P<separator>(?<=[0-9a-fA-F])'(?=[0-9a-fA-F]))"""
        r"""|(?P<char>'(?:[^'\\\n]|\\.)+')""",
        re.S,
    )

    def spaces(piece: str) -> str:
        return re.sub(r"[^\n]", " ", piece)

    def without_comment(found: re.Match) -> str:
        return spaces(found.group()) if found.group("comment") else found.group()

    def without_content(found: re.Match) -> str:
        piece = found.group()
        if found.group("comment"):
            return spaces(piece)
        if found.group("separator"):
            return piece
        return piece[0] + spaces(piece[1:-1]) + piece[-1] if len(piece) > 1 else piece

    return token.sub(without_comment, text), token.sub(without_content, text)


def closing(code: str, start: int) -> int:
    """The offset of the bracket that closes the one at `start`, or -1."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    stack = []
    for offset in range(start, len(code)):
        char = code[offset]
        if char in pairs:
            stack.append(pairs[char])
        elif char in ")]}":
            if not stack or stack.pop() != char:
                return -1
            if not stack:
                return offset
    return -1
