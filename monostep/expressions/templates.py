"""Payload templates: Parameters, ResultSelector, ItemSelector, Assign; and single fields that hold a path or a call.

A field whose name ends in `.$` takes its value from a path or an intrinsic function, at any depth. Templates become
closures: an object is its constants, copied, plus the fields that change; what holds no such field is built once and
shared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from monostep.errors import EvaluationError, InvalidExpression
from monostep.expressions.intrinsics import compile_intrinsic, is_intrinsic
from monostep.expressions.paths import usable_path
from monostep.expressions.scope import Constant, Evaluate, Scope
from monostep.expressions.search import PathError
from monostep.expressions.texts import json_text

__all__ = ["Constant", "compile_field", "compile_template"]

MAX_DEPTH = 100


def compile_template(template: Any, *, field: str = "") -> Evaluate | Constant:
    """Raises InvalidExpression in AWS's words; `field` names the template for faults that have no field of their own.

    The result raises EvaluationError. It is a Constant when the template has no field that ends in `.$`.
    """
    return compile_part(template, field, 0)


def compile_part(template: Any, field: str, depth: int) -> Evaluate | Constant:
    if depth > MAX_DEPTH:
        raise InvalidExpression(f"The template '{field}' is nested more than {MAX_DEPTH} levels deep")
    if isinstance(template, dict):
        parts = {name: compile_part(item, field, depth + 1) for name, item in template.items() if name[-2:] != ".$"}
        dynamic = {name[:-2]: compile_field(item, field=name) for name, item in template.items() if name[-2:] == ".$"}
        names = [name[:-2] if name[-2:] == ".$" else name for name in template]
        return build_object(template, names, {**parts, **dynamic})
    if isinstance(template, list):
        return build_array(template, [compile_part(item, field, depth + 1) for item in template])
    return Constant(template)


def compile_field(text: Any, *, field: str) -> Evaluate:
    """One field's path or intrinsic call: `name.$` of a template, ErrorPath, CausePath. Raises InvalidExpression."""
    try:
        if not isinstance(text, str):
            raise InvalidExpression("not a text")
        return compile_intrinsic(text) if is_intrinsic(text) else read_field(text, field)
    except InvalidExpression as error:
        message = f"The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call"
        raise InvalidExpression(message, error.column) from error


def read_field(text: str, field: str) -> Evaluate:
    path = usable_path(text)

    def miss(error: PathError, document: Any, scope: Scope) -> Any:
        """AWS takes an index outside its array for null here, and anything missing on an indefinite path for
        nothing."""
        if not path.definite:
            return []
        if error.past_end:
            return None
        seen = scope.context if path.root == "$$" else document
        message = f"The JSONPath '{text}' specified for the field '{field}' could not be found in the input"
        raise EvaluationError("States.Runtime", f"{message} '{json_text(seen)}'")

    return path.reader(miss)


def build_array(template: list[Any], parts: list[Evaluate | Constant]) -> Evaluate | Constant:
    if all(isinstance(part, Constant) for part in parts):
        return Constant(template)
    return lambda document, scope: [part(document, scope) for part in parts]


def build_object(
    template: dict[str, Any], names: list[str], parts: dict[str, Evaluate | Constant]
) -> Evaluate | Constant:
    """By shape: nothing to do, nothing but fields that change (one, two, many), or constants and such fields."""
    dynamic = [(name, parts[name]) for name in names if not isinstance(parts[name], Constant)]
    if not dynamic:
        return Constant(template)
    if len(dynamic) == len(parts) <= 2:
        return BUILDERS[len(dynamic)](dynamic)
    base = {name: part.value if isinstance(part := parts[name], Constant) else None for name in names}
    if len(dynamic) == 1:
        return build_with_one(base, *dynamic[0])
    return build_many(base, dynamic)


def build_one(dynamic: list[tuple[str, Evaluate]]) -> Evaluate:
    ((name, get),) = dynamic
    return lambda document, scope: {name: get(document, scope)}


def build_two(dynamic: list[tuple[str, Evaluate]]) -> Evaluate:
    (one, get_one), (two, get_two) = dynamic
    return lambda document, scope: {one: get_one(document, scope), two: get_two(document, scope)}


BUILDERS: dict[int, Callable[[list[tuple[str, Evaluate]]], Evaluate]] = {1: build_one, 2: build_two}


def build_with_one(base: dict[str, Any], name: str, get: Evaluate) -> Evaluate:
    def build(document: Any, scope: Scope) -> Any:
        value = base.copy()
        value[name] = get(document, scope)
        return value

    return build


def build_many(base: dict[str, Any], dynamic: list[tuple[str, Evaluate]]) -> Evaluate:
    def build(document: Any, scope: Scope) -> Any:
        value = base.copy()
        for name, get in dynamic:
            value[name] = get(document, scope)
        return value

    return build
