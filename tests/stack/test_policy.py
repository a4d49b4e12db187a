"""The policies that machines need, as AWS's documentation gives them: tests/cases/policy.json."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monostep import task
from monostep.errors import Unsupported, UsageError
from monostep.language.resources import INTEGRATIONS
from monostep.stack.actions import look_up
from monostep.stack.integrations import CONDITIONS, PATTERNS, ROWS, UNSCOPED
from monostep.stack.permissions import ecr, explained, of_machine, refused
from monostep.stack.policy import derive, document
from monostep.stack.project import Size, sized
from monostep.stack.special import SPECIALS
from monostep.tasks import registry
from tests.cases import rows
from tests.shared import needs_shared
from tests.stack.policies import corpus, machine, statements, wrong

CASES = rows("policy")
GAPS = {"bedrockagentcore:invokeHarness": "bedrock-agentcore:InvokeHarness"}
"""Integrations whose action the reference does not have yet: refused by name."""
NOT_ARNS = [
    "arn:aws:lambda:::function:fn_update_metadata",
    "arn:aws:lambda:::function:publish-to-slack-lambda",
    "arn:aws:lambda:REGION:ACCOUNT_ID:function:FUNCTION_NAME",
    "arn:aws:swf:us-east-1:123456789012:task:X",
]
"""Resources of valid definitions that name nothing AWS could call."""
F = {"LambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:f"}


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row['integration']} {json.dumps(row['parameters'])[:40]}")
def test_allows_what_aws_documents(row: dict[str, Any]) -> None:
    assert wrong(row) == []


def test_the_table_has_every_optimised_integration() -> None:
    assert ROWS.keys() | SPECIALS.keys() <= {row["integration"].split(".")[0] for row in CASES}


def test_no_action_is_a_wildcard_and_a_bare_star_has_its_reason() -> None:
    for row in CASES:
        for one in statements(row):
            assert not any("*" in action for action in one.actions)
            assert "*" not in one.resources or one.notes


def test_every_optimised_integration_has_a_row_but_the_known_gaps() -> None:
    offered = {f"{service}:{action}" for service, actions in INTEGRATIONS.items() for action in actions}
    assert offered - ROWS.keys() - SPECIALS.keys() == GAPS.keys()
    assert ROWS.keys() | {name for name in SPECIALS if not name.startswith("aws-sdk:")} <= offered
    for action in GAPS.values():
        assert look_up(action) is None, f"{action} is known now: give it a row"


def test_every_action_of_the_tables_is_in_awss_reference() -> None:
    named = {action for row in ROWS.values() for action in (row.call + " " + row.job).split()}
    unknown = {name for name in named | PATTERNS.keys() | CONDITIONS.keys() | UNSCOPED.keys() if not look_up(name)}
    assert unknown == set()


def test_actions_on_a_bare_star_take_no_resource_or_say_why_not() -> None:
    for row in CASES:
        for one in statements(row):
            if "*" in one.resources:
                bare = [action for action in one.actions if (known := look_up(action)) and known.types]
                assert set(bare) <= {"sns:Publish"}


def test_an_unknown_operation_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match=r"dynamodb:MakeCoffee.*at /States/S"):
        derive(machine("aws-sdk:dynamodb:makeCoffee", {}), "m", {})
    with pytest.raises(Unsupported, match=r"service 'coffee'"):
        derive(machine("aws-sdk:coffee:brew", {}), "m", {})


def test_a_lambda_is_allowed_with_all_its_versions() -> None:
    plain = {"States": {"S": {"Type": "Task", "Resource": "${LambdaArn}"}}}
    assert derive(plain, "m", F)[0].resources == (F["LambdaArn"], F["LambdaArn"] + ":*")


def test_an_arn_with_substitutions_keeps_them() -> None:
    place = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
    states = {
        "A": {"Type": "Task", "Resource": f"{place}charge"},
        "B": {"Type": "Task", "Resource": f"{place}${{Name}}:live"},
        "C": {"Type": "Task", "Resource": "arn:${AWS::Partition}:states:::sqs:sendMessage", "Parameters": {}},
    }
    found = derive({"States": states}, "m", {})
    assert found[0].resources == (f"{place}charge", f"{place}charge:*", f"{place}${{Name}}:live")
    assert found[1].actions == ("sqs:SendMessage",)


def test_states_of_one_integration_share_a_statement() -> None:
    put = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem"}
    states = {name: {**put, "Parameters": {"TableName": name}} for name in ("A", "B")}
    found = derive({"States": states}, "m", {})
    assert len(found) == 1
    assert found[0].users == ("/States/A", "/States/B")
    assert [arn[-7:] for arn in found[0].resources] == ["table/A", "table/B"]


def test_looks_inside_maps_and_branches() -> None:
    inner = {"StartAt": "P", "States": {"P": machine("sqs:sendMessage", {"QueueUrl.$": "$.q"})["States"]["S"]}}
    nested = {
        "States": {"M": {"Type": "Map", "ItemProcessor": {"States": {"B": {"Type": "Parallel", "Branches": [inner]}}}}}
    }
    assert derive(nested, "m", {})[0].users == ("/States/M/ItemProcessor/States/B/Branches[0]/States/P",)


def test_a_distributed_map_starts_itself_under_a_policy_of_its_own() -> None:
    state = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:listObjectsV2",
            "Parameters": {"Bucket": "in", "Prefix": "day/"},
        },
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "States": {}},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "r"}},
    }
    found = {one.sid: one for one in derive({"States": {"M": state}}, "m", {})}
    assert [sid for sid, one in found.items() if one.part == "map"] == [
        "MapRunStart",
        "MapRunExecutions",
        "MapRunRedrive",
    ]
    assert found["MapRunStart"].resources[0].endswith(":stateMachine:m")
    assert found["MapItemsList"].resources == ("arn:${AWS::Partition}:s3:::in",)
    assert found["MapItemsList"].condition == {"StringLike": {"s3:prefix": "day/*"}}
    assert found["MapResults"].resources == ("arn:${AWS::Partition}:s3:::out/r/*",)


def test_a_role_of_the_user_is_passed_where_the_parameters_name_none() -> None:
    role = "arn:aws:iam::123456789012:role/app"
    asked = machine("ecs:runTask", {"TaskDefinition": "t"})
    passed = [one for one in derive(asked, "m", {}, [role]) if one.actions == ("iam:PassRole",)]
    assert passed[0].resources == (role,)
    assert passed[0].condition == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert "--pass-role" in derive(asked, "m", {})[1].notes[0]


def test_a_state_with_credentials_may_only_assume_that_role() -> None:
    state = machine("sns:publish", {"TopicArn": "x"})["States"]["S"]
    state["Credentials"] = {"RoleArn": "arn:aws:iam::210987654321:role/other"}
    found = derive({"States": {"S": state}}, "m", {})
    assert [(one.actions, one.resources) for one in found] == [
        (("sts:AssumeRole",), ("arn:aws:iam::210987654321:role/other",))
    ]


def test_a_wildcard_in_a_name_stays_a_letter() -> None:
    found = derive(machine("dynamodb:getItem", {"TableName": "a*b"}), "m", {})
    assert found[0].resources[0].endswith("table/a?b")


def test_arguments_that_are_one_expression_widen_the_statement() -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Arguments": "{% $x %}"}
    found = derive({"States": {"S": state}}, "m", {})
    assert found[0].resources[0].endswith("table/*")
    assert refused(found)


@needs_shared
def test_every_valid_definition_gets_a_policy_or_is_refused_by_name() -> None:
    derived, refusals = corpus()
    assert derived > 400
    assert [refusal.split("'")[1] for refusal in refusals] == NOT_ARNS


def test_a_machine_without_a_lambda_has_a_policy_too() -> None:
    states = machine("sns:publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t"})
    assert [one.sid for one in derive(states, "m", {}, logging=True)] == ["SnsPublish", "Logging"]


def test_the_text_form_explains_each_statement() -> None:
    text = explained(derive(machine("dynamodb:getItem", {"TableName.$": "$.t"}), "m", {}, logging=True))
    assert "for    /States/S" in text
    assert "WIDE   TableName is not known before the run" in text
    assert "log deliveries take no resources" in text


def test_lambda_may_pull_the_image() -> None:
    policy = ecr("orders")["Statement"][0]
    assert policy["Action"] == ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    assert policy["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_a_policy_has_unique_sids() -> None:
    states = {
        name: {**machine("states:startExecution.sync", {"StateMachineArn.$": "$.m"})["States"]["S"]} for name in "ab"
    }
    states["c"] = machine("http:invoke", {"ApiEndpoint": "https://a.example"})["States"]["S"]
    states["d"] = machine("http:invoke", {"ApiEndpoint": "https://b.example"})["States"]["S"]
    sids = [one["Sid"] for one in document(derive({"States": states}, "m", {}))["Statement"]]
    assert len(sids) == len(set(sids))
    assert all(sid.isalnum() for sid in sids)


def test_a_task_of_another_size_gets_a_lambda_of_its_own() -> None:
    @task("Small")
    def small(value: object) -> object:
        return value

    @task("Big", memory=2048, timeout=900)
    def big(value: object) -> object:
        return value

    call = {"Type": "Task", "Resource": "${LambdaArn}"}
    states = {name: {**call, "Parameters": {"Task": name, "Input.$": "$"}} for name in ("Small", "Big")}
    made = sized("m", "STANDARD", {"States": states}, registry.tasks(__name__), Size(512, 60))
    assert made.sizes == {"LambdaArn": Size(512, 60), "LambdaArnM2048T900": Size(2048, 900)}
    assert made.definition["States"]["Small"]["Resource"] == "${LambdaArn}"
    assert made.definition["States"]["Big"]["Resource"] == "${LambdaArnM2048T900}"
    resources = of_machine(made, "stack", logging=False)[0].resources
    assert [arn.rpartition("}:")[2] for arn in resources] == [
        "function:stack",
        "function:stack:*",
        "function:stack-m2048t900",
        "function:stack-m2048t900:*",
    ]


def test_a_size_lambda_does_not_have_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="128 to 10240 MB"):

        @task("Tiny", memory=64)
        def tiny(value: object) -> object:
            return value
