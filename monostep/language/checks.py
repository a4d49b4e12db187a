"""How a table of fields becomes a check: what an object may hold, what it must, and what shuts what out.

A check is a function of a value, the scope and where the value stands (`where`, the location of the object around it,
and its `key`). The location itself is only made when there is something to say: making it always took a third of the
time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from monostep.language.diagnostic import Diagnostic

ERROR = "ERROR"
WARNING = "WARNING"
SCHEMA = "SCHEMA_VALIDATION_FAILED"
ENOUGH = 1000
"""Findings after which the linter stops: AWS itself shows a hundred."""

JSONPATH = "JSONPath"
JSONATA = "JSONata"
LENGTH = 20_000
"""Characters of a message or a location: enough for every name that is allowed, nested as deep as is."""
SECONDS = 99_999_999
"""The most of most numbers: timeouts, waits, attempts."""
NAME = 80
"""Characters a state's name may have."""


class Enough(Exception):
    """There are ENOUGH findings."""


class Scope:
    """What holds where the linter stands, and what it has found so far."""

    __slots__ = ("caught", "express", "found", "jsonata", "machine_jsonata")

    def __init__(
        self, found: list[Diagnostic], *, express: bool, machine_jsonata: bool, jsonata: bool, caught: bool = False
    ) -> None:
        self.found = found
        self.express = express
        self.machine_jsonata = machine_jsonata
        self.jsonata = jsonata
        self.caught = caught

    def say(self, message: str, location: str, code: str = SCHEMA, severity: str = ERROR) -> None:
        if len(self.found) >= ENOUGH:
            raise Enough
        self.found.append(Diagnostic(severity, code, printable(message), printable(location)))

    def within(self, *, jsonata: bool | None = None, caught: bool = False) -> Scope:
        return Scope(
            self.found,
            express=self.express,
            machine_jsonata=self.machine_jsonata,
            jsonata=self.jsonata if jsonata is None else jsonata,
            caught=caught,
        )


Check = Callable[[Any, Scope, str, str], None]


class Field(NamedTuple):
    check: Check
    language: str = ""
    """The only query language that has the field; empty where both do."""


class Alone(NamedTuple):
    """Fields of which there may be one; `needed`, of which there must be one."""

    names: tuple[str, ...]
    needed: bool = False


class Shape(NamedTuple):
    """One kind of object. `also` checks what concerns several fields at once, given the object and its location."""

    fields: Mapping[str, Field]
    required: tuple[str, ...] = ()
    alone: tuple[Alone, ...] = ()
    also: Callable[[dict[str, Any], Scope, str], None] | None = None

    def check(self, value: Any, scope: Scope, where: str, key: str) -> None:
        if type(value) is dict:
            self.inspect(value, scope, place(where, key))
        else:
            scope.say("Expected value of type [OBJECT]", place(where, key))

    def inspect(self, value: dict[str, Any], scope: Scope, here: str, mixed: bool = False) -> None:
        """`mixed`: the languages are already known to clash, so that no field is held against its own."""
        fields = self.fields
        language, other = (JSONATA, JSONPATH) if scope.jsonata else (JSONPATH, JSONATA)
        known = []
        for name, item in value.items():
            field = fields.get(name)
            if field is None:
                scope.say(f"Field '{name}' is not supported", here or "/")
            elif field[1] == other and not mixed:
                scope.say(
                    f"The QueryLanguage is set to '{language}', but field '{name}' is only supported "
                    f"for the '{other}' QueryLanguage",
                    here or "/",
                )
            else:
                known.append((field[0], item, name))
        missing = [name for name in self.required if name not in value]
        if missing:
            scope.say(f"These fields are required: [{', '.join(missing)}]", here or "/")
        for names, needed in self.alone:
            given = [name for name in names if name in value and not (name == "End" and value[name] is False)]
            if len(given) > 1:
                scope.say(f"There should only be one of the following fields: [{', '.join(names)}]", here)
            elif needed and not given:
                scope.say(f"This object should have only one of the following fields: [{', '.join(names)}]", here)
        if self.also is not None:
            self.also(value, scope, here)
        for check, item, name in known:
            check(item, scope, here, name)


def only(language: str, fields: Mapping[str, Check]) -> dict[str, Field]:
    """Fields that only one query language has."""
    return {name: Field(check, language) for name, check in fields.items()}


def both(fields: Mapping[str, Check]) -> dict[str, Field]:
    """Fields that both query languages have."""
    return only("", fields)


def pairs(*names: str) -> tuple[Alone, ...]:
    """Fields that shut out their twins with a path."""
    return tuple(Alone((name, f"{name}Path")) for name in names)


def printable(text: str) -> str:
    """Text that can be written out: not a megabyte long, and without half a surrogate pair."""
    if len(text) > LENGTH:
        text = text[:LENGTH] + "…"
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def place(where: str, key: str) -> str:
    """The location of a field. A name far over the limit is shortened: a hostile one would fill every location."""
    return f"{where}/{key}" if len(key) <= 4 * NAME else f"{where}/{key[:NAME]}…"


def anything(value: Any, scope: Scope, where: str, key: str) -> None:
    """Any JSON will do."""


def text(value: Any, scope: Scope, where: str, key: str) -> None:
    if type(value) is not str:
        scope.say("Expected value of type [STRING]", place(where, key))


def flag(value: Any, scope: Scope, where: str, key: str) -> None:
    if type(value) is not bool:
        scope.say("Expected value of type [BOOLEAN]", place(where, key))


def integer(low: int | None = None, high: int | None = None) -> Check:
    def check(value: Any, scope: Scope, where: str, key: str) -> None:
        if type(value) is not int:
            scope.say("Expected value of type Integer", place(where, key))
        elif low is not None and value < low:
            scope.say(f"Minimum value is {low}", place(where, key))
        elif high is not None and value > high:
            scope.say(f"Maximum value is {high}", place(where, key))

    return check


def number(low: float | None = None, high: float | None = None) -> Check:
    def check(value: Any, scope: Scope, where: str, key: str) -> None:
        if type(value) is not int and type(value) is not float:
            scope.say("Expected value of type Number", place(where, key))
        elif low is not None and value < low:
            scope.say(f"Minimum value is {low}", place(where, key))
        elif high is not None and value > high:
            scope.say(f"Maximum value is {high}", place(where, key))

    return check


def one_of(*values: str) -> Check:
    listed = f"Value should be one of the following: [{', '.join(values)}]"

    def check(value: Any, scope: Scope, where: str, key: str) -> None:
        if type(value) is not str:
            scope.say("Expected value of type [STRING]", place(where, key))
        elif value not in values:
            scope.say(listed, place(where, key))

    return check


def array(of: Check, empty: bool = False) -> Check:
    def check(value: Any, scope: Scope, where: str, key: str) -> None:
        if type(value) is not list:
            scope.say("Expected value of type [ARRAY]", place(where, key))
        elif not value and not empty:
            scope.say("Value cannot be empty", place(where, key))
        else:
            for index, item in enumerate(value):
                of(item, scope, where, f"{key}[{index}]")

    return check
