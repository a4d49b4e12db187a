"""A machine laid out for the rules that look at more than one field: every state at every depth, and where it leads.

The plain document is surveyed, TaskFn and all, and whatever is not shaped like a machine is left out: that is the
linter's to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from monostep.language.checks import place
from monostep.language.lint.transitions import targets

Json = dict[str, Any]

Finding = tuple[str, str]
"""A message and a location."""


class Edge(NamedTuple):
    """A transition; `place` is where in the state it is named (`Choices[0]/Next`), `assigns` its Assign."""

    target: str
    place: str
    assigns: Any


class State:
    """One state where it stands. `jsonata` is its own query language."""

    __slots__ = ("body", "container", "edges", "jsonata", "location", "name")

    def __init__(self, name: str, body: Json, container: Container, location: str, jsonata: bool) -> None:
        self.name = name
        self.body = body
        self.container = container
        self.location = location
        self.jsonata = jsonata
        self.edges = list(_edges(body))

    @property
    def kind(self) -> str:
        kind = self.body.get("Type")
        return kind if isinstance(kind, str) else ""

    @property
    def ends(self) -> bool:
        return self.body.get("End") is True or self.kind in ("Succeed", "Fail")

    def has(self, *fields: str) -> bool:
        return any(field in self.body for field in fields)


class Container:
    """States with a start: the machine, a branch, an item processor. `owner` is the state it is inside of."""

    __slots__ = ("body", "location", "owner", "states")

    def __init__(self, body: Json, location: str, owner: State | None) -> None:
        self.body = body
        self.location = location
        self.owner = owner
        self.states: dict[str, State] = {}

    @property
    def start(self) -> State | None:
        name = self.body.get("StartAt")
        return self.states.get(name) if isinstance(name, str) else None

    @property
    def distributed(self) -> bool:
        config = self.body.get("ProcessorConfig")
        return isinstance(config, Mapping) and config.get("Mode") == "DISTRIBUTED"


class Survey:
    """`containers` from the outside in, the machine itself first.

    `tasks` are the workflow's functions by name, None where they are not known; `workflow` is its name, None for the
    default one.
    """

    def __init__(self, machine: Json, tasks: Mapping[str, object] | None = None, workflow: str | None = None) -> None:
        self.machine = machine
        self.tasks = tasks
        self.workflow = workflow
        self.containers: list[Container] = []
        jsonata = machine.get("QueryLanguage", "JSONPath") != "JSONPath"
        ahead: list[tuple[Any, str, State | None]] = [(machine, "", None)]
        for body, location, owner in ahead:  # grows as it goes
            container = _container(body, location, owner, jsonata)
            if container is not None:
                self.containers.append(container)
                for state in container.states.values():
                    ahead.extend(_inside(state))

    def states(self) -> Iterator[State]:
        for container in self.containers:
            yield from container.states.values()


def entries(body: Json, field: str) -> Iterator[tuple[Json, str]]:
    """The objects in a field that holds a list of them, each with its place: `Retry[0]`."""
    found = body.get(field)
    if isinstance(found, list):
        for index, entry in enumerate(found):
            if isinstance(entry, dict):
                yield entry, f"{field}[{index}]"


def _container(body: Any, location: str, owner: State | None, jsonata: bool) -> Container | None:
    if not isinstance(body, dict) or not isinstance(body.get("States"), dict):
        return None
    container = Container(body, location, owner)
    for name, state in body["States"].items():
        if isinstance(name, str) and isinstance(state, dict):
            own = state.get("QueryLanguage", "JSONata" if jsonata else "JSONPath") != "JSONPath"
            container.states[name] = State(name, state, container, place(f"{location}/States", name), own)
    return container


def _inside(state: State) -> Iterator[tuple[Any, str, State]]:
    for key in ("ItemProcessor", "Iterator"):
        if key in state.body:
            yield state.body[key], f"{state.location}/{key}", state
    for branch, where in entries(state.body, "Branches"):
        yield branch, f"{state.location}/{where}", state


def _edges(body: Json) -> Iterator[Edge]:
    sources = {where: entry for field in ("Choices", "Catch") for entry, where in entries(body, field)}
    for target, where in targets(body):
        yield Edge(target, where, sources.get(where.removesuffix("/Next"), body).get("Assign"))
