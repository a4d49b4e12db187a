"""From states linked by reference to the model of a machine, or every reason why there is none.

What a reader of the text would never see is checked here: names taken twice, states that nothing leads to, links out of
a branch, loops that nothing leaves. Whether AWS takes what the fields say is for `lint`, as with every other source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

from monostep.build import loops
from monostep.build.fields import MachineFields
from monostep.build.states import Branch, Choice, State
from monostep.build.values import model
from monostep.errors import InvalidDefinition
from monostep.language import states
from monostep.language.diagnostic import Diagnostic
from monostep.language.machine import Machine

Found = list[Diagnostic]


def build(start: State, *, endless: bool = False, **fields: Unpack[MachineFields]) -> Machine:
    """The machine that starts here: all that `start` leads to, in the order in which the states were made.

    InvalidDefinition lists everything that is wrong with its structure. A loop that nothing leaves is refused unless
    `endless`: it would run until something fails or a year has passed.
    """
    if not isinstance(start, State):
        raise TypeError(f"a machine starts at a state, not at {start!r}")
    found: Found = []
    held = _Building(found).container(start, "")
    made = model(Machine, {**fields, **held}, "build")
    if not endless and not found:
        found.extend(_loops(made))
    if found:
        raise InvalidDefinition("; ".join(map(str, found)), found)
    return made


class _Building:
    """One machine on its way: the names taken so far and where each state belongs, at any depth."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._places: dict[int, str] = {}
        self._names: set[str] = set()

    def container(self, start: State, here: str) -> dict[str, Any]:
        """StartAt and States of one container, the machine itself or one inside it."""
        held = sorted(reached(start), key=lambda state: state.number)
        own = [state for state in held if self._take(state, here)]
        made = {state.name: self._state(state, f"{here}/States/{state.name}") for state in own}
        self._lost(held, here)
        return {"StartAt": start.name, "States": made}

    def _take(self, state: State, here: str) -> bool:
        place = f"{here}/States/{state.name}"
        other = self._places.setdefault(id(state), place)
        if other != place:
            said = f"{state!r} is at {other} too; nothing leads in or out of a branch"
            self._say("MISSING_TRANSITION_TARGET", said, place)
            return False
        self._name(state.name, place)
        if isinstance(state, Choice) and not state.leaving()["Choices"]:
            self._say("SCHEMA_VALIDATION_FAILED", f"{state!r} asks nothing: add .when(condition, state)", place)
        state.built = True
        return True

    def _state(self, state: State, here: str) -> states.State:
        inner = {field: self._branch(branch, f"{here}/{field}") for field, branch in state.inner()}
        holding: dict[str, Any] = {"Branches": list(inner.values())} if state.kind == "Parallel" else inner
        return states.State.model_validate({**state.fields, **holding, **state.leaving()})

    def _branch(self, branch: Branch, here: str) -> states.Branch:
        if isinstance(branch.start, State):
            made = self.container(branch.start, here)
        else:
            made = branch.start.model_dump()
            self._built(made, here)
        return model(states.Branch, {**branch.fields, **made}, here)

    def _built(self, container: Mapping[str, Any], here: str) -> None:
        """The names of a machine that was built before."""
        for name, state in container["States"].items():
            self._name(name, f"{here}/States/{name}")
            for field, inner in loops.insides(state):
                self._built(inner, f"{here}/States/{name}/{field}")

    def _name(self, name: str, place: str) -> None:
        if name in self._names:
            self._say("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", place)
        self._names.add(name)

    def _lost(self, held: list[State], here: str) -> None:
        """States of no other machine that lead into this container while nothing leads to them."""
        known = {id(state) for state in held}
        ahead = list(held)
        while ahead:
            for source in ahead.pop().sources:
                if id(source) not in known and not source.built:
                    known.add(id(source))
                    ahead.append(source)
                    place = f"{here}/States/{source.name}"
                    self._say("MISSING_TRANSITION_TARGET", f'State "{source.name}" is not reachable.', place)

    def _say(self, code: str, message: str, location: str) -> None:
        self._found.append(Diagnostic("ERROR", code, message, location))


def reached(start: State) -> Iterator[State]:
    """Every state that this one leads to, itself included."""
    known = {id(start)}
    ahead = [start]
    while ahead:
        state = ahead.pop()
        yield state
        for _, then in state.links():
            if id(then) not in known:
                known.add(id(then))
                ahead.append(then)


def _loops(machine: Machine) -> Iterator[Diagnostic]:
    for here, names in loops.endless(machine.model_dump()):
        told = ", ".join(names[:4]) + " …" * (len(names) > 4)
        said = f"Nothing leaves the loop {told}: add a state that leads out, or build(…, endless=True)"
        yield Diagnostic("ERROR", "MISSING_END_STATE", said, f"{here}/States/{names[0]}")
