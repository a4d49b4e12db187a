"""A document's way through a state: what the work is given, and what leaves.

Both query languages end in the same two closures. `prepare` makes the effective input (InputPath and Parameters, or
Arguments); `settle` turns a result into output and assigned variables (ResultSelector, ResultPath, OutputPath, or
Output; Assign in both). Each step that a state does not ask for is not there at run time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from monostep.documents import text
from monostep.engine.frame import Frame
from monostep.engine.limits import UNBOUNDED, Growth, growth, growth_at
from monostep.expressions import jsonata
from monostep.expressions.paths import compile_reference, input_path
from monostep.expressions.scope import Constant
from monostep.expressions.templates import compile_template

Prepare = Callable[[Any, Frame], Any]
"""(state input, frame) -> effective input"""
Shape = Callable[[Any, Any, Frame], Any]
"""(state input, result, frame) -> output"""
Assign = Callable[[Any, Any, Frame], Mapping[str, Any]]
"""(state input, result, frame) -> variables"""


class Settle(NamedTuple):
    shape: Shape | None
    """None where the result is the output."""
    assign: Assign | None
    growth: Growth
    """How the output's size depends on the result's, with `keeps` on the input's."""
    keeps: bool
    both: Shape | None = None
    """Output and Assign of a JSONata state in one evaluation, as a dict; then the other two are None."""


def is_jsonata(state: Mapping[str, Any], machine: str) -> bool:
    return bool(state.get("QueryLanguage", machine) == "JSONata")


def prepare(state: Mapping[str, Any], language: str, field: str = "Parameters") -> tuple[Prepare | None, Growth]:
    """None where the effective input is the state input."""
    if language == "JSONata":
        if "Arguments" not in state:
            return None, Growth()
        return _evaluate_input(state["Arguments"], "Arguments"), Growth(0, UNBOUNDED)
    path = state.get("InputPath", "$")
    read, taken = _input_path(path), growth_at(path)
    if field not in state:
        return read, taken
    template = compile_template(state[field], field=field)
    size = growth(state[field])
    size = Growth(size.constant, size.factor * taken.factor)
    if isinstance(template, Constant):
        constant = template.value
        return (lambda _document, _frame: constant), size
    evaluate = template
    if read is None:
        return evaluate, size
    first = read
    return (lambda document, frame: evaluate(first(document, frame), frame)), size


def _input_path(path: Any) -> Prepare | None:
    if path == "$":
        return None
    if path is None:
        return lambda _document, _frame: {}
    return input_path(path)


def _evaluate_input(template: Any, field: str) -> Prepare:
    compiled = jsonata.compile_field(template, field)
    if isinstance(compiled, Constant):
        constant = compiled.value
        return lambda _document, _frame: constant
    read: Prepare = bound(compiled, template)
    return read


def bound(evaluate: Prepare, template: Any, name: str | None = None) -> Any:
    """A compiled JSONata template as a closure over (input, frame), or with `name` over (input, result, frame).

    The context object is made only for a template that can see it.
    """
    sees = any(rest not in _PARTS for rest in _STATES.findall(text(template)))
    if name is None:
        if sees:
            return lambda document, frame: evaluate({"input": document, "context": frame.context}, frame)
        return lambda document, frame: evaluate({"input": document}, frame)
    if sees:

        def seeing(document: Any, result: Any, frame: Frame) -> Any:
            return evaluate({"input": document, name: result, "context": frame.context}, frame)

        return seeing
    return lambda document, result, frame: evaluate({"input": document, name: result}, frame)


_STATES = re.compile(r"\$states(\.\w+)?")
_PARTS = {".input", ".result", ".errorOutput"}


def settle(state: Mapping[str, Any], language: str, *, result: bool = True, error: bool = False) -> Settle:
    """For the state itself, or with `error` for one of its catchers, whose result is the error output."""
    if language == "JSONata":
        return _settle_jsonata(state, "errorOutput" if error else "result" if result else None)
    selector, size = _selector(state)
    assign = _assign_paths(state.get("Assign"))
    where, path = state.get("ResultPath", "$"), state.get("OutputPath", "$")
    merge, keeps = _merge(where)
    taken = growth_at(path).factor
    size = Growth((size.constant + 6 * len(where or "")) * taken, size.factor * taken)
    return Settle(_chain(selector, merge, _input_path(path)), _after(selector, assign), size, keeps)


def _selector(state: Mapping[str, Any]) -> tuple[Prepare | None, Growth]:
    if "ResultSelector" not in state:
        return None, Growth()
    template = compile_template(state["ResultSelector"], field="ResultSelector")
    size = growth(state["ResultSelector"])
    if isinstance(template, Constant):
        constant = template.value
        return (lambda _result, _frame: constant), size
    return template, size


def _merge(path: Any) -> tuple[Callable[[Any, Any], Any] | None, bool]:
    """ResultPath: None replaces the input, otherwise (input, result) -> combined; and whether the input stays in it."""
    if path == "$":
        return None, False
    if path is None:
        return (lambda document, _result: document), True
    return compile_reference(path).write, True


def _chain(selector: Prepare | None, merge: Callable[[Any, Any], Any] | None, out: Prepare | None) -> Shape | None:
    if selector is None and out is None:
        if merge is None:
            return None
        only = merge
        return lambda document, result, _frame: only(document, result)
    if merge is None and out is None:
        select = selector
        assert select is not None
        return lambda _document, result, frame: select(result, frame)

    def shape(document: Any, result: Any, frame: Frame) -> Any:
        if selector is not None:
            result = selector(result, frame)
        if merge is not None:
            result = merge(document, result)
        return result if out is None else out(result, frame)

    return shape


def _assign_paths(template: Any) -> Prepare | None:
    if not template:
        return None
    compiled = compile_template(template, field="Assign")
    if isinstance(compiled, Constant):
        constant = compiled.value
        return lambda _result, _frame: constant
    return compiled


def _after(selector: Prepare | None, assign: Prepare | None) -> Assign | None:
    if assign is None:
        return None
    then = assign
    if selector is None:
        return lambda _document, result, frame: then(result, frame)
    first = selector
    return lambda _document, result, frame: then(first(result, frame), frame)


def _settle_jsonata(state: Mapping[str, Any], name: str | None) -> Settle:
    if "Output" in state and state.get("Assign"):
        fields = {field: state[field] for field in ("Output", "Assign")}
        both = _over_result(jsonata.compile_fields(fields), fields, name)
        return Settle(None, None, Growth(0, UNBOUNDED), keeps=False, both=both)
    output = _evaluate_result(state, "Output", name)
    assign = _evaluate_result(state, "Assign", name) if state.get("Assign") else None
    size, keeps = (Growth(), False) if output is None else _growth_of(state["Output"], name)
    return Settle(output, assign, size, keeps)


def _growth_of(template: Any, name: str | None) -> tuple[Growth, bool]:
    """Of an Output. Where there is no result, the bound of the input stands for it."""
    bound = jsonata.bound(template)
    if bound is None:
        return Growth(0, UNBOUNDED), False
    if name is None:
        return Growth(bound.constant, bound.inputs + bound.results), False
    return Growth(bound.constant, bound.results if bound.inputs < 2 else UNBOUNDED), bound.inputs == 1


def _evaluate_result(state: Mapping[str, Any], field: str, name: str | None) -> Shape | None:
    if field not in state:
        return None
    return _over_result(jsonata.compile_field(state[field], field), state[field], name)


def _over_result(compiled: Any, template: Any, name: str | None) -> Shape:
    if isinstance(compiled, Constant):
        constant = compiled.value
        return lambda _document, _result, _frame: constant
    if name is None:
        only = bound(compiled, template)
        return lambda document, _result, frame: only(document, frame)
    shape: Shape = bound(compiled, template, name)
    return shape
