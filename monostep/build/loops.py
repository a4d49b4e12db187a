"""Loops that nothing leaves: states from which no end can be reached, in the machine or in one inside it.

AWS refuses a machine without any terminal state and lets every other such loop be; it runs until something fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monostep.language.lint.transitions import targets

Json = Mapping[str, Any]


def endless(container: Json, here: str = "") -> Iterator[tuple[str, list[str]]]:
    """Of each container that has some, where it is and the names of its states that lead to no end."""
    states = container["States"]
    if stuck := _stuck(states):
        yield here, stuck
    for name, state in states.items():
        for field, inner in insides(state):
            yield from endless(inner, f"{here}/States/{name}/{field}")


def insides(state: Json) -> Iterator[tuple[str, Json]]:
    """The machines inside a state, by their fields."""
    for index, branch in enumerate(state.get("Branches") or ()):
        yield f"Branches[{index}]", branch
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield field, state[field]


def _stuck(states: Json) -> list[str]:
    sources: dict[str, list[str]] = {}
    for name, state in states.items():
        for target, _ in targets(state):
            sources.setdefault(target, []).append(name)
    ahead = [name for name, state in states.items() if "End" in state or state["Type"] in ("Succeed", "Fail")]
    leaving = set(ahead)
    while ahead:
        for source in sources.get(ahead.pop(), ()):
            if source not in leaving:
                leaving.add(source)
                ahead.append(source)
    return [name for name in states if name not in leaving]
