"""Where in a text a location is: `/States/Pay/Retry[0]` to line and column.

A location's names are not escaped, so `/States/a/b` may be state `a/b` or field `b` of state `a`: only the document can
tell, and the longest name that is there wins. What is not there (a missing field, what TaskFn expands to) is found at
its nearest parent. The text need not be valid: the index takes what it can of it.

json's own decoder keeps no offsets, and `scan` walks tokens with a stack of its own: 10,000 levels need no recursion.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import NamedTuple


class Position(NamedTuple):
    """Both count from 1; a column is a code point."""

    line: int
    column: int


class Node:
    """A value of the document. `offset` is that of its key, where it has one: a reader looks for the name."""

    __slots__ = ("children", "lengths", "offset")

    def __init__(self, offset: int, children: dict[str, Node] | list[Node] | None = None) -> None:
        self.offset = offset
        self.children = children
        self.lengths: list[int] | None = None


_TOKEN = re.compile(r'(?:("(?:[^"\\]++|\\.)*+"?)|([{\[])|([}\]])|([^\s,:{}\[\]"]++))[\s,:]*+', re.DOTALL)
_STRING, _OPEN, _CLOSE = 1, 2, 3
_INDEX = re.compile(r"\[([0-9]{1,9})\]")
_SOURCE = re.compile(r"line: ([0-9]{1,9}), column: ([0-9]{1,9})\]?\Z")


class Positions:
    """The index of one text: `locate` is what it is for, `at` gives the place of an offset."""

    def __init__(self, text: str, root: Node | None = None) -> None:
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._root = scan(text) if root is None else root

    def at(self, offset: int) -> Position:
        line = bisect_right(self._lines, offset)
        return Position(line, offset - self._lines[line - 1] + 1)

    def locate(self, location: str) -> Position:
        """The place of a location, or of its nearest parent; of Jackson's `[Source: …; line: 1, column: 4]`, that."""
        source = _SOURCE.search(location)
        if source and not location.startswith("/"):
            return Position(int(source[1]), int(source[2]))
        node, rest = self._root, 0 if location != "/" else 1
        while rest < len(location):
            step = _step(node, location, rest)
            if step is None:
                break
            node, rest = step
        return self.at(node.offset)


def locate(text: str, location: str) -> Position:
    return Positions(text).locate(location)


def _step(node: Node, location: str, start: int) -> tuple[Node, int] | None:
    """The child that the location names next and the end of its name; None where the document has no such child."""
    if isinstance(node.children, list):
        index = _INDEX.match(location, start)
        if index is None or int(index[1]) >= len(node.children):
            return None
        return node.children[int(index[1])], index.end()
    if node.children is None or location[start] != "/":
        return None
    if node.lengths is None:
        node.lengths = sorted({len(name) for name in node.children}, reverse=True)
    for length in node.lengths:
        end = start + 1 + length
        if end <= len(location) and location[end : end + 1] in ("", "/", "["):
            child = node.children.get(location[start + 1 : end])
            if child is not None:
                return child, end
    return None


def scan(text: str) -> Node:
    """The tree of a JSON text, in time linear in it; of a broken text, what can be made out."""
    documents: list[Node] = []
    container = Node(0, documents)
    above: list[Node] = []
    key: str | None = None
    offset = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastindex or 0
        if kind == _CLOSE:
            container, key = above.pop() if above else container, None
            continue
        children = container.children
        if isinstance(children, dict) and key is None:
            if kind == _STRING:
                key, offset = _name(token[kind]), token.start(kind)
                continue
            key, offset = "", token.start(kind)
        elif isinstance(children, list):
            offset = token.start(kind)
        node = Node(offset)
        if isinstance(children, dict):
            children[key or ""], key = node, None
        elif isinstance(children, list):
            children.append(node)
        if kind == _OPEN:
            node.children = {} if token[kind] == "{" else []
            above.append(container)
            container = node
    return documents[0] if documents else Node(0)


def _name(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    try:
        name = json.loads(token, strict=False)
    except ValueError:
        return token[1:-1]
    return name if isinstance(name, str) else token[1:-1]
