"""Checks of how a definition reads its data: paths, reference paths, what may name an error, and `.$` fields."""

from __future__ import annotations

import re
from typing import Any

from monostep.errors import InvalidExpression
from monostep.expressions.intrinsics import compile_intrinsic, is_intrinsic
from monostep.expressions.paths import usable_path
from monostep.language.checks import Check, Scope, place

TEXT_FUNCTIONS = frozenset(
    f"States.{name}"
    for name in ("ArrayGetItem", "Base64Encode", "Base64Decode", "Format", "JsonToString", "Hash", "UUID")
)
"""What may name an error: the intrinsic functions that give a string."""
_CALL = re.compile(r"States\.[A-Z]\w*\(")


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
    """What filters say is not looked into: AWS reads them, `@.status==Failed` among them, only when they are used."""
    try:
        path = usable_path(given)
    except InvalidExpression:
        return "", False
    return path.root, path.reference


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


def reads(given: Any) -> bool:
    """Whether a `.$` field may have this value: a path or a call of an intrinsic function."""
    if type(given) is not str:
        return False
    try:
        if not is_intrinsic(given):
            return _read(given)[0] != ""
        compile_intrinsic(given)
    except InvalidExpression:
        return False
    return True


def looks_dynamic(given: str) -> bool:
    """Whether a text that is taken as it stands may have been meant as a path or a call."""
    return given.startswith(("$.", "$$.", "$[")) or _CALL.match(given) is not None
