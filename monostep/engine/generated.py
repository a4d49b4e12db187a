"""Pass and Choice states as generated Python: one function a state, made when the state has proved to be busy.

A closure per step costs a call per step; a state that runs a thousand times runs two to three times faster as one
function. What is generated is the good case only: an input that lacks a field, a value of another type, a document that
may be over the limit, a history without room all leave it for the closures, which start the state anew, for until then
nothing has been recorded. So every text, error and event that is not the plain one has one home, in the closures.

No text of a machine is ever part of the source: names, keys and values are constants handed in. So states of one shape
share their code, whatever they are called, and it is compiled once. The source is shown by `MONOSTEP_GENERATED=1`, and
tracebacks quote it. Tried and left: generating Task and Succeed (nothing gained over their
closures), whole machines as one function (a loop had to be found, history and limits looked the same in the profile),
mypyc (0.4 to 0.7 of the closures' time, nothing over this, and a compiler to install).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import count
from types import CodeType
from typing import Any, NamedTuple

from monostep.engine.flow import prepare, settle
from monostep.engine.frame import Frame, Join, Step
from monostep.engine.limits import UNBOUNDED, Growth
from monostep.expressions.intrinsics import SAFE, is_intrinsic
from monostep.expressions.paths import compile_path, compile_reference
from monostep.expressions.search import single

BUSY = 16
"""Entries after which a state is generated."""
RULES = 8
"""More Choice rules than these are left to the closures, which have tables."""
DEPTH = 4
"""Names in a ResultPath."""
EVENTS_OF_ITEM = 4
HANDLED = frozenset(("Type", "Comment", "Next", "End", "Result", "Parameters", "ResultPath", "Choices", "Default"))
"""A state with any other field is left to the closures."""
_ADD = re.compile(r"States\.MathAdd\((\$[^,()]*), *(-?\d{1,9})\)")
_OPERATORS = {"Equals": "==", "LessThan": "<", "GreaterThan": ">", "LessThanEquals": "<=", "GreaterThanEquals": ">="}
_CHECKS = {
    "Numeric": "({0}.__class__ is int or {0}.__class__ is float)",
    "String": "{0}.__class__ is str",
    "Boolean": "{0}.__class__ is bool",
}
_TEST = re.compile(rf"(Numeric)({'|'.join(_OPERATORS)})|(String|Boolean)(Equals)")
"""The order of texts, which is not Python's, is left to the closures."""
_numbers = count(1)

Items = Callable[[Join, int, int], None]
"""(join, mark of MapStateStarted, bound of an item's bytes): runs as many iterations as go well."""


class Unfit(Exception):
    """Not a state that is generated."""


class Generated(NamedTuple):
    step: Step
    items: Items | None
    """All iterations of a Map whose processor is this one state."""


class Busy:
    """A state's closures until it has been entered often; then what is generated takes its place."""

    __slots__ = ("_closures", "_made", "_name", "_state", "_steps", "entries")

    def __init__(self, name: str, state: Mapping[str, Any], closures: Step, steps: dict[str, Step]) -> None:
        self._name = name
        self._state = state
        self._closures = closures
        self._steps = steps
        self._made: Generated | None = None
        self.entries = 0

    def __call__(self, frame: Frame) -> Step | None:
        self.entries += 1
        if self.entries < BUSY:
            return self._closures(frame)
        return self.made().step(frame)

    def made(self) -> Generated:
        if self._made is None:
            self._made = generated(self._name, self._state, self._closures, self._steps)
            self._steps[self._name] = self._made.step
        return self._made


def generated(name: str, state: Mapping[str, Any], closures: Step, steps: dict[str, Step]) -> Generated:
    """The state as a function, or its closures where it is not one that can be generated."""
    source = _Source()
    try:
        if not HANDLED.issuperset(state):
            raise Unfit
        body = _pass(source, state) if state["Type"] == "Pass" else _choice(source, state)
    except Unfit:
        return Generated(closures, None)
    whole = _items(source, body) if state["Type"] == "Pass" and "Next" not in state else None
    scope = {"closures": closures, "steps": steps, "name": name, **source.constants}
    step: Step = _compiled("step", "frame", [*HEAD, *body.lines("return closures(frame)"), *body.end], scope)
    items: Items | None = _compiled("items", "join, started, weight", whole, scope) if whole else None
    return Generated(step, items)


def _compiled(name: str, parameters: str, lines: Sequence[str], scope: Mapping[str, Any]) -> Any:
    """A function out of lines; the scope's names are its maker's parameters."""
    text = "\n".join(
        [
            f"def make({', '.join(scope)}):",
            f"    def {name}({parameters}):",
            *(f"        {line}" for line in lines),
            f"    return {name}",
            "",
        ]
    )
    code = _code(text)
    if os.environ.get("MONOSTEP_GENERATED"):
        print(f"# {code.co_filename}\n{text}", file=sys.stderr)
    made: dict[str, Any] = {"__name__": code.co_filename, "__loader__": _Shown(text)}
    exec(code, made)
    return made["make"](**scope)


@lru_cache(maxsize=1024)
def _code(text: str) -> CodeType:
    return compile(text, f"generated state {next(_numbers)}", "exec")


class _Shown(NamedTuple):
    """What linecache asks for the lines of a traceback; gone with the function, where an entry of its cache stays."""

    text: str

    def get_source(self, _name: str) -> str:
        return self.text


HEAD = (
    "run = frame.run",
    "events = run.events",
    "mark = len(events)",
    "if mark > run.room: return closures(frame)",
    "document = frame.document",
)


class _Source:
    """Lines that compute, and the constants they name."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self.lines: list[str] = []

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def path(self, text: str) -> str:
        """A reference path of names into the document, as subscripts."""
        path = compile_path(text)
        if path.root != "$" or not all(map(single, path.steps)):
            raise Unfit
        return "document" + "".join(f"[{self.constant(key)}]" for key in _names(path.steps))

    def field(self, text: str) -> str:
        """The value of a template's field that ends in `.$`."""
        if not is_intrinsic(text):
            return self.path(text)
        added = _ADD.fullmatch(text)
        if not added:
            raise Unfit
        value = f"v{len(self.lines)}"
        self.lines += [
            f"{value} = {self.path(added[1])}",
            f"if {value}.__class__ is not int or not -{SAFE} < {value} < {SAFE}: raise TypeError",
            f"{value} += {self.constant(int(added[2]))}",
            f"if not -{SAFE} < {value} < {SAFE}: raise TypeError",
        ]
        return value

    def template(self, template: Any) -> str:
        if not _dynamic(template):
            return self.constant(template)
        if isinstance(template, list):
            return f"[{', '.join(map(self.template, template))}]"
        parts = []
        for key, value in template.items():
            dynamic = key.endswith(".$")
            written = self.field(value) if dynamic else self.template(value)
            parts.append(f"{self.constant(key[:-2] if dynamic else key)}: {written}")
        return f"{{{', '.join(parts)}}}"


def _names(steps: Sequence[Any]) -> list[str]:
    keys = [step.value[0] for step in steps]
    if not all(type(key) is str for key in keys):
        raise Unfit
    return keys


def _dynamic(template: Any) -> bool:
    if isinstance(template, dict):
        return any(key.endswith(".$") or _dynamic(value) for key, value in template.items())
    return isinstance(template, list) and any(map(_dynamic, template))


class _Body(NamedTuple):
    compute: list[str]
    """Lines that may raise LookupError or TypeError where the case is not the good one."""
    result: str
    growth: Growth
    end: list[str]

    def lines(self, otherwise: str) -> list[str]:
        if not self.compute:
            return []
        return ["try:", *(f"    {line}" for line in self.compute), f"except (LookupError, TypeError): {otherwise}"]


def _pass(source: _Source, state: Mapping[str, Any]) -> _Body:
    value = "document"
    if "Result" in state:
        value = source.constant(state["Result"])
    elif "Parameters" in state:
        value = source.template(state["Parameters"])
    result, compute = "document", list(source.lines)
    where = state.get("ResultPath", "$")
    if where is None:
        compute += [value] if value != "document" else []
    elif where != "$":
        compute += ["if document.__class__ is not dict: raise TypeError", f"result = {_written(source, where, value)}"]
        result = "result"
    elif value != "document":
        compute.append(f"result = {value}")
        result = "result"
    growth = _growth(state)
    return _Body(compute, result, growth, _leave(source, "Pass", result, growth, state.get("Next")))


def _written(source: _Source, path: str, value: str) -> str:
    """The document with the value at a ResultPath: only the spine is copied."""
    keys = [source.constant(key) for key in _names(compile_reference(path).steps)]
    if len(keys) > DEPTH:
        raise Unfit
    parents = ["document" + "".join(f"[{key}]" for key in keys[:depth]) for depth in range(len(keys))]
    for parent, key in zip(reversed(parents), reversed(keys), strict=True):
        value = f"{{**{parent}, {key}: {value}}}"
    return value


def _growth(state: Mapping[str, Any]) -> Growth:
    _, effective = prepare(state, "JSONPath")
    if "Result" in state:
        effective = Growth(len(str(state["Result"])) * 6, 0)
    flow = settle(state, "JSONPath", result=False)
    constant, factor = flow.growth
    kept = (256, 1) if flow.keeps else (0, 0)
    total = Growth(constant + factor * effective.constant + kept[0], factor * effective.factor + kept[1])
    if total.factor >= UNBOUNDED:
        raise Unfit
    return total


def _leave(source: _Source, kind: str, result: str, growth: Growth, target: str | None) -> list[str]:
    """The two events, and the way on."""
    entered, exited = source.constant(f"{kind}StateEntered"), source.constant(f"{kind}StateExited")
    grows = growth != Growth(0, 1)
    lines = [
        *(
            [f"weight = {_weight(source, growth, 'frame.weight')}", "if weight > run.ceiling: return closures(frame)"]
            if grows
            else []
        ),
        "now = run.clock.now",
        f"events.extend(({entered}, frame.previous, now, name, document, {exited}, -5, now, name, {result}))",
        "frame.entered = mark + 5",
        "frame.previous = mark + 10",
        *([f"frame.document = {result}"] if result != "document" else []),
        *(["frame.weight = weight"] if grows else []),
    ]
    if target is not None:
        return [*lines, f"return steps[{source.constant(target)}]"]
    return [*lines, "if frame.join is None: run.succeed(frame)", "else: frame.join.finished(frame)", "return None"]


def _weight(source: _Source, growth: Growth, weight: str) -> str:
    return f"{source.constant(growth.constant)} + {growth.factor} * {weight}"


def _items(source: _Source, body: _Body) -> list[str]:
    """The loop over a Map's items: four events an item, recorded in one go."""
    return [
        "run = join.frame.run",
        "items, results, now, room, state = join.items, join.results, run.clock.now, run.room, name",
        "extend, mark, map_name, most = run.events.extend, len(run.events), join.name, join.concurrency",
        f"weight = {_weight(source, body.growth, 'weight')}",
        "index = first = join.launched",
        "if weight > run.ceiling: return",
        "while index < len(items) and mark + 5 <= room:",
        "    document = items[index]",
        *(f"    {line}" for line in body.lines("break")),
        "    extend((",
        "        'MapIterationStarted', started if index < most else -10, now, map_name, index,",
        "        'PassStateEntered', -5, now, state, document,",
        f"        'PassStateExited', -5, now, state, {body.result},",
        "        'MapIterationSucceeded', -5, now, map_name, index,",
        "    ))",
        f"    results[index] = {body.result}",
        "    index += 1",
        f"    mark += {5 * EVENTS_OF_ITEM}",
        "join.skip(index - first, weight, mark - 5)",
    ]


def _choice(source: _Source, state: Mapping[str, Any]) -> _Body:
    rules = state["Choices"]
    if len(rules) > RULES or "Default" not in state or any("Assign" in rule for rule in rules):
        raise Unfit
    compute = []
    for number, rule in enumerate(rules):
        target = source.constant(rule["Next"])
        compute.append(f"{'elif' if number else 'if'} {_test(source, rule)}: target = {target}")
    compute.append(f"else: target = {source.constant(state['Default'])}")
    end = _leave(source, "Choice", "document", Growth(0, 1), "")
    return _Body(compute, "document", Growth(0, 1), [*end[:-1], "return steps[target]"])


def _test(source: _Source, rule: Mapping[str, Any]) -> str:
    """A comparison of the input with a constant, or And, Or, Not of those."""
    for field, word in (("And", " and "), ("Or", " or ")):
        if field in rule:
            return f"({word.join(_test(source, part) for part in rule[field])})"
    if "Not" in rule:
        return f"(not {_test(source, rule['Not'])})"
    operation = next((match for field in rule if (match := _TEST.fullmatch(field))), None)
    if operation is None:
        raise Unfit
    family, order = (group for group in operation.groups() if group)
    check = _CHECKS[family].format("value").replace("value", f"(value := {source.path(rule['Variable'])})", 1)
    return f"({check} and value {_OPERATORS[order]} {source.constant(rule[operation[0]])})"
