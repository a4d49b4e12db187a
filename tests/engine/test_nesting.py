"""States inside states: how many levels run, and that more are refused before the run.

AWS states no limit on nesting (Developer Guide, Service quotas: a definition has at most 1 MB). The limit here is
language.text.reading.DEPTH, of JSON: 100 Maps or 75 Parallels, room for which the stack is seen to have.
"""

from typing import Any

import pytest

from monostep import InvalidDefinition, Workflow

KINDS = {"Map": 99, "Parallel": 74}
"""Levels of the kind around a Pass that are taken."""


def nested(kind: str, levels: int) -> dict[str, Any]:
    machine: dict[str, Any] = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}}
    for level in range(levels):
        inside = {"ItemProcessor": machine} if kind == "Map" else {"Branches": [machine]}
        machine = {"StartAt": f"L{level}", "States": {f"L{level}": {"Type": kind, **inside, "End": True}}}
    return machine


def boxed(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


def deeper(calls: int, work: Any) -> Any:
    """Calls `work` from further down the stack."""
    return deeper(calls - 1, work) if calls else work()


@pytest.mark.parametrize(("kind", "levels"), KINDS.items())
def test_as_many_levels_as_are_taken_run(kind: str, levels: int) -> None:
    document = boxed(1, levels) if kind == "Map" else 1
    execution = deeper(100, lambda: Workflow(nested(kind, levels)).run(document))
    assert (execution.status, execution.output) == ("SUCCEEDED", boxed(1, levels))
    assert len(execution.path) == levels + 1


@pytest.mark.parametrize(("kind", "levels"), KINDS.items())
def test_one_level_more_is_refused_before_the_run(kind: str, levels: int) -> None:
    with pytest.raises(InvalidDefinition, match="too deeply nested: more than 300 levels"):
        Workflow(nested(kind, levels + 1))
