"""Where a machine goes: targets that are missing, states nothing leads to, no end, and names that are taken.

Each container of states is its own scope for targets; names and Map labels are one for the whole machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monostep.language.checks import Scope, place

_TARGET = "MISSING_TRANSITION_TARGET"


class _Taken:
    """Names seen so far in the whole machine."""

    def __init__(self) -> None:
        self.states: set[str] = set()
        self.labels: set[str] = set()


def follow(machine: dict[str, Any], scope: Scope) -> None:
    _container(machine, scope, "", _Taken())


def _container(container: Any, scope: Scope, here: str, taken: _Taken) -> None:
    states = container.get("States") if type(container) is dict else None
    if type(states) is not dict:
        return
    start = container.get("StartAt")
    if type(start) is str and start not in states:
        scope.say(f"Missing 'Next' target: {start}", f"{here}/StartAt", _TARGET)
    for name, state in states.items():
        for target, place_of in targets(state):
            if target not in states:
                scope.say(f"Missing 'Next' target: {target}", f"{place(here + '/States', name)}/{place_of}", _TARGET)
    if not here and not any(map(_ends, states.values())):
        scope.say("Workflow has no terminal state", "", "MISSING_END_STATE")
    elif type(start) is str:
        reached = _reached(states, start)
        for name in states:
            if name not in reached:
                scope.say(f'State "{name}" is not reachable.', place(f"{here}/States", name), _TARGET)
    for name, state in states.items():
        _inside(name, state, scope, f"{here}/States", taken)


def targets(state: Any) -> Iterator[tuple[str, str]]:
    """Every transition a state names and, within the state, where: `Choices[0]/Next`."""
    if type(state) is not dict:
        return
    for key in ("Next", "Default"):
        if type(state.get(key)) is str:
            yield state[key], key
    for key in ("Choices", "Catch"):
        entries = state.get(key)
        if type(entries) is list:
            for index, entry in enumerate(entries):
                if type(entry) is dict and type(entry.get("Next")) is str:
                    yield entry["Next"], f"{key}[{index}]/Next"


def _ends(state: Any) -> bool:
    return type(state) is dict and (state.get("End") is True or state.get("Type") in ("Succeed", "Fail"))


def _reached(states: dict[str, Any], start: str) -> set[str]:
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name in states and name not in reached:
            reached.add(name)
            ahead.extend(target for target, _ in targets(states[name]))
    return reached


def _inside(name: str, state: Any, scope: Scope, where: str, taken: _Taken) -> None:
    if name in taken.states:
        scope.say(f"Duplicate State name: {name}", place(where, name), "DUPLICATE_STATE_NAME")
    taken.states.add(name)
    if type(state) is not dict:
        return
    label = state.get("Label")
    if type(label) is str:
        if label in taken.labels:
            scope.say(f"Duplicate Label name: {label}", f"{place(where, name)}/Label", "DUPLICATE_LABEL_NAME")
        taken.labels.add(label)
    for key in ("ItemProcessor", "Iterator"):
        if key in state:
            _container(state[key], scope, f"{place(where, name)}/{key}", taken)
    branches = state.get("Branches")
    if type(branches) is list:
        for index, branch in enumerate(branches):
            _container(branch, scope, f"{place(where, name)}/Branches[{index}]", taken)
