"""From Python's own values to the JSON of a definition, and from that to a model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import ValidationError

from monostep.build.conditions import Path, timestamp
from monostep.language.part import Part

P = TypeVar("P", bound=Part)


def plain(value: Any) -> Any:
    """JSON: paths and times become text, durations whole seconds. ValueError for a fraction of a second."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return value.path
    if isinstance(value, timedelta):
        return seconds(value)
    if isinstance(value, datetime):
        return timestamp(value)
    return value.model_dump() if isinstance(value, Part) else value


def seconds(duration: timedelta) -> int:
    whole, rest = divmod(duration, timedelta(seconds=1))
    if rest or whole < 0:
        raise ValueError(f"{duration} is no whole number of seconds; AWS counts nothing else")
    return whole


def model(kind: type[P], fields: Mapping[str, Any], what: str) -> P:
    """The model of these fields; TypeError, with what is wrong where, for those it cannot hold."""
    try:
        return kind.model_validate(plain(dict(fields)))
    except ValidationError as error:
        raise TypeError(f"{what}: {'; '.join(map(_told, error.errors()))}") from None


def _told(problem: Any) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).removeprefix(".")
    if problem["type"] in ("extra_forbidden", "unsupported"):
        return f"it has no field {where}"
    said = problem["msg"].removeprefix("Input should be ").removeprefix("a ")
    return f"{where} takes {said}, not {problem['input']!r}"[:300]
