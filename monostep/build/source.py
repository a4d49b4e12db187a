"""A machine as builder code that makes the same machine.

States are made in the order of the document, then linked; what is inside a Parallel or a Map comes before it. Nothing
of the definition reaches the code but through `layout.quoted`, `repr` of numbers, and names spelt anew in ASCII.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

from monostep import build
from monostep.build.integrations import ARN, known
from monostep.build.layout import TAB, WIDTH, Brackets, Item, Node, Text, lines, width
from monostep.build.loops import endless
from monostep.build.rules import condition

DEEP = 12
"""Levels of brackets that a value may have; what is deeper gets a name and a line of its own."""
LINKS = ("Next", "End", "Choices", "Default", "Catch", "Branches", "ItemProcessor", "Iterator", "Type")
TARGET = ("Assign", "Output", "Comment")
"""What a top rule has for its target."""
_TAKEN = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *build.__all__, "machine"])
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[A-Z]")

Json = Mapping[str, Any]


def source(definition: Json) -> str:
    """A module whose `machine()` yields this definition, which lint must have found nothing wrong with."""
    return _Source().module(definition)


class _Source:
    """The code on its way: its statements, the names it has given, and what it imports."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._names = set(_TAKEN)
        self._repeated: dict[str, int] = {}
        self._used = {"Machine", "build"}

    def module(self, machine: Json) -> str:
        start = self._container(machine)
        fields = {name: value for name, value in machine.items() if name not in ("StartAt", "States")}
        items = [Item(start), *self._keywords(fields)]
        if any(True for _ in endless(machine)):
            items.append(Item("True", "endless="))
        self._say(Brackets("build(", items), "return ")
        made = ['"""The machine as code: `machine()` returns it."""', "", *self._imports(), "", ""]
        return "\n".join([*made, "def machine() -> Machine:", *self._lines]) + "\n"

    def _imports(self) -> Iterator[str]:
        names = sorted(self._used, key=lambda name: (name[0].islower(), name))
        line = f"from monostep.build import {', '.join(names)}"
        if width(line) <= WIDTH:
            yield line
        else:
            yield from ("from monostep.build import (", *(f"{TAB}{name}," for name in names), ")")

    def _say(self, node: Node, before: str = "") -> None:
        self._lines.extend(lines(node, before, len(TAB)))

    # Containers and states

    def _container(self, container: Json) -> str:
        """The statements of one container; the name of the state it starts at."""
        names = {state: self._name(state) for state in container["States"]}
        for state, fields in container["States"].items():
            self._say(self._state(state, fields), f"{names[state]} = ")
        self._links(container["States"], names)
        return names[container["StartAt"]]

    def _state(self, name: str, fields: Json) -> Node:
        inner = [Item(node) for node in self._inner(fields)]
        given = {field: value for field, value in fields.items() if field not in LINKS}
        kind, first = fields["Type"], []
        if kind == "TaskFn":
            kind = "step"
        elif kind == "Task":
            resource = given.pop("Resource")
            kind = "call" if known(resource, given) else "Task"
            first = [Item(Text(resource.removeprefix(ARN) if kind == "call" else resource))]
        caught = [Item("[]", "Catch=")] if fields.get("Catch") == [] else []
        return Brackets(f"{self.use(kind)}(", [Item(Text(name)), *first, *inner, *self._keywords(given), *caught])

    def _inner(self, fields: Json) -> Iterator[Node]:
        for branch in fields.get("Branches", ()):
            yield self._branch(branch, "branch")
        for field, word in (("ItemProcessor", "processor"), ("Iterator", "iterator")):
            if field in fields:
                yield self._branch(fields[field], word)

    def _branch(self, branch: Json, word: str) -> Node:
        start = self._container(branch)
        self._lines.append("")
        fields = {name: value for name, value in branch.items() if name not in ("StartAt", "States")}
        if not fields and word != "iterator":
            return start
        return Brackets(f"{self.use(word)}(", [Item(start), *self._keywords(fields)])

    # Links

    def _links(self, states: Json, names: Mapping[str, str]) -> None:
        if any(field in state for state in states.values() for field in ("Next", "Choices", "Catch")):
            self._lines.append("")
        linked: set[str] = set()
        for name, state in states.items():
            if name not in linked and "Next" in state:
                self._lines.append(TAB + self._chain(name, states, names, linked))
            for rule in state.get("Choices", ()):
                self._when(names[name], rule, names)
            if "Default" in state:
                self._lines.append(f"{TAB}{names[name]}.otherwise({names[state['Default']]})")
            for catcher in state.get("Catch", ()):
                self._catch(names[name], catcher, names)

    def _chain(self, name: str, states: Json, names: Mapping[str, str], linked: set[str]) -> str:
        """`a >> b >> c`, as far as it goes and fits."""
        said = names[name]
        while "Next" in states[name] and name not in linked:
            more = f"{said} >> {names[states[name]['Next']]}"
            if len(TAB + more) > WIDTH and ">>" in said:
                break
            linked.add(name)
            said, name = more, states[name]["Next"]
        return said

    def _when(self, name: str, rule: Json, names: Mapping[str, str]) -> None:
        fields = {field: value for field, value in rule.items() if field in TARGET}
        asked = {field: value for field, value in rule.items() if field not in TARGET and field != "Next"}
        items = [Item(condition(asked, self)), Item(names[rule["Next"]]), *self._keywords(fields)]
        self._say(Brackets(f"{name}.when(", items))

    def _catch(self, name: str, catcher: Json, names: Mapping[str, str]) -> None:
        fields = {field: value for field, value in catcher.items() if field not in ("ErrorEquals", "Next")}
        errors = [Item(Text(error)) for error in catcher["ErrorEquals"]]
        items = [*errors, Item(names[catcher["Next"]], "then="), *self._keywords(fields)]
        self._say(Brackets(f"{name}.catch(", items))

    # Values

    def _keywords(self, fields: Json) -> list[Item]:
        return [
            Item(self._retriers(value) if name == "Retry" else self.value(value), f"{name}=")
            for name, value in fields.items()
        ]

    def _retriers(self, retriers: Any) -> Node:
        return Brackets("[", [Item(self._retrier(one)) for one in retriers])

    def _retrier(self, retrier: Json) -> Node:
        fields = {field: value for field, value in retrier.items() if field != "ErrorEquals"}
        errors = [Item(Text(error)) for error in retrier["ErrorEquals"]]
        return Brackets(f"{self.use('retry')}(", [*errors, *self._keywords(fields)])

    def value(self, value: Any, depth: int = 0) -> Node:
        if isinstance(value, str):
            return Text(value)
        if not isinstance(value, dict | list):
            return repr(value)
        if depth == DEEP:
            return self.apart(self.value(value))
        if isinstance(value, list):
            return Brackets("[", [Item(self.value(item, depth + 1)) for item in value])
        return Brackets("{", [Item(self.value(item, depth + 1), f"{self._key(key)}: ") for key, item in value.items()])

    def _key(self, key: str) -> str:
        """A key as its literal, or the name of one that would not leave room for its value."""
        said = str(Text(key))
        return said if width(said) <= WIDTH // 2 else self.apart(Text(key))

    # Names

    def apart(self, node: Node) -> str:
        name = self._name("part")
        self._say(node, f"{name} = ")
        return name

    def use(self, word: str) -> str:
        self._used.add(word)
        return word

    def _name(self, text: str) -> str:
        """A variable for a state of this name: `Check Roll` is check_roll."""
        words = "_".join(_WORD.findall(text)).lower()[:40].rstrip("_")
        plain = words if words[:1].isalpha() else f"state_{words}".rstrip("_")
        plain = f"{plain}_state" if plain in _TAKEN else plain
        name = plain
        while name in self._names:
            self._repeated[plain] = self._repeated.get(plain, 1) + 1
            name = f"{plain}_{self._repeated[plain]}"
        self._names.add(name)
        return name
