"""Every path of the deployer's machine, run on our own engine against AWS's fakes."""

from __future__ import annotations

from tests.deploy.world import World

HAPPY = ["Validate", "Lock", "ValidateResources", "Deploy", "CheckHealth", "Shift", "Done?", "ReleaseLock", "Success"]


def test_a_deploy_goes_the_happy_path(world: World) -> None:
    execution = world.first.run(world.release("B"))
    assert execution.path == HAPPY, execution.cause
    assert world.serving() == "B"
    assert not world.locked()
