"""What keeps a definition from being told as builder code: it is no machine, or it leads nowhere.

What its fields say is not judged here: code yields the same machine, whatever `lint` thinks of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from monostep.language.diagnostic import Diagnostic
from monostep.language.lint.verdict import lint
from monostep.language.machine import Machine
from monostep.language.part import Part
from monostep.language.states import State
from monostep.language.text.reading import plain

NULLABLE = ("InputPath", "OutputPath", "ResultPath")
SCHEMA = "SCHEMA_VALIDATION_FAILED"
LEADING = ("MISSING_TRANSITION_TARGET", "DUPLICATE_STATE_NAME")


def unusable(document: Any) -> list[Diagnostic]:
    """The reasons why there is no code for a definition; none for every one that AWS takes."""
    if found := plain(document):
        return found
    try:
        machine = Machine.model_validate(document)
    except ValidationError as error:
        return [_refused(problem) for problem in error.errors()]
    except RecursionError:
        return [Diagnostic("ERROR", SCHEMA, "The states are too deeply nested")]
    led = [finding for finding in lint(document) if finding.code in LEADING]
    return [*_gaps(machine, ""), *led]


def _refused(problem: Any) -> Diagnostic:
    where = "".join(f"[{part}]" if isinstance(part, int) else f"/{part}" for part in problem["loc"])
    return Diagnostic("ERROR", SCHEMA, problem["msg"], where)


def _gaps(part: Part, here: str) -> Iterator[Diagnostic]:
    """Fields that are null where the builder has nothing to say, and states without a way out."""
    for name in part.given():
        value = getattr(part, name)
        if value is None and name not in NULLABLE and type(part).model_fields[name].annotation is not Any:
            yield Diagnostic("ERROR", SCHEMA, f"{name} is null", f"{here}/{name}")
        for place, inner in _parts(value):
            yield from _gaps(inner, f"{here}/{name}{place}")
    if isinstance(part, State):
        yield from _exits(part, here)


def _parts(value: Any) -> Iterator[tuple[str, Part]]:
    if isinstance(value, Part):
        yield "", value
    elif isinstance(value, list):
        yield from ((f"[{index}]", one) for index, one in enumerate(value) if isinstance(one, Part))
    elif isinstance(value, Mapping):
        yield from ((f"/{name}", one) for name, one in value.items() if isinstance(one, Part))


def _exits(state: State, here: str) -> Iterator[Diagnostic]:
    if state.Type in ("Succeed", "Fail"):
        return
    if state.Type == "Choice":
        if not state.Choices or any(rule.Next is None for rule in state.Choices):
            yield Diagnostic("ERROR", SCHEMA, "A Choice needs Choices, and each of them a Next", here)
    elif (state.Next is None) is not (state.End is True):
        yield Diagnostic("ERROR", SCHEMA, "A state has either a Next or an End that is true", here)
    if state.Type == "Task" and state.Resource is None:
        yield Diagnostic("ERROR", SCHEMA, "A Task needs a Resource", here)
    if state.Type == "Map" and (state.ItemProcessor is None) is (state.Iterator is None):
        yield Diagnostic("ERROR", SCHEMA, "A Map has an ItemProcessor", here)
    if state.Type == "Parallel" and state.Branches is None:
        yield Diagnostic("ERROR", SCHEMA, "A Parallel has Branches", here)
