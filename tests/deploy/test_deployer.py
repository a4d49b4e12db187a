"""The deployer's other ways: zips, Express machines, other accounts, itself, and what it imports."""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path

import pytest

from monostep.deploy import machine
from monostep.deploy.aws import CALLS, Aws
from monostep.language.inject import expand
from tests.deploy.samples import text, zipped
from tests.deploy.test_paths import HAPPY
from tests.deploy.world import (
    ACCOUNT,
    BUCKET,
    DEPLOYER_ARN,
    FUNCTION,
    MACHINE,
    NAME,
    PROJECT,
    REGION,
    SOURCE,
    TAGS,
    World,
)

LIBRARY = Path(__file__).parents[2] / "monostep"


def test_a_zip_from_the_bucket_is_deployed_by_its_sha(world: World) -> None:
    world.zipped("zipped", "old")
    code = zipped("new")
    sha = hashlib.sha256(code).hexdigest()
    release = world.release("A", image_uri=None, lambda_sha256=sha, lambda_name="zipped", upload=False)
    world.clients["s3"].put_object(Bucket=BUCKET, Key=f"{world.folder(release)}/lambda.zip", Body=code)
    world.upload(release, text("A"))
    execution = world.first.run(release)
    assert execution.path == HAPPY, execution.cause
    assert execution.output["lambda_version"].endswith(":function:zipped:1")


def test_an_express_machine_is_smoked_in_one_call(world: World) -> None:
    world.server.machines.machine(f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{MACHINE}").type = "EXPRESS"
    execution = world.first.run(world.release("B"))
    assert execution.path == HAPPY, execution.cause
    assert "stepfunctions:StartSyncExecution" in world.first.faults.calls


def test_an_express_machine_is_adopted_without_looking_for_executions(aws: World) -> None:
    aws.build(adopted=False)
    aws.server.machines.machine(f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{MACHINE}").type = "EXPRESS"
    assert aws.first.run(aws.release("B")).path == HAPPY


def test_another_accounts_resources_are_changed_with_its_assumed_role(world: World) -> None:
    world.first.run(world.release("B", aws_account_id="210987654321"))
    assert "sts:AssumeRole" in world.first.faults.calls
    aws = Aws(ACCOUNT, "cn-north-1", "aws-cn").aim("210987654321", "cn-north-1")
    assert aws.function_arn("f") == "arn:aws-cn:lambda:cn-north-1:210987654321:function:f"


def test_many_versions_are_told_of(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "WARNING", 1)
    execution = world.first.run(world.release("B"))
    assert execution.output["warnings"] == [f"{MACHINE} has 1 of 1,000 versions; `prune` makes room"]


def test_a_dry_run_walks_through_and_calls_nothing(world: World) -> None:
    execution = world.first.run({"dry_run": True})
    assert execution.path == HAPPY
    assert world.first.faults.calls == []


def test_the_deployer_deploys_itself(world: World) -> None:
    """Smoked by a dry run of its new version."""
    world.install()
    world.clients["lambda"].create_function(
        FunctionName=NAME,
        Role=f"arn:aws:iam::{ACCOUNT}:role/lambda",
        PackageType="Image",
        Code={"ImageUri": world.uri("A")},
        Tags=TAGS,
    )
    states = world.clients["stepfunctions"]
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}"
    role = f"arn:aws:iam::{ACCOUNT}:role/step/{PROJECT}/production/deployer"
    states.update_state_machine(stateMachineArn=arn, roleArn=role)
    states.tag_resource(resourceArn=arn, tags=[{"key": key, "value": value} for key, value in TAGS.items()])
    for image in "AB":
        world.server.functions.code[world.images[image].removeprefix("sha256:")] = world.second.invoke
    own = json.dumps(expand(json.loads(SOURCE.read_text()), "deployer"))
    release = world.release("B", own, lambda_name=NAME, step_fn_name=NAME, health={"input": {"dry_run": True}})
    execution = world.first.run(release)
    assert execution.path == HAPPY, execution.cause
    definition = world.server.machines.machine(arn).definition
    assert machine.named(definition, NAME) == {"2"}, "pinned, like any workflow"
    assert DEPLOYER_ARN in definition


def test_what_is_deployed_is_the_alias_last(world: World) -> None:
    world.first.run(world.release("B"))
    changes = [name for name in world.first.faults.calls if name.split(":")[0] in ("lambda", "stepfunctions")]
    changes = [name.split(":")[1] for name in changes if "Update" in name]
    assert changes == ["UpdateFunctionCode", "UpdateStateMachine", "UpdateStateMachineAlias"]


def test_every_call_made_is_in_the_table(world: World) -> None:
    world.first.run(world.release("B", health={"input": {}, "alarms": []}))
    known = {name.replace("_", "") for name in CALLS}
    assert {name.split(":")[1].lower() for name in world.first.faults.calls} <= known


def test_the_function_is_found_however_a_machine_names_it() -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
    for named, unpinned in ((arn, True), (f"{arn}:$LATEST", True), (f"{arn}:7", False), (f"{arn}-other", False)):
        definition = json.dumps({"States": {"A": {"Resource": named}}})
        assert machine.unpinned(definition, FUNCTION) is unpinned, named
        pinned = json.loads(machine.pin(definition, FUNCTION, f"{arn}:9"))["States"]["A"]["Resource"]
        assert pinned == (f"{arn}:9" if unpinned else named)
    invoke = json.dumps({"States": {"A": {"Parameters": {"FunctionName": FUNCTION, "Payload": {"x": FUNCTION}}}}})
    pinned = json.loads(machine.pin(invoke, FUNCTION, f"{arn}:9"))["States"]["A"]["Parameters"]
    assert pinned == {"FunctionName": f"{arn}:9", "Payload": {"x": FUNCTION}}


def test_boto3_is_imported_by_the_deployer_and_the_stacks_alone_and_never_at_once() -> None:
    for path in LIBRARY.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        found = [node for node in nodes if "boto3" in ast.unparse(node)]
        assert not any(node in tree.body for node in found), path
        assert not found or path.relative_to(LIBRARY).parts[0] in ("deploy", "stack"), path
