"""One expression in its place in a field, and many of them evaluated together.

A leaf that is a mere path is looked up in Python. The others are fused into one query whose answers are told apart by
key; a missing answer is undefined or a function, and only evaluating that leaf alone tells which. `null` is an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Protocol

from monostep.errors import EvaluationError
from monostep.expressions.jlens import SECONDS, Fault, Run, compile_query, grows, reads
from monostep.expressions.scope import Scope
from monostep.expressions.simple import plain

States = Mapping[str, Any]
"""What `$states` holds for a field: input, context, and result or errorOutput where they exist. A plain dict."""

Lookup = Callable[[States, Scope], Any]
Values = Callable[[States, Scope], list[Any]]

UNKNOWN: Any = object()
"""In a list of Values: this leaf must be evaluated alone."""

_NAME = r"[^\W\d]\w*"
_PATH = re.compile(rf"\$({_NAME})((?:\.{_NAME})*)")
_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}


def type_name(value: Any) -> str:
    return _TYPES.get(type(value), "null")


class Leaf:
    """An expression, where it stands, and how it fails. Raises InvalidQuery where it does not parse."""

    __slots__ = ("_answer", "_kind", "apart", "location", "lookup", "reads", "source")

    def __init__(self, location: str, text: str) -> None:
        self.location = location
        self.source = text[2:-2].strip()
        self.reads = reads(self.source)
        self.lookup = _lookup(self.source)
        self.apart = self.reads.context or grows(self.source)
        self._answer: Ask | None = None
        self._kind: Ask | None = None

    def alone(self, states: States, scope: Scope, seconds: float = SECONDS) -> Any:
        """The value, or EvaluationError saying in AWS's words what is wrong with it."""
        try:
            self._answer = self._answer or ask([self], f'{{"": {enclosed(self)}}}')
            answer = self._answer(states, scope, seconds)
            if answer:
                return answer[""]
            self._kind = self._kind or ask([self], f'{{"": $type({enclosed(self)})}}')
            kind = self._kind(states, scope, seconds)
        except Fault as fault:
            raise self.thrown(fault) from None
        raise self.failed("returned an unsupported result type." if kind else "returned nothing (undefined).")

    def thrown(self, fault: Fault) -> EvaluationError:
        return self.failed(f"threw an error during evaluation{fault}")

    def failed(self, what: str) -> EvaluationError:
        cause = f"The JSONata expression '{self.source}' specified for the field '{self.location}' {what}"
        return EvaluationError("States.QueryEvaluationError", cause, self.location)

    def mistyped(self, expected: str, value: Any) -> EvaluationError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return self.failed(
            f"returned an unexpected result type. Expected '{expected}', but was '{type_name(value)}' for value: {text}"
        )


class Ask(Protocol):
    """Evaluate the body that several leaves make up. Raises Fault."""

    def __call__(self, states: States, scope: Scope, seconds: float = SECONDS) -> Any: ...


def ask(leaves: Sequence[Leaf], body: str) -> Ask:
    """`body` holds the leaves' expressions. A leaf that is `apart` must be asked by itself."""
    free = tuple(sorted({name for leaf in leaves for name in leaf.reads.variables}))
    others = frozenset[str]().union(*(leaf.reads.others for leaf in leaves))
    eager = any(leaf.reads.context for leaf in leaves)
    guard = any(grows(leaf.source) for leaf in leaves)
    runs: dict[tuple[str, ...], Run] = {}

    def compiled(names: tuple[str, ...]) -> Run:
        if names not in runs:
            head = "".join(f"${name} := $.`{name}`; " for name in ("states", *names)) if names else "$states := $; "
            runs[names] = compile_query(f"({'' if eager else head}{body})", 2, guard)
        return runs[names]

    usual = compiled(free)

    def plain(states: States, scope: Scope, seconds: float = SECONDS) -> Any:
        return usual(states, None, scope, seconds)

    def bound(states: States, scope: Scope, seconds: float = SECONDS) -> Any:
        variables = scope.variables
        names, run = free, usual
        if others and not others.isdisjoint(variables):
            names = free + tuple(sorted(others.intersection(variables)))
            run = compiled(names)
        known = {name: variables[name] for name in names if name in variables}
        if eager:
            return run(None, {**known, "states": states}, scope, seconds)
        if not names:
            return run(states, None, scope, seconds)
        known["states"] = states
        return run(known, None, scope, seconds)

    return bound if free or others or eager else plain


def single(leaf: Leaf) -> Callable[[States, Scope], Any]:
    """Evaluate a leaf that stands alone in its field."""
    if leaf.apart:
        return leaf.alone
    lookup = leaf.lookup
    query = None if lookup else ask([leaf], enclosed(leaf))

    def look(states: States, scope: Scope) -> Any:
        try:
            return lookup(states, scope)  # type: ignore[misc]
        except (KeyError, TypeError):
            return leaf.alone(states, scope)

    def answer(states: States, scope: Scope) -> Any:
        try:
            value = query(states, scope)  # type: ignore[misc]
        except Fault as fault:
            raise leaf.thrown(fault) from None
        return leaf.alone(states, scope) if value is None else value

    return look if lookup else answer


def together(leaves: Sequence[Leaf]) -> Values:
    """Evaluate all in one query; UNKNOWN stands for those that gave nothing, all of them if the query failed."""
    lookups = [(index, leaf.lookup) for index, leaf in enumerate(leaves) if leaf.lookup]
    asked = {str(index): index for index, leaf in enumerate(leaves) if not leaf.lookup and not leaf.apart}
    body = ", ".join(f'"{key}": {enclosed(leaves[index])}' for key, index in asked.items())
    query = ask([leaves[index] for index in asked.values()], f"{{{body}}}") if asked else None
    blank = [UNKNOWN] * len(leaves)

    def values(states: States, scope: Scope) -> list[Any]:
        found = blank.copy()
        for index, lookup in lookups:
            try:
                found[index] = lookup(states, scope)
            except (KeyError, TypeError):
                continue
        if query is not None:
            try:
                answers = query(states, scope)
            except Fault:
                return found
            for key, value in answers.items():
                found[asked[key]] = value
        return found

    return values


def settle(leaves: Sequence[Leaf], found: list[Any], states: States, scope: Scope) -> None:
    """Evaluate alone, in order, what is still UNKNOWN, all within a bound of time. Raises EvaluationError."""
    deadline = monotonic() + SECONDS
    for index, leaf in enumerate(leaves):
        if found[index] is UNKNOWN:
            found[index] = leaf.alone(states, scope, max(0.001, min(SECONDS, deadline - monotonic())))


def enclosed(leaf: Leaf) -> str:
    """An assignment must not be seen by the next expression, a comment or a name must end; but `(/a/)` is no regex."""
    return f"({leaf.source}\n)" if ":=" in leaf.source else f"{leaf.source}\n"


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
        return value if value.__class__ is not float else plain(value)

    def from_variables(_states: States, scope: Scope) -> Any:
        value = scope.variables[root]
        for key in keys:
            value = value[key]
        return value if value.__class__ is not float else plain(value)

    return from_states if root == "states" else from_variables
