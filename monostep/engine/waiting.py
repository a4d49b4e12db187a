"""The Wait state: how long, or until when (specification: Wait State)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from monostep.documents import text
from monostep.engine.choices import moment
from monostep.engine.flow import Prepare
from monostep.engine.frame import Frame, Step
from monostep.engine.limits import WAIT, Growth
from monostep.engine.numbers import compile_value, unexpected
from monostep.engine.passage import Leave, enter, stop
from monostep.errors import EvaluationError, StateError
from monostep.expressions.jsonata import is_expression
from monostep.expressions.paths import PathError, usable_path

Until = Callable[[Any, Frame], float]
"""(state input, frame) -> the modelled moment to wake at"""


def compile_wait(
    name: str, state: Mapping[str, Any], language: str, flow: tuple[Prepare | None, Growth], leave: Leave
) -> Step:
    until = _until(state, language)
    prepare, growth = flow

    def step(frame: Frame) -> Step | None:
        if not enter(frame, "WaitStateEntered", name):
            return None
        run = frame.run
        try:
            document = frame.document if prepare is None else prepare(frame.document, frame)
            wake = until(document, frame)
            if wake - run.clock.now > WAIT:
                raise EvaluationError("States.Runtime", "Wait state delay is too long.")
        except StateError as failure:
            return stop(frame, failure)

        def resume(frame: Frame) -> Step | None:
            try:
                return leave(frame, document, growth.factor * frame.weight)
            except StateError as failure:
                return stop(frame, failure)

        if wake <= run.clock.now:
            return resume
        run.wait(frame, wake, resume)
        return None

    return step


def _until(state: Mapping[str, Any], language: str) -> Until:
    if "SecondsPath" in state:
        return _seconds_at(state["SecondsPath"])
    if "TimestampPath" in state:
        return _moment_at(state["TimestampPath"])
    if "Timestamp" in state:
        return _timestamp(state["Timestamp"], language)
    seconds = state["Seconds"]
    if isinstance(seconds, str) and language == "JSONata":
        return _seconds_from(seconds)
    return lambda _document, frame: frame.run.clock.now + seconds


def _seconds_at(path: str) -> Until:
    read = _referenced(path, "SecondsPath")

    def seconds(document: Any, frame: Frame) -> float:
        value = read(document, frame)
        number = _long(value)
        if number is None:
            raise _refuse(f"The SecondsPath parameter cannot be parsed as a long value: {path} == {_shown(value)}")
        if number < 0:
            raise _refuse(f"The SecondsPath parameter references a negative value: {path} == {_shown(value)}")
        return frame.run.clock.now + number

    return seconds


def _referenced(path: str, field: str) -> Callable[[Any, Frame], Any]:
    """What the path leads to: neither nothing nor null."""
    read = usable_path(path).evaluate

    def referenced(document: Any, frame: Frame) -> Any:
        try:
            value = read(document, frame)
        except PathError:
            value = None
        if value is None:
            raise _refuse(f"The {field} parameter does not reference an input value: {path}")
        return value

    return referenced


def _long(value: Any) -> int | None:
    """What Java's Long.parseLong makes of the value's text."""
    try:
        number = int(value) if type(value) in (int, str) else None
    except ValueError:
        return None
    return number if number is not None and -(1 << 63) <= number < 1 << 63 else None


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else text(value)


def _refuse(message: str) -> EvaluationError:
    return EvaluationError("States.Runtime", message)


def _moment_at(path: str) -> Until:
    read = _referenced(path, "TimestampPath")

    def timestamp(document: Any, frame: Frame) -> float:
        value = read(document, frame)
        parsed = moment(value)
        if parsed is None:
            raise _refuse(
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "
                f"string: {path} == {_shown(value)}"
            )
        return _since(parsed, frame)

    return timestamp


def _timestamp(literal: str, language: str) -> Until:
    if language == "JSONata" and is_expression(literal):
        evaluate = compile_value(literal, "Timestamp")

        def timestamp(document: Any, frame: Frame) -> float:
            value = evaluate(document, frame)
            parsed = moment(value)
            if parsed is None:
                message = (
                    f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
                    f"{_shown(value)}"
                )
                raise EvaluationError("States.QueryEvaluationError", message, "Timestamp")
            return _since(parsed, frame)

        return timestamp
    fixed = moment(literal)
    if fixed is None:
        raise ValueError(f"not a timestamp: {literal}")
    return lambda _document, frame: _since(fixed, frame)


def _since(parsed: datetime, frame: Frame) -> float:
    return (parsed - frame.run.identity.start).total_seconds()


def _seconds_from(expression: str) -> Until:
    evaluate = compile_value(expression, "Seconds")

    def seconds(document: Any, frame: Frame) -> float:
        value = evaluate(document, frame)
        if type(value) not in (int, float):
            raise unexpected(expression, "Seconds", "integer", value)
        if value != int(value):
            raise unexpected(expression, "Seconds", "integer", value)
        if value < 0:
            message = f"The Seconds field contains a negative value: {_shown(value)}"
            raise EvaluationError("States.QueryEvaluationError", message, "Seconds")
        return float(frame.run.clock.now + value)

    return seconds
