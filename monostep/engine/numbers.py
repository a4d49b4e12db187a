"""Fields that hold a number or a moment: a literal, a …Path, or a JSONata expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from monostep.documents import text
from monostep.engine.flow import bound
from monostep.engine.frame import Frame
from monostep.errors import EvaluationError
from monostep.expressions import jsonata
from monostep.expressions.paths import input_path
from monostep.expressions.scope import Constant

Number = Callable[[Any, Frame], Any]
"""(state input, frame) -> value; None where the state has no such field."""


def compile_number(state: Mapping[str, Any], field: str, language: str, kind: str = "integer") -> Number:
    """TimeoutSeconds, HeartbeatSeconds, MaxConcurrency, ToleratedFailureCount or …Percentage (`kind` float)."""
    if f"{field}Path" in state:
        return _number_at(state[f"{field}Path"], f"{field}Path", kind)
    if field not in state:
        return lambda _document, _frame: None
    value = state[field]
    if isinstance(value, str) and language == "JSONata":
        return _number_from(value, field, kind)
    return lambda _document, _frame: value


def _number_at(path: str, field: str, kind: str) -> Number:
    read = input_path(path)

    def number(document: Any, frame: Frame) -> Any:
        value = _read(read(document, frame), kind)
        if not _fits(value, kind):
            shown = value if isinstance(value, str) else text(value)
            message = f'The {field} field refers to value "{shown}" which is not a valid {kind}: {path}'
            raise EvaluationError("States.Runtime", message)
        return value

    return number


def _number_from(expression: str, field: str, kind: str) -> Number:
    evaluate = compile_value(expression, field)

    def number(document: Any, frame: Frame) -> Any:
        value = evaluate(document, frame)
        if not _fits(value, kind):
            raise unexpected(expression, field, kind if kind == "integer" else "number", value)
        return value

    return number


def compile_value(template: Any, field: str, expect: str | None = None) -> Number:
    """A JSONata field that sees the input and the context."""
    compiled = jsonata.compile_field(template, field, expect)
    if isinstance(compiled, Constant):
        constant = compiled.value
        return lambda _document, _frame: constant
    value: Number = bound(compiled, template)
    return value


def unexpected(expression: str, field: str, wanted: str, value: Any) -> EvaluationError:
    inner = expression[2:-2].strip() if isinstance(expression, str) else text(expression)
    message = (
        f"The JSONata expression '{inner}' specified for the field '{field}' returned an unexpected result type. "
        f"Expected '{wanted}', but was '{kind_of(value)}' for value: {text(value)}"
    )
    return EvaluationError("States.QueryEvaluationError", message, field)


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    return kinds.get(type(value), "object")


def _read(value: Any, kind: str) -> Any:
    """A path may lead to the text of a number."""
    if type(value) is not str:
        return value
    try:
        return int(value) if kind == "integer" else float(value)
    except ValueError:
        return value


def _fits(value: Any, kind: str) -> bool:
    return type(value) is int or (kind == "float" and type(value) is float)
