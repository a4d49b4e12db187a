"""PROTOTYPE: expressions of paths, literals, comparison, arithmetic, `and` and `or` as generated Python.

Only for operands whose types leave no doubt; anything else raises TypeError, and the query library is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<path>\$[^\W\d]\w*(?:\.[^\W\d]\w*)*)|(?P<number>\d+(?:\.\d+)?)(?![\w.])|(?P<string>\"[^\"\\]*\"|'[^'\\]*')"
    r"|(?P<word>and|or|true|false)(?!\w)|(?P<operator><=|>=|!=|[-+*<>=()])|(?P<end>\Z))"
)
_POWERS = {"*": 60, "+": 50, "-": 50, "=": 40, "!=": 40, "<": 40, "<=": 40, ">": 40, ">=": 40, "and": 30, "or": 25}
_SAFE = 2**53


class Unfit(Exception):
    pass


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.count = 0
        self.constants: dict[str, Any] = {}
        self.operators = 0
        self.advance()

    def advance(self) -> None:
        found = _TOKEN.match(self.source, self.at)
        if not found:
            raise Unfit
        self.kind, self.at = str(found.lastgroup), found.end()
        self.text = found[self.kind]

    def name(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def expression(self, power: int) -> tuple[str, str]:
        left = self.operand()
        while self.kind in ("operator", "word") and _POWERS.get(self.text, 0) > power:
            operator = self.text
            self.advance()
            right = self.expression(_POWERS[operator])
            left = self.combine(operator, left, right)
            self.operators += 1
        return left

    def operand(self) -> tuple[str, str]:
        kind, text = self.kind, self.text
        self.advance()
        if kind == "path":
            root, *keys = text[1:].split(".")
            if root == "states":
                if not keys or keys[0] == "context":
                    raise Unfit
                return "states" + "".join(f"[{key!r}]" for key in keys), "any"
            return f"scope.variables[{root!r}]" + "".join(f"[{key!r}]" for key in keys), "any"
        if kind == "number":
            value = float(text) if "." in text else int(text)
            if abs(value) >= _SAFE:
                raise Unfit
            return repr(int(value) if value == int(value) else value), "number"
        if kind == "string":
            if not text.isascii():
                raise Unfit
            return repr(text[1:-1]), "string"
        if kind == "word" and text in ("true", "false"):
            return text.capitalize(), "boolean"
        if kind == "operator" and text == "(":
            inner = self.expression(0)
            if self.text != ")":
                raise Unfit
            self.advance()
            return inner
        raise Unfit

    def combine(self, operator: str, left: tuple[str, str], right: tuple[str, str]) -> tuple[str, str]:
        (a, first), (b, second) = left, right
        if operator in ("and", "or"):
            return f"({self.boolean(a, first)} {operator} {self.boolean(b, second)})", "boolean"
        if operator in "+-*":
            return f"whole({self.number(a, first)} {operator} {self.number(b, second)})", "number"
        python = {"=": "=="}.get(operator, operator)
        if first == second == "any" or (
            operator in ("=", "!=") and "any" in (first, second) and "boolean" in (first, second)
        ):
            test = "alike" if operator in ("=", "!=") else "ordered"
            x, y = self.name(), self.name()
            return f"({test}(({x} := {a}), ({y} := {b})) and {x} {python} {y})", "boolean"
        kind = second if first == "any" else first
        if kind not in ("number", "string") or {first, second} - {kind, "any"}:
            raise Unfit
        check = self.number if kind == "number" else self.string
        return f"({check(a, first)} {python} {check(b, second)})", "boolean"

    def number(self, code: str, kind: str) -> str:
        if kind == "number":
            return code
        if kind != "any":
            raise Unfit
        name = self.name()
        return (
            f"({name} if ({name} := {code}).__class__ is int and -{_SAFE} < {name} < {_SAFE} "
            f"or {name}.__class__ is float else refuse())"
        )

    def string(self, code: str, kind: str) -> str:
        if kind == "string":
            return code
        if kind != "any":
            raise Unfit
        name = self.name()
        return f"({name} if ({name} := {code}).__class__ is str else refuse())"

    def boolean(self, code: str, kind: str) -> str:
        if kind == "boolean":
            return code
        if kind != "any":
            raise Unfit
        name = self.name()
        return f"({name} if ({name} := {code}).__class__ is bool else refuse())"


def refuse() -> Any:
    raise TypeError


def alike(a: Any, b: Any) -> bool:
    """Whether Python's `==` says what JSONata's `=` says."""
    kind, other = type(a), type(b)
    if kind is other and (kind is str or kind is bool):
        return True
    return ordered(a, b)


def ordered(a: Any, b: Any) -> bool:
    kind, other = type(a), type(b)
    if kind is str and other is str and a.isascii() and b.isascii():
        return True
    if (
        (kind is int or kind is float)
        and (other is int or other is float)
        and -_SAFE < a < _SAFE
        and -_SAFE < b < _SAFE
    ):
        return True
    raise TypeError


def whole(value: Any) -> Any:
    if value.__class__ is int:
        if -_SAFE < value < _SAFE:
            return value
    elif -_SAFE < value < _SAFE:
        return int(value) if value.is_integer() else value
    raise TypeError


def compile_simple(source: str) -> Callable[[Any, Any], Any] | None:
    if len(source) > 500:
        return None
    try:
        reader = _Reader(source)
        code, _ = reader.expression(0)
        if reader.kind != "end" or not 0 < reader.operators <= 16:
            return None
    except Unfit:
        return None
    scope: dict[str, Any] = {"refuse": refuse, "alike": alike, "ordered": ordered, "whole": whole}
    exec(f"def look(states, scope):\n    return {code}", scope)
    found: Callable[[Any, Any], Any] = scope["look"]
    return found
