"""Whether a mocked result is one that the state could have: an array for a Map, and for a service call, what botocore's
model of the service says it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from monostep.errors import InvalidRequest
from monostep.language import services
from monostep.language.lint.parameters import spellings
from monostep.language.services import Operation, Shape

_TYPES: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "list": ("an array", (list,)),
    "map": ("an object", (dict,)),
    "structure": ("an object", (dict,)),
    "boolean": ("a boolean", (bool,)),
    **dict.fromkeys(("string", "timestamp", "blob", "character"), ("a string", (str,))),
    **dict.fromkeys(("integer", "long", "float", "double"), ("a number", (int, float))),
}


class _Check(NamedTuple):
    shapes: dict[str, Shape]
    strict: bool
    """Whether required fields must be there."""


def check_result(state: Mapping[str, Any], result: Any, mode: str) -> None:
    """`mode` is AWS's fieldValidationMode: STRICT, PRESENT or NONE. Raises InvalidRequest."""
    kind = state["Type"]
    if kind == "Map" and "ResultWriter" in state:
        if not isinstance(result, dict):
            raise InvalidRequest("Mocked result must be a JSON object.")
    elif kind in ("Map", "Parallel"):
        if not isinstance(result, list):
            raise InvalidRequest("Mocked result must be an array.")
        if kind == "Parallel" and len(result) != len(state["Branches"]):
            raise InvalidRequest("Mocked result must contain the same number of items as number of Parallel branches.")
    elif mode != "NONE":
        _check_service(state["Resource"], result, mode == "STRICT")


def _check_service(resource: str, result: Any, strict: bool) -> None:
    asked = services.call(resource)
    plain = resource.endswith((".sync", ".sync:2", ".waitForTaskToken"))
    if asked is None or plain or not services.available() or result is None:
        return
    folder = services.folder(asked)
    operation: Operation | None = services.operation(asked, folder) if folder else None
    if operation is not None:
        _value("", operation.output, result, _Check(operation.shapes, strict))


def _value(name: str, shape: Shape, value: Any, check: _Check) -> None:
    kind = shape.get("type", "")
    if shape.get("document") or kind not in _TYPES:
        return
    wanted, types = _TYPES[kind]
    inner: Any = value
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise _refused(f"Field '{name}' must be {wanted}" if name else f"Mocked result must be {wanted}")
    if kind == "structure":
        _structure(shape, inner, check)
    elif kind in ("list", "map"):
        member = check.shapes.get(shape["member" if kind == "list" else "value"]["shape"], {})
        for item in inner if kind == "list" else inner.values():
            _value(name, member, item, check)
    else:
        _limits(name, shape, value)


def _structure(shape: Shape, value: dict[str, Any], check: _Check) -> None:
    members: dict[str, Any] = shape.get("members", {})
    spelt = spellings(tuple(members))
    if check.strict:
        for name in shape.get("required", ()):
            ways = [way for way, member in spelt.items() if member == name]
            if not any(way in value for way in ways):
                raise _refused(f"Required field '{ways[0]}' is missing")
    for key, item in value.items():
        if key in spelt:
            _value(key, check.shapes.get(members[spelt[key]]["shape"], {}), item, check)


def _limits(name: str, shape: Shape, value: Any) -> None:
    if "enum" in shape and value not in shape["enum"]:
        raise _refused(f"Field '{name}' is not an expected value")
    text = isinstance(value, str)
    size = len(value) if text else value
    if "min" in shape and size < shape["min"]:
        raise _refused(f"Field '{name}' is smaller than the minimum {'length' if text else 'value'}")
    if "max" in shape and size > shape["max"]:
        raise _refused(f"Field '{name}' exceeds the maximum {'length' if text else 'value'}")


def _refused(problem: str) -> InvalidRequest:
    return InvalidRequest(f"Mock result schema validation error: {problem}")
