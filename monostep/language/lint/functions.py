"""States and the functions behind them: names that meet, and callbacks that somebody has to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from monostep.language.inject import INVOKE, PLACEHOLDER
from monostep.language.lint.survey import Finding, State, Survey

ENVELOPE = {"Task", "Input", "Input.$", "Workflow", "TaskToken", "TaskToken.$"}
_LAMBDA = re.compile(r"arn:[^:]*:lambda:[^:]*:[^:]*:function:.+")
_ACTIVITY = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:activity:.+")
_TOKEN = ".waitForTaskToken"
_BOUNDS = ("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath")


def functionless(survey: Survey) -> Iterator[Finding]:
    """TaskFn states that no function answers."""
    for state, task, field in _named(survey):
        if state.kind == "TaskFn" and survey.tasks is not None and task not in survey.tasks:
            yield _nobody(task, survey.tasks), f"{state.location}{field}"


def unknown(survey: Survey) -> Iterator[Finding]:
    """Envelopes written out in plain ASL that no function answers."""
    for state, task, field in _named(survey):
        if state.kind == "Task" and survey.tasks is not None and task not in survey.tasks:
            yield _nobody(task, survey.tasks), f"{state.location}{field}"


def idle(survey: Survey) -> Iterator[Finding]:
    """Functions that no state calls, unless a state decides during the run which it calls."""
    if survey.tasks is None or any(_dynamic(state) for state in survey.states()):
        return
    used = {task for _, task, _ in _named(survey)}
    for name, task in survey.tasks.items():
        if name not in used:
            where = getattr(task, "location", "")
            yield f"No state uses the function of task {name}" + (f" ({where})" if where else ""), ""


def unanswered(survey: Survey) -> Iterator[Finding]:
    """Callbacks and activities that wait as long as the execution lives."""
    if "TimeoutSeconds" in survey.machine:
        return
    for state in survey.states():
        resource = state.body.get("Resource")
        if isinstance(resource, str) and state.kind in ("Task", "TaskFn") and not state.has(*_BOUNDS):
            if resource.endswith(_TOKEN):
                yield "A callback without TimeoutSeconds waits for its token for up to a year", state.location
            elif _ACTIVITY.fullmatch(resource):
                yield "An activity without TimeoutSeconds waits for a worker for up to a year", state.location


def _named(survey: Survey) -> Iterator[tuple[State, str, str]]:
    """Each state that names a task, the task, and the field that names it: a TaskFn, or an envelope in plain ASL."""
    for state in survey.states():
        if state.kind == "TaskFn":
            task = state.body.get("Task", state.name)
            if isinstance(task, str):
                yield state, task, "/Task" if "Task" in state.body else ""
        elif state.kind == "Task":
            envelope, place = _envelope(state)
            task = envelope.get("Task")
            if isinstance(task, str) and not task.startswith("{%") and envelope.get("Workflow") == survey.workflow:
                yield state, task, f"{place}/Task"


def _dynamic(state: State) -> bool:
    task = _envelope(state)[0].get("Task")
    return "Task.$" in _parameters(state)[0] or (isinstance(task, str) and task.startswith("{%"))


def _envelope(state: State) -> tuple[Mapping[str, Any], str]:
    """The envelope a plain Task sends to a Lambda, and where it is; empty where it sends something else."""
    given, place = _parameters(state)
    return (given, place) if given and given.keys() <= ENVELOPE else ({}, "")


def _parameters(state: State) -> tuple[Mapping[str, Any], str]:
    resource = state.body.get("Resource")
    if state.kind != "Task" or not isinstance(resource, str):
        return {}, ""
    place = "/Arguments" if state.jsonata else "/Parameters"
    given = state.body.get(place[1:])
    if resource.removesuffix(_TOKEN) == INVOKE and isinstance(given, Mapping):
        place, given = f"{place}/Payload", given.get("Payload")
    elif resource != PLACEHOLDER and not _LAMBDA.fullmatch(resource):
        return {}, ""
    return (given, place) if isinstance(given, Mapping) else ({}, "")


def _nobody(task: str, tasks: Mapping[str, object]) -> str:
    near = get_close_matches(task[:80], list(tasks), 1)
    known = ", ".join(list(tasks)[:10]) + (" …" if len(tasks) > 10 else "")
    hint = f"did you mean {near[0]}?" if near else f"the functions are {known}" if tasks else "there are no functions"
    return f"No function is registered for task {task:.80}; {hint}"
