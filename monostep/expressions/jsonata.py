"""JSONata in a machine's fields: `{% … %}` anywhere in a JSON template, and the Conditions of a Choice.

All expressions of a field are fused into one query, `{"0": E0, "1": E1, …}`, evaluated once and put back into the
template. Each is evaluated alone only when that fails or leaves one out: to say which, in AWS's words. An
expression that is a mere path (`$states.input.order`, `$total`) never reaches the query library: it is looked up,
in a tenth of the time and without copying, so that a document, and integers beyond 2^53, pass through as they are.

`scope` may carry two attributes more than Scope asks for: `random`, a random.Random that $random, $shuffle and
$uuid draw from, and `now`, the modelled clock ($now, $millis) in milliseconds since the epoch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from monostep.expressions.jlens import InvalidQuery, reads
from monostep.expressions.leaf import UNKNOWN, Leaf, States, Values, settle, single, together, type_name
from monostep.expressions.references import find
from monostep.expressions.scope import Constant, Evaluate, Scope
from monostep.expressions.simple import BUSY, Look, compile_template
from monostep.expressions.simple import compile_conditions as compile_simple_conditions
from monostep.expressions.texts import json_text

SCHEMA = "SCHEMA_VALIDATION_FAILED"
UNSUPPORTED = "UNSUPPORTED_JSONATA_EXPRESSION"

_CHUNKS = (8, 32)
"""How many Conditions are asked at once: few at first, as most choices are made early."""


def is_expression(text: str) -> bool:
    """`{% … %}`, and nothing around it: `" {% x %} "` is plain text."""
    return len(text) >= 4 and text.startswith("{%") and text.endswith("%}")


@lru_cache(maxsize=4096)
def problems(text: str, *, error_output: bool = False, result: bool = True) -> tuple[InvalidQuery, ...]:
    """Why AWS refuses this string of a definition: a fault of grammar, or every reference it does not support.

    `error_output` and `result` say whether `$states.errorOutput` and `$states.result` exist where the string stands.
    """
    if not is_expression(text):
        if text.startswith("{%") or text.endswith("%}"):
            return (InvalidQuery("JSONata string must start with {% and end with %}", SCHEMA),)
        return ()
    source = text[2:-2].strip()
    try:
        reads(source)
    except InvalidQuery as fault:
        return (fault,)
    absent = {name for name, there in (("errorOutput", error_output), ("result", result)) if not there}
    return tuple(InvalidQuery(problem, UNSUPPORTED) for problem in dict.fromkeys(find(source, absent)))


def check(text: str, *, error_output: bool = False, result: bool = True) -> None:
    """Raise the first of the `problems`, an InvalidQuery with AWS's `code` and message."""
    for problem in problems(text, error_output=error_output, result=result):
        raise problem


def compile_field(template: Any, field: str, expect: str | None = None) -> Evaluate | Constant:
    """Compile the JSON `template` of a field such as `Output`; `field` is the location its errors name.

    `expect` ("array", "number", "string", "boolean") is the type a template that is one expression must give.
    Raises InvalidQuery; what it returns raises EvaluationError("States.QueryEvaluationError", cause, location).
    """
    leaves = [Leaf(*found) for found in _leaves(template, field)]
    evaluate = _compile(template, leaves)
    if expect is None or not isinstance(template, str) or not leaves:
        return evaluate

    def checked(states: States, scope: Scope) -> Any:
        value = evaluate(states, scope)
        if type_name(value) != expect:
            raise leaves[0].mistyped(expect, value)
        return value

    return checked


def compile_fields(templates: Mapping[str, Any]) -> Evaluate | Constant:
    """Several fields, as `{"Output": …, "Assign": …}`, in one evaluation; gives the dict of their values."""
    leaves = [Leaf(*found) for field, template in templates.items() for found in _leaves(template, field)]
    return _compile(dict(templates), leaves)


def compile_conditions(conditions: Sequence[Any], field: str = "Choices") -> Evaluate:
    """The Conditions of a Choice, fused: gives the index of the first that is true, or -1.

    A Condition is an expression or a constant; those behind the first true one are never found wrong.
    """
    places = [f"{field}[{index}]/Condition" for index in range(len(conditions))]
    rules = [
        Leaf(place, condition if isinstance(condition, str) else f"{{%{'true' if condition else 'false'}%}}")
        for place, condition in zip(places, conditions, strict=True)
    ]
    chunks = list(_chunks(rules))

    def first(states: States, scope: Scope) -> int:
        for start, part, values in chunks:
            for offset, value in enumerate(values(states, scope)):
                if value is not False and (value is True or _truth(part[offset], value, states, scope)):
                    return start + offset
        return -1

    sources = [rule.source for rule in rules]
    return _hastened(first, lambda: compile_simple_conditions(sources))


def _hastened(evaluate: Evaluate, make: Callable[[], Look | None]) -> Evaluate:
    """As `evaluate`, but once that has been asked often by what `make` generates, wherever that can tell."""
    asked = 0
    quick: Look | None = None

    def slow(states: States, scope: Scope) -> Any:
        nonlocal asked, quick
        asked += 1
        if asked == BUSY:
            quick = make()
        return evaluate(states, scope)

    def hastened(states: States, scope: Scope) -> Any:
        if quick is None:
            return slow(states, scope)
        try:
            return quick(states, scope)
        except (KeyError, TypeError):
            return evaluate(states, scope)

    return hastened


def _chunks(rules: list[Leaf]) -> Iterator[tuple[int, list[Leaf], Values]]:
    start, sizes = 0, iter(_CHUNKS)
    while start < len(rules):
        part = rules[start : start + next(sizes, _CHUNKS[-1])]
        yield start, part, together(part) if len(part) > 1 else _lone(part[0])
        start += len(part)


def _lone(rule: Leaf) -> Values:
    value = single(rule)
    return lambda states, scope: [value(states, scope)]


def _truth(rule: Leaf, value: Any, states: States, scope: Scope) -> bool:
    if value is UNKNOWN:
        value = rule.alone(states, scope)
    if not isinstance(value, bool):
        raise rule.mistyped("boolean", value)
    return value


def _compile(template: Any, leaves: list[Leaf]) -> Evaluate | Constant:
    if not leaves:
        return Constant(template)
    if isinstance(template, str):
        only = leaves[0]
        return single(only) if only.lookup else _hastened(single(only), lambda: _generated(template))
    values = together(leaves)
    fill = _filler(template, iter(range(len(leaves))))

    def evaluate(states: States, scope: Scope) -> Any:
        found = values(states, scope)
        if UNKNOWN in found:
            settle(leaves, found, states, scope)
        return fill(found)

    return _hastened(evaluate, lambda: _generated(template))


def _generated(template: Any) -> Look | None:
    return compile_template(template, lambda text: text[2:-2].strip() if is_expression(text) else None)


class Bound(NamedTuple):
    """A template's value has at most `constant` bytes, and those of the input and the result so many times."""

    constant: int
    inputs: int
    results: int


_SMALL = re.compile(r"\$[\w.]+ *(?:[-+*<>=]|[<>!]=) *(?:\d+|\$[\w.]+|\"[^\"\\]*\")")
"""A number or a boolean."""
_PART = re.compile(r"\$states\.(input|result)(?:\.\w+)*")


def bound(template: Any) -> Bound | None:
    """How large the template's value can be, known before the run; None where only the run can tell."""
    constant, parts = 4 * len(json_text(template)), {"input": 0, "result": 0}
    for _, text in _leaves(template):
        source = text[2:-2].strip()
        part = _PART.fullmatch(source)
        if part:
            parts[part[1]] += 1
        elif _SMALL.fullmatch(source):
            constant += 24
        else:
            return None
    return Bound(constant, parts["input"], parts["result"])


def _leaves(template: Any, location: str = "") -> Iterator[tuple[str, str]]:
    """Location and text of each expression in a template."""
    if isinstance(template, str):
        if is_expression(template):
            yield location, template
    elif isinstance(template, dict):
        for key, value in template.items():
            yield from _leaves(value, f"{location}/{key}")
    elif isinstance(template, list):
        for index, value in enumerate(template):
            yield from _leaves(value, f"{location}[{index}]")


def _filler(template: Any, order: Iterator[int]) -> Callable[[list[Any]], Any]:
    """Put the leaves' values where they stand; constant parts are shared, not copied."""
    places: list[tuple[Any, int]] = []
    inner: list[tuple[Any, Callable[[list[Any]], Any]]] = []
    for key in template if isinstance(template, dict) else range(len(template)):
        part = template[key]
        if isinstance(part, str) and is_expression(part):
            places.append((key, next(order)))
        elif any(_leaves(part)):
            inner.append((key, _filler(part, order)))

    def fill(found: list[Any]) -> Any:
        value = template.copy()
        for key, index in places:
            value[key] = found[index]
        for key, part in inner:
            value[key] = part(found)
        return value

    return fill
