"""The parameters of a service call against botocore's model: unknown ones, missing ones, wrong types.

AWS finds these only when the Task is started, and then the execution fails. Step Functions spells members in
PascalCase, and those of `aws-sdk` as the SDK for Java does: of `DBInstanceIdentifier` it makes `DbInstanceIdentifier`.
Both spellings pass. What is looked up during the run has no type to check. A string may stand for the number or boolean
it says, and JSON for text in those members that services read as JSON: both are converted.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple

from monostep.language import services
from monostep.language.diagnostic import Diagnostic
from monostep.language.lint.survey import State, Survey
from monostep.language.services import Call, Operation, Shape

CODES = {
    "UNKNOWN_SERVICE": ("WARNING", "botocore knows no service of this name"),
    "UNKNOWN_ACTION": ("ERROR", "The service has no such action"),
    "UNKNOWN_PARAMETER": ("ERROR", "The action takes no such parameter"),
    "MISSING_PARAMETER": ("ERROR", "The action needs this parameter"),
    "PARAMETER_TYPE": ("ERROR", "The parameter is of another type"),
}

ADDED = {("bedrock", "invokeModel"): ("Input", "Output")}
"""Parameters that Step Functions adds to an action."""

JSON_TEXT = ("Message", "MessageBody", "Detail", "Input", "Output")
"""Members of text that hold JSON: what is given as JSON is written as text."""

RENAMED = {"NULL": "Nul"}
"""Members that the SDK for Java calls otherwise, besides those it adds `Value` to (`EqualsValue`)."""

ENOUGH = 1000
"""Findings after which there are no more, as in `lint`."""

_KINDS = {
    "structure": ("OBJECT", (dict,)),
    "map": ("OBJECT", (dict,)),
    "list": ("ARRAY", (list,)),
    "string": ("STRING", (str,)),
    "character": ("STRING", (str,)),
    "boolean": ("BOOLEAN", (bool,)),
    **dict.fromkeys(("integer", "long"), ("INTEGER", (int,))),
    **dict.fromkeys(("float", "double", "bigdecimal"), ("NUMBER", (int, float))),
}
_GIVEN = {dict: "OBJECT", list: "ARRAY", str: "STRING", bool: "BOOLEAN", int: "INTEGER", float: "NUMBER"}


class _Place(NamedTuple):
    """Where the check stands: the call, its shapes, the query language, the location and the name of the member."""

    call: Call
    shapes: dict[str, Shape]
    jsonata: bool
    location: str
    name: str

    def at(self, key: str, name: str) -> _Place:
        return self._replace(location=f"{self.location}/{key}", name=name)


def inspect(survey: Survey) -> list[Diagnostic]:
    """The findings on every service call of a machine; none where botocore is not installed (`services.available`)."""
    if not calls(survey) or not services.available():
        return []
    return list(islice((finding for state in survey.states() for finding in _state(state)), ENOUGH))


def calls(survey: Survey) -> list[Call]:
    """The service calls that there would be something to say about."""
    found = (services.call(body.get("Resource")) for state in survey.states() for body, _ in _sources(state))
    return [asked for asked in found if asked]


def _sources(state: State) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Where a state calls a service: as a Task, or to read a Map's items."""
    if state.kind == "Task":
        yield state.body, state.location
    reader = state.body.get("ItemReader")
    if state.kind == "Map" and isinstance(reader, dict):
        yield reader, f"{state.location}/ItemReader"


def _state(state: State) -> Iterator[Diagnostic]:
    for body, location in _sources(state):
        asked = services.call(body.get("Resource"))
        if asked:
            yield from _call(asked, body, location, state.jsonata)


def _call(asked: Call, body: Mapping[str, Any], location: str, jsonata: bool) -> Iterator[Diagnostic]:
    service = services.folder(asked)
    operation = services.operation(asked, service) if service else None
    if operation is None:
        yield from _unheard(asked, service, f"{location}/Resource")
        return
    field = "Arguments" if jsonata else "Parameters"
    if isinstance(body.get(field), dict):
        yield from _parameters(asked, operation, body[field], f"{location}/{field}", jsonata)


def _unheard(asked: Call, service: str | None, location: str) -> Iterator[Diagnostic]:
    """An action that botocore does not know; of the optimised integrations AWS's own rules say as much."""
    if asked.sdk and service is None:
        near = get_close_matches(asked.service.lower(), services.names(), 1)
        yield _say("UNKNOWN_SERVICE", f"botocore knows no service {asked.service}{_hint(near)}", location)
    elif asked.sdk and service:
        near = get_close_matches(asked.action, services.actions(service), 1, 0.75)
        yield _say("UNKNOWN_ACTION", f"{asked.service} has no action {asked.action}{_hint(near)}", location)


def _parameters(
    asked: Call, operation: Operation, given: dict[str, Any], location: str, jsonata: bool
) -> Iterator[Diagnostic]:
    added = ADDED.get((asked.service, asked.action), ()) if not asked.sdk else ()
    shape = dict(operation.input)
    if added:
        shape["members"] = {**shape.get("members", {}), **{name: {} for name in added}}
    yield from _structure(shape, given, _Place(asked, operation.shapes, jsonata, location, ""))


def _structure(shape: Shape, given: dict[str, Any], place: _Place) -> Iterator[Diagnostic]:
    members: dict[str, Any] = shape.get("members", {})
    if shape.get("document"):
        return
    spelt = spellings(tuple(members))
    seen = set()
    for key, value in given.items():
        dynamic = key.endswith(".$") and not place.jsonata
        name = key.removesuffix(".$") if dynamic else key
        member = spelt.get(name) or spelt.get(name.removesuffix("Value"))
        if member is None:
            seen |= {meant for written, meant in spelt.items() if written.lower() == name.lower()}
            yield _unknown(name, spelt, place.at(key, name))
            continue
        seen.add(member)
        if not dynamic:
            yield from _value(place.shapes.get(members[member].get("shape"), {}), value, place.at(key, name))
    for name in shape.get("required", ()):
        if name not in seen and not _filled_in(name, members, shape, place):
            yield _missing(name, place)


@functools.cache
def spellings(members: tuple[str, ...]) -> dict[str, str]:
    """Every way Step Functions writes the members, the preferred one first."""
    found: dict[str, str] = {}
    for name in members:
        for spelling in (_java(name), name[:1].upper() + name[1:], RENAMED.get(name)):
            if spelling:
                found.setdefault(spelling, name)
    return found


def _java(name: str) -> str:
    """`DBInstance` -> `DbInstance`: capitals in front are one word, all but the last where a small letter follows."""
    end = 1
    while end < len(name) and name[end].isupper() and not name[end + 1 : end + 2].islower():
        end += 1
    return name[:1].upper() + name[1:end].lower() + name[end:]


def _filled_in(name: str, members: dict[str, Any], shape: Shape, place: _Place) -> bool:
    """Whether a required member needs not be given: the SDK makes tokens up, and S3 input replaces a body."""
    token = members.get(name, {}).get("idempotencyToken") or shape.get("union")
    return bool(token) or (name.lower() == "body" and bool(ADDED.get((place.call.service, place.call.action))))


def _value(shape: Shape, value: Any, place: _Place) -> Iterator[Diagnostic]:
    kind = shape.get("type", "")
    if kind not in _KINDS or value is None or shape.get("document") or shape.get("jsonvalue"):
        return
    if isinstance(value, str) and (_looked_up(value, place) or "${" in value):
        return
    if not _fits(kind, value, place):
        yield _say(
            "PARAMETER_TYPE",
            f"{place.name} of {place.call} is of type {_KINDS[kind][0]}, not {_GIVEN.get(type(value), 'NULL')}",
            place.location,
        )
    elif kind == "structure":
        yield from _structure(shape, value, place)
    elif kind == "list":
        member = place.shapes.get(shape["member"]["shape"], {})
        for index, item in enumerate(value):
            where = place._replace(location=f"{place.location}[{index}]", name=f"{place.name}[{index}]")
            yield from _value(member, item, where)
    elif kind == "map":
        member = place.shapes.get(shape["value"]["shape"], {})
        for key, item in value.items():
            if place.jsonata or not key.endswith(".$"):
                yield from _value(member, item, place.at(key, f"{place.name}.{key}"))


def _looked_up(value: str, place: _Place) -> bool:
    return place.jsonata and value.startswith("{%")


def _fits(kind: str, value: Any, place: _Place) -> bool:
    types = _KINDS[kind][1]
    if isinstance(value, types) and (bool in types or not isinstance(value, bool)):
        return True
    if kind in ("string", "character"):
        return isinstance(value, (dict, list)) and place.name in JSON_TEXT
    if kind == "boolean":
        return isinstance(value, str) and value.lower() in ("true", "false")
    if isinstance(value, float):
        return bool(int in types and value.is_integer())
    return isinstance(value, str) and int in types and _number(value)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unknown(name: str, spelt: dict[str, str], place: _Place) -> Diagnostic:
    lower: dict[str, str] = {}
    for written in spelt:
        lower.setdefault(written.lower(), written)
    if name.lower() in lower:
        reason = f"Step Functions writes {name} as {lower[name.lower()]}"
    else:
        near = [lower[found] for found in get_close_matches(name.lower()[:60], lower, 1)]
        reason = f"{place.call} takes no parameter {name:.100}{_hint(near)}"
    return _say("UNKNOWN_PARAMETER", reason, place.location)


def _missing(name: str, place: _Place) -> Diagnostic:
    inside = f"{place.name} of " if place.name else ""
    return _say("MISSING_PARAMETER", f"{inside}{place.call} needs the parameter {_java(name)}", place.location)


def _hint(near: list[str]) -> str:
    return f"; did you mean {near[0]}?" if near else ""


def _say(code: str, message: str, location: str) -> Diagnostic:
    return Diagnostic(CODES[code][0], code, message, location)
