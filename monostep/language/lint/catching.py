"""Retriers and catchers that can never act: their error is misspelt, cannot happen here, or is taken by one before.

Names a service or a function chooses are not judged, only those that begin with States., which are AWS's alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

from monostep.language.lint.survey import Finding, State, Survey, entries

ERRORS = (
    "States.ALL",
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
)
"""AWS's own error names (Developer Guide, "Handling errors"), besides States.Http.StatusCode.404 and its like."""

_STATUS = re.compile(r"States\.Http\.StatusCode\.(?:[0-9]{3}|\*)")
_MEANT = re.compile(r"states?[._ ]", re.IGNORECASE)
_CLOSE = 0.75
_TASKS = ("Task", "TaskFn")

Never = Callable[[State], str | None]
"""Why a state can never raise the error; None where it can."""


def unraisable(survey: Survey) -> Iterator[Finding]:
    for state in survey.states():
        for field in ("Retry", "Catch"):
            for entry, place in entries(state.body, field):
                for index, name in enumerate(_names(entry)):
                    reason = _misspelt(name) or _never(name, state)
                    if reason:
                        yield reason, f"{state.location}/{place}/ErrorEquals[{index}]"


def unreachable(survey: Survey) -> Iterator[Finding]:
    for state in survey.states():
        for field in ("Retry", "Catch"):
            before: dict[str, str] = {}
            for entry, place in entries(state.body, field):
                names = _names(entry)
                takers = [_taker(name, before, state) for name in names]
                if names and all(takers):
                    yield f"{takers[0]} already takes every error named here", f"{state.location}/{place}"
                before.update({name: place for name in names if name not in before})


def _names(entry: dict[str, Any]) -> list[str]:
    found = entry.get("ErrorEquals")
    return [name if isinstance(name, str) else "" for name in found] if isinstance(found, list) else []


def _taker(name: str, before: dict[str, str], state: State) -> str | None:
    """The entry before this one that takes the error; States.TaskFailed takes what a Task's own code raises."""
    if name in before:
        return before[name]
    if state.kind in _TASKS and not name.startswith("States."):
        return before.get("States.TaskFailed")
    return None


def _misspelt(name: str) -> str | None:
    if name in ERRORS or not _MEANT.match(name) or _STATUS.fullmatch(name):
        return None
    lower = {error.lower(): error for error in ERRORS}
    near = get_close_matches(name.lower()[:80], lower, 1, _CLOSE)
    hint = f"; did you mean {lower[near[0]]}?" if near else ""
    if name.startswith("States."):
        return f"No error is named {name:.80}{hint}"
    return f"No error of AWS's is named {name:.80}{hint}" if hint else None


def _never(name: str, state: State) -> str | None:
    rule = _NEVER.get(name) or (_http if name.startswith("States.Http.") else None)
    reason = rule(state) if rule else None
    return f"{name} cannot happen here: {reason}" if reason else None


def _of_task(kind: str) -> Never:
    return lambda state: f"only a {kind} state raises it" if state.kind in _TASKS else None


def _http(state: State) -> str | None:
    resource = state.body.get("Resource")
    here = state.kind in _TASKS and isinstance(resource, str) and not resource.startswith("${")
    return "only http:invoke raises it" if here and ":http:invoke" not in str(resource) else None


def _heartbeat(state: State) -> str | None:
    if state.kind not in _TASKS or state.has("HeartbeatSeconds", "HeartbeatSecondsPath"):
        return None
    return "the state has no HeartbeatSeconds"


def _map_needs(field: str) -> Never:
    def reason(state: State) -> str | None:
        if state.kind in _TASKS:
            return "only a Map state raises it"
        return f"there is no {field}" if state.kind in ("Map", "Parallel") and not _holds(state.body, field) else None

    return reason


def _holds(body: Any, field: str) -> bool:
    """Whether a state or any state inside it has the field."""
    ahead = [body]
    while ahead:
        inner = ahead.pop()
        if isinstance(inner, dict):
            if field in inner:
                return True
            ahead.extend(inner.values())
        elif isinstance(inner, list):
            ahead.extend(inner)
    return False


def _speaks(language: str) -> Never:
    def reason(state: State) -> str | None:
        speaks = state.kind in _TASKS and state.jsonata == (language == "JSONata")
        return f"the state's query language is {language}" if speaks else None

    return reason


_NEVER: dict[str, Never] = {
    "States.BranchFailed": _of_task("Parallel"),
    "States.NoChoiceMatched": _of_task("Choice"),
    "States.ExceedToleratedFailureThreshold": _of_task("Map"),
    "States.ItemReaderFailed": _map_needs("ItemReader"),
    "States.ResultWriterFailed": _map_needs("ResultWriter"),
    "States.HeartbeatTimeout": _heartbeat,
    "States.IntrinsicFailure": _speaks("JSONata"),
    "States.ParameterPathFailure": _speaks("JSONata"),
    "States.ResultPathMatchFailure": _speaks("JSONata"),
    "States.QueryEvaluationError": _speaks("JSONPath"),
}
"""Errors that some states can never raise. A Map or Parallel also raises those of the states inside it."""
