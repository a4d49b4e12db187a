"""AWS's limits, and how sizes are known without writing every document out at every state.

Each frame carries `weight`, an upper bound of its document's bytes. A state's template says at compile time how much
it can add (`Growth`): most states add little, so the bound stays below the limit and nothing is measured. Only when
the bound passes the limit is the document measured, and the exact size becomes the new bound. Large parts that travel
unchanged from state to state are measured once and remembered by identity.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from monostep.documents import size

PAYLOAD = 262_144
"""Bytes of a state's input, output or result."""
EVENTS = 25_000
"""History events of a Standard execution."""
EXPRESS_EVENTS = 100_000
"""Events after which an Express execution that never waits is taken to have used its five minutes."""
VARIABLE = 262_144
VARIABLES = 10 * 1024 * 1024
YEAR = 365 * 24 * 3600.0
EXPRESS = 300.0
WAIT = 2**31 - 1
"""Seconds a Wait may last: 24,855 days and some hours, as recorded."""

UNBOUNDED = 1 << 60


class Growth(NamedTuple):
    """A value made of a document of `w` bytes has at most `constant + factor * w` bytes."""

    constant: int = 0
    factor: int = 1


def growth(template: Any) -> Growth:
    """Of a JSONPath payload template."""
    constant = size(template)
    factor = _dynamic(template)
    return Growth(constant, factor)


def _dynamic(template: Any) -> int:
    if isinstance(template, dict):
        return sum(_reference(item) if key.endswith(".$") else _dynamic(item) for key, item in template.items())
    if isinstance(template, list):
        return sum(_dynamic(item) for item in template)
    return 0


def _reference(text: Any) -> int:
    """A part of the document is no larger than the document; `..` and unions may repeat parts."""
    if not isinstance(text, str) or ".." in text or "," in text:
        return 0 if isinstance(text, str) and text.startswith("States.MathAdd(") else UNBOUNDED
    if text.startswith(("$.", "$[")) or text == "$":
        return 1
    return 0 if text == "States.UUID()" else UNBOUNDED


def growth_at(path: Any) -> Growth:
    """Of an InputPath or OutputPath; null makes an empty object."""
    return Growth() if path is None else Growth(0, _reference(path))


def measure(value: Any, sizes: dict[int, tuple[Any, int]]) -> int:
    """Exact bytes of a document; containers in its first two levels are measured once per execution."""
    return _measure(value, sizes, 2)


def _measure(value: Any, sizes: dict[int, tuple[Any, int]], depth: int) -> int:
    if not isinstance(value, dict | list) or not value:
        return size(value)
    measured = sizes.get(id(value))
    if measured is not None:
        return measured[1]
    if depth == 0:
        total = size(value)
    elif isinstance(value, dict):
        total = 1 + sum(size(key) + 2 + _measure(item, sizes, depth - 1) for key, item in value.items())
    elif len(value) > 64:
        total = size(value)
    else:
        total = 1 + sum(1 + _measure(item, sizes, depth - 1) for item in value)
    sizes[id(value)] = (value, total)
    return total
