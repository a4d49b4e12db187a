"""A sample of the crash matrix, and proof that it can fail. The whole is `python -m tests.deploy.crashes`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from monostep.deploy import function, record
from tests.aws.faults import WAYS
from tests.deploy import crashes
from tests.deploy.world import World

TELLING = (":Update", ":Put", ":Create", ":Publish", ":Start")
SAMPLE = 3
"""One of so many calls that change something, each in a way of its own; the whole matrix takes minutes."""


def sample(world: World, flow: str) -> Iterator[tuple[str, int]]:
    """Every call that changes AWS, the ways taking turns."""
    made = [number for number, name in enumerate(crashes.calls(world, flow), 1) if any(t in name for t in TELLING)]
    for index, number in enumerate(made):
        if index % SAMPLE == 0:
            yield WAYS[(index // SAMPLE) % len(WAYS)], number


@pytest.mark.parametrize("flow", crashes.FLOWS)
def test_a_crash_leaves_the_alias_consistent_and_the_next_deploy_succeeds(aws: World, flow: str) -> None:
    for way, call in list(sample(aws, flow)):
        outcome = crashes.crash(aws, flow, way, call)
        assert not outcome.problems, outcome


def found(world: World, flow: str) -> bool:
    """Whether the matrix sees anything wrong with a flow."""
    changes = [name.endswith(("Code", "Machine", "Alias")) for name in crashes.calls(world, flow)]
    numbers = [number for number, change in enumerate(changes, 1) if change]
    return any(crashes.crash(world, flow, "answer lost", number).problems for number in numbers)


def forgets(*_: Any) -> None:
    """A rollback that does nothing."""


def test_a_rollback_that_does_nothing_is_found(aws: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "restore", forgets)
    assert found(aws, "deploy")


def test_a_machine_that_names_another_version_is_found(aws: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = function.update
    monkeypatch.setattr(function, "update", lambda lease, release: real(lease, release).rpartition(":")[0] + ":1")
    assert found(aws, "deploy")
