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
from monostep.engine.history import DIRECTLY, Scheduled
from monostep.engine.numbers import compile_number
from monostep.engine.outcomes import Expired
from monostep.engine.passage import Leave, enter, record, too_large
from monostep.engine.program import Answer, Binding
from monostep.engine.retry import Guard
from monostep.errors import EvaluationError, StateError
from monostep.expressions import jsonata
from monostep.expressions.scope import Constant
from monostep.expressions.templates import compile_template

Succeed = Callable[[Frame, Any, int], "Step | None"]
"""(frame, result, upper bound of its bytes): records the result and leaves the state."""
Fail = Callable[[Frame, StateError], "Step | None"]


class Extras(NamedTuple):
    """What few Tasks have."""

    timeout: Callable[[Any, Frame], float | None]
    heartbeat: Callable[[Any, Frame], float | None]
    timed: bool
    role: Prepare | None
    callback: bool

    @property
    def none(self) -> bool:
        return not self.timed and self.role is None and not self.callback


def compile_task(
    name: str, state: Mapping[str, Any], language: str, binding: Binding, leave: Leave, guard: Guard
) -> Step:
    extras = _extras(state, language)
    fail = _fail(binding, guard)
    succeed = _succeed(binding, leave, guard, fail)
    guard.begin = _attempt(name, prepare(state, language), binding, extras, (succeed, fail), guard)

    def step(frame: Frame) -> Step | None:
        return guard.enter(frame) if enter(frame, "TaskStateEntered", name) else None

    if prepare(state, language)[0] is None and extras.none and binding.answer is not None:
        return _plain(name, binding, binding.answer, step, (succeed, fail), len(state.get("Retry", ())))
    return step


def _extras(state: Mapping[str, Any], language: str) -> Extras:
    return Extras(
        _seconds(state, "TimeoutSeconds", language),
        _seconds(state, "HeartbeatSeconds", language),
        any(key.startswith(("TimeoutSeconds", "HeartbeatSeconds")) for key in state),
        _credentials(state.get("Credentials"), language),
        str(state["Resource"]).endswith(".waitForTaskToken"),
    )


def _attempt(
    name: str,
    flow: tuple[Prepare | None, limits.Growth],
    binding: Binding,
    extras: Extras,
    endings: tuple[Succeed, Fail],
    guard: Guard,
) -> Step:
    (arguments, growth), (succeed, fail) = flow, endings
    schedule = _schedule(binding)

    def arrive(frame: Frame, outcome: Any) -> Step | None:
        return fail(frame, outcome) if isinstance(outcome, StateError) else succeed(frame, *outcome)

    def attempt(frame: Frame) -> Step | None:
        run = frame.run
        if len(run.events) > run.room:
            run.overflow()
            return None
        document = frame.document
        seconds = heartbeat = None
        if extras.callback:
            frame.token = frame.entered, secrets.token_urlsafe(48)
        try:
            effective = document if arguments is None else arguments(document, frame)
            if growth.constant + growth.factor * frame.weight > run.ceiling:
                _check(frame, effective, name)
            if extras.timed:
                seconds, heartbeat = extras.timeout(document, frame), extras.heartbeat(document, frame)
            role = None if extras.role is None else extras.role(document, frame)
        except StateError as failure:
            return guard.explained(frame, failure)
        schedule(frame, effective, seconds, heartbeat, role)
        answer = run.mocks.get(name, binding.answer) if run.mocks else binding.answer
        assert answer is not None
        if run.watch is not None:
            run.tell()  # before the function, which may take its time
        within = min((limit for limit in (seconds, heartbeat) if limit is not None), default=None)
        if within is None and run.direct:
            try:
                result, size = answer(effective, frame)
            except StateError as failure:
                return fail(frame, failure)
            return succeed(frame, result, size)
        expired = Expired(heartbeat is not None and within == heartbeat)
        return run.perform(frame, lambda: answer(effective, frame), arrive, within, expired)

    return attempt


def _plain(
    name: str, binding: Binding, answer: Answer, step: Step, endings: tuple[Succeed, Fail], retriers: int
) -> Step:
    """The good case of a Task that hands its input to a function: the first four events in one go. Mocks, threads, a
    full history and a large input are left to `step`.
    """
    succeed, fail = endings
    details = binding.details
    scheduled, started = f"{binding.family}Scheduled", f"{binding.family}Started"
    begun = _begun(binding)

    def plain(frame: Frame) -> Step | None:
        run = frame.run
        events = run.events
        mark = len(events)
        if not run.direct or run.mocks or run.watch is not None or mark > run.room or frame.weight > run.ceiling:
            return step(frame)
        document, now = frame.document, run.clock.now
        entry = ("TaskStateEntered", frame.previous, now, name, document)
        events.extend((*entry, scheduled, DIRECTLY, now, details, document, started, DIRECTLY, now, begun, None))
        frame.entered, frame.previous = mark + 5, mark + 15
        frame.retries = 0
        if retriers:
            frame.attempts = [0] * retriers
        try:
            result, size = answer(document, frame)
        except StateError as failure:
            return fail(frame, failure)
        return succeed(frame, result, size)

    return plain


def _succeed(binding: Binding, leave: Leave, guard: Guard, fail: Fail) -> Succeed:
    kind, service, details = f"{binding.family}Succeeded", binding.family == "Task", binding.details

    def succeed(frame: Frame, result: Any, size: int) -> Step | None:
        run = frame.run
        if size > run.ceiling and run.limited:
            size = limits.measure(result, run.sizes)
            if size > run.ceiling:
                return fail(frame, StateError("States.DataLimitExceeded", too_large(binding.subject)))
        events, before = run.events, frame.previous
        before = before if before != len(events) else DIRECTLY
        if service:
            events.extend((kind, before, run.clock.now, details, result))
        else:
            events.extend((kind, before, run.clock.now, result, None))
        frame.previous = len(events)
        try:
            return leave(frame, result, size)
        except StateError as failure:
            return guard.explained(frame, failure)

    return succeed


def _fail(binding: Binding, guard: Guard) -> Fail:
    family, details = binding.family, binding.details

    def fail(frame: Frame, failure: StateError) -> Step | None:
        ending = "TimedOut" if isinstance(failure, Expired) else "Failed"
        if family != "Task":
            record(frame, f"{family}{ending}", failure.error, failure.cause)
        else:
            shown = {"error": failure.error, "cause": failure.cause}
            record(frame, f"Task{ending}", details, {key: value for key, value in shown.items() if value is not None})
        return guard.failed(frame, failure)

    return fail


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


def _check(frame: Frame, effective: Any, name: str) -> None:
    run = frame.run
    if run.limited and estimate(effective) > run.ceiling and limits.measure(effective, run.sizes) > run.ceiling:
        raise StateError("States.DataLimitExceeded", too_large(name))


def _begun(binding: Binding) -> Mapping[str, Any] | None:
    """What the Started event tells."""
    return {"Activity": {}, "Task": binding.details}.get(binding.family)


def _schedule(binding: Binding) -> Callable[[Frame, Any, float | None, float | None, str | None], None]:
    """The Scheduled and Started events. A LambdaFunctionScheduled does not tell the heartbeat (API reference:
    LambdaFunctionScheduledEventDetails), though it fails a function that takes longer.
    """
    details, begun = binding.details, _begun(binding)
    beats = binding.family != "LambdaFunction"
    scheduled, started = f"{binding.family}Scheduled", f"{binding.family}Started"

    def schedule(
        frame: Frame, effective: Any, seconds: float | None, heartbeat: float | None, role: str | None
    ) -> None:
        if seconds is not None or heartbeat is not None or role is not None:
            effective = Scheduled(effective, _more(seconds, heartbeat if beats else None, role))
        record(frame, scheduled, details, effective)
        record(frame, started, begun)

    return schedule


def _more(seconds: float | None, heartbeat: float | None, role: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if seconds is not None:
        shown["timeoutInSeconds"] = seconds
    if heartbeat is not None:
        shown["heartbeatInSeconds"] = heartbeat
    if role is not None:
        shown["taskCredentials"] = {"roleArn": role}
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
