"""Whatever a release can be refused for: with its cause, on its path, and with nothing changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from monostep.deploy.release import stamp
from tests.deploy.samples import text
from tests.deploy.test_paths import CLEAN, START
from tests.deploy.world import ACCOUNT, FUNCTION, FUNCTION_ARN, MACHINE_ARN, REPOSITORY, World
from tests.deploy.world import START as NOW

EARLY, LATE = ["Validate", "FailureClean"], [*START[:3], *CLEAN]


class Row(NamedTuple):
    cause: str
    make: Callable[[World], Any]
    path: list[str] = EARLY


def edited(world: World) -> Any:
    return {**world.release("B"), "alias": "other"}


def replayed(world: World) -> Any:
    release = world.release("A")
    assert world.first.run(release).status == "SUCCEEDED"
    return release


def machine_edited(world: World) -> Any:
    release = world.release("B")
    world.put(f"{world.folder(release)}/machine.json", text("B", " edited"))
    return release


def untagged(tag: str, kind: str) -> Callable[[World], Any]:
    def make(world: World) -> Any:
        if kind == "lambda":
            world.clients["lambda"].tag_resource(Resource=FUNCTION_ARN, Tags={tag: "other"})
        else:
            tags = [{"key": tag, "value": "other"}]
            world.clients["stepfunctions"].tag_resource(resourceArn=MACHINE_ARN, tags=tags)
        return world.release("B")

    return make


def role(world: World) -> Any:
    other = f"arn:aws:iam::{ACCOUNT}:role/step/shop/other/machine"
    world.clients["stepfunctions"].update_state_machine(stateMachineArn=MACHINE_ARN, roleArn=other)
    return world.release("B")


def unqualified(world: World) -> Any:
    world.server.access.allowed = [FUNCTION_ARN]
    return world.release("B")


def with_machine(machine: str) -> Callable[[World], Any]:
    return lambda world: world.release("B", machine)


def state(**fields: Any) -> str:
    task = {"Type": "Task", "Resource": "${LambdaArn}", "End": True, **fields}
    return json.dumps({"StartAt": "Work", "States": {"Work": task}})


def index(world: World) -> Any:
    kind = "application/vnd.oci.image.index.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": []})
    digest = world.push("multi", manifest, kind)
    return world.release(f"{REPOSITORY}@{digest}")


def arm(world: World) -> Any:
    world.image("D", "arm64")
    return world.release("D")


def changed(**changes: Any) -> Callable[[World], Any]:
    return lambda world: world.release("B", **changes)


def without(name: str) -> Callable[[World], Any]:
    def make(world: World) -> Any:
        release = world.release("B")
        return {key: value for key, value in release.items() if key != name}

    return make


ROWS: dict[str, Row] = {
    "no object": Row("an object is needed", lambda _world: "release"),
    "an empty object": Row("Field required", lambda _world: {}),
    "an unknown key": Row("lambda_nam: Extra inputs are not permitted", changed(lambda_nam="orders")),
    "no release_id": Row("release_id: Field required", without("release_id")),
    "no code": Row("an image_uri or a lambda_sha256", without("image_uri")),
    "a number for a text": Row("config_name: Input should be a valid string", changed(config_name=5)),
    "a text for a number": Row("timeout: Input should be a valid integer", changed(timeout="600")),
    "a tagged image": Row("a tag may move", changed(image_uri=f"{REPOSITORY}:latest")),
    "an image of another region": Row("is in eu-west-1", lambda w: w.release(w.uri("B").replace("us-east", "eu-west"))),
    "an image that is not there": Row("is not in ECR", changed(image_uri=f"{REPOSITORY}@sha256:{'0' * 64}")),
    "a repository that is not there": Row(
        "is not in ECR", lambda w: w.release(w.uri("B").replace("/orders", "/other"))
    ),
    "an index of images": Row("is an index of several images", index),
    "another architecture": Row("the image is arm64", arm, LATE),
    "a release from long ago": Row("older than 10 days", changed(created_at=stamp(NOW - 11 * 86400))),
    "a release from the future": Row("lies in the future", changed(created_at=stamp(NOW + 300))),
    "a date that is none": Row("is no date", changed(created_at="2026-13-41T00:00:00Z")),
    "steps that fall": Row("steps rise", changed(strategy={"steps": [50, 10, 100]})),
    "steps that do not end at 100": Row("steps rise", changed(strategy={"steps": [10]})),
    "a timeout within the intervals": Row(
        "shorter than the intervals", changed(timeout=60, strategy={"steps": [10, 100], "interval": 100})
    ),
    "metadata without end": Row("metadata", changed(metadata={"note": "x" * 5000})),
    "a release without end": Row("100,000 bytes", changed(health={"input": "x" * 100_000})),
    "a name without end": Row("at most 64", changed(lambda_name="x" * 65)),
    "a path in a name": Row("project_name", changed(project_name="shop/../other")),
    "a line feed in a name": Row("config_name", changed(config_name="production\n")),
    "another bucket": Row("this deployer's is step-deployer-123456789012", changed(bucket="somebody-elses")),
    "no copy in the bucket": Row("upload it before", lambda world: world.release("B", upload=False)),
    "an edited release": Row("differs from its copy in step-deployer-123456789012 in alias", edited),
    "a replay": Row("a release runs once", replayed),
    "a machine edited before Validate": Row("machine.json has SHA-256", machine_edited),
    "a machine that is not JSON": Row("machine.json is refused", with_machine("{")),
    "a machine AWS would refuse": Row("machine.json is refused: SCHEMA", with_machine(state(Next="X"))),
    "a machine naming the Lambda itself": Row("names orders itself", with_machine(state(Resource=FUNCTION_ARN))),
    "a machine naming a version itself": Row("names orders itself", with_machine(state(Resource=f"{FUNCTION_ARN}:1"))),
    "a placeholder left": Row("placeholders that nobody fills: ${Table}", with_machine(state(Comment="${Table}"))),
    "another account": Row("is not in ECR", changed(aws_account_id="210987654321")),
    "no such Lambda": Row("there is no Lambda other", changed(lambda_name="other"), LATE),
    "no such machine": Row("there is no state machine other", changed(step_fn_name="other"), LATE),
    "a Lambda of another project": Row("the tag ProjectName of Lambda", untagged("ProjectName", "lambda"), LATE),
    "a Lambda of another configuration": Row("the tag ConfigName of Lambda", untagged("ConfigName", "lambda"), LATE),
    "a Lambda another deploys": Row("the tag DeployWith of Lambda", untagged("DeployWith", "lambda"), LATE),
    "a machine of another project": Row("the tag ProjectName of state machine", untagged("ProjectName", "sfn"), LATE),
    "a machine another deploys": Row("the tag DeployWith of state machine", untagged("DeployWith", "sfn"), LATE),
    "a role of another configuration": Row("has the path /step/shop/other/", role, LATE),
    "a role for the bare Lambda only": Row("may not invoke versions of orders", unqualified, LATE),
    "an alarm that is not there": Row("there is no alarm nothing", changed(health={"alarms": ["nothing"]}), LATE),
    "a zip for an image's Lambda": Row(
        "there is no 123456789012/shop/orders/production/release-", changed(image_uri=None, lambda_sha256="0" * 64)
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_release_is_refused(world: World, name: str) -> None:
    row = ROWS[name]
    release = row.make(world)
    before = world.everything()
    execution = world.first.run(release)
    assert execution.path == row.path, execution.cause
    assert row.cause in (execution.cause or "")
    assert json.loads(execution.cause or "")["Error"] == "BadReleaseError"
    assert (world.everything(), world.locked()) == (before, False)


def test_a_machine_edited_after_validate_is_read_as_it_was(world: World) -> None:
    release = world.release("B")
    edit = ("Deploy", 1), lambda: world.put(f"{world.folder(release)}/machine.json", text("C", " edited"))
    execution = world.first.run(release, entering=dict([edit]))
    assert execution.status == "SUCCEEDED"
    assert world.serving() == "B"


def test_a_machine_deleted_after_validate_rolls_back(world: World) -> None:
    release = world.release("B")

    def delete() -> None:
        key = f"{world.folder(release)}/machine.json"
        bucket = release["bucket"]
        for version in world.clients["s3"].list_object_versions(Bucket=bucket, Prefix=key)["Versions"]:
            world.clients["s3"].delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])

    before = world.everything()
    execution = world.first.run(release, entering={("Deploy", 1): delete})
    assert execution.path == [*START[:4], "Rollback", *CLEAN]
    assert "is gone from the bucket" in (execution.cause or "")
    assert world.everything() == before


def test_what_the_client_says_for_the_server_is_overwritten(world: World) -> None:
    release = world.release("B", uuid="mine", started_at="2020-01-01T00:00:00Z")
    execution = world.first.run(release)
    assert execution.status == "SUCCEEDED"
    assert execution.output["release"]["uuid"] != "mine"
    assert execution.output["release"]["started_at"] == stamp(NOW)


def test_a_function_under_another_name_is_untouched(world: World) -> None:
    """The tags decide, not the caller."""
    world.clients["lambda"].create_function(
        FunctionName="theirs",
        Role=f"arn:aws:iam::{ACCOUNT}:role/lambda",
        PackageType="Image",
        Code={"ImageUri": world.uri("A")},
    )
    execution = world.first.run(world.release("B", lambda_name="theirs"))
    assert execution.path == LATE
    assert FUNCTION != "theirs"
    assert world.server.functions.extras["theirs"].versions == {}
