"""Entering and leaving a state: the events, the sizes, the way on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from monostep.documents import estimate, size
from monostep.engine.flow import Settle
from monostep.engine.frame import Frame, Step
from monostep.engine.history import DIRECTLY, Assigned
from monostep.engine.limits import VARIABLE, VARIABLES, measure
from monostep.engine.outcomes import Fatal
from monostep.errors import StateError

Steps = dict[str, Step]
"""State name -> its first step; filled while compiling, so that states may name each other."""
Leave = Callable[[Frame, Any, int], "Step | None"]
"""(frame, result, upper bound of its bytes): shapes the output, records the exit, moves on."""


def enter(frame: Frame, kind: str, name: str) -> bool:
    """Records that the state was entered; False when the history has no room left."""
    run = frame.run
    events = run.events
    if len(events) > run.room:
        run.overflow()
        return False
    before = frame.previous
    events.extend((kind, before if before != len(events) else DIRECTLY, run.clock.now, name, frame.document))
    frame.previous = frame.entered = len(events)
    return True


def record(frame: Frame, kind: str, a: Any = None, b: Any = None) -> None:
    run, before = frame.run, frame.previous
    events = run.events
    events.extend((kind, before if before != len(events) else DIRECTLY, run.clock.now, a, b))
    frame.previous = len(events)


def stop(frame: Frame, failure: StateError) -> Step | None:
    """For states without Retry and Catch."""
    frame.fail(frame.run.explain(frame, failure))
    return None


def weigh(frame: Frame, value: Any, bound: int, name: str) -> int:
    """The bound, or where it passes the limit the exact size; raises States.DataLimitExceeded."""
    run = frame.run
    if bound <= run.ceiling:
        return bound
    if not run.limited:
        return 0
    near = estimate(value)
    if near <= run.ceiling:
        return near
    exact = measure(value, run.sizes)
    if exact > run.ceiling:
        raise Fatal("States.DataLimitExceeded", too_large(name))
    return exact


def too_large(name: str) -> str:
    return f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."


def compile_leave(kind: str, name: str, flow: Settle, steps: Steps, target: str | None) -> Leave:
    """The exit to `target`, or with None the end of the frame."""
    shape, assign, (constant, factor), keeps, both = flow
    straight = shape is None and assign is None and both is None

    def leave(frame: Frame, result: Any, bound: int) -> Step | None:
        run = frame.run
        output = left = result
        if not straight:
            document = frame.document
            if both is not None:
                values = both(document, result, frame)
                output, assigned = values["Output"], values["Assign"]
            else:
                output = left = result if shape is None else shape(document, result, frame)
                assigned = None if assign is None else assign(document, result, frame)
            bound = constant + factor * bound + (frame.weight + 256 if keeps else 0)
            if keeps and bound > run.ceiling:
                bound = min(bound, constant + factor * estimate(result) + frame.weight + 256)
            if assigned is not None:
                left = Assigned((output, _assigned(frame, assigned)))
        if bound > run.ceiling:
            bound = weigh(frame, output, bound, name)
        events, before = run.events, frame.previous
        events.extend((kind, before if before != len(events) else DIRECTLY, run.clock.now, name, left))
        frame.previous = len(events)
        frame.document = output
        frame.weight = bound
        if target is not None:
            return steps[target]
        if frame.join is None:
            run.succeed(frame)
        else:
            frame.join.finished(frame)
        return None

    return leave


def _assigned(frame: Frame, values: Mapping[str, Any]) -> Mapping[str, Any]:
    frame.variables = {**frame.variables, **values}
    if frame.run.limited:
        for name, value in values.items():
            if type(value) in (str, dict, list) and size(value) > VARIABLE:
                raise Fatal(
                    "States.DataLimitExceeded", f"The variable '{name}' exceeds the maximum size of {VARIABLE} bytes."
                )
        if len(frame.variables) > VARIABLES // VARIABLE and size(frame.variables) > VARIABLES:
            raise Fatal(
                "States.DataLimitExceeded", f"The variables exceed the maximum total size of {VARIABLES} bytes."
            )
    return values
