"""Checks of what a definition asks of its data: paths, templates, JSONata expressions, variables, timestamps."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from handler.language.shape import Check, Scope, place

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
_BARRED = re.compile(r"[*?@]|\.\.")
_VARIABLE_LENGTH = 80


def value(literal: Check) -> Check:
    """A field that a JSONata state may also give as an expression."""

    def check(given: Any, scope: Scope, where: str, key: str) -> None:
        if scope.jsonata and type(given) is str and given.startswith("{%"):
            expression(given, scope, where, key)
        else:
            literal(given, scope, where, key)

    return check


def path(null: bool = False) -> Check:
    def check(given: Any, scope: Scope, where: str, key: str) -> None:
        if given is None and null:
            return
        if type(given) is not str:
            scope.say("Expected value of type [STRING]", place(where, key))
        elif not given.startswith("$"):
            scope.say("Value must be a valid JSONPath.", place(where, key))

    return check


def reference(null: bool = False, context: bool = True) -> Check:
    """A path to one node. `context`: it may begin in the context object."""

    def check(given: Any, scope: Scope, where: str, key: str) -> None:
        if given is None and null:
            return
        if type(given) is not str:
            scope.say("Expected value of type [STRING]", place(where, key))
        elif not given.startswith("$"):
            scope.say("Value must be a valid JSONPath.", place(where, key))
        elif _BARRED.search(given) or (not context and given.startswith("$$")):
            scope.say("Value is not a Reference Path", place(where, key))

    return check


def template(given: Any, scope: Scope, where: str, key: str) -> None:
    """A payload template, or in a JSONata state JSON with expressions in it."""
    if scope.jsonata:
        _expressions(given, scope, where, key)
    elif type(given) is dict or type(given) is list:
        _template(given, scope, place(where, key))


def assignment(given: Any, scope: Scope, where: str, key: str) -> None:
    if type(given) is not dict:
        scope.say("Expected value of type [OBJECT]", place(where, key))
        return
    for name in given:
        _variable(name if scope.jsonata else name.removesuffix(".$"), scope, place(where, key))
    template(given, scope, where, key)


def expression(given: Any, scope: Scope, where: str, key: str) -> None:
    """A JSONata expression between its marks."""
    if type(given) is not str:
        scope.say("Expected value of type [STRING]", place(where, key))
    elif not (given.startswith("{%") and given.endswith("%}")):
        scope.say("JSONata string must start with {% and end with %}", place(where, key))


def timestamp(given: Any, scope: Scope, where: str, key: str) -> None:
    if type(given) is not str:
        scope.say("Expected value of type [STRING]", place(where, key))
    elif not is_timestamp(given):
        scope.say("String does not match RFC3339 timestamp", place(where, key))


def is_timestamp(given: str) -> bool:
    found = _TIMESTAMP.fullmatch(given)
    if not found:
        return False
    try:
        datetime.fromisoformat(given.replace(found[1] or "\n", ""))
    except ValueError:
        return False
    return True


def _variable(name: str, scope: Scope, location: str) -> None:
    if name == "states":
        scope.say("Cannot assign to reserved variable '$states'.", location, "RESERVED_VARIABLE_NAME")
    elif not name.isidentifier() or name.startswith("_"):
        scope.say(
            f"Invalid variable name '{name}': the variable name contains invalid characters.",
            location,
            "INVALID_VARIABLE_NAME",
        )
    elif len(name) > _VARIABLE_LENGTH:
        scope.say(
            f"Invalid variable name '{name[:_VARIABLE_LENGTH]}…': the variable name exceeds the "
            f"{_VARIABLE_LENGTH}-character limit.",
            location,
            "INVALID_VARIABLE_NAME",
        )


def _template(given: Any, scope: Scope, location: str) -> None:
    """Every `.$` field, at any depth; AWS locates it at the template, not at itself."""
    if type(given) is list:
        for item in given:
            if type(item) is dict or type(item) is list:
                _template(item, scope, location)
        return
    for name, item in given.items():
        if name.endswith(".$"):
            _dynamic(name, item, given, scope, location)
        elif type(item) is dict or type(item) is list:
            _template(item, scope, location)


def _dynamic(name: str, item: Any, around: dict[str, Any], scope: Scope, location: str) -> None:
    if name[:-2] in around:
        scope.say(f"There should only be one of the following fields: [{name[:-2]}, {name}]", location)
    if type(item) is not str or not (item.startswith(("$", "States."))):
        scope.say(
            f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call", location
        )


def _expressions(given: Any, scope: Scope, where: str, key: str) -> None:
    kind = type(given)
    if kind is str:
        if given.startswith("{%") or given.endswith("%}"):
            expression(given, scope, where, key)
    elif kind is dict:
        here = place(where, key)
        for name, item in given.items():
            _expressions(item, scope, here, name)
    elif kind is list:
        for index, item in enumerate(given):
            _expressions(item, scope, where, f"{key}[{index}]")
