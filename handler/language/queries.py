"""Checks of what a definition asks of its data: paths, templates, JSONata expressions, variables, timestamps."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from handler.errors import InvalidExpression
from handler.expressions.intrinsics import compile_intrinsic, is_intrinsic
from handler.expressions.jsonata import problems
from handler.expressions.paths import ROOT, compile_path
from handler.expressions.steps import parse_steps
from handler.language.shape import WARNING, Check, Scope, flag, place

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
TEXT_FUNCTIONS = frozenset(
    f"States.{name}"
    for name in ("ArrayGetItem", "Base64Encode", "Base64Decode", "Format", "JsonToString", "Hash", "UUID")
)
"""What may name an error: the intrinsic functions that give a string."""
_CALL = re.compile(r"States\.[A-Z]\w*\(")
_VARIABLE_LENGTH = 80


def value(literal: Check) -> Check:
    """A field that a JSONata state may also give as an expression."""

    def check(given: Any, scope: Scope, where: str, key: str) -> None:
        if scope.jsonata and type(given) is str and given.startswith("{%"):
            _expression(given, scope, where, key)
        else:
            literal(given, scope, where, key)

    return check


def path(null: bool = False) -> Check:
    def check(given: Any, scope: Scope, where: str, key: str) -> None:
        if given is not None or not null:
            _path(given, scope, where, key)

    return check


def reference(null: bool = False, roots: tuple[str, ...] = ("$$", "$name")) -> Check:
    """A path to one node. `roots` are those it may begin with besides `$`."""

    def check(given: Any, scope: Scope, where: str, key: str) -> None:
        if given is None and null:
            return
        root, definite = _path(given, scope, where, key)
        if root and not (definite and (root == "$" or ("$$" if root == "$$" else "$name") in roots)):
            scope.say("Value is not a Reference Path", place(where, key))

    return check


def _path(given: Any, scope: Scope, where: str, key: str) -> tuple[str, bool]:
    """The root of a path and whether it is a reference path; no root where it is no path."""
    if type(given) is not str:
        scope.say("Expected value of type [STRING]", place(where, key))
        return "", False
    read = _read(given)
    if not read[0]:
        scope.say("Value must be a valid JSONPath.", place(where, key))
    return read


def _read(given: str) -> tuple[str, bool]:
    if "[?" in given:
        return _unfiltered(given), False
    try:
        path = compile_path(given)
    except InvalidExpression:
        return "", False
    return path.root, path.reference


def _unfiltered(given: str) -> str:
    """The root of a path that is one but for what its filters say: AWS reads those, `@.status==Failed` among them, only
    when they are used."""
    root = ROOT.match(given)
    try:
        parse_steps(given, root.end() if root else 0)
    except InvalidExpression:
        return ""
    return root[0] if root else ""


def variable(given: Any, scope: Scope, where: str, key: str) -> None:
    """What a choice rule looks at: any path, though AWS calls it a reference path."""
    if type(given) is str and not given.startswith("$"):
        scope.say("Value is not a Reference Path: Reference path didn't start with '$'", place(where, key))
    else:
        _path(given, scope, where, key)


def words(given: Any, scope: Scope, where: str, key: str) -> None:
    """ErrorPath and CausePath: a path, or a call of an intrinsic function that gives a string."""
    if type(given) is str and is_intrinsic(given):
        try:
            compile_intrinsic(given)
        except InvalidExpression:
            called = ""
        else:
            called = given.strip().partition("(")[0].rstrip()
        if called not in TEXT_FUNCTIONS:
            scope.say("Value must be a valid JSONPath.", place(where, key))
    else:
        _path(given, scope, where, key)


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


def _expression(given: str, scope: Scope, where: str, key: str) -> None:
    for problem in problems(given, error_output=scope.caught):
        scope.say(str(problem), place(where, key), problem.code)


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
        elif type(item) is str and looks_dynamic(item):
            scope.say(
                f"No .$ on the field '{name}', whose value looks like a path or a function call",
                location,
                "NO_DOLLAR",
                WARNING,
            )


def looks_dynamic(given: str) -> bool:
    return given.startswith(("$.", "$$.", "$[")) or _CALL.match(given) is not None


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


def _dynamic(name: str, item: Any, around: dict[str, Any], scope: Scope, location: str) -> None:
    if name[:-2] in around:
        scope.say(f"There should only be one of the following fields: [{name[:-2]}, {name}]", location)
    if type(item) is not str or not _reads(item):
        scope.say(
            f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call", location
        )


def _reads(given: str) -> bool:
    try:
        if not is_intrinsic(given):
            return _read(given)[0] != ""
        compile_intrinsic(given)
    except InvalidExpression:
        return False
    return True


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
