"""Every path of the deployer's machine, run on our own engine against AWS's fakes."""

from __future__ import annotations

import json
from itertools import cycle
from typing import Any

import pytest

from monostep.deploy.lock import LEASE
from monostep.errors import StateError
from tests.deploy.samples import text
from tests.deploy.world import World

START = ["Validate", "Lock", "ValidateResources", "Deploy", "CheckHealth", "Shift"]
CLEAN = ["ReleaseLockFailure", "FailureClean"]
BACK = ["Rollback", *CLEAN]
HAPPY = [*START, "Done?", "ReleaseLock", "Success"]

PATHS: dict[str, tuple[list[str], list[str]]] = {
    "nothing fails": ([], HAPPY),
    "Validate": (["Validate"], ["Validate", "FailureClean"]),
    "Lock": (["Lock"], [*START[:2], *CLEAN]),
    "ValidateResources": (["ValidateResources"], [*START[:3], *CLEAN]),
    "Deploy": (["Deploy"], [*START[:4], *BACK]),
    "CheckHealth": (["CheckHealth"], [*START[:5], *BACK]),
    "Shift": (["Shift"], [*START, *BACK]),
    "ReleaseLock": (["ReleaseLock"], [*HAPPY[:-1], "FailureDirty"]),
    "Lock, ReleaseLockFailure": (["Lock", "ReleaseLockFailure"], [*START[:2], "ReleaseLockFailure", "FailureDirty"]),
    "ValidateResources, ReleaseLockFailure": (
        ["ValidateResources", "ReleaseLockFailure"],
        [*START[:3], "ReleaseLockFailure", "FailureDirty"],
    ),
    "Deploy, Rollback": (["Deploy", "Rollback"], [*START[:4], "Rollback", "FailureDirty"]),
    "CheckHealth, Rollback": (["CheckHealth", "Rollback"], [*START[:5], "Rollback", "FailureDirty"]),
    "Shift, Rollback": (["Shift", "Rollback"], [*START, "Rollback", "FailureDirty"]),
    "Deploy, ReleaseLockFailure": (
        ["Deploy", "ReleaseLockFailure"],
        [*START[:4], "Rollback", "ReleaseLockFailure", "FailureDirty"],
    ),
}
"""States whose task fails -> the path. The README's table is this one."""

ERRORS = {"SUCCEEDED": None, "FailureClean": "NotifyError", "FailureDirty": "AlertError"}


KINDS = ("States.Timeout", "Runtime.ExitError", "RuntimeError")


@pytest.mark.parametrize(("failing", "error"), list(zip(PATHS, cycle(KINDS), strict=False)))
def test_a_failing_state_leads_where_the_table_says(world: World, failing: str, error: str) -> None:
    states, path = PATHS[failing]

    def fail(_: Any) -> Any:
        raise StateError(error, "planted")

    execution = world.first.run(world.release("B"), dict.fromkeys(states, fail))
    assert execution.path == path
    assert execution.error == ERRORS.get(path[-1])
    if path[-1] == "FailureClean":
        assert (world.serving(), world.locked()) == ("A", False)
    if states:
        assert json.loads(execution.cause or "")["Error"] == error


def test_a_halt_at_each_state_rolls_back(world: World) -> None:
    for state in ("ValidateResources", "Deploy", "CheckHealth", "Shift"):
        world.build()

        def halt(_: Any) -> Any:
            raise StateError("HaltError", "planted")

        execution = world.first.run(world.release("B"), {state: halt})
        assert execution.path == [*START[: START.index(state) + 1], *BACK]
        assert (world.serving(), world.locked()) == ("A", False)


def test_halt_ends_a_running_deploy_at_the_next_state(world: World) -> None:
    release = world.release("B", strategy={"steps": [10, 100], "interval": 300})
    halt = json.dumps({"release_id": release["release_id"], "user": "ann", "reason": "too many errors"})

    def write() -> None:
        world.put(f"{world.root}/halt", halt)

    execution = world.first.run(release, entering={("CheckHealth", 2): write})
    assert execution.path == [*START, "Done?", "Wait", "CheckHealth", *BACK]
    assert "halted by ann: too many errors" in (execution.cause or "")
    assert (world.serving(), world.routing(), world.locked()) == ("A", {"1": 100}, False)
    following = world.first.run(world.release("B"))
    assert following.path == HAPPY, "a halt is for one release"


def test_weights_shift_step_by_step_with_health_between(world: World) -> None:
    seen = []
    release = world.release("B", strategy={"steps": [10, 50, 100], "interval": 90}, health={"alarms": ["errors"]})
    world.alarm("errors")

    def look() -> None:
        seen.append(world.routing())

    world.first.faults.every = look
    execution = world.first.run(release)
    world.first.faults.every = None
    loop = ["Wait", "CheckHealth", "Shift", "Done?"]
    assert execution.path == [*START, "Done?", *loop * 4, "ReleaseLock", "Success"]
    changes = [one for index, one in enumerate(seen) if index == 0 or one != seen[index - 1]]
    assert changes == [{"1": 100}, {"1": 90, "2": 10}, {"1": 50, "2": 50}, {"2": 100}]
    assert world.serving() == "B"


def test_an_alarm_between_two_steps_rolls_back(world: World) -> None:
    world.alarm("errors")
    release = world.release("B", strategy={"steps": [10, 100], "interval": 50}, health={"alarms": ["errors"]})
    execution = world.first.run(release, entering={("CheckHealth", 2): lambda: world.alarm("errors", "ALARM")})
    assert execution.path == [*START, "Done?", "Wait", "CheckHealth", *BACK]
    assert "in ALARM: errors" in (execution.cause or "")
    assert (world.serving(), world.locked()) == ("A", False)


def test_a_smoke_execution_that_fails_rolls_back(world: World) -> None:
    def broken(_event: Any, _context: Any) -> Any:
        raise ValueError("out of stock")

    world.server.functions.code[world.images["B"].removeprefix("sha256:")] = broken
    execution = world.first.run(world.release("B"))
    assert execution.path == [*START[:5], *BACK]
    assert "HealthError" in (execution.cause or "")
    assert "out of stock" in (execution.cause or "")
    assert (world.serving(), world.locked()) == ("A", False)


def test_a_smoke_execution_that_does_not_end_rolls_back(world: World) -> None:
    world.server.machines.looks = 1000
    execution = world.first.run(world.release("B", health={"input": {}, "timeout": 30}))
    assert execution.path == [*START[:5], *BACK]
    assert "runs on after 30 s" in (execution.cause or "")


def test_an_image_that_lambda_cannot_make_ready_rolls_back(world: World) -> None:
    world.server.functions.broken.add(world.images["B"].removeprefix("sha256:"))
    execution = world.first.run(world.release("B"))
    assert execution.path == [*START[:4], *BACK]
    assert "could not make" in (execution.cause or "")
    assert (world.serving(), world.locked()) == ("A", False)


def test_a_release_whose_time_is_over_rolls_back(world: World) -> None:
    release = world.release("B", timeout=60)
    execution = world.first.run(release, entering={("CheckHealth", 1): lambda: world.clock.sleep(100)})
    assert "timeout of 60 s is over" in (execution.cause or "")
    assert (world.serving(), world.locked()) == ("A", False)


def test_the_same_image_again_is_no_error(world: World) -> None:
    assert world.first.run(world.release("A", text("A", ", revised"))).path == HAPPY
    assert world.serving() == "A"
    assert world.routing() == {"2": 100}


def test_a_first_deploy_adopts_what_runs(aws: World) -> None:
    aws.build(adopted=False)
    execution = aws.first.run(aws.release("B"))
    assert execution.path == HAPPY, execution.cause
    assert aws.serving() == "B"
    assert aws.routing() == {"2": 100}


def test_a_first_deploy_that_fails_leaves_what_ran_pinned(aws: World) -> None:
    aws.build(adopted=False)
    aws.server.functions.code[aws.images["B"].removeprefix("sha256:")] = lambda _event, _context: 1 / 0
    execution = aws.first.run(aws.release("B"))
    assert execution.path == [*START[:5], *BACK]
    assert (aws.serving(), aws.routing()) == ("A", {"1": 100})


def test_unpinned_executions_under_way_refuse_a_first_deploy_unless_it_adopts(aws: World) -> None:
    aws.build(adopted=False)
    arn = aws.start()
    execution = aws.first.run(aws.release("B"))
    assert execution.path == [*START[:3], *CLEAN]
    assert arn in (execution.cause or "")
    assert aws.first.run(aws.release("B", adopt=True)).path == HAPPY


def test_a_rollback_goes_back_to_an_earlier_release(aws: World) -> None:
    aws.build(history=True)
    assert aws.serving() == "B"
    execution = aws.first.run(aws.back())
    assert execution.path == HAPPY, execution.cause
    assert aws.routing() == {"1": 100}
    assert aws.serving() == "A A B", "the alias and the bare machine; nothing pinned runs $LATEST"


def test_a_holder_that_went_away_is_cleaned_up_after(world: World) -> None:
    world.first.faults.strike = (26, "gone")
    world.first.run(world.release("B"))
    world.first.faults.clear()
    assert world.locked()
    refused = world.second.run(world.release("C"))
    assert refused.path == [*START[:2], *CLEAN]
    assert "LockExistsError" in (refused.cause or "")
    world.clock.sleep(LEASE + 1)
    assert world.second.run(world.release("C")).path == HAPPY
    assert world.serving() == "C"
