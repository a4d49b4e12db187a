"""Variables that nothing assigns before they are read, and variables that nothing reads.

What may be assigned when a state is entered flows along the transitions, once through each loop, and a set of
variables is an int, one bit each: following every transition until nothing changed took 20 s for 3,000 states. A state
reads before it assigns. Branches and item processors see what their owner sees, but a distributed Map starts with
nothing, and nothing assigned inside comes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from monostep.errors import InvalidExpression
from monostep.expressions.jlens import reads
from monostep.language.lint.loops import groups
from monostep.language.lint.survey import Container, Edge, Finding, State, Survey, entries

TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign", "BatchInput")
"""Fields of a JSONPath state in which only a key ending in `.$` looks something up."""

_SKIPPED = ("ItemProcessor", "Iterator", "Branches", "Comment", "Result", "ResultPath")
_READS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?<![\w.$\]])\$([^\W\d]\w*)""")
_FUNCTIONS = ("random", "uuid")
"""Bound anew for each run, so the evaluator counts them among what an expression reads."""
_EXPRESSION = re.compile(r"\s*\{%(.*)%\}\s*", re.DOTALL)


class Read(NamedTuple):
    name: str
    location: str


class _Uses(NamedTuple):
    reads: dict[str, list[Read]]
    """By the location of the state that reads."""
    assigned: dict[str, list[tuple[str, str]]]
    """By the location of the container: names and where they are assigned."""


def undefined(survey: Survey) -> Iterator[Finding]:
    uses = _uses(survey)
    names = {name for found in uses.assigned.values() for name, _ in found}
    bits = {name: 1 << index for index, name in enumerate(sorted(names))}
    entered: dict[str, int] = {}
    for container in survey.containers:
        owner = container.owner.location if container.owner else None
        if owner is None or owner in entered:
            outside = 0 if owner is None or container.distributed else entered[owner]
            entered |= _flow(container, outside, bits)
    for state in survey.states():
        if state.location in entered:
            for read in uses.reads.get(state.location, ()):
                if not entered[state.location] & bits.get(read.name, 0):
                    yield _unassigned(read.name, read.name in names), read.location


def unused(survey: Survey) -> Iterator[Finding]:
    uses = _uses(survey)
    read_inside: dict[str, set[str]] = {}
    for container in reversed(survey.containers):
        mine = read_inside.setdefault(container.location, set())
        for state in container.states.values():
            mine |= {read.name for read in uses.reads.get(state.location, ())}
        if container.owner:
            read_inside.setdefault(container.owner.container.location, set()).update(mine)
    for container in survey.containers:
        told = set(read_inside[container.location])
        for name, location in uses.assigned.get(container.location, ()):
            if name not in told:
                told.add(name)
                yield f"Variable ${name} is assigned and never read", location


def _unassigned(name: str, somewhere: bool) -> str:
    where = "only where this state does not see it" if somewhere else "nowhere"
    return f"Variable ${name} is read here and assigned {where}"


def _uses(survey: Survey) -> _Uses:
    uses = _Uses({}, {})
    for state in survey.states():
        uses.reads[state.location] = list(_reads(state))
        uses.assigned.setdefault(state.container.location, []).extend(_assigns(state))
    return uses


def _flow(container: Container, outside: int, bits: dict[str, int]) -> dict[str, int]:
    """What may be assigned on entering each state that can be reached, by its location.

    In a loop, what one state assigns every other may find assigned.
    """
    states = container.states
    entered: dict[str, int] = {}
    arriving = {container.start.name: outside} if container.start else {}
    for group in reversed(list(groups(container))):
        known = 0
        for name in group:
            known |= arriving.get(name, 0) | _union(states[name], group, bits)
        for name in group:
            entered[states[name].location] = known
            for edge in states[name].edges:
                arriving[edge.target] = arriving.get(edge.target, 0) | known | _bits(edge, states[name].jsonata, bits)
    return entered


def _union(state: State, group: set[str], bits: dict[str, int]) -> int:
    found = 0
    for edge in state.edges:
        if edge.target in group:
            found |= _bits(edge, state.jsonata, bits)
    return found


def _bits(edge: Edge, jsonata: bool, bits: dict[str, int]) -> int:
    found = 0
    for name, _ in _assigned(edge.assigns, jsonata):
        found |= bits.get(name, 0)
    return found


def _assigned(assigns: Any, jsonata: bool) -> Iterator[tuple[str, str]]:
    """The names an Assign gives, each with the key it stands under."""
    for key in assigns if isinstance(assigns, dict) else ():
        if isinstance(key, str):
            yield key if jsonata else key.removesuffix(".$"), key


def _assigns(state: State) -> Iterator[tuple[str, str]]:
    bodies = [(state.body, "")]
    bodies += [(entry, f"/{place}") for field in ("Choices", "Catch") for entry, place in entries(state.body, field)]
    for body, place in bodies:
        for name, key in _assigned(body.get("Assign"), state.jsonata):
            yield name, f"{state.location}{place}/Assign/{key}"


def _reads(state: State) -> Iterator[Read]:
    body = {key: value for key, value in state.body.items() if key not in _SKIPPED}
    ahead: list[tuple[Any, str, bool]] = [(body, state.location, False)]
    for value, location, template in ahead:  # grows as it goes
        if isinstance(value, str):
            yield from _in_text(value, location, state.jsonata)
        elif isinstance(value, list):
            items = ((item, f"{location}[{index}]", template) for index, item in enumerate(value))
            ahead.extend(item for item in items if state.jsonata or not isinstance(item[0], str))
        elif isinstance(value, dict):
            ahead.extend(_fields(value, location, template, state.jsonata))


def _fields(value: dict[str, Any], location: str, template: bool, jsonata: bool) -> Iterator[tuple[Any, str, bool]]:
    for key, item in value.items():
        looked_up = key.endswith(".$") or (not template and (key.endswith("Path") or key == "Variable"))
        if jsonata or looked_up or not isinstance(item, str):
            yield item, f"{location}/{key}", template or key in TEMPLATES


def _in_text(text: str, location: str, jsonata: bool) -> Iterator[Read]:
    if jsonata:
        source = _EXPRESSION.fullmatch(text)
        if source:
            try:
                yield from (Read(name, location) for name in reads(source[1]).variables if name not in _FUNCTIONS)
            except InvalidExpression:
                return
    else:
        names = dict.fromkeys(found[1] for found in _READS.finditer(text) if found[1])
        yield from (Read(name, location) for name in names if name != "states")
