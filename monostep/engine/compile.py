"""A machine becomes closures: one entry step per state, made once, run many times.

Expects a definition that lint accepts, with TaskFn expanded. Every path, template, expression and rule is parsed
here; what is not built yet is refused here, with its location.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from monostep.engine.choices import grouped
from monostep.engine.fanout import compile_map, compile_parallel
from monostep.engine.flow import Settle, bound, prepare, settle
from monostep.engine.frame import Frame, Step
from monostep.engine.generated import Busy
from monostep.engine.limits import Growth
from monostep.engine.numbers import compile_value
from monostep.engine.passage import Leave, Steps, compile_leave, enter, stop
from monostep.engine.program import Bind, Program
from monostep.engine.retry import Catcher, Guard, matcher
from monostep.engine.tasks import compile_task
from monostep.engine.waiting import compile_wait
from monostep.errors import EvaluationError, StateError, Unsupported
from monostep.expressions import jsonata
from monostep.expressions.templates import compile_field


class Compiler:
    """What compiling one machine needs to know at every state."""

    def __init__(self, language: str, bind: Bind) -> None:
        self.language = language
        self.bind = bind
        self.unanswered: dict[str, Unsupported] = {}
        self.tasks: set[str] = set()

    def container(self, container: Mapping[str, Any], location: str) -> Step:
        """The first step of a machine, a branch or an item processor."""
        steps: Steps = {}
        for name, state in container["States"].items():
            build = BUILDERS[state["Type"]]
            step = build(self, name, state, steps, f"{location}/States/{name}")
            generates = state["Type"] in ("Pass", "Choice") and self.dialect(state) == "JSONPath"
            steps[name] = Busy(name, state, step, steps) if generates else step
        return steps[container["StartAt"]]

    def dialect(self, state: Mapping[str, Any]) -> str:
        return str(state.get("QueryLanguage", self.language))


def compile_machine(machine: Mapping[str, Any], bind: Bind) -> Program:
    """Raises Unsupported, with the location, for what this engine cannot run."""
    compiler = Compiler(machine.get("QueryLanguage", "JSONPath"), bind)
    start = compiler.container(machine, "")
    return Program(start, machine.get("TimeoutSeconds"), compiler.unanswered, frozenset(compiler.tasks))


def _leave(kind: str, name: str, flow: Settle, steps: Steps, state: Mapping[str, Any]) -> Leave:
    return compile_leave(kind, name, flow, steps, state.get("Next"))


def _pass(compiler: Compiler, name: str, state: Mapping[str, Any], steps: Steps, _location: str) -> Step:
    language = compiler.dialect(state)
    leave = _leave("PassStateExited", name, settle(state, language, result=False), steps, state)
    arguments, growth = prepare(state, language)
    if "Result" in state and language != "JSONata":
        constant = state["Result"]
        arguments, growth = (lambda _document, _frame: constant), Growth(len(str(constant)) * 6, 0)

    def step(frame: Frame) -> Step | None:
        if not enter(frame, "PassStateEntered", name):
            return None
        try:
            document = frame.document
            result = document if arguments is None else arguments(document, frame)
            return leave(frame, result, growth.constant + growth.factor * frame.weight)
        except StateError as failure:
            return stop(frame, failure)

    return step


def _succeed(compiler: Compiler, name: str, state: Mapping[str, Any], steps: Steps, _location: str) -> Step:
    language = compiler.dialect(state)
    leave = _leave("SucceedStateExited", name, settle(state, language, result=False), steps, {})
    arguments, growth = prepare(state, language)

    def step(frame: Frame) -> Step | None:
        if not enter(frame, "SucceedStateEntered", name):
            return None
        try:
            document = frame.document
            result = document if arguments is None else arguments(document, frame)
            return leave(frame, result, growth.factor * frame.weight)
        except StateError as failure:
            return stop(frame, failure)

    return step


def _fail(compiler: Compiler, name: str, state: Mapping[str, Any], _steps: Steps, _location: str) -> Step:
    language = compiler.dialect(state)
    error, cause = (_text(state, field, language) for field in ("Error", "Cause"))

    def step(frame: Frame) -> None:
        if not enter(frame, "FailStateEntered", name):
            return
        try:
            frame.fail(StateError(error(frame.document, frame), cause(frame.document, frame)))
        except StateError as failure:
            stop(frame, failure)

    return step


def _text(state: Mapping[str, Any], field: str, language: str) -> Callable[[Any, Frame], str | None]:
    """Error or Cause: a literal, a path or intrinsic, or a JSONata expression; a string in any case."""
    if f"{field}Path" in state:
        return _text_at(state[f"{field}Path"], f"{field}Path")
    value = state.get(field)
    if language == "JSONata" and isinstance(value, str):
        return compile_value(value, field, "string")
    return lambda _document, _frame: value


def _text_at(path: str, field: str) -> Callable[[Any, Frame], str | None]:
    read = compile_field(path, field=field)

    def text(document: Any, frame: Frame) -> str:
        value = read(document, frame)
        if not isinstance(value, str):
            raise EvaluationError("States.Runtime", f"The {field} field must refer to a string: {path}")
        return value

    return text


def _wait(compiler: Compiler, name: str, state: Mapping[str, Any], steps: Steps, _location: str) -> Step:
    language = compiler.dialect(state)
    leave = _leave("WaitStateExited", name, settle(state, language, result=False), steps, state)
    return compile_wait(name, state, language, prepare(state, language), leave)


def _choice(compiler: Compiler, name: str, state: Mapping[str, Any], steps: Steps, _location: str) -> Step:
    language = compiler.dialect(state)
    arguments, growth = prepare(state, language)
    rules = state["Choices"]
    pick = _pick_condition(rules) if language == "JSONata" else _pick_rule(rules)
    shared = {key: state[key] for key in ("OutputPath", "Output") if key in state}

    def exit_by(rule: Mapping[str, Any], target: str) -> Leave:
        own = {key: rule[key] for key in ("Assign", "Output") if key in rule}
        flow = settle({**shared, **own}, language, result=False)
        return compile_leave("ChoiceStateExited", name, flow, steps, target)

    exits = [exit_by(rule, rule["Next"]) for rule in rules]
    if "Default" in state:
        exits.append(exit_by({"Assign": state["Assign"]} if "Assign" in state else {}, state["Default"]))

    def step(frame: Frame) -> Step | None:
        if not enter(frame, "ChoiceStateEntered", name):
            return None
        try:
            document = frame.document if arguments is None else arguments(frame.document, frame)
            index = pick(document, frame)
            if index == len(exits):
                message = "Failed to transition out of the state. The state does not point to a next state."
                raise EvaluationError("States.NoChoiceMatched", message)
            return exits[index](frame, document, growth.factor * frame.weight)
        except StateError as failure:
            return stop(frame, failure)

    return step


def _pick_rule(rules: list[Mapping[str, Any]]) -> Callable[[Any, Frame], int]:
    groups = list(grouped(rules))
    otherwise = len(rules)
    if len(groups) == 1:
        only = groups[0]
        return lambda document, frame: otherwise if (index := only(document, frame)) < 0 else index

    def pick(document: Any, frame: Frame) -> int:
        for group in groups:
            index = group(document, frame)
            if index >= 0:
                return index
        return otherwise

    return pick


def _pick_condition(rules: list[Mapping[str, Any]]) -> Callable[[Any, Frame], int]:
    conditions = [rule["Condition"] for rule in rules]
    evaluate = bound(jsonata.compile_conditions(conditions), conditions)
    otherwise = len(rules)

    def pick(document: Any, frame: Frame) -> int:
        index = evaluate(document, frame)
        return otherwise if index < 0 else int(index)

    return pick


def _guard(name: str, kind: str, state: Mapping[str, Any], language: str, steps: Steps) -> Guard:
    catchers: list[Catcher] = []
    for catcher in state.get("Catch", ()):
        leave = compile_leave(kind, name, settle(catcher, language, error=True), steps, catcher["Next"])
        catchers.append((matcher(catcher["ErrorEquals"]), _handle(leave)))
    return Guard(state.get("Retry", ()), catchers)


def _handle(leave: Leave) -> Callable[[Frame, dict[str, Any]], Step | None]:
    def handle(frame: Frame, error: dict[str, Any]) -> Step | None:
        try:
            return leave(frame, error, 6 * (len(error["Error"]) + len(error["Cause"])) + 32)
        except StateError as failure:
            return stop(frame, failure)

    return handle


def _task(compiler: Compiler, name: str, state: Mapping[str, Any], steps: Steps, location: str) -> Step:
    language = compiler.dialect(state)
    binding = compiler.bind(name, state, location)
    compiler.tasks.add(name)
    if binding.answer is None:
        compiler.unanswered[name] = Unsupported(binding.refusal, location)
    leave = _leave("TaskStateExited", name, settle(state, language), steps, state)
    guard = _guard(name, "TaskStateExited", state, language, steps)
    return compile_task(name, state, language, binding, leave, guard)


def _parallel(compiler: Compiler, name: str, state: Mapping[str, Any], steps: Steps, location: str) -> Step:
    language = compiler.dialect(state)
    branches = [compiler.container(branch, f"{location}/Branches[{i}]") for i, branch in enumerate(state["Branches"])]
    leave = _leave("ParallelStateExited", name, settle(state, language), steps, state)
    guard = _guard(name, "ParallelStateExited", state, language, steps)
    return compile_parallel(name, prepare(state, language), branches, leave, guard)


def _map(compiler: Compiler, name: str, state: Mapping[str, Any], steps: Steps, location: str) -> Step:
    language = compiler.dialect(state)
    field = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    processor = state[field]
    if processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED" or "ItemReader" in state:
        message = "Distributed Map is not built yet: use ProcessorConfig Mode INLINE, or mock what calls it"
        raise Unsupported(message, f"{location}/{field}/ProcessorConfig")
    body = compiler.container(processor, f"{location}/{field}")
    leave = _leave("MapStateExited", name, settle(state, language), steps, state)
    guard = _guard(name, "MapStateExited", state, language, steps)
    return compile_map(name, state, language, body, leave, guard)


BUILDERS: Mapping[str, Callable[[Compiler, str, Mapping[str, Any], Steps, str], Step]] = {
    "Pass": _pass,
    "Succeed": _succeed,
    "Fail": _fail,
    "Wait": _wait,
    "Choice": _choice,
    "Task": _task,
    "Parallel": _parallel,
    "Map": _map,
}
