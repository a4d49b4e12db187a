"""What JSON is here: its text, its size, and the check every value from outside goes through.

A value inside the engine is plain JSON (None, bool, int, float, str, list, dict) and nobody changes it in place, so
it can be shared freely. `adopt` makes such a value of what a function returned and of what it is about to be given: a
copy, so that a function that changes its argument changes only its own. One walk checks, copies and counts;
json.dumps followed by json.loads does the same in twice the time, and turns NaN, tuples and integer keys into
something else on the way.
"""

from __future__ import annotations

import json
from marshal import dumps, loads

from monostep.errors import MarshalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FAR = 1 << 40
MAX_DEPTH = 200
"""Levels of nesting a document may have: far above any real one, far below Python's own limit."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def text(value: Any) -> str:
    """The compact text AWS writes: no spaces, letters of every alphabet as they are."""
    try:
        return _encode(value)
    except RecursionError:  # states may nest a document deeper than a function may
        return _deep(value)


def _deep(value: Any) -> str:
    """`text` of a value that is nested more deeply than Python calls."""
    parts: list[str] = []
    left: list[Any] = [value]
    while left:
        item = left.pop()
        if type(item) is _Mark:
            parts.append(item)
        elif type(item) is dict:
            left.append(_Mark("}"))
            for number, (key, child) in enumerate(reversed(item.items())):
                comma = "," if number + 1 < len(item) else ""
                left += [child, _Mark(f"{comma}{_encode(key)}:")]
            left.append(_Mark("{"))
        elif type(item) is list:
            left.append(_Mark("]"))
            for number, child in enumerate(reversed(item)):
                left += [child, _Mark("," if number + 1 < len(item) else "")]
            left.append(_Mark("["))
        else:
            parts.append(_encode(item))
    return "".join(parts)


class _Mark(str):
    """Punctuation among values."""

    __slots__ = ()


def size(value: Any) -> int:
    """Bytes of the compact UTF-8 text."""
    return len(text(value).encode("utf-8", "surrogatepass"))


def estimate(value: Any, depth: int = 3) -> int:
    """An upper bound of `size`, found without writing; FAR for a value of more than a few dozen parts."""
    kind = type(value)
    if kind is str:
        return 6 * len(value) + 2
    if kind is not dict and kind is not list:
        return 24 if kind is not int or -(10**20) < value < 10**20 else FAR
    if depth == 0 or len(value) > 32:
        return FAR
    total = 2
    if kind is list:
        for item in value:
            total += estimate(item, depth - 1) + 1
        return total
    for key, item in value.items():
        total += 6 * len(key) + 4 + (6 * len(item) + 2 if type(item) is str else estimate(item, depth - 1))
    return total


def adopt(value: Any) -> tuple[Any, int]:
    """A copy that shares no list or dict with `value`, and an upper bound of its size in bytes.

    Raises MarshalError with the place (`/items/2: …`) for whatever is not JSON. What is large is written and read back
    by a library in Rust, in less than half the time of the walk; what comes back unequal is walked after all: a tuple,
    a number for a key, NaN, a date.
    """
    if type(value) is dict or type(value) is list:
        adopted = _flat(value) if len(value) < FEW else None
        if adopted is None and _large(value):
            adopted = _roundtrip(value)
        if adopted is not None:
            return adopted
    try:
        return _adopt(value, MAX_DEPTH)
    except _NotJson as error:
        place = error.place if len(error.place) < 200 else f"{error.place[:80]}…"
        raise MarshalError(f"{place or '/'}: {error.problem}") from None


FEW, LARGE = 9, 32
"""Parts of a value that is copied in one go if it is flat; parts above which it is written and read back."""


def _flat(value: Any) -> tuple[Any, int] | None:
    """An object of a few plain values: what most functions are given and return."""
    if type(value) is not dict:
        return None
    total = 2
    for key, item in value.items():
        kind = type(item)
        if type(key) is not str or not key.isascii():
            return None
        if kind is int and -(10**18) < item < 10**18:
            total += 24
        elif kind is str and item.isascii():
            total += 6 * len(item) + 6
        elif kind is bool or item is None:
            total += 10
        else:
            return None
        total += 6 * len(key)
    return value.copy(), total


def _large(value: Any) -> bool:
    if len(value) > LARGE:
        return True
    items = value.values() if type(value) is dict else value
    return any((type(item) is dict or type(item) is list) and len(item) > LARGE for item in items)


def _roundtrip(value: Any) -> tuple[Any, int] | None:
    from pydantic_core import from_json, to_json

    try:
        written = to_json(value)
        copy = from_json(written, allow_inf_nan=False)  # and at most 200 levels
    except (ValueError, TypeError, RecursionError):
        return None
    return (copy, len(written) + written.count(b"e")) if copy == value else None


def copied(value: Any) -> Any:
    """A copy of plain JSON that may be changed; what is nested too deeply to copy stays as it is."""
    if type(value) is not dict and type(value) is not list:
        return value
    try:
        return loads(dumps(value, 2))
    except ValueError:
        return value


class _NotJson(Exception):
    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = ""

    def within(self, key: object) -> _NotJson:
        self.place = f"/{key}{self.place}"
        return self


def _adopt(value: Any, depth: int) -> tuple[Any, int]:
    kind = type(value)
    if kind is str:
        return value, _string(value)
    if kind is int or kind is bool or value is None:
        return value, 6 if kind is not int else (20 if -(10**18) < value < 10**18 else _number(value))
    if kind is float:
        if value != value or value in (_INFINITY, -_INFINITY):
            raise _NotJson(f"{value} is not JSON")
        return value, 24
    if depth == 0:
        raise _NotJson(f"nested deeper than {MAX_DEPTH} levels")
    if kind is dict:
        return _adopt_object(value, depth - 1)
    if kind is list or kind is tuple:
        return _adopt_array(value, depth - 1)
    return _adopt_other(value, depth)


def _adopt_object(value: dict[Any, Any], depth: int) -> tuple[Any, int]:
    copy: dict[str, Any] = {}
    total = 2
    for key, item in value.items():
        if type(key) is not str:
            if not isinstance(key, str):
                raise _NotJson(f"the key {key!r} is not a string").within(repr(key)[:80])
            key = str.__str__(key)
        total += len(key) + 4 if key.isascii() and key.isidentifier() else _string(key) + 2
        if type(item) is int and -(10**18) < item < 10**18:
            copy[key] = item
            total += 20
            continue
        try:
            copy[key], size_ = _adopt(item, depth)
        except _NotJson as error:
            raise error.within(key[:80]) from None
        total += size_
    return copy, total


def _adopt_array(value: list[Any] | tuple[Any, ...], depth: int) -> tuple[Any, int]:
    copy: list[Any] = []
    total = 2
    for index, item in enumerate(value):
        if type(item) is int and -(10**18) < item < 10**18:
            copy.append(item)
            total += 21
            continue
        try:
            adopted, size_ = _adopt(item, depth)
        except _NotJson as error:
            raise error.within(index) from None
        copy.append(adopted)
        total += size_ + 1
    return copy, total


def _adopt_other(value: Any, depth: int) -> tuple[Any, int]:
    """Subclasses of the plain types (an enum of strings, an OrderedDict) become the plain type."""
    if isinstance(value, str):
        return _adopt(str.__str__(value), depth)
    for kind in PLAIN:
        if isinstance(value, kind):
            return _adopt(kind(value), depth)
    raise _NotJson(f"a {type(value).__name__} is not JSON")


_INFINITY = float("inf")
PLAIN: tuple[type[Any], ...] = (int, float, dict, list, tuple)


def _string(value: str) -> int:
    if value.isascii():
        return len(value) + 2 if value.isprintable() and '"' not in value and "\\" not in value else 6 * len(value) + 2
    try:
        return 6 * len(value.encode()) + 2
    except UnicodeEncodeError:
        raise _NotJson("a string holds half of a surrogate pair") from None


def _number(value: int) -> int:
    if value.bit_length() > 14_000:
        raise _NotJson("an integer of more than 4,000 digits")
    return value.bit_length() // 3 + 2
