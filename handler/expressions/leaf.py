"""One expression in its place in a field, and many of them evaluated together.

A leaf that is a mere path is looked up in Python. The others are fused into one query whose answers are told apart
by key; a missing answer is undefined or a function, and only evaluating that leaf alone tells which. `null` is an
answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from handler.errors import EvaluationError
from handler.expressions.evaluator import SECONDS, Fault, Run, compile_query, reads
from handler.expressions.scope import Scope

States = Mapping[str, Any]
"""What `$states` holds for a field: input, context, and result or errorOutput where they exist. A plain dict."""

Values = Callable[[States, Scope], list[Any]]
Lookup = Callable[[States, Scope], Any]

UNKNOWN: Any = object()
"""In a list of Values: this leaf must be evaluated alone."""

_NAME = r"[^\W\d]\w*"
_PATH = re.compile(rf"\$({_NAME})((?:\.{_NAME})*)")
_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
_DEPTH = 2
"""Levels that `($states := …; {"0": …})` adds."""


def type_name(value: Any) -> str:
    return _TYPES.get(type(value), "null")


class Leaf:
    """An expression, where it stands, and how it fails. Raises InvalidQuery where it does not parse."""

    __slots__ = ("_run", "_type", "location", "lookup", "reads", "source")

    def __init__(self, location: str, text: str) -> None:
        self.location = location
        self.source = text[2:-2].strip()
        self.reads = reads(self.source)
        self.lookup = _lookup(self.source)
        self._run: Run | None = None
        self._type: Run | None = None

    def alone(self, states: States, scope: Scope, seconds: float = SECONDS) -> Any:
        """The value, or EvaluationError saying in AWS's words what is wrong with it."""
        try:
            answer = self._answer("_run", "0", states, scope, seconds)
            if answer:
                return answer["0"]
            kind = self._answer("_type", "type", states, scope, seconds)
        except Fault as fault:
            raise self.failed(f"threw an error during evaluation{fault}") from None
        raise self.failed("returned an unsupported result type." if kind else "returned nothing (undefined).")

    def _answer(self, slot: str, key: str, states: States, scope: Scope, seconds: float) -> dict[str, Any]:
        """Without a context item and with everything bound eagerly, just as the language has it."""
        run: Run | None = getattr(self, slot)
        if run is None:
            value = _enclosed(self.source) if slot == "_run" else f"$type({_enclosed(self.source)})"
            run = compile_query(f'{{"{key}": {value}}}', depth=_DEPTH)
            setattr(self, slot, run)
        answer: dict[str, Any] = run(
            None, {"states": states, **_variables(self.reads.variables, scope)}, scope, seconds
        )
        return answer

    def failed(self, what: str) -> EvaluationError:
        cause = f"The JSONata expression '{self.source}' specified for the field '{self.location}' {what}"
        return EvaluationError("States.QueryEvaluationError", cause, self.location)

    def mistyped(self, expected: str, value: Any) -> EvaluationError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return self.failed(
            f"returned an unexpected result type. Expected '{expected}', but was '{type_name(value)}' for value: {text}"
        )


def together(leaves: Sequence[Leaf]) -> Values:
    """Evaluate all in one query; UNKNOWN stands for those that gave nothing, all of them if the query failed."""
    lookups = [(index, leaf.lookup) for index, leaf in enumerate(leaves) if leaf.lookup]
    asked = {str(i): leaf for i, leaf in enumerate(leaves) if not leaf.lookup and not leaf.reads.context}
    query = _fuse(asked) if asked else None
    blank = [UNKNOWN] * len(leaves)

    def values(states: States, scope: Scope) -> list[Any]:
        found = blank.copy()
        for index, lookup in lookups:
            try:
                found[index] = lookup(states, scope)
            except (KeyError, TypeError):
                continue
        if query is not None:
            for key, value in query(states, scope).items():
                found[int(key)] = value
        return found

    return values


def settle(leaves: Sequence[Leaf], found: list[Any], states: States, scope: Scope) -> None:
    """Evaluate alone, in order, what is still UNKNOWN, all within a bound of time. Raises EvaluationError."""
    deadline = monotonic() + SECONDS * 1.5
    for index, leaf in enumerate(leaves):
        if found[index] is UNKNOWN:
            found[index] = leaf.alone(states, scope, max(0.001, min(SECONDS, deadline - monotonic())))


def _fuse(leaves: Mapping[str, Leaf]) -> Callable[[States, Scope], dict[str, Any]]:
    names = sorted({name for leaf in leaves.values() for name in leaf.reads.variables})
    bound = "".join(f"${name} := $.`{name}`; " for name in names)
    answers = ", ".join(f'"{key}": {_enclosed(leaf.source)}' for key, leaf in leaves.items())
    head = f"$states := $.states; {bound}" if names else "$states := $; "
    run = compile_query(f"({head}{{{answers}}})", depth=_DEPTH)

    def query(states: States, scope: Scope) -> dict[str, Any]:
        document = {"states": states, **_variables(names, scope)} if names else states
        try:
            answer: dict[str, Any] = run(document, None, scope)
        except Fault:
            return {}
        return answer

    return query


def _variables(names: Sequence[str], scope: Scope) -> dict[str, Any]:
    if not names:
        return {}
    variables = scope.variables
    return {name: variables[name] for name in names if name in variables}


def _enclosed(source: str) -> str:
    """An assignment must not be seen by the next expression, a comment or a name must end; but `(/a/)` is no regex."""
    return f"({source}\n)" if ":=" in source else f"{source}\n"


def _lookup(source: str) -> Lookup | None:
    """A getter for `$states.input.x` and `$name.x`; it raises KeyError or TypeError where it cannot tell."""
    match = _PATH.fullmatch(source)
    if not match:
        return None
    root, keys = match[1], tuple(match[2].split(".")[1:])

    def from_states(states: States, _scope: Scope) -> Any:
        value: Any = states
        for key in keys:
            value = value[key]
        return value

    def from_variables(_states: States, scope: Scope) -> Any:
        value = scope.variables[root]
        for key in keys:
            value = value[key]
        return value

    return from_states if root == "states" else from_variables
