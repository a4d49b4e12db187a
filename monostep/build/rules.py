"""A Choice's rules as the code of conditions: `(path("$.a") > 3) & ~path("$.b").is_null()`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from monostep.build.layout import WIDTH, Brackets, Item, Node, Text, width
from monostep.language.comparisons import COMPARISONS

Json = Mapping[str, Any]

SIGNS = {"Equals": "==", "LessThan": "<", "GreaterThan": ">", "LessThanEquals": "<=", "GreaterThanEquals": ">="}
WORDS = {"Numeric": "number", "String": "text", "Boolean": "boolean", "Timestamp": "time"}
JOINED = {"And": ("every", " & "), "Or": ("some", " | ")}
DEEP = 8
_ROOM = WIDTH // 2
_NAME = re.compile(r"(Numeric|String|Boolean|Timestamp)([A-Z][A-Za-z]*?)(Path)?")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Writer(Protocol):
    """What the code of a rule needs of the code around it."""

    def use(self, word: str) -> str: ...
    def apart(self, node: Node) -> str:
        """The name under which the expression is put on a line of its own."""

    def value(self, value: Any) -> Node: ...


class _Said(NamedTuple):
    node: Node
    binds: bool = False
    """Whether an operator beside it would take it apart, so that it needs brackets."""


def condition(rule: Json, writer: Writer) -> Node:
    """The code of what a rule asks: all of it but its target and what the target gets."""
    if list(rule) == ["Condition"] and isinstance(rule["Condition"], str):
        return Text(rule["Condition"])
    return _said(rule, writer, 0).node


def _said(rule: Json, writer: Writer, depth: int) -> _Said:
    if depth == DEEP:
        return _Said(writer.apart(_said(rule, writer, 0).node))
    if "Comment" in rule:
        return _commented(rule, writer, depth)
    names = list(rule)
    if names == ["Not"]:
        return _negated(rule["Not"], writer, depth)
    if len(names) == 1 and names[0] in JOINED:
        return _joined(names[0], rule[names[0]], writer, depth)
    if names == ["Condition"] and isinstance(rule["Condition"], bool):
        return _Said(f"{writer.use('constant')}({rule['Condition']})")
    made = _compared(rule, writer) if len(names) == 2 and "Variable" in names else None
    return made or _Said(Brackets(f"{writer.use('Condition')}(", [Item(writer.value(rule))]))


def _commented(rule: Json, writer: Writer, depth: int) -> _Said:
    made = _said({name: rule[name] for name in rule if name != "Comment"}, writer, depth)
    plain = made.node if isinstance(made.node, str) else writer.apart(made.node)
    return _Said(Brackets(f"({plain}).comment(" if made.binds else f"{plain}.comment(", [Item(Text(rule["Comment"]))]))


def _negated(rule: Json, writer: Writer, depth: int) -> _Said:
    made = _said(rule, writer, depth + 1)
    if isinstance(made.node, Brackets):
        return _Said(replace(made.node, opening=f"~{made.node.opening}"))
    return _Said(f"~({made.node})" if made.binds else f"~{made.node}")


def _joined(word: str, parts: list[Json], writer: Writer, depth: int) -> _Said:
    """`a & b` where it is short; `every(a, b)` where it is long, or where `&` would make one And of two."""
    made = [_said(part, writer, depth + 1) for part in parts]
    called, sign = JOINED[word]
    flat = sign.join(f"({one.node})" if one.binds else str(one.node) for one in made)
    if len(parts) > 1 and word not in parts[0] and width(flat) <= _ROOM:
        return _Said(flat, binds=True)
    return _Said(Brackets(f"{writer.use(called)}(", [Item(one.node) for one in made]))


def _compared(rule: Json, writer: Writer) -> _Said | None:
    variable = rule["Variable"]
    name = next(name for name in rule if name != "Variable")
    operand = rule[name]
    if name not in COMPARISONS or not variable.startswith("$"):
        return None
    left = _path(variable, writer)
    if name.startswith("Is"):
        return _Said(f"{left}.{_HUMP.sub('_', name).lower()}({'' if operand else 'False'})")
    if name == "StringMatches":
        return _Said(Brackets(f"{left}.matches(", [Item(Text(operand))]))
    found = _NAME.fullmatch(name)
    assert found is not None
    family, order, looked_up = found.groups()
    if looked_up:
        if not operand.startswith("$"):
            return None
        return _Said(f"{left}.{WORDS[family]} {SIGNS[order]} {_path(operand, writer)}", binds=True)
    if family == "Boolean":
        return _Said(f"{left}.equals({operand})")
    side = f"{left}.time" if family == "Timestamp" else left
    return _Said(f"{side} {SIGNS[order]} {_short(operand, writer)}", binds=True)


def _path(text: str, writer: Writer) -> str:
    return f"{writer.use('path')}({_short(text, writer)})"


def _short(operand: Any, writer: Writer) -> str:
    """A literal, or the name of one that would not leave room for what stands beside it."""
    said = str(Text(operand)) if isinstance(operand, str) else repr(operand)
    return said if width(said) <= _ROOM - 20 else writer.apart(Text(operand) if isinstance(operand, str) else said)
