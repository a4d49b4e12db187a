"""Choice rules as predicates (specification: Choice State; all 39 comparisons, And, Or, Not).

A value of the wrong type makes a comparison false; a variable that is not there fails the state, except for IsPresent.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monostep.errors import EvaluationError
from monostep.expressions.paths import PathError, usable_path
from monostep.expressions.scope import Scope

Predicate = Callable[[Any, Scope], bool]
_MISSING = object()

ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}


def is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)


def moment(text: Any) -> datetime | None:
    """The aware datetime of an RFC 3339 text with `T` and an offset; None for anything else."""
    match = _RFC3339.fullmatch(text) if type(text) is str else None
    if not match:
        return None
    try:
        parsed = datetime.fromisoformat(match[1] + ("+00:00" if match[3] == "Z" else match[3]))
        return parsed.replace(microsecond=int((match[2] or "0").ljust(6, "0")[:6]))
    except ValueError:
        return None


def _text(value: Any) -> str | None:
    return value if type(value) is str else None


def _number(value: Any) -> Any:
    return value if type(value) is int or type(value) is float else None


def _boolean(value: Any) -> bool | None:
    return value if type(value) is bool else None


FAMILIES: Mapping[str, Callable[[Any], Any]] = {
    "String": _text,
    "Numeric": _number,
    "Boolean": _boolean,
    "Timestamp": moment,
}
KINDS: Mapping[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": is_number,
    "IsString": lambda value: type(value) is str,
    "IsBoolean": lambda value: type(value) is bool,
    "IsTimestamp": lambda value: moment(value) is not None,
}
COMPARISONS: Mapping[str, tuple[str, str, bool]] = {
    f"{family}{order}{path}": (family, order, bool(path))
    for family in FAMILIES
    for order in (ORDER if family != "Boolean" else ("Equals",))
    for path in ("", "Path")
}
"""Operator -> family, order, whether its operand is a path: 32 of the 39; StringMatches and the six Is… are apart."""


def compile_rule(rule: Mapping[str, Any]) -> Predicate:
    if "And" in rule:
        return _all([compile_rule(inner) for inner in rule["And"]])
    if "Or" in rule:
        return _any([compile_rule(inner) for inner in rule["Or"]])
    if "Not" in rule:
        inner = compile_rule(rule["Not"])
        return lambda document, scope: not inner(document, scope)
    operation = next(key for key in rule if key in COMPARISONS or key in KINDS or key in ("IsPresent", "StringMatches"))
    variable, operand = rule["Variable"], rule[operation]
    if operation == "IsPresent":
        return _presence(variable, operand)
    read = _reader(variable)
    if operation in KINDS:
        return _kind(read, KINDS[operation], operand)
    if operation == "StringMatches":
        return _matching(read, operand)
    family, order, path = COMPARISONS[operation]
    if path:
        return _between(read, _reader(operand), FAMILIES[family], ORDER[order])
    return _against(read, operand, family, ORDER[order])


Group = Callable[[Any, Scope], int]
"""The index of the first rule that matches, of a run of rules that are looked at together; -1 where none does."""


def grouped(rules: Sequence[Mapping[str, Any]]) -> Iterator[Group]:
    """Neighbours that ask whether one variable equals a text, or a number, are one look into a table."""
    start = 0
    while start < len(rules):
        key, end = _asks(rules[start]), start + 1
        while key is not None and end < len(rules) and _asks(rules[end]) == key:
            end += 1
        if end - start == 1:
            yield _lone(compile_rule(rules[start]), start)
        else:
            variable, operation = key  # type: ignore[misc]
            table: dict[Any, int] = {}
            for index in range(start, end):
                table.setdefault(rules[index][operation], index)
            yield (_by_text if operation == "StringEquals" else _by_number)(_reader(variable), table)
        start = end


def _asks(rule: Mapping[str, Any]) -> tuple[str, str] | None:
    for operation in ("StringEquals", "NumericEquals"):
        if operation in rule and "Variable" in rule:
            return rule["Variable"], operation
    return None


def _lone(rule: Predicate, index: int) -> Group:
    return lambda document, scope: index if rule(document, scope) else -1


def _by_text(read: Callable[[Any, Scope], Any], table: Mapping[Any, int]) -> Group:
    def by_text(document: Any, scope: Scope) -> int:
        value = read(document, scope)
        return table.get(value, -1) if type(value) is str else -1

    return by_text


def _by_number(read: Callable[[Any, Scope], Any], table: Mapping[Any, int]) -> Group:
    def by_number(document: Any, scope: Scope) -> int:
        value = read(document, scope)
        return table.get(value, -1) if type(value) is int or type(value) is float else -1

    return by_number


def _all(rules: list[Predicate]) -> Predicate:
    def every(document: Any, scope: Scope) -> bool:
        for rule in rules:  # noqa: SIM110 - a generator costs more than the rules
            if not rule(document, scope):
                return False
        return True

    return every


def _any(rules: list[Predicate]) -> Predicate:
    def some(document: Any, scope: Scope) -> bool:
        for rule in rules:  # noqa: SIM110
            if rule(document, scope):
                return True
        return False

    return some


def _reader(text: str) -> Callable[[Any, Scope], Any]:
    def miss(_error: PathError, _document: Any, _scope: Scope) -> Any:
        message = f"Invalid path '{text}': The choice state's condition path references an invalid value."
        raise EvaluationError("States.Runtime", message)

    return usable_path(text).reader(miss)


def _presence(text: str, wanted: bool) -> Predicate:
    evaluate = usable_path(text).evaluate

    def presence(document: Any, scope: Scope) -> bool:
        try:
            evaluate(document, scope)
        except PathError:
            return not wanted
        return wanted

    return presence


def _kind(read: Callable[[Any, Scope], Any], test: Callable[[Any], bool], wanted: bool) -> Predicate:
    return lambda document, scope: test(read(document, scope)) is wanted


def _against(
    read: Callable[[Any, Scope], Any], operand: Any, family: str, order: Callable[[Any, Any], bool]
) -> Predicate:
    convert = FAMILIES[family]
    right = convert(operand)
    if family == "Timestamp":

        def timestamp(document: Any, scope: Scope) -> bool:
            left = moment(read(document, scope))
            return left is not None and right is not None and bool(order(left, right))

        return timestamp
    if family == "Numeric":

        def numeric(document: Any, scope: Scope) -> bool:
            left = read(document, scope)
            return (type(left) is int or type(left) is float) and order(left, right)

        return numeric
    wanted = str if family == "String" else bool

    def against(document: Any, scope: Scope) -> bool:
        left = read(document, scope)
        return type(left) is wanted and order(left, right)

    return against


def _between(
    read: Callable[[Any, Scope], Any],
    other: Callable[[Any, Scope], Any],
    convert: Callable[[Any], Any],
    order: Callable[[Any, Any], bool],
) -> Predicate:
    def between(document: Any, scope: Scope) -> bool:
        left = convert(read(document, scope))
        right = convert(other(document, scope))
        return left is not None and right is not None and bool(order(left, right))

    return between


def _matching(read: Callable[[Any, Scope], Any], pattern: str) -> Predicate:
    parts = _wildcards(pattern)

    def matching(document: Any, scope: Scope) -> bool:
        value = read(document, scope)
        return type(value) is str and _matches(value, parts)

    return matching


def _wildcards(pattern: str) -> list[str]:
    """The literal pieces between unescaped stars; a backslash escapes the star and itself."""
    parts, piece, i = [], "", 0
    while i < len(pattern):
        if pattern[i] == "\\" and i + 1 < len(pattern):
            piece, i = piece + pattern[i + 1], i + 2
        elif pattern[i] == "*":
            parts.append(piece)
            piece, i = "", i + 1
        else:
            piece, i = piece + pattern[i], i + 1
    return [*parts, piece]


def _matches(value: str, parts: list[str]) -> bool:
    """Linear, unlike a regular expression made of the pattern."""
    if len(parts) == 1:
        return value == parts[0]
    first, *middle, last = parts
    if not value.startswith(first) or not value.endswith(last) or len(value) < len(first) + len(last):
        return False
    at, end = len(first), len(value) - len(last)
    for part in middle:
        start = value.find(part, at, end)
        if start < 0:
            return False
        at = start + len(part)
    return True
