"""Checks of what a field holds: payload templates, JSONata expressions, variables, texts that are more than that."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from monostep.expressions.jsonata import problems
from monostep.language.checks import WARNING, Check, Scope, flag, place
from monostep.language.queries import looks_dynamic, reads

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
_VARIABLE_LENGTH = 80


def value(literal: Check) -> Check:
    """A field that a JSONata state may also give as an expression."""

    def check(given: Any, scope: Scope, where: str, key: str) -> None:
        if scope.jsonata and type(given) is str and given.startswith("{%"):
            _expression(given, scope, where, key)
        else:
            literal(given, scope, where, key)

    return check


def template(given: Any, scope: Scope, where: str, key: str) -> None:
    """A payload template, or in a JSONata state JSON with expressions in it."""
    if scope.jsonata:
        _expressions(given, scope, where, key)
    elif type(given) is dict or type(given) is list:
        _template(given, scope, place(where, key))


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
        elif type(item) is str and looks_dynamic(item):
            scope.say(
                f"No .$ on the field '{name}', whose value looks like a path or a function call",
                location,
                "NO_DOLLAR",
                WARNING,
            )


def _dynamic(name: str, item: Any, around: dict[str, Any], scope: Scope, location: str) -> None:
    if name[:-2] in around:
        scope.say(f"There should only be one of the following fields: [{name[:-2]}, {name}]", location)
    if not reads(item):
        scope.say(
            f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call", location
        )


def _expressions(given: Any, scope: Scope, where: str, key: str) -> None:
    kind = type(given)
    if kind is str:
        if given.startswith("{%") or given.endswith("%}"):
            _expression(given, scope, where, key)
    elif kind is dict:
        here = place(where, key)
        for name, item in given.items():
            _expressions(item, scope, here, name)
    elif kind is list:
        for index, item in enumerate(given):
            _expressions(item, scope, where, f"{key}[{index}]")


def _expression(given: str, scope: Scope, where: str, key: str) -> None:
    for problem in problems(given, error_output=scope.caught):
        scope.say(str(problem), place(where, key), problem.code)


def expression(given: Any, scope: Scope, where: str, key: str) -> None:
    """A JSONata expression, and not just any text; or what an expression would give."""
    if type(given) is str and not (given.startswith("{%") or given.endswith("%}")):
        scope.say("JSONata string must start with {% and end with %}", place(where, key))
    else:
        template(given, scope, where, key)


def condition(given: Any, scope: Scope, where: str, key: str) -> None:
    if type(given) is str:
        expression(given, scope, where, key)
    else:
        flag(given, scope, where, key)


def assignment(given: Any, scope: Scope, where: str, key: str) -> None:
    if type(given) is not dict:
        scope.say("Expected value of type [OBJECT]", place(where, key))
        return
    for name in given:
        _variable(name if scope.jsonata else name.removesuffix(".$"), scope, place(where, key))
    template(given, scope, where, key)


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


def literal(given: Any, scope: Scope, where: str, key: str) -> None:
    """A string that has a twin for paths."""
    if type(given) is not str:
        scope.say("Expected value of type [STRING]", place(where, key))
    elif not scope.jsonata and looks_dynamic(given):
        scope.say(
            f"The value of '{key}' looks like a path, but its name does not end with 'Path'",
            place(where, key),
            "NO_PATH",
            WARNING,
        )


def constant(given: Any, scope: Scope, where: str, key: str) -> None:
    """A Pass state's Result, which is taken as it stands."""
    stack = [given]
    while stack:
        item = stack.pop()
        if type(item) is dict:
            stack.extend(item.values())
            if not any(name.endswith(".$") for name in item):
                continue
        elif type(item) is list:
            stack.extend(item)
            continue
        elif not (type(item) is str and looks_dynamic(item)):
            continue
        scope.say("A path in a Result is not looked up", place(where, key), "PASS_RESULT_IS_STATIC", WARNING)
        return
