"""Python expressions as text that a formatter leaves as it is: on one line where it fits, else one item a line.

An expression is text that cannot be broken, a string, or brackets with items. Strings are written by `quoted` alone:
whatever they hold, they stay strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

WIDTH = 120
TAB = "    "


@dataclass(frozen=True)
class Text:
    """A string literal; one that is too long for its line is broken into several that Python joins."""

    value: str

    def __str__(self) -> str:
        return quoted(self.value)


@dataclass(frozen=True)
class Item:
    """One thing in brackets, with what stands before it: `Next=` or `"key": `."""

    value: Node
    before: str = ""

    def __str__(self) -> str:
        return f"{self.before}{self.value}"


@dataclass(frozen=True)
class Brackets:
    """`opening`, which may end a long head as `a.when(`, the items, and the closing bracket."""

    opening: str
    items: Sequence[Item]

    @property
    def closing(self) -> str:
        return {"(": ")", "[": "]", "{": "}"}[self.opening[-1]]

    def __str__(self) -> str:
        return f"{self.opening}{', '.join(map(str, self.items))}{self.closing}"


Node = str | Text | Brackets


def lines(node: Node, before: str = "", indent: int = 0, after: str = "") -> Iterator[str]:
    """The lines of `before`, the expression, `after`, at this many columns."""
    margin = " " * indent
    flat = f"{margin}{before}{node}{after}"
    if isinstance(node, str) or width(flat) <= WIDTH or (isinstance(node, Brackets) and not node.items):
        yield flat
    elif isinstance(node, Text):
        inside = indent + len(TAB)
        yield f"{margin}{before}("
        yield from (f"{' ' * inside}{piece}" for piece in _pieces(node.value, WIDTH - inside))
        yield f"{margin}){after}"
    else:
        yield f"{margin}{before}{node.opening}"
        for item in node.items:
            yield from lines(item.value, item.before, indent + len(TAB), ",")
        yield f"{margin}{node.closing}{after}"


def width(text: str) -> int:
    """Columns on a screen."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def quoted(text: str) -> str:
    """The string literal, in double quotes unless that takes more backslashes; nothing unprintable is left in it."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(letter, quote) for letter in text) + quote


def _escaped(letter: str, quote: str) -> str:
    if letter == quote:
        return "\\" + letter
    return letter if letter in "'\"" else repr(letter)[1:-1]


def _pieces(text: str, room: int) -> Iterator[str]:
    """The text as literals of at most `room` columns, broken after a space where there is one."""
    start = 0
    while len(text) - start > room or width(quoted(text[start:])) > room:
        end = start + _fitting(text[start : start + room], room - 2)
        space = text.rfind(" ", start, end) + 1
        end = space if space > (start + end) // 2 else end
        yield quoted(text[start:end])
        start = end
    yield quoted(text[start:])


def _fitting(text: str, room: int) -> int:
    """How many letters surely fit, whatever the quotes: at least one."""
    used = 0
    for index, letter in enumerate(text):
        used += 2 if letter in "'\"" else width(repr(letter)[1:-1])
        if used > room:
            return max(index, 1)
    return max(len(text) - 1, 1)
