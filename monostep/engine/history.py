"""History: what happened, as GetExecutionHistory tells it.

During a run the history is one flat list: each event is five references, `type, previous, now, a, b`, and is known by
its mark, the length of the list after it. `previous` is the mark of the event before, or, where it is negative, tells
how far that lies before the event's own mark: a number that need not be made and kept for each event. A tuple an event
was tried first and lost: 60,000 of them keep the garbage collector busy for a quarter of the run. Text and dicts are
made by `render`, event by event, only when somebody asks. What `a` and `b` hold depends on the type: see the tables
below.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from monostep.documents import text

Event = tuple[str, int, float, Any, Any]
"""(type, mark of the event before, modelled seconds since the start, a, b)"""
WIDTH = 5
DIRECTLY = -WIDTH
"""The `previous` of an event that follows the one right before it."""


def event_at(events: Sequence[Any], mark: int) -> Event:
    """The event that a frame's `previous` or `entered` refers to."""
    kind, previous, now, a, b = events[mark - WIDTH : mark]
    return kind, previous if previous >= 0 else mark + previous, now, a, b


def each(events: Sequence[Any]) -> Iterator[Event]:
    marks = range(WIDTH, len(events) + 1, WIDTH)
    return (event_at(events, mark) for mark in marks)


WHOLE = {"truncated": False}


def _entered(name: str, document: Any) -> dict[str, Any]:
    return {"input": text(document), "inputDetails": WHOLE, "name": name}


def _exited(name: str, exit_: Any) -> dict[str, Any]:
    output, assigned = exit_ if type(exit_) is Assigned else (exit_, None)
    details = {"name": name, "output": text(output), "outputDetails": WHOLE}
    if assigned is not None:
        details["assignedVariables"] = {key: text(value) for key, value in assigned.items()}
        details["assignedVariablesDetails"] = WHOLE
    return details


def _failed(error: str | None, cause: str | None) -> dict[str, Any]:
    return {key: value for key, value in (("error", error), ("cause", cause)) if value is not None}


def _output(document: Any, _: Any) -> dict[str, Any]:
    return {"output": text(document), "outputDetails": WHOLE}


class Text:
    """A value that the history shows as text."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class ExecutionInput(Text):
    """The execution's input, shown as json.dumps writes it: that is what a caller of StartExecution would have sent."""

    __slots__ = ()


def _as_given(details: Any, _: Any) -> dict[str, Any]:
    return {key: _written(value) if isinstance(value, Text) else value for key, value in details.items()}


def _written(shown: Text) -> str:
    return json.dumps(shown.value) if type(shown) is ExecutionInput else text(shown.value)


def _of_task(resource: Mapping[str, Any], rest: Any) -> dict[str, Any]:
    return dict(resource) | _as_given(rest or {}, None)


def _task_succeeded(resource: Mapping[str, Any], output: Any) -> dict[str, Any]:
    return dict(resource) | {"output": text(output), "outputDetails": WHOLE}


class Scheduled(Text):
    """What a Lambda or an activity was effective, with what else its Scheduled event tells."""

    __slots__ = ("more",)

    def __init__(self, value: Any, more: Mapping[str, Any]) -> None:
        self.value = value
        self.more = more


def _scheduled(details: Mapping[str, Any], effective: Any) -> dict[str, Any]:
    more: Mapping[str, Any] = {}
    if type(effective) is Scheduled:
        effective, more = effective.value, effective.more
    return {"input": text(effective), "inputDetails": WHOLE, **details, **more}


def _scheduled_service(details: Mapping[str, Any], effective: Any) -> dict[str, Any]:
    more: Mapping[str, Any] = {}
    if type(effective) is Scheduled:
        effective, more = effective.value, effective.more
    return {**details, "parameters": text(effective), "region": "us-east-1", **more}


def _iteration(name: str, index: int) -> dict[str, Any]:
    return {"index": index, "name": name}


class Assigned(tuple[Any, Mapping[str, Any]]):
    """An exit that also assigned variables: (output, variables)."""

    __slots__ = ()


DETAILS: dict[str, tuple[str, Callable[[Any, Any], dict[str, Any]]]] = {
    "ExecutionStarted": ("executionStartedEventDetails", _as_given),
    "ExecutionSucceeded": ("executionSucceededEventDetails", _output),
    "ExecutionFailed": ("executionFailedEventDetails", _failed),
    "ExecutionTimedOut": ("executionTimedOutEventDetails", _failed),
    "ExecutionAborted": ("executionAbortedEventDetails", _failed),
    "EvaluationFailed": ("evaluationFailedEventDetails", _as_given),
    "LambdaFunctionScheduled": ("lambdaFunctionScheduledEventDetails", _scheduled),
    "LambdaFunctionSucceeded": ("lambdaFunctionSucceededEventDetails", _output),
    "LambdaFunctionFailed": ("lambdaFunctionFailedEventDetails", _failed),
    "LambdaFunctionTimedOut": ("lambdaFunctionTimedOutEventDetails", _failed),
    "ActivityScheduled": ("activityScheduledEventDetails", _scheduled),
    "ActivityStarted": ("activityStartedEventDetails", _as_given),
    "ActivitySucceeded": ("activitySucceededEventDetails", _output),
    "ActivityFailed": ("activityFailedEventDetails", _failed),
    "ActivityTimedOut": ("activityTimedOutEventDetails", _failed),
    "TaskScheduled": ("taskScheduledEventDetails", _scheduled_service),
    "TaskStarted": ("taskStartedEventDetails", _of_task),
    "TaskSucceeded": ("taskSucceededEventDetails", _task_succeeded),
    "TaskFailed": ("taskFailedEventDetails", _of_task),
    "TaskTimedOut": ("taskTimedOutEventDetails", _of_task),
    "MapStateStarted": ("mapStateStartedEventDetails", _as_given),
    "MapIterationStarted": ("mapIterationStartedEventDetails", _iteration),
    "MapIterationSucceeded": ("mapIterationSucceededEventDetails", _iteration),
    "MapIterationFailed": ("mapIterationFailedEventDetails", _iteration),
    "MapIterationAborted": ("mapIterationAbortedEventDetails", _iteration),
}


def render(events: Sequence[Any], start: datetime) -> Iterator[dict[str, Any]]:
    """Events in the shape of boto3's get_execution_history, each made when it is asked for; `start` is an aware
    datetime.
    """
    return (_render(number, event, start) for number, event in enumerate(each(events), 1))


def _render(number: int, event: Event, start: datetime) -> dict[str, Any]:
    kind, previous, now, a, b = event
    shown = {
        "timestamp": start + timedelta(seconds=now),
        "type": kind,
        "id": number,
        "previousEventId": previous // WIDTH,
    }
    if kind.endswith("StateEntered"):
        shown["stateEnteredEventDetails"] = _entered(a, b)
    elif kind.endswith("StateExited"):
        shown["stateExitedEventDetails"] = _exited(a, b)
    elif kind in DETAILS:
        key, details = DETAILS[kind]
        shown[key] = details(a, b)
    return shown
