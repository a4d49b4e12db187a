"""The lock: one at a time, and nobody late. The whole of both is `python -m tests.deploy.race`."""

from __future__ import annotations

import json

import pytest

from monostep.deploy import aws as aws_module
from monostep.deploy import lock
from monostep.deploy.lock import LEASE, SKEW, Lease
from monostep.deploy.release import Release
from monostep.errors import StateError
from tests.deploy.race import Race, held, late
from tests.deploy.test_paths import CLEAN, START
from tests.deploy.world import START as START_OF_TIME
from tests.deploy.world import World


def test_two_deploys_at_once_have_one_winner(world: World) -> None:
    for _ in range(5):
        assert Race(world).fault() is None


def test_a_holder_that_wakes_up_after_its_lease_changes_nothing(world: World) -> None:
    first, last = held(world)
    changes = [number for number, name in enumerate(world.first.faults.calls, 1) if ":Update" in name or ":Put" in name]
    for call in sorted({*(number for number in changes if first <= number <= last), *range(first, last, 8)}):
        assert late(world, call) is None


def test_without_the_last_look_a_late_holder_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figure can fail: between renewal and call only the hook before the socket stands."""
    held(world)
    call = world.first.faults.calls.index("stepfunctions:UpdateStateMachineAlias") + 1
    assert late(world, call) is None
    monkeypatch.setattr(aws_module, "CHANGES", {})
    assert "still changed something" in (late(world, call) or "")


def test_a_slow_aws_does_not_lose_the_lock(world: World) -> None:
    """Nine seconds a call, 390 and more in all: longer than what is left of a lease that nobody renews."""
    release = world.release("B", timeout=900)
    world.first.faults.every = lambda: world.clock.sleep(9)
    execution = world.first.run(release)
    world.first.faults.every = None
    assert execution.path[-1] == "Success", execution.cause
    assert world.clock.now() - START_OF_TIME > LEASE - SKEW


def test_a_persons_lock_comes_first(world: World) -> None:
    world.put(f"{world.root}/user-lock", json.dumps({"user": "ann", "lock_reason": "the fair"}))
    execution = world.first.run(world.release("B"))
    assert execution.path == [*START[:2], *CLEAN]
    assert "deploys are locked by ann: the fair" in (execution.cause or "")
    assert world.serving() == "A"


def test_a_persons_lock_that_cannot_be_read_locks(world: World) -> None:
    world.put(f"{world.root}/user-lock", "the fair")
    assert world.first.run(world.release("B")).path == [*START[:2], *CLEAN]


def lease(world: World, uuid: str) -> tuple[Lease, object]:
    return lock.take(
        world.first.aws, Release.model_validate(world.release("B", upload=False)).model_copy(update={"uuid": uuid})
    )


def test_the_token_grows_with_each_holder(world: World) -> None:
    one, _ = lease(world, "one")
    lock.give(world.first.aws, one.release)
    two, gone = lease(world, "two")
    assert (one.token, two.token, gone) == (1, 2, [])


def test_a_lease_that_ended_is_not_renewed(world: World) -> None:
    one, _ = lease(world, "one")
    world.clock.sleep(LEASE)
    with pytest.raises(StateError, match="the lock was lost"):
        one.renew()


def test_whoever_comes_after_a_gone_holder_knows_of_it_until_it_is_cleaned_up_after(world: World) -> None:
    one, _ = lease(world, "one")
    world.clock.sleep(LEASE + 1)
    two, gone = lease(world, "two")
    assert gone == [one.release.release_id]
    world.clock.sleep(LEASE + 1)
    three, gone = lease(world, "three")
    assert gone == sorted([one.release.release_id, two.release.release_id])
    lock.recovered(three)
    lock.give(world.first.aws, three.release)
    assert lease(world, "four")[1] == []


def test_only_the_holder_gives_the_lock_back(world: World) -> None:
    one, _ = lease(world, "one")
    other = one.release.model_copy(update={"uuid": "other"})
    assert lock.give(world.first.aws, other) is False
    assert world.locked()
    assert lock.give(world.first.aws, one.release) is True
    assert not world.locked()
