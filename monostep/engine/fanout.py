"""The Parallel and Map states (specification: Parallel State, Map State; inline only)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monostep.documents import text
from monostep.engine.flow import Prepare, prepare
from monostep.engine.frame import Frame, Join, Step
from monostep.engine.generated import BUSY, Busy
from monostep.engine.limits import UNBOUNDED, Growth, growth
from monostep.engine.numbers import Number, compile_number, compile_value, unexpected
from monostep.engine.outcomes import Fatal
from monostep.engine.passage import Leave, enter, record
from monostep.engine.retry import Guard
from monostep.errors import EvaluationError, StateError
from monostep.expressions.paths import PathError, usable_path
from monostep.expressions.scope import Constant
from monostep.expressions.templates import compile_template

Fan = Callable[[Frame], Join]
"""frame -> the children, not yet started; raises StateError."""
ITERATIONS = 40
"""Iterations of an inline Map that AWS runs at once (Developer Guide, Map state processing modes: Inline mode)."""


def compile_parallel(
    name: str,
    flow: tuple[Prepare | None, Growth],
    branches: Sequence[Step],
    leave: Leave,
    guard: Guard,
) -> Step:
    arguments, growth = flow
    complete = _completion("Parallel", leave, guard)

    def fan(frame: Frame) -> Join:
        document = frame.document if arguments is None else arguments(frame.document, frame)
        weight = growth.constant + growth.factor * frame.weight
        record(frame, "ParallelStateStarted")
        started = frame.previous

        def launch(join: Join, index: int, _spare: Frame | None) -> Frame:
            return Frame(frame.run, document, weight, join, index, started, frame.variables)

        return Join(name, frame, branches, launch, complete, guard.failed)

    return _compile("Parallel", name, fan, guard)


def _compile(kind: str, name: str, fan: Fan, guard: Guard) -> Step:
    def step(frame: Frame) -> Step | None:
        return guard.enter(frame) if enter(frame, f"{kind}StateEntered", name) else None

    def begin(frame: Frame) -> Step | None:
        run = frame.run
        if len(run.events) > run.room:
            run.overflow()
            return None
        try:
            join = fan(frame)
        except StateError as failure:
            return guard.explained(frame, failure)
        return join.start()

    def lost(frame: Frame, failure: StateError) -> None:
        if not isinstance(failure, Fatal):
            record(frame, f"{kind}StateFailed")

    guard.begin, guard.lost = begin, lost
    return step


def _completion(kind: str, leave: Leave, guard: Guard) -> Callable[[Frame, Join], Step | None]:
    def complete(frame: Frame, join: Join) -> Step | None:
        record(frame, f"{kind}StateSucceeded")
        try:
            return leave(frame, join.results, join.weight)
        except StateError as failure:
            return guard.explained(frame, failure)

    return complete


def compile_map(name: str, state: Mapping[str, Any], language: str, body: Step, leave: Leave, guard: Guard) -> Step:
    items_of = compile_items(state, language)
    select, size = _selector(state, language)
    concurrency = compile_number(state, "MaxConcurrency", language)
    tolerances = _tolerances(state, language)
    bodies = (body,)

    complete = _completion("Map", leave, guard)

    def fan(frame: Frame) -> Join:
        document, items = items_of(frame)
        most = min(int(concurrency(document, frame) or ITERATIONS), ITERATIONS)
        for tolerate in tolerances:
            tolerate(document, frame)
        record(frame, "MapStateStarted", {"length": len(items)})
        started = frame.previous
        bound = size.constant + size.factor * frame.weight
        run, variables = frame.run, frame.variables
        events = run.events

        def launch(join: Join, index: int, spare: Frame | None) -> Frame:
            previous = started if index < join.concurrency else join.last
            events.extend(("MapIterationStarted", previous, run.clock.now, name, index))
            if spare is None:
                child = Frame(run, items[index], bound, join, index, len(events), variables)
            else:
                child = spare
                child.document, child.weight, child.index = items[index], bound, index
                child.previous, child.variables = len(events), variables
            if select is not None:
                child.entered = frame.entered
                child.document = select(document, child)
            return child

        join = Join(name, frame, bodies, launch, complete, guard.failed, most, items)
        if select is None and isinstance(body, Busy) and len(items) >= BUSY:
            iterate = body.made().items
            if iterate is not None:
                iterate(join, started, bound)
        return join

    return _compile("Map", name, fan, guard)


def compile_items(state: Mapping[str, Any], language: str) -> Callable[[Frame], tuple[Any, list[Any]]]:
    if language == "JSONata":
        return _items_evaluated(state)
    read = prepare({key: state[key] for key in ("InputPath",) if key in state}, language)[0]
    path = usable_path(state.get("ItemsPath", "$"))

    def items(frame: Frame) -> tuple[Any, list[Any]]:
        document = frame.document if read is None else read(frame.document, frame)
        try:
            array = path.evaluate(document, frame)
        except PathError as error:
            raise EvaluationError("States.Runtime", f"Invalid path '{path.text}' : {error}") from None
        if type(array) is not list:
            shown = "$" + path.text[2:] if path.text.startswith("$$") else path.text
            raise Fatal("States.Runtime", f'Reference path "{shown}" must point to array.')
        return document, array

    return items


def _items_evaluated(state: Mapping[str, Any]) -> Callable[[Frame], tuple[Any, list[Any]]]:
    if "Items" not in state:

        def whole(frame: Frame) -> tuple[Any, list[Any]]:
            document = frame.document
            if type(document) is not list:
                message = f"Map state input must be an array but was: {text(document)}"
                raise EvaluationError("States.QueryEvaluationError", message)
            return document, document

        return whole
    template = state["Items"]
    evaluate = compile_value(template, "Items", "array")
    if not isinstance(template, str | list):  # lint takes any JSON, AWS an array

        def refused(_frame: Frame) -> tuple[Any, list[Any]]:
            raise unexpected(template, "Items", "array", template)

        return refused
    return lambda frame: (frame.document, evaluate(frame.document, frame))


def _selector(state: Mapping[str, Any], language: str) -> tuple[Prepare | None, Growth]:
    """What each item becomes; None where it stays as it is, a part of the input or of what Items evaluates to."""
    field = "ItemSelector" if "ItemSelector" in state else "Parameters"
    if field not in state:
        return None, Growth(0, UNBOUNDED) if "Items" in state else Growth()
    if language == "JSONata":
        return compile_value(state[field], field), Growth(0, UNBOUNDED)
    compiled = compile_template(state[field], field=field)
    if isinstance(compiled, Constant):
        constant = compiled.value
        return (lambda _document, _frame: constant), growth(state[field])
    return compiled, growth(state[field])


_TOLERANCES: Mapping[str, tuple[str, float, str]] = {
    "ToleratedFailureCount": ("integer", float("inf"), "ToleratedFailureCount cannot be negative."),
    "ToleratedFailurePercentage": ("float", 100, "ToleratedFailurePercentage must be between 0 and 100."),
}


def _tolerances(state: Mapping[str, Any], language: str) -> list[Number]:
    """Checked, and without effect inline."""
    return [
        _tolerance(compile_number(state, field, language, kind), most, refusal)
        for field, (kind, most, refusal) in _TOLERANCES.items()
        if field in state or f"{field}Path" in state
    ]


def _tolerance(read: Number, most: float, refusal: str) -> Number:
    def tolerate(document: Any, frame: Frame) -> None:
        value = read(document, frame)
        if value is not None and not 0 <= value <= most:
            raise EvaluationError("States.Runtime", refusal)

    return tolerate
