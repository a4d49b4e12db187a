"""A definition written in YAML (`*.asl.yaml`): the document, and where in the text each part of it is.

Works on PyYAML's events, not on its loaders: they neither keep positions nor bound what an alias can grow to, and they
read YAML 1.1, where a state named `No` is false. Scalars follow YAML 1.2's core schema, as AWS's own editor does; tags,
merge keys, several documents and whatever JSON cannot hold are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

from monostep.language.diagnostic import Diagnostic
from monostep.language.text.positions import Node, Positions
from monostep.language.text.reading import DEPTH, LIMIT

NODES = 100_000
"""Values that a document with aliases may come to once they are followed."""


class _Refused(Exception):
    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.mark = mark


class _Value(NamedTuple):
    value: Any
    node: Node
    size: int


class _Open:
    """A mapping or sequence whose end has not come yet; `key` and `offset` belong to the member being read."""

    __slots__ = ("anchor", "key", "node", "offset", "size", "value")

    def __init__(self, value: dict[str, Any] | list[Any], offset: int, anchor: str | None = None) -> None:
        self.anchor = anchor
        self.value: Any = value
        self.node = Node(offset, {} if isinstance(value, dict) else [])
        self.size = 1
        self.key: str | None = None
        self.offset = 0

    def add(self, found: _Value) -> None:
        self.size += found.size
        if isinstance(self.node.children, list):
            self.value.append(found.value)
            self.node.children.append(found.node)
        elif self.node.children is not None and self.key is not None:
            self.value[self.key] = found.value
            self.node.children[self.key] = found.node
            self.key = None


def _number(make: Callable[[str], int | float]) -> Callable[[str], int | float]:
    def read(text: str) -> int | float:
        number = make(text)
        if number in (float("inf"), float("-inf")):
            raise ValueError(text)
        return number

    return read


def _based(text: str) -> int:
    return int(text, 0)


def _refuse(text: str) -> float:
    raise ValueError(text)


_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"(?:null|Null|NULL|~|)"), lambda _: None),
    (re.compile(r"(?:true|True|TRUE)"), lambda _: True),
    (re.compile(r"(?:false|False|FALSE)"), lambda _: False),
    (re.compile(r"[-+]?[0-9]{1,3000}"), int),
    (re.compile(r"0o[0-7]{1,3000}"), _based),
    (re.compile(r"0x[0-9a-fA-F]{1,3000}"), _based),
    (re.compile(r"[-+]?(?:\.[0-9]++|[0-9]++(?:\.[0-9]*+)?)(?:[eE][-+]?[0-9]++)?"), _number(float)),
    (re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)"), _refuse),
)
"""YAML 1.2.2, 10.3.2: the first that matches the whole of a plain scalar."""


def read(text: str) -> tuple[Any, Positions, list[Diagnostic]]:
    """The document (None where there is none), its positions, and why it could not be read: at most one finding."""
    if len(text) > LIMIT or len(text.encode("utf-8", "replace")) > LIMIT:
        message = f"Definition must have length less than or equal to {LIMIT}"
        return None, Positions("", Node(0)), [Diagnostic("ERROR", "SCHEMA_VALIDATION_FAILED", message)]
    try:
        found = _compose(yaml.parse(text, Loader=getattr(yaml, "CLoader", yaml.Loader)))
    except _Refused as error:
        return None, Positions(text, Node(0)), [_located(str(error), error.mark.line, error.mark.column)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line, mark.column) if mark else (0, 0)
        return None, Positions(text, Node(0)), [_located(error.problem or "not YAML", *where)]
    except (yaml.YAMLError, UnicodeError) as error:
        at = Positions(text, Node(0)).at(_unreadable(text))
        reason = "a character that YAML does not allow" if at.column else str(error)
        return None, Positions(text, Node(0)), [_located(reason, at.line - 1, at.column - 1)]
    return found.value, Positions(text, found.node), []


def _located(message: str, line: int, column: int) -> Diagnostic:
    source = f"[Source: (YAML); line: {line + 1}, column: {column + 1}]"
    return Diagnostic("ERROR", "INVALID_YAML_DESCRIPTION", message, source)


_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _unreadable(text: str) -> int:
    found = _UNREADABLE.search(text)
    return found.start() if found else 0


def _compose(events: Iterator[Any]) -> _Value:
    """One document from the events, in one pass and without recursion."""
    anchors: dict[str, _Value] = {}
    outside = _Open([], 0)
    stack = [outside]
    for event in events:
        top = stack[-1]
        if isinstance(event, yaml.NodeEvent):
            if isinstance(top.value, dict) and top.key is None:
                _name(top, event)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                stack.append(_opened(top, event, len(stack)))
            else:
                named = None if isinstance(event, yaml.AliasEvent) else event.anchor
                _add(top, _leaf(top, event, anchors), named, event.start_mark, anchors)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            done = stack.pop()
            _add(stack[-1], _Value(done.value, done.node, done.size), done.anchor, event.start_mark, anchors)
        elif isinstance(event, yaml.DocumentStartEvent) and outside.value:
            raise _Refused("one document expected, not several", event.start_mark)
    nodes = outside.node.children
    return _Value(outside.value[0], nodes[0], 1) if isinstance(nodes, list) and nodes else _Value(None, Node(0), 1)


def _name(mapping: _Open, event: Any) -> None:
    _untagged(event)
    if not isinstance(event, yaml.ScalarEvent) or event.anchor:
        raise _Refused("a field's name must be plain text", event.start_mark)
    if event.value == "<<" and event.implicit[0]:
        raise _Refused("merge keys (<<) are not part of YAML 1.2: write the fields out", event.start_mark)
    if event.value in mapping.value:
        raise _Refused(f"Duplicate field '{event.value}'", event.start_mark)
    mapping.key = event.value
    mapping.offset = event.start_mark.index


def _opened(top: _Open, event: Any, depth: int) -> _Open:
    _untagged(event)
    if depth > DEPTH:
        raise _Refused(f"nested more than {DEPTH} levels deep", event.start_mark)
    return _Open({} if isinstance(event, yaml.MappingStartEvent) else [], _offset(top, event), event.anchor)


def _leaf(top: _Open, event: Any, anchors: dict[str, _Value]) -> _Value:
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            raise _Refused(f"no anchor '{event.anchor}' ends before this alias", event.start_mark)
        same = anchors[event.anchor]
        return same._replace(node=Node(_offset(top, event), same.node.children))
    _untagged(event)
    return _Value(_scalar(event), Node(_offset(top, event)), 1)


def _add(top: _Open, found: _Value, anchor: str | None, mark: Any, anchors: dict[str, _Value]) -> None:
    top.add(found)
    if anchors and top.size > NODES:
        raise _Refused(f"aliases make it more than {NODES} values", mark)
    if anchor:
        anchors[anchor] = found


def _offset(top: _Open, event: Any) -> int:
    return top.offset if isinstance(top.value, dict) else int(event.start_mark.index)


def _untagged(event: Any) -> None:
    if getattr(event, "tag", None) is not None:
        raise _Refused(f"YAML tags are not supported: {event.tag}", event.start_mark)


def _scalar(event: Any) -> Any:
    if not event.implicit[0]:
        return event.value
    for pattern, make in _SCALARS:
        if pattern.fullmatch(event.value):
            try:
                return make(event.value)
            except ValueError:
                raise _Refused(f"JSON has no number {event.value:.40}", event.start_mark) from None
    return event.value
