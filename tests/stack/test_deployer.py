"""What the deployer needs: derived from the table of its AWS calls, and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monostep.deploy import needs
from monostep.deploy.aws import CALLS
from monostep.verbs import command
from tests.stack.samples import STACKS


def allowed(document: dict[str, Any]) -> dict[str, list[str]]:
    """Action to resources."""
    return {
        action: one["Resource"] for one in document["Statement"] if one["Effect"] == "Allow" for action in one["Action"]
    }


def test_the_lambda_may_do_what_its_table_of_calls_says_and_nothing_else() -> None:
    table = {action for call in CALLS.values() if not call.verb for action in call.actions}
    assert allowed(needs.policies()["lambda"]).keys() == table


def test_the_role_in_other_accounts_has_only_the_calls_made_there() -> None:
    table = {action for call in CALLS.values() if not call.verb and not call.home for action in call.actions}
    assert allowed(needs.policies()["assumed"]).keys() == table


def test_what_changes_code_or_definition_asks_for_the_tag() -> None:
    for one in needs.policies()["lambda"]["Statement"]:
        if set(needs.CHANGED) & set(one["Action"]):
            assert one["Condition"] == {"StringEquals": {"aws:ResourceTag/DeployWith": "step-deployer"}}


def test_every_bucket_but_its_own_is_denied() -> None:
    denied = [one for one in needs.policies()["lambda"]["Statement"] if one["Effect"] == "Deny"]
    assert [one["Sid"] for one in denied] == ["NoOtherBucket"]
    assert all("step-deployer-${AWS::AccountId}" in arn for arn in denied[0]["NotResource"])


@pytest.mark.parametrize("role", ["lambda", "assumed", "machine", "client"])
def test_no_action_is_a_wildcard_and_a_bare_star_only_where_aws_takes_nothing_else(role: str) -> None:
    for action, resources in allowed(needs.policies()[role]).items():
        assert "*" not in action
        assert resources != ["*"] or action.startswith("logs:")


def test_its_stack_has_bucket_table_lambda_machine_and_roles() -> None:
    made = needs.template(STACKS["plain"])["Resources"]
    kinds = {one["Type"] for one in made.values()}
    assert kinds >= {
        "AWS::S3::Bucket",
        "AWS::DynamoDB::Table",
        "AWS::Lambda::Function",
        "AWS::StepFunctions::StateMachine",
        "AWS::StepFunctions::StateMachineAlias",
        "AWS::IAM::Role",
    }
    assert made["Bucket"]["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert made["Bucket"]["DeletionPolicy"] == made["Locks"]["DeletionPolicy"] == "Retain"
    assert made["Function"]["Properties"]["FunctionName"] == "step-deployer"


def test_the_verb_prints_every_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["policy", "deployer", "--region", "us-east-1", "--account", "123456789012"]) == 0
    printed = capsys.readouterr().out
    assert "${AWS" not in printed
    assert json.loads(printed).keys() == {"lambda", "assumed", "machine", "client"}
