"""Loops that nothing leaves, and loops that ask again and again without a Wait.

A loop is a set of states that all lead to each other (Tarjan's strongly connected components, with a stack of its own).
Only loops that poll are asked for a Wait: those with a state that reads (`getJobRun`, `describeTable`) and a Choice on
what it says. Loops that do work on each turn are how ASL counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monostep.language.lint.survey import Container, Finding, State, Survey

_POLL = re.compile(r":(?:get|describe|batchGet|batchDescribe)[A-Z]\w*\Z")
_STATUS = re.compile(r"(?:Status|State|Progress|Execution|Run|Job|Task|Operation|Crawler|Build|Command)", re.IGNORECASE)


def endless(survey: Survey) -> Iterator[Finding]:
    for container in survey.containers:
        ended = any(state.ends for state in container.states.values())
        for loop in loops(container):
            if (ended or container.owner) and not any(_leaves(state, loop) for state in loop.values()):
                yield f"Nothing leaves the loop {_told(loop)}", next(iter(loop.values())).location


def busy(survey: Survey) -> Iterator[Finding]:
    for container in survey.containers:
        for loop in loops(container):
            kinds = {state.kind for state in loop.values()}
            polls = [state for state in loop.values() if _polls(state)]
            if polls and "Choice" in kinds and "Wait" not in kinds:
                yield f"The loop {_told(loop)} asks again without a Wait", polls[0].location


def loops(container: Container) -> Iterator[dict[str, State]]:
    """Each loop that can be reached, its states by name in the order of the document."""
    for group in groups(container):
        if len(group) > 1 or any(edge.target in group for edge in container.states[next(iter(group))].edges):
            yield {name: state for name, state in container.states.items() if name in group}


def groups(container: Container) -> Iterator[set[str]]:
    """The states that can be reached, those that lead to each other together; a group comes after those it leads to."""
    if container.start is None:
        return
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_names: list[str] = []
    is_open: set[str] = set()
    start = container.start.name
    stack = [(start, iter(_targets(container, start)))]
    while stack:
        name, ahead = stack[-1]
        if name not in order:
            order[name] = lowest[name] = len(order)
            open_names.append(name)
            is_open.add(name)
        for target in ahead:
            if target not in order:
                stack.append((target, iter(_targets(container, target))))
                break
            if target in is_open:
                lowest[name] = min(lowest[name], order[target])
        else:
            stack.pop()
            if stack:
                lowest[stack[-1][0]] = min(lowest[stack[-1][0]], lowest[name])
            if lowest[name] == order[name]:
                group = {open_names.pop()}
                while name not in group:
                    group.add(open_names.pop())
                is_open -= group
                yield group


def _targets(container: Container, name: str) -> list[str]:
    return [edge.target for edge in container.states[name].edges if edge.target in container.states]


def _leaves(state: State, loop: dict[str, State]) -> bool:
    return state.ends or any(edge.target not in loop for edge in state.edges)


def _polls(state: State) -> bool:
    resource = state.body.get("Resource")
    if state.kind != "Task" or not isinstance(resource, str):
        return False
    found = _POLL.search(resource)
    return found is not None and _STATUS.search(found[0]) is not None


def _told(loop: dict[str, State]) -> str:
    names = [name if len(name) <= 40 else f"{name[:40]}…" for name in list(loop)[:4]]
    return ", ".join(names) + (" …" if len(loop) > 4 else "")
