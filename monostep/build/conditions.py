"""What a Choice asks: comparisons of what lies at a path, `& | ~` of them, or a JSONata condition.

`path("$.roll") > 3` compares; the literal chooses the family: numbers Numeric, str String, bool Boolean, datetime
Timestamp. Between two paths nothing could choose, so one side says it: `path("$.a").number > path("$.b")`; so does a
timestamp that is already text: `path("$.at").time < "2026-01-01T00:00:00Z"`. A condition has no truth of its own:
`and`, `not` and `1 < p < 3` would drop one half silently, and raise TypeError instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, NoReturn, TypeVar

from monostep.language.choices import Rule

Literal = float | str | bool | datetime
T = TypeVar("T", float, str, bool, datetime | str)

_WORDS = {"Numeric": "number", "String": "text", "Boolean": "boolean", "Timestamp": "time"}


class Condition:
    """One rule without a target. `rule(Next=…)` is the model of it."""

    __slots__ = ("_open", "fields")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, fields: dict[str, Any], open: bool = False) -> None:
        self.fields = fields
        self._open = open  # made by & or |, so that a further one joins it

    def rule(self, **more: Any) -> Rule:
        return Rule.model_validate(self.fields | more)

    def comment(self, text: str) -> Condition:
        """The same with a Comment: rules inside others may have one too."""
        return Condition({**self.fields, "Comment": text})

    def __and__(self, other: Condition) -> Condition:
        """And. A chain `a & b & c` is one And of three; brackets on the right, and `every`, keep their own."""
        return self._join("And", other)

    def __or__(self, other: Condition) -> Condition:
        return self._join("Or", other)

    def __invert__(self) -> Condition:
        return Condition({"Not": self.fields})

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("conditions cannot be compared; combine them with &, | and ~")

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a condition has no truth before the run: write a & b for `and`, a | b for `or`, ~a for `not`, "
            "and (p > 1) & (p < 3) for `1 < p < 3`"
        )

    def __repr__(self) -> str:
        return f"Condition({self.fields!r})"

    def _join(self, word: str, other: Condition) -> Condition:
        if not isinstance(other, Condition):
            raise TypeError(
                f"{word} joins conditions, not {other!r}; put each comparison in brackets: (p > 1) & (p < 3)"
            )
        first = self.fields[word] if self._open and word in self.fields else [self.fields]
        return Condition({word: [*first, other.fields]}, open=True)


def every(*conditions: Condition) -> Condition:
    """And of just these: nothing is flattened."""
    return Condition({"And": [one.fields for one in conditions]})


def some(*conditions: Condition) -> Condition:
    """Or of just these: nothing is flattened."""
    return Condition({"Or": [one.fields for one in conditions]})


def constant(value: bool) -> Condition:
    """A JSONata Condition that is always the same."""
    return Condition({"Condition": value})


def jsonata(expression: str) -> str:
    """`{% expression %}`, wherever a JSONata state takes one."""
    return f"{{% {expression} %}}"


class Compared(Generic[T]):
    """What lies at a path, taken to be of one family; the other side is a literal of it or another path."""

    __slots__ = ("_family", "path")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, path: str, family: str) -> None:
        self.path = path
        self._family = family

    def equals(self, other: T | Path | Compared[T]) -> Condition:
        """`==`, for those whose linter does not like `== True`."""
        return self._compare("Equals", other)

    def __eq__(self, other: T | Path | Compared[T]) -> Condition:  # type: ignore[override]
        return self._compare("Equals", other)

    def __ne__(self, other: T | Path | Compared[T]) -> Condition:  # type: ignore[override]
        return ~self._compare("Equals", other)

    def __lt__(self, other: T | Path | Compared[T]) -> Condition:
        return self._compare("LessThan", other)

    def __le__(self, other: T | Path | Compared[T]) -> Condition:
        return self._compare("LessThanEquals", other)

    def __gt__(self, other: T | Path | Compared[T]) -> Condition:
        return self._compare("GreaterThan", other)

    def __ge__(self, other: T | Path | Compared[T]) -> Condition:
        return self._compare("GreaterThanEquals", other)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"path({self.path!r}) has no value before the run; compare it: .equals(True)")

    def _compare(self, order: str, other: object) -> Condition:
        name = self._family + order
        if self._family == "Boolean" and order != "Equals":
            raise TypeError("booleans have no order: only == and != compare them")
        if isinstance(other, Compared) and other._family != self._family:
            raise TypeError(f"a {_WORDS[self._family]} cannot be compared with a {_WORDS[other._family]}")
        if isinstance(other, Path | Compared):
            return Condition({"Variable": self.path, f"{name}Path": other.path})
        if not _FITS[self._family](other):
            raise TypeError(f"{name} takes a {_WORDS[self._family]} or a path, not {other!r}")
        return Condition({"Variable": self.path, name: timestamp(other) if isinstance(other, datetime) else other})


class Path:
    """Where a value lies: `$.order.total`, `$$.Execution.Id`, `$variable`. Compares with literals by their family."""

    __slots__ = ("path",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, path: str) -> None:
        if not isinstance(path, str) or not path.startswith("$"):
            raise TypeError(f"a path begins with $, as in path('$.roll'), not {path!r}")
        self.path = path

    @property
    def number(self) -> Compared[float]:
        return Compared(self.path, "Numeric")

    @property
    def text(self) -> Compared[str]:
        return Compared(self.path, "String")

    @property
    def boolean(self) -> Compared[bool]:
        return Compared(self.path, "Boolean")

    @property
    def time(self) -> Compared[datetime | str]:
        return Compared(self.path, "Timestamp")

    def matches(self, pattern: str) -> Condition:
        """StringMatches: `*` stands for any characters, `\\\\*` for a star."""
        if not isinstance(pattern, str):
            raise TypeError(f"matches takes a pattern as text, not {pattern!r}")
        return self._is("StringMatches", pattern)

    def equals(self, other: Literal) -> Condition:
        """`==`, for those whose linter does not like `== True`."""
        return self._as(other).equals(other)

    def is_null(self, yes: bool = True) -> Condition:
        return self._test("IsNull", yes)

    def is_present(self, yes: bool = True) -> Condition:
        return self._test("IsPresent", yes)

    def is_numeric(self, yes: bool = True) -> Condition:
        return self._test("IsNumeric", yes)

    def is_string(self, yes: bool = True) -> Condition:
        return self._test("IsString", yes)

    def is_boolean(self, yes: bool = True) -> Condition:
        return self._test("IsBoolean", yes)

    def is_timestamp(self, yes: bool = True) -> Condition:
        return self._test("IsTimestamp", yes)

    def __eq__(self, other: Literal) -> Condition:  # type: ignore[override]
        return self._as(other) == other

    def __ne__(self, other: Literal) -> Condition:  # type: ignore[override]
        return self._as(other) != other

    def __lt__(self, other: Literal) -> Condition:
        return self._as(other) < other

    def __le__(self, other: Literal) -> Condition:
        return self._as(other) <= other

    def __gt__(self, other: Literal) -> Condition:
        return self._as(other) > other

    def __ge__(self, other: Literal) -> Condition:
        return self._as(other) >= other

    def __bool__(self) -> NoReturn:
        raise TypeError(f"path({self.path!r}) has no value before the run; compare it: .equals(True)")

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"path({self.path!r})"

    def _as(self, other: object) -> Compared[Any]:
        if isinstance(other, Path):
            raise TypeError(f"between two paths say what they hold: {self!r}.number, .text, .time or .boolean")
        if isinstance(other, Compared):
            return Compared(self.path, other._family)
        if other is None:
            raise TypeError(f"nothing equals null in a Choice; write {self!r}.is_null()")
        family = next(
            (family for family in ("Boolean", "Numeric", "String", "Timestamp") if _FITS[family](other)), None
        )
        if family is None:
            raise TypeError(f"a path is compared with a number, text, bool or datetime, not {other!r}")
        return Compared(self.path, family)

    def _is(self, name: str, operand: object) -> Condition:
        return Condition({"Variable": self.path, name: operand})

    def _test(self, name: str, yes: bool) -> Condition:
        if yes is not True and yes is not False:
            raise TypeError(f"{name} is True or False, not {yes!r}")
        return self._is(name, yes)


path = Path
"""`path("$.roll")`: read as a word among the states."""


def timestamp(moment: datetime) -> str:
    """RFC 3339, as ASL writes times; ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} needs a time zone, as in datetime(2026, 1, 31, tzinfo=UTC)")
    return moment.isoformat().replace("+00:00", "Z")


def _number(value: object) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


_FITS: dict[str, Callable[[object], bool]] = {
    "Boolean": lambda value: isinstance(value, bool),
    "Numeric": _number,
    "String": lambda value: isinstance(value, str),
    "Timestamp": lambda value: isinstance(value, datetime | str),
}
