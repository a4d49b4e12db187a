"""The Task state: what is asked, who answers, what the history says of it.

Who answers is decided outside (see monostep.workflow.run): the compiler is handed one `Binding` per Task.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from monostep.documents import estimate
from monostep.engine import limits
from monostep.engine.flow import Prepare, bound, prepare
from monostep.engine.frame import Frame, Step
from monostep.engine.history import Text
from monostep.engine.numbers import compile_number
from monostep.engine.passage import Leave, enter, record, too_large
from monostep.engine.retry import Delay
from monostep.engine.run import Answer, Expired
from monostep.errors import EvaluationError, StateError
from monostep.expressions import jsonata
from monostep.expressions.scope import Constant
from monostep.expressions.templates import compile_template

Failed = Callable[[Frame, StateError], "Step | None"]


class Binding(NamedTuple):
    family: str
    """Prefix of the events: LambdaFunction, Activity or Task."""
    details: Mapping[str, Any]
    """What every event of a Task carries (resource, resourceType); for the other families the Scheduled event's
    resource."""
    subject: str
    """How AWS names it in an error text."""
    answer: Answer | None
    """None where nobody answers unless a mock does."""
    refusal: str = ""
    """Why, and how to mend it."""


class Limits(NamedTuple):
    timeout: Callable[[Any, Frame], float | None]
    heartbeat: Callable[[Any, Frame], float | None]


def compile_task(
    name: str, state: Mapping[str, Any], language: str, binding: Binding, leave: Leave, retry: Delay, catch: Failed
) -> Step:
    arguments, growth = prepare(state, language)
    times = Limits(_seconds(state, "TimeoutSeconds", language), _seconds(state, "HeartbeatSeconds", language))
    credentials = _credentials(state.get("Credentials"), language)
    timed = any(key.startswith(("TimeoutSeconds", "HeartbeatSeconds")) for key in state)
    retriers = len(state.get("Retry", ()))
    schedule = _schedule(binding)
    succeeded, ended = _endings(binding)
    callback = state["Resource"].endswith(".waitForTaskToken")

    def step(frame: Frame) -> Step | None:
        if not enter(frame, "TaskStateEntered", name):
            return None
        frame.attempts = [0] * retriers
        frame.retries = 0
        return attempt(frame)

    def attempt(frame: Frame) -> Step | None:
        run = frame.run
        if len(run.events) > run.room:
            run.overflow()
            return None
        document = frame.document
        seconds = heartbeat = None
        if callback:
            frame.token = frame.entered, secrets.token_urlsafe(48)
        try:
            given = document if arguments is None else arguments(document, frame)
            if growth.constant + growth.factor * frame.weight > run.ceiling:
                _check(frame, given, name)
            if timed:
                seconds, heartbeat = times.timeout(document, frame), times.heartbeat(document, frame)
            role = credentials(document, frame) if credentials is not None else None
        except StateError as failure:
            return failed(frame, run.explain(frame, failure))
        schedule(frame, given, seconds, heartbeat, role)
        answer = run.mocks.get(name, binding.answer) if run.mocks else binding.answer
        assert answer is not None
        within = min((limit for limit in (seconds, heartbeat) if limit is not None), default=None)
        if within is None and run.direct:
            try:
                result, bound = answer(given, frame)
            except StateError as failure:
                return fail(frame, failure)
            return succeed(frame, result, bound)
        expired = Expired(heartbeat is not None and within == heartbeat)
        return run.perform(frame, lambda: answer(given, frame), arrive, within, expired)

    def arrive(frame: Frame, outcome: Any) -> Step | None:
        if isinstance(outcome, StateError):
            return fail(frame, outcome)
        return succeed(frame, *outcome)

    def succeed(frame: Frame, result: Any, bound: int) -> Step | None:
        run = frame.run
        if bound > run.ceiling and run.limited:
            bound = limits.measure(result, run.known)
            if bound > run.ceiling:
                return fail(frame, StateError("States.DataLimitExceeded", too_large(binding.subject)))
        succeeded(frame, result)
        try:
            return leave(frame, result, bound)
        except StateError as failure:
            return failed(frame, run.explain(frame, failure))

    def fail(frame: Frame, failure: StateError) -> Step | None:
        ended(frame, failure)
        return failed(frame, failure)

    def failed(frame: Frame, failure: StateError) -> Step | None:
        seconds = retry(frame, failure)
        if seconds is None:
            return catch(frame, failure)
        frame.run.wait(frame, frame.run.clock.now + seconds, attempt)
        return None

    return step


def _endings(binding: Binding) -> tuple[Callable[[Frame, Any], None], Callable[[Frame, StateError], None]]:
    """What the history says of a result, and of a failure."""
    family, details = binding.family, binding.details

    def succeeded(frame: Frame, result: Any) -> None:
        if family == "Task":
            record(frame, "TaskSucceeded", details, result)
        else:
            record(frame, f"{family}Succeeded", result)

    def failed(frame: Frame, failure: StateError) -> None:
        ending = "TimedOut" if isinstance(failure, Expired) else "Failed"
        if family != "Task":
            record(frame, f"{family}{ending}", failure.error, failure.cause)
            return
        shown = {"error": failure.error, "cause": failure.cause}
        rest = {key: value for key, value in shown.items() if value is not None}
        record(frame, f"Task{ending}", details, rest)

    return succeeded, failed


def _seconds(state: Mapping[str, Any], field: str, language: str) -> Callable[[Any, Frame], float | None]:
    """How long a Task may take: at least a second, as lint holds literals to."""
    read = compile_number(state, field, language)
    field, error = (field, "QueryEvaluationError") if language == "JSONata" else (f"{field}Path", "Runtime")

    def seconds(document: Any, frame: Frame) -> float | None:
        value: float | None = read(document, frame)
        if value is not None and value < 1:
            raise EvaluationError(f"States.{error}", f"The {field} field must be a positive integer but was: {value}")
        return value

    return seconds


def _check(frame: Frame, given: Any, name: str) -> None:
    run = frame.run
    if run.limited and estimate(given) > run.ceiling and limits.measure(given, run.known) > run.ceiling:
        raise StateError("States.DataLimitExceeded", too_large(name))


def _schedule(binding: Binding) -> Callable[[Frame, Any, float | None, float | None, str | None], None]:
    family, details = binding.family, binding.details
    started: dict[str, Any] | None = {} if family == "Activity" else None

    def task(frame: Frame, given: Any, seconds: float | None, heartbeat: float | None, role: str | None) -> None:
        rest = _times({"parameters": Text(given), "region": "us-east-1"}, seconds, heartbeat)
        if role is not None:
            rest["taskCredentials"] = {"roleArn": role}
        record(frame, "TaskScheduled", details, rest)
        record(frame, "TaskStarted", details)

    def plain(frame: Frame, given: Any, seconds: float | None, heartbeat: float | None, role: str | None) -> None:
        shown = _times({"input": Text(given), "inputDetails": {"truncated": False}, **details}, seconds, heartbeat)
        if role is not None:
            shown["taskCredentials"] = {"roleArn": role}
        record(frame, f"{family}Scheduled", shown)
        record(frame, f"{family}Started", started)

    return task if family == "Task" else plain


def _times(shown: dict[str, Any], seconds: float | None, heartbeat: float | None) -> dict[str, Any]:
    if seconds is not None:
        shown["timeoutInSeconds"] = seconds
    if heartbeat is not None:
        shown["heartbeatInSeconds"] = heartbeat
    return shown


def _credentials(template: Any, language: str) -> Prepare | None:
    if not isinstance(template, Mapping):
        return None
    if language == "JSONata":
        compiled: Any = jsonata.compile_field(template, "Credentials")
    else:
        compiled = compile_template(template, field="Credentials")
    if isinstance(compiled, Constant):
        role = compiled.value["RoleArn"]
        return lambda _document, _frame: role
    read = bound(compiled, template) if language == "JSONata" else compiled
    return lambda document, frame: read(document, frame)["RoleArn"]
