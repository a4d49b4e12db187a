"""Whether AWS would take a definition, and in AWS's words why not.

`lint` does what ValidateStateMachineDefinition does, and `rejection` what CreateStateMachine answers. The rules are the
tables of `fields`, `entries`, `maps` and `resources` and the walk of `transitions`; they work on the plain document,
because making models of it first costs more than all the rules together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from monostep.errors import Unsupported
from monostep.language.checks import JSONPATH, SCHEMA, Enough, Scope
from monostep.language.diagnostic import Diagnostic
from monostep.language.grammar import MACHINE
from monostep.language.inject import expand
from monostep.language.lint.transitions import follow
from monostep.language.text.reading import plain, read


def lint(definition: Any, type: str = "STANDARD") -> list[Diagnostic]:
    """Every finding on a definition, a dict or JSON text; no ERROR among them means that AWS takes it.

    `type` is STANDARD or EXPRESS. A TaskFn is expanded first, so that findings are about the Task it becomes. After a
    thousand findings there are no more.
    """
    document, found = read(definition) if isinstance(definition, str) else (definition, [])
    if document is None and found:
        return found
    if unusable := plain(document):
        return found + unusable
    if not isinstance(document, dict):
        return [*found, Diagnostic("ERROR", SCHEMA, "Definition must be a valid JSON object")]
    try:
        machine = expand(document)
        scope = _scope(machine, found, type)
        MACHINE.inspect(machine, scope, "")
        follow(machine, scope)
    except Unsupported as error:
        found.append(Diagnostic("ERROR", "UNSUPPORTED", error.message, error.location))
    except Enough:
        pass
    return found


def rejection(diagnostics: Iterable[Diagnostic]) -> str:
    """CreateStateMachine's message for the findings that are errors; a location AWS does not have it calls null."""
    errors = (f"{d.code}: {d.message} at {d.location or 'null'}" for d in diagnostics if d.severity == "ERROR")
    return f"Invalid State Machine Definition: '{', '.join(errors)}'"


def _scope(machine: dict[str, Any], found: list[Diagnostic], type: str) -> Scope:
    jsonata = machine.get("QueryLanguage", JSONPATH) != JSONPATH
    return Scope(found, express=type == "EXPRESS", machine_jsonata=jsonata, jsonata=jsonata)
