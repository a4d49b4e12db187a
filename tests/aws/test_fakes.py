"""The fakes do what AWS's documentation says of what moto lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.server import serving
from tests.deploy.world import ALIAS_ARN, FUNCTION, MACHINE_ARN, REPOSITORY, World


@pytest.fixture(scope="module")
def server() -> Iterator[World]:
    with serving() as made:
        yield World(made)


@pytest.fixture
def world(server: World) -> World:
    return server.build(delay=2)


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def test_a_wrong_revision_is_refused(world: World) -> None:
    client = world.clients["lambda"]
    with refused("PreconditionFailedException"):
        client.update_function_code(FunctionName=FUNCTION, ImageUri=world.uri("B"), RevisionId="other")
    with refused("PreconditionFailedException"):
        client.publish_version(FunctionName=FUNCTION, RevisionId="other")


def test_an_update_under_way_refuses_another_and_a_new_version_is_pending(world: World) -> None:
    client = world.clients["lambda"]
    made = client.update_function_code(FunctionName=FUNCTION, ImageUri=world.uri("B"), Publish=True)
    with refused("ResourceConflictException"):
        client.update_function_code(FunctionName=FUNCTION, ImageUri=world.uri("C"))
    states = [
        client.get_function(FunctionName=FUNCTION, Qualifier=made["Version"])["Configuration"]["State"] for _ in "123"
    ]
    assert states == ["Pending", "Pending", "Active"]
    latest = [client.get_function(FunctionName=FUNCTION)["Configuration"]["LastUpdateStatus"] for _ in "123"]
    assert latest == ["InProgress", "InProgress", "Successful"]


def test_a_version_keeps_its_digest_and_is_not_published_twice(world: World) -> None:
    client = world.clients["lambda"]
    again = client.publish_version(FunctionName=FUNCTION)
    assert again["Version"] == "1"
    client.update_function_code(FunctionName=FUNCTION, ImageUri=world.uri("B"))
    assert client.publish_version(FunctionName=FUNCTION)["Version"] == "2"
    code = [client.get_function(FunctionName=FUNCTION, Qualifier=v)["Code"]["ResolvedImageUri"] for v in "12"]
    assert code == [world.uri("A"), world.uri("B")]
    versions = client.list_versions_by_function(FunctionName=FUNCTION)["Versions"]
    assert [one["Version"] for one in versions] == ["$LATEST", "1", "2"]
    client.delete_function(FunctionName=FUNCTION, Qualifier="1")
    with refused("ResourceNotFoundException"):
        client.get_function(FunctionName=FUNCTION, Qualifier="1")


def test_a_dry_run_changes_nothing_and_refuses_an_image_that_is_not_there(world: World) -> None:
    client = world.clients["lambda"]
    before = client.get_function(FunctionName=FUNCTION)["Configuration"]
    client.update_function_code(FunctionName=FUNCTION, ImageUri=world.uri("B"), DryRun=True)
    after = client.get_function(FunctionName=FUNCTION)["Configuration"]
    assert (after["RevisionId"], after["CodeSha256"]) == (before["RevisionId"], before["CodeSha256"])
    for dry in (True, False):
        with refused("InvalidParameterValueException"):
            client.update_function_code(FunctionName=FUNCTION, ImageUri=f"{REPOSITORY}@sha256:{'0' * 64}", DryRun=dry)


def test_executions_run_the_revision_the_version_or_the_alias(world: World) -> None:
    states = world.clients["stepfunctions"]
    for arn, version in ((MACHINE_ARN, None), (f"{MACHINE_ARN}:1", "1"), (ALIAS_ARN, "1")):
        started = states.start_execution(stateMachineArn=arn, input='{"a": 1}')["executionArn"]
        found = states.describe_execution(executionArn=started)
        assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"a": 1})
        assert found.get("stateMachineVersionArn", "").rpartition(":")[2] == (version or "")
        events = states.get_execution_history(executionArn=started)["events"]
        assert events[0]["type"] == "ExecutionStarted"


def test_a_name_starts_one_execution(world: World) -> None:
    states = world.clients["stepfunctions"]
    world.server.machines.looks = 5
    first = states.start_execution(stateMachineArn=MACHINE_ARN, name="one", input="{}")["executionArn"]
    assert states.start_execution(stateMachineArn=MACHINE_ARN, name="one", input="{}")["executionArn"] == first
    with refused("ExecutionAlreadyExists"):
        states.start_execution(stateMachineArn=MACHINE_ARN, name="one", input="[]")
    running = states.list_executions(stateMachineArn=MACHINE_ARN, statusFilter="RUNNING")["executions"]
    assert [one["executionArn"] for one in running] == [first]
    definition = states.describe_state_machine_for_execution(executionArn=first)["definition"]
    assert json.loads(definition)["StartAt"] == "Work"


def test_a_version_an_alias_leads_to_is_not_deleted(world: World) -> None:
    states = world.clients["stepfunctions"]
    with refused("ConflictException"):
        states.delete_state_machine_version(stateMachineVersionArn=f"{MACHINE_ARN}:1")
    states.delete_state_machine_alias(stateMachineAliasArn=ALIAS_ARN)
    states.delete_state_machine_version(stateMachineVersionArn=f"{MACHINE_ARN}:1")
    assert states.list_state_machine_versions(stateMachineArn=MACHINE_ARN)["stateMachineVersions"] == []


def test_a_role_is_allowed_what_its_patterns_say(world: World) -> None:
    world.server.access.allowed = ["arn:f", "arn:g:*"]
    asked = {"PolicySourceArn": "arn:aws:iam::123456789012:role/x", "ActionNames": ["lambda:InvokeFunction"]}
    iam = world.clients["iam"]
    found = [
        iam.simulate_principal_policy(**asked, ResourceArns=[arn])["EvaluationResults"][0]["EvalDecision"]
        for arn in ("arn:f", "arn:f:1", "arn:g:1")
    ]
    assert found == ["allowed", "implicitDeny", "allowed"]
