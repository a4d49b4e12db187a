"""The client's verbs, from the command line to the deployer's machine and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from monostep.deploy import events
from monostep.deploy import function as functions
from monostep.verbs import command
from tests.deploy.samples import zipped
from tests.deploy.world import ALIAS_ARN, BUCKET, FUNCTION, FUNCTION_ARN, MACHINE, MACHINE_ARN, REGION, World


class Said(NamedTuple):
    code: int
    out: Any
    err: str


Verb = Callable[..., Said]


@pytest.fixture
def verb(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verb:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr(events, "POLL", 0.05)
    monkeypatch.setattr(functions, "POLL", 0.05)
    world.install()

    def call(name: str, *arguments: str) -> Said:
        place = ["--lambda", FUNCTION, "--step", MACHINE, "--region", REGION, "--endpoint-url", world.server.url]
        code = command.main([name, *place, *arguments])
        said = capsys.readouterr()
        return Said(code, json.loads(said.out) if said.out else None, said.err)

    return call


def deploy(world: World, verb: Verb, image: str, *arguments: str) -> Said:
    return verb("deploy", "--image", world.uri(image), "--workflow", "hello", "--health", "{}", "--json", *arguments)


def test_deploy_uploads_starts_and_follows(world: World, verb: Verb) -> None:
    said = verb("deploy", "--image", world.uri("B"), "--workflow", "hello", "--health", "{}")
    assert said.code == 0, said.err
    states = [
        "Validate",
        "Lock",
        "ValidateResources",
        "Deploy",
        "CheckHealth",
        "Shift",
        "Done?",
        "ReleaseLock",
        "Success",
    ]
    assert [line for line in said.err.splitlines() if line in states] == states
    assert f"{ALIAS_ARN} runs {MACHINE_ARN}:2" in said.err
    assert "only callers of the alias are protected" in said.err
    assert world.routing() == {"2": 100}


def test_deploy_that_fails_says_which_state_and_why_and_exits_1(world: World, verb: Verb) -> None:
    world.clients["lambda"].tag_resource(Resource=FUNCTION_ARN, Tags={"DeployWith": "x"})
    said = deploy(world, verb, "B")
    assert said.code == 1
    assert said.out["status"] == "FAILED"
    assert said.out["error"] == "NotifyError"
    assert said.out["failures"] == [
        {
            "state": "ValidateResources",
            "error": "BadReleaseError",
            "cause": f"the tag DeployWith of Lambda {FUNCTION} is 'x'; the release needs 'step-deployer'",
        }
    ]
    assert world.routing() == {"1": 100}


def test_deploy_tells_a_failure_to_a_person(world: World, verb: Verb) -> None:
    world.put(f"{world.root}/user-lock", json.dumps({"user": "ann", "lock_reason": "the fair"}))
    said = verb("deploy", "--image", world.uri("B"), "--workflow", "hello")
    assert said.code == 1
    assert "Lock failed: LockExistsError: deploys are locked by ann: the fair" in said.err
    assert "what ran before runs now, and nothing is locked" in said.err


def test_a_release_that_makes_no_sense_is_refused_before_anything_is_uploaded(world: World, verb: Verb) -> None:
    said = verb("deploy", "--image", "orders:latest", "--workflow", "hello")
    assert said.code == 2
    assert "a tag may move" in said.err
    assert verb("deploy", "--image", world.uri("B"), "--steps", "50,x").code == 2
    assert verb("deploy", "--image", world.uri("B"), "--metadata", "note").code == 2
    assert verb("deploy", "--zip", "/nowhere.zip").code == 2
    assert "Contents" not in world.clients["s3"].list_objects_v2(Bucket=BUCKET)


def test_deploy_brings_a_zip_where_the_lambda_takes_one(world: World, verb: Verb, tmp_path: Path) -> None:
    world.zipped("zipped", "old")
    archive = tmp_path / "lambda.zip"
    archive.write_bytes(zipped("new"))
    said = verb("deploy", "--zip", str(archive), "--lambda", "zipped", "--workflow", "hello", "--json")
    assert said.code == 0, said.err
    assert said.out["lambda_version"].endswith(":function:zipped:1")


def test_rollback_goes_to_the_release_before_or_to_any_named(world: World, verb: Verb) -> None:
    first = deploy(world, verb, "B").out["release_id"]
    deploy(world, verb, "C")
    assert world.routing() == {"3": 100}
    said = verb("rollback", "--json")
    assert (said.code, said.out["machine_version"], world.routing()) == (0, f"{MACHINE_ARN}:2", {"2": 100}), said
    rows = verb("history").out
    assert [(row["status"], row["rollback"]) for row in rows] == [("live", first), ("live", None), ("live", None)]
    third = rows[1]["release_id"]
    assert verb("rollback", "--to", third).code == 0
    assert world.routing() == {"3": 100}
    assert verb("rollback", "--to", "release-2020-01-01T00-00-00Z-AbCdEfG").code == 2


def test_rollback_and_plan_say_when_the_old_image_has_left_ecr(world: World, verb: Verb) -> None:
    deploy(world, verb, "B")
    deploy(world, verb, "C")
    image = world.images["B"]
    world.clients["ecr"].batch_delete_image(repositoryName="orders", imageIds=[{"imageDigest": image}])
    said = verb("rollback")
    assert said.code == 0
    assert f"{world.uri('B')} has left ECR" in said.err
    world.clients["ecr"].batch_delete_image(repositoryName="orders", imageIds=[{"imageDigest": world.images["C"]}])
    plan = verb("plan", "--image", world.uri("A"), "--workflow", "hello")
    assert any("has left ECR" in warning for warning in plan.out["warnings"])


def test_plan_tells_every_call_and_changes_nothing(world: World, verb: Verb) -> None:
    running = world.start()
    before = world.everything()
    plan = verb("plan", "--image", world.uri("B"), "--workflow", "hello", "--steps", "10,100", "--health", "{}").out
    assert plan["machine"] == [
        '~ /Comment: "A" -> "coinbase/step\'s Hello World"',
        '~ /StartAt: "Work" -> "Hello"',
        "- /States/Work",
        "+ /States/Hello",
    ]
    assert [call.split(":")[0] for call in plan["calls"]] == [
        "UpdateFunctionCode",
        "UpdateStateMachine",
        "StartExecution",
        "UpdateStateMachineAlias",
        "UpdateStateMachineAlias",
    ]
    assert plan["running"] == [running]
    assert plan["alias"] == ALIAS_ARN
    assert world.everything() == before


def test_plan_of_a_first_deploy_tells_of_the_adoption(world: World, verb: Verb) -> None:
    world.build(adopted=False).install()
    running = world.start()
    plan = verb("plan", "--image", world.uri("B"), "--workflow", "hello").out
    assert [call.split(":")[0] for call in plan["calls"][:3]] == [
        "PublishVersion",
        "UpdateStateMachine",
        "CreateStateMachineAlias",
    ]
    assert plan["unpinned"] == [running]


def test_status_shows_the_alias_its_release_and_the_locks(world: World, verb: Verb) -> None:
    release = deploy(world, verb, "B", "--metadata", "commit=abc").out["release_id"]
    verb("lock", "the fair", "--user", "ann")
    status = verb("status").out
    assert status["alias"] == ALIAS_ARN
    assert status["release_id"] == release
    assert status["user_lock"] == {"user": "ann", "lock_reason": "the fair"}
    assert status["lock"] is None
    assert [version["weight"] for version in status["versions"]] == [100]
    assert status["versions"][0]["lambda"][0]["image"] == world.uri("B")
    assert deploy(world, verb, "C").code == 1
    assert verb("unlock").code == 0
    assert deploy(world, verb, "C").code == 0


def test_lock_and_halt_need_a_reason(verb: Verb) -> None:
    assert verb("lock").code == 2
    assert verb("halt").code == 2


def test_halt_without_a_deploy_under_way_says_so(verb: Verb) -> None:
    said = verb("halt", "too many errors")
    assert (said.code, "no deploy of" in said.err) == (1, True)


def test_halt_ends_the_deploy_under_way(world: World, verb: Verb) -> None:
    answers = []
    release = world.release("B", strategy={"steps": [10, 100], "interval": 60})
    halt = ("Wait", 1), lambda: answers.append(verb("halt", "too many errors", "--user", "ann").code)
    execution = world.first.run(release, entering=dict([halt]))
    assert answers == [0]
    assert execution.path[-3:] == ["Rollback", "ReleaseLockFailure", "FailureClean"]
    assert "halted by ann: too many errors" in (execution.cause or "")


def test_bootstrap_releases_directly_and_makes_the_alias(world: World, verb: Verb) -> None:
    world.build(adopted=False)
    said = verb("bootstrap", "--image", world.uri("B"), "--workflow", "hello")
    assert said.code == 0, said.err
    assert said.out["alias"] == ALIAS_ARN
    assert world.routing() == {"1": 100}
    again = verb("bootstrap", "--image", world.uri("C"), "--workflow", "hello")
    assert (again.code, world.routing()) == (0, {"2": 100})
    missing = f"{world.uri('B').split('@')[0]}@sha256:{'0' * 64}"
    assert verb("bootstrap", "--image", missing, "--workflow", "hello").code == 1
    assert world.routing() == {"2": 100}


def test_bootstrap_releases_the_deployer_itself(world: World, verb: Verb) -> None:
    said = verb("bootstrap", "--image", world.uri("B"), "--workflow", "deployer")
    assert said.code == 0, said.err
    definition = world.server.machines.machine(MACHINE_ARN).definition
    assert json.loads(definition)["States"]["Validate"]["Resource"] == said.out["lambda_version"]
    assert json.loads(definition)["States"]["Validate"]["Parameters"]["Workflow"] == "deployer"


def test_prune_keeps_what_alias_executions_and_releases_need(world: World, verb: Verb) -> None:
    for image in "BCBC":
        assert deploy(world, verb, image).code == 0
    pinned = world.start(f"{MACHINE_ARN}:2")
    doomed = [f"{MACHINE_ARN}:3", f"{MACHINE_ARN}:1", f"{FUNCTION_ARN}:3"]
    assert verb("prune", "--keep", "1", "--dry-run").out["deleted"] == doomed
    said = verb("prune", "--keep", "1")
    assert said.code == 0, said.err
    assert sorted(world.server.machines.machine(MACHINE_ARN).versions) == [2, 4, 5]
    assert world.server.machines.executions[pinned].version == f"{MACHINE_ARN}:2"
    assert world.consistent_codes()


def test_prune_deletes_code_that_nothing_names(world: World, verb: Verb) -> None:
    world.image("D")
    for image in "BCD":
        assert deploy(world, verb, image).code == 0
    assert verb("prune", "--keep", "1").code == 0
    versions = world.server.functions.extras[FUNCTION].versions
    assert sorted(versions) == ["1", "3", "4"], "A was here before; C is what a rollback needs; D runs"


def test_names_and_arns_are_both_taken(verb: Verb) -> None:
    assert verb("status", "--alias", "live").out["alias"] == ALIAS_ARN
    assert verb("status", "--lambda", FUNCTION_ARN, "--step", MACHINE_ARN).out["alias"] == ALIAS_ARN
    assert verb("status", "--project", "other").out["project"] == "other"


def test_status_shows_the_stack_beside_the_release(world: World, verb: Verb) -> None:
    del world
    stack = verb("status", "--stack", "shop").out["stack"]
    assert (stack["stack"], stack["status"], stack["owner"]) == ("shop", None, None)


def test_what_aws_refuses_is_one_line(world: World, verb: Verb) -> None:
    world.clients["stepfunctions"].delete_state_machine(stateMachineArn=MACHINE_ARN)
    said = verb("plan", "--image", world.uri("B"), "--workflow", "hello")
    assert said.code == 1
    assert said.err.startswith("monostep: describe_state_machine: StateMachineDoesNotExist: ")
    assert said.err.count("\n") == 1
