"""One state run in the engine, and the verdict on it.

The state is compiled without its retriers and catchers; where it leads, nothing is compiled at all: arriving ends the
run. A mocked Map or Parallel becomes a Task of the same data flow, since nothing below it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from monostep.documents import size
from monostep.engine.compile import BUILDERS, Compiler
from monostep.engine.fanout import compile_items
from monostep.engine.flow import settle
from monostep.engine.frame import Frame, Step
from monostep.engine.history import ExecutionInput
from monostep.engine.identity import Identity
from monostep.engine.numbers import compile_number
from monostep.engine.passage import compile_leave, enter
from monostep.engine.program import Answer, Binding, Program
from monostep.engine.retry import matcher
from monostep.engine.run import Run
from monostep.errors import StateError
from monostep.teststate.request import NAME, Request
from monostep.workflow.binding import Binder

ACCOUNT = "123456789012"
SEED = 0
LIMITS = {"ToleratedFailureCount": "integer", "ToleratedFailurePercentage": "float"}
EXCEEDED = StateError(
    "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
)
_SHARED = ("InputPath", "OutputPath", "ResultPath", "ResultSelector", "Assign", "Output", "Comment", "QueryLanguage")


class Verdict(NamedTuple):
    """`details` is inspectionData's errorDetails."""

    status: str
    error: str | None = None
    cause: str | None = None
    details: Mapping[str, Any] = {}


class Trial(Run):
    """A run of one state. `facts` are a Map's numbers, as far as they could be found."""

    next_state: str | None = None
    frame: Frame
    given: Mapping[str, Any] | None = None
    items: Any = None

    def __init__(self, program: Program, identity: Identity) -> None:
        super().__init__(program, identity, seed=SEED)
        self.facts: dict[str, Any] = {}

    def context(self, frame: Frame) -> Mapping[str, Any]:
        return super().context(frame) if self.given is None else self.given


class Targets(dict[str, Step]):
    """Every state that the tested one may lead to: arriving there is the end."""

    def __missing__(self, name: str) -> Step:
        def arrive(frame: Frame) -> None:
            assert isinstance(frame.run, Trial)
            frame.run.next_state = name
            frame.run.succeed(frame)

        return arrive


def attempt(asked: Request, functions: Mapping[str, Callable[..., Any]]) -> tuple[Trial, Verdict]:
    """Raises Unsupported for a Task that nobody answers."""
    compiler = Compiler(asked.language, Binder(functions, {}, ACCOUNT))
    if asked.mock is not None:
        compiler.bind = lambda _name, state, _location: _mocked(state)
    state = _plain(asked)
    step = BUILDERS[state["Type"]](compiler, NAME, state, Targets(), f"/States/{NAME}")
    if asked.mock is None:
        for refusal in compiler.unanswered.values():
            raise refusal
    identity = Identity(NAME, "EXPRESS", ACCOUNT, asked.role, asked.document)
    trial = Trial(Program(_start(asked, step), None, {}), identity)
    trial.given = asked.context
    if asked.mock is not None:
        trial.mocks = {NAME: _answer(asked, trial)}
    trial.go(asked.document, ExecutionInput(asked.document), size(asked.document))
    return trial, _judge(asked, trial)


def _plain(asked: Request) -> dict[str, Any]:
    state = {key: value for key, value in asked.state.items() if key not in ("Retry", "Catch")}
    if asked.kind not in ("Map", "Parallel"):
        return state
    kept = _SHARED if asked.kind == "Map" else (*_SHARED, "Parameters", "Arguments")
    flow = {key: state[key] for key in (*kept, "Next", "End") if key in state}
    return flow | {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}


def _mocked(state: Mapping[str, Any]) -> Binding:
    family = "Task" if ":states:" in state["Resource"] else "LambdaFunction"
    return Binding(family, {} if family == "Task" else {"resource": state["Resource"]}, state["Resource"], None)


def _answer(asked: Request, trial: Trial) -> Answer:
    mock = asked.mock
    assert mock is not None

    def answer(_given: Any, _frame: Frame) -> tuple[Any, int]:
        if "result" not in mock:
            raise StateError(mock.get("error"), mock.get("cause"))
        if _exceeded(asked, trial):
            raise EXCEEDED
        return mock["result"], size(mock["result"])

    return answer


def _exceeded(asked: Request, trial: Trial) -> bool:
    failed = asked.configuration.get("mapIterationFailureCount", 0)
    most, share = (trial.facts.get(key) for key in ("toleratedFailureCount", "toleratedFailurePercentage"))
    total = len(trial.items) if isinstance(trial.items, list) and trial.items else 1
    return (most is not None and failed > most) or (share is not None and 100 * failed / total > share)


def _start(asked: Request, step: Step) -> Step:
    prelude = _map_prelude(asked) if asked.kind == "Map" else None

    def start(frame: Frame) -> Step | None:
        assert isinstance(frame.run, Trial)
        frame.run.frame = frame
        frame.variables = asked.variables
        if prelude is not None:
            enter(frame, "MapStateEntered", NAME)
            try:
                prelude(frame.run, frame)
            except StateError as failure:
                frame.fail(frame.run.explain(frame, failure))
                return None
        return step

    return start


def _map_prelude(asked: Request) -> Callable[[Trial, Frame], None]:
    """What a Map works out before its first iteration."""
    state, language = asked.state, asked.language
    items_of = None if "ItemReader" in state else compile_items(state, language)
    numbers = {"MaxConcurrency": compile_number(state, "MaxConcurrency", language)}
    for field, kind in LIMITS.items():
        numbers[field] = compile_number(state, field, language, kind)

    def prelude(trial: Trial, frame: Frame) -> None:
        trial.items = asked.configuration.get("mapItemReaderData") if items_of is None else items_of(frame)[1]
        for field, read in numbers.items():
            value = read(frame.document, frame)
            if value is None and field == "MaxConcurrency":
                value = 0
            if value is not None:
                trial.facts[field[:1].lower() + field[1:]] = value

    return prelude


def _judge(asked: Request, trial: Trial) -> Verdict:
    """What becomes of a failure: another attempt, a catcher, or the end. A catcher goes on to shape its output."""
    failure = trial.failure
    if failure is None:
        return Verdict("SUCCEEDED")
    details: dict[str, Any] = {}
    for index, retrier in enumerate(asked.state.get("Retry", ())):
        if matcher(retrier["ErrorEquals"])(failure):
            done = asked.configuration.get("retrierRetryCount", 0)
            details["retryIndex"] = index
            if done < retrier.get("MaxAttempts", 3):
                details["retryBackoffIntervalSeconds"] = _backoff(retrier, done)
                return Verdict("RETRIABLE", failure.error, failure.cause, details)
            break
    for index, catcher in enumerate(asked.state.get("Catch", ())):
        if matcher(catcher["ErrorEquals"])(failure):
            details["catchIndex"] = index
            second = _catch(asked, trial, catcher, failure)
            if second is None:
                return Verdict("CAUGHT_ERROR", failure.error, failure.cause, details)
            failure = second
            break
    return Verdict("FAILED", failure.error, failure.cause, details)


def _backoff(retrier: Mapping[str, Any], done: int) -> int:
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** min(done, 64)
    return int(min(seconds, retrier.get("MaxDelaySeconds", 31_622_400)))


def _catch(asked: Request, trial: Trial, catcher: Mapping[str, Any], failure: StateError) -> StateError | None:
    """Shapes the catcher's output; the failure that is met in doing so, if there is one."""
    flow = settle(catcher, asked.language, error=True)
    leave = compile_leave("TaskStateExited", NAME, flow, Targets(), catcher["Next"])
    frame = trial.frame
    trial.status = "RUNNING"
    try:
        step = leave(frame, {"Error": failure.error or "", "Cause": failure.cause or ""}, 0)
        while step is not None:
            step = step(frame)
    except StateError as second:
        trial.status = "FAILED"
        return trial.explain(frame, second)
    return None
