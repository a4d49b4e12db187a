"""`provision` and `deprovision` against the scripted CloudFormation: what AWS does that moto does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monostep.errors import UsageError
from monostep.stack import changes, progress, status
from monostep.stack.account import Refused
from monostep.stack.cloudformation import template
from monostep.stack.deprovision import deprovision
from monostep.stack.options import Options, pairs
from monostep.stack.provision import provision
from monostep.verbs import command
from tests.aws.cloudformation import FUNCTION, MACHINE, NOTHING, ROLE, Row, Script, change
from tests.stack.accounts import failing, scripted
from tests.stack.samples import IMAGE, SIZE, STACKS, machines

PLAIN, DEPLOYED = STACKS["plain"], STACKS["deployer"]
PARAMETERS = {"BucketName": "b", "TopicArn": "arn:aws:sns:us-east-1:123456789012:t"}
OWN = {"monostep:owner": "cloudformation"}
ADDED = [change("Add", "Function", FUNCTION), change("Add", "Machine", MACHINE)]
CREATED: list[list[Row]] = [
    [("Role", ROLE, "CREATE_IN_PROGRESS", ""), ("Logs", "AWS::Logs::LogGroup", "CREATE_IN_PROGRESS", "")],
    [("Logs", "AWS::Logs::LogGroup", "CREATE_COMPLETE", ""), ("Role", ROLE, "CREATE_COMPLETE", "")],
    [("Function", FUNCTION, "CREATE_IN_PROGRESS", ""), ("Function", FUNCTION, "CREATE_COMPLETE", "")],
]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (changes, progress, status):
        monkeypatch.setattr(module, "POLL", 0.0)


def made(account: Any, chosen: Options = PLAIN, **more: Any) -> int:
    body = template(machines(chosen), chosen)
    return provision(account, "orders", body, chosen, more.pop("parameters", PARAMETERS), yes=True, **more)


def test_creates_shows_every_event_and_sums_up(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(batches=CREATED, changes=ADDED, outputs={"MachineAliasArn": "arn:x:live"})
    with scripted(script) as (account, cloud):
        assert made(account) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "stack": "orders",
        "status": "CREATE_COMPLETE",
        "outputs": {"MachineAliasArn": "arn:x:live"},
        "seconds": {"Role": 3.0, "Function": 1.0, "Logs": 1.0},
    }
    assert said.err.count("CREATE_COMPLETE") == 3
    assert said.err.index("Durations") < said.err.index("Outputs")
    assert "Add  Function" in said.err
    assert cloud.calls.index("CreateChangeSet") < cloud.calls.index("ExecuteChangeSet")


def test_a_rollback_is_failure_with_the_first_failed_resource_and_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    batches: list[list[Row]] = [
        [("Role", ROLE, "CREATE_IN_PROGRESS", ""), ("Machine", MACHINE, "CREATE_IN_PROGRESS", "")],
        [
            ("Machine", MACHINE, "CREATE_FAILED", "Resource creation cancelled"),
            ("Role", ROLE, "CREATE_FAILED", "Policy is too long"),
        ],
        [("Role", ROLE, "DELETE_COMPLETE", "")],
    ]
    with (
        scripted(Script(batches=batches, changes=ADDED, end="ROLLBACK_COMPLETE")) as (account, _),
        pytest.raises(Refused, match=r"orders is ROLLBACK_COMPLETE: Role \(AWS::IAM::Role\): Policy is too long"),
    ):
        made(account)
    assert "Role" in capsys.readouterr().err


def test_no_change_is_success_and_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script("UPDATE_COMPLETE", failed=NOTHING, tags=OWN, outputs={"A": "b"})
    with scripted(script) as (account, cloud):
        assert made(account) == 0
    assert "DeleteChangeSet" in cloud.calls
    assert "ExecuteChangeSet" not in cloud.calls
    assert "no change" in capsys.readouterr().err


def test_a_change_set_that_fails_for_another_reason_is_failure_and_its_empty_stack_goes() -> None:
    with scripted(Script(failed="Template error: unresolved")) as (account, cloud):
        with pytest.raises(Refused, match="the change set failed: Template error: unresolved"):
            made(account)
        assert cloud.status == "DELETE_COMPLETE"


def test_a_leftover_under_review_is_cleaned_first(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted(Script("REVIEW_IN_PROGRESS", batches=CREATED, changes=ADDED)) as (account, cloud):
        cloud.script.status = ""
        assert deprovision(account, "orders", yes=True) == 0
        assert cloud.status == "DELETE_COMPLETE"
    assert "under review" in capsys.readouterr().err


def test_a_failed_first_creation_is_deleted_before_the_next() -> None:
    with scripted(Script("ROLLBACK_COMPLETE", changes=ADDED, batches=CREATED, tags=OWN)) as (account, cloud):
        cloud.script.outputs = {}
        made(account)
    assert cloud.calls.index("DeleteStack") < cloud.calls.index("CreateChangeSet")


def test_a_stack_in_progress_is_left_alone() -> None:
    with (
        scripted(Script("UPDATE_IN_PROGRESS", tags=OWN)) as (account, _),
        pytest.raises(Refused, match="is UPDATE_IN_PROGRESS: wait"),
    ):
        made(account)


@pytest.mark.parametrize(
    ("tags", "chosen", "says"),
    [
        ({"monostep:owner": "deployer:shop/orders/production"}, PLAIN, "released by deployer:shop/orders/production"),
        (OWN, DEPLOYED, "released by cloudformation"),
        ({"monostep:owner": "deployer:shop/orders/staging"}, DEPLOYED, "released by deployer:shop/orders/staging"),
        ({}, PLAIN, "somebody else"),
    ],
)
def test_a_stack_has_one_owner(tags: dict[str, str], chosen: Options, says: str) -> None:
    with scripted(Script("CREATE_COMPLETE", tags=tags)) as (account, cloud):
        with pytest.raises(Refused, match=says):
            made(account, chosen)
        assert "CreateChangeSet" not in cloud.calls


def test_under_the_deployer_code_and_definition_stay_as_they_were() -> None:
    old = {"Resources": {"Function": {"Properties": {"Code": {"ImageUri": "before"}, "MemorySize": 128}}}}
    script = Script(
        "CREATE_COMPLETE",
        tags={"monostep:owner": DEPLOYED.owner},
        template=json.dumps(old),
        changes=[change("Modify", "Function", FUNCTION, ["MemorySize"])],
        batches=[[("Function", FUNCTION, "UPDATE_COMPLETE", "")]],
        end="UPDATE_COMPLETE",
    )
    with scripted(script) as (account, cloud):
        assert made(account, DEPLOYED) == 0
    form = next(form for action, form in cloud.sent if action == "CreateChangeSet")
    function = json.loads(form["TemplateBody"])["Resources"]["Function"]["Properties"]
    assert function["Code"] == {"ImageUri": "before"}
    assert function["MemorySize"] == SIZE.memory


def test_under_the_deployer_a_change_of_code_is_refused_and_discarded() -> None:
    script = Script(
        "CREATE_COMPLETE",
        tags={"monostep:owner": DEPLOYED.owner},
        changes=[change("Modify", "Function", FUNCTION, ["Code"])],
    )
    with scripted(script) as (account, cloud):
        with pytest.raises(Refused, match="Code would change"):
            made(account, DEPLOYED)
        assert cloud.calls[-1] == "DeleteChangeSet"


def test_without_anybody_to_ask_nothing_is_changed() -> None:
    with scripted(Script(changes=ADDED)) as (account, cloud):
        with pytest.raises(UsageError, match="--yes"):
            provision(account, "orders", template(machines(PLAIN), PLAIN), PLAIN, PARAMETERS)
        assert "ExecuteChangeSet" not in cloud.calls
        assert cloud.status == "DELETE_COMPLETE"


def test_the_stack_carries_its_owner_and_stage_as_tags() -> None:
    with scripted(Script(batches=CREATED, changes=ADDED)) as (account, cloud):
        made(account, STACKS["full"])
    form = next(form for action, form in cloud.sent if action == "CreateChangeSet")
    pairs = {form[f"Tags.member.{n}.Key"]: form[f"Tags.member.{n}.Value"] for n in (1, 2)}
    assert pairs == {"monostep:owner": "cloudformation", "Stage": "prod"}


def test_parameters_of_an_update_may_stay_as_they_are() -> None:
    script = Script("CREATE_COMPLETE", tags=OWN, parameters=["BucketName", "TopicArn"], failed=NOTHING)
    with scripted(script) as (account, cloud):
        made(account, parameters={})
    form = next(form for action, form in cloud.sent if action == "CreateChangeSet")
    assert form["Parameters.member.1.UsePreviousValue"] == "true"


def test_missing_and_unknown_parameters_are_named() -> None:
    with scripted(Script()) as (account, _):
        with pytest.raises(UsageError, match=r"--parameter BucketName=… --parameter TopicArn=…"):
            made(account, parameters={})
        with pytest.raises(UsageError, match="--parameter Nonsense"):
            made(account, parameters={**PARAMETERS, "Nonsense": "x"})
    with pytest.raises(UsageError, match="NAME=VALUE"):
        pairs("--parameter", ["nonsense"])


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"get_caller_identity": failing("ExpiredToken", "The token is expired")}, "The token is expired"),
        ({"describe_images": failing("ImageNotFoundException")}, "is not in ECR: push it first"),
        (
            {
                "describe_images": {
                    "imageDetails": [{"imageManifestMediaType": "application/vnd.oci.image.index.v1+json"}]
                }
            },
            "an index of several images",
        ),
        (
            {
                "simulate_principal_policy": {
                    "EvaluationResults": [{"EvalActionName": "iam:CreateRole", "EvalDecision": "implicitDeny"}]
                }
            },
            "may not iam:CreateRole",
        ),
    ],
)
def test_verifies_before_it_makes_anything(answers: dict[str, Any], says: str) -> None:
    with scripted(Script(), answers) as (account, cloud):
        with pytest.raises(Refused, match=says):
            made(account)
        assert cloud.calls == []


def test_an_image_of_another_region_is_refused() -> None:
    chosen = PLAIN._replace(image=IMAGE.replace("us-east-1", "eu-west-1"))
    with scripted(Script()) as (account, _), pytest.raises(Refused, match="eu-west-1"):
        made(account, chosen)


def test_permissions_that_hang_on_conditions_are_a_remark(capsys: pytest.CaptureFixture[str]) -> None:
    unsure = {
        "EvalActionName": "iam:CreateRole",
        "EvalDecision": "implicitDeny",
        "MissingContextValues": ["aws:TagKeys"],
    }
    answers = {"simulate_principal_policy": {"EvaluationResults": [unsure]}}
    with scripted(Script(batches=CREATED, changes=ADDED), answers) as (account, _):
        assert made(account) == 0
        asked = account.client("iam").asked
    assert "could not tell whether you may iam:CreateRole" in capsys.readouterr().err
    targets = [parameters["ResourceArns"][0] for name, parameters in asked if name == "simulate_principal_policy"]
    assert "arn:aws:lambda:us-east-1:123456789012:function:orders" in targets


def test_permissions_iam_does_not_tell_are_a_remark(capsys: pytest.CaptureFixture[str]) -> None:
    answers = {"simulate_principal_policy": failing("AccessDenied")}
    with scripted(Script(batches=CREATED, changes=ADDED), answers) as (account, _):
        assert made(account) == 0
    assert "could not be checked" in capsys.readouterr().err


def test_a_large_template_goes_through_the_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monostep.stack.preflight.BODY_LIMIT", 1000)
    answers = {"get_bucket_location": {"LocationConstraint": None}, "put_object": {}}
    with scripted(Script(batches=CREATED, changes=ADDED), answers) as (account, cloud):
        with pytest.raises(UsageError, match="--bucket"):
            made(account)
        made(account, bucket="templates")
    form = next(form for action, form in cloud.sent if action == "CreateChangeSet")
    assert form["TemplateURL"].startswith("https://templates.s3.us-east-1.amazonaws.com/monostep/orders/")


def test_a_bucket_of_another_region_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monostep.stack.preflight.BODY_LIMIT", 1000)
    with (
        scripted(Script(), {"get_bucket_location": {"LocationConstraint": "eu-west-1"}}) as (account, _),
        pytest.raises(Refused, match="is in eu-west-1"),
    ):
        made(account, bucket="templates")


def test_deletes_and_follows_to_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    batches: list[list[Row]] = [
        [("Function", FUNCTION, "DELETE_IN_PROGRESS", "")],
        [("Function", FUNCTION, "DELETE_COMPLETE", "")],
    ]
    with scripted(Script("CREATE_COMPLETE", "DELETE_COMPLETE", batches=batches, tags=OWN)) as (account, _):
        assert deprovision(account, "orders", yes=True) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "DELETE_COMPLETE"


def test_a_deletion_that_fails_says_what_stayed() -> None:
    batches: list[list[Row]] = [
        [("Role", ROLE, "DELETE_FAILED", "Cannot delete entity, must detach all policies first")]
    ]
    with (
        scripted(Script("CREATE_COMPLETE", "DELETE_FAILED", batches=batches, tags=OWN)) as (account, _),
        pytest.raises(Refused, match=r"Role .*must detach all policies first"),
    ):
        deprovision(account, "orders", yes=True)


def test_deleting_what_is_not_there_is_success(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted(Script()) as (account, _):
        assert deprovision(account, "orders", yes=True) == 0
    assert "there is no stack orders" in capsys.readouterr().err


def test_a_strangers_stack_is_not_deleted() -> None:
    with scripted(Script("CREATE_COMPLETE")) as (account, cloud):
        with pytest.raises(Refused, match="was not made by `provision`"):
            deprovision(account, "orders", yes=True)
        assert "DeleteStack" not in cloud.calls


def test_status_shows_stack_owner_and_drift() -> None:
    drift = [
        {
            "StackId": "x",
            "LogicalResourceId": "Function",
            "ResourceType": FUNCTION,
            "StackResourceDriftStatus": "MODIFIED",
            "Timestamp": "2026-11-21T12:00:00Z",
            "PropertyDifferences": [
                {
                    "PropertyPath": "/MemorySize",
                    "ExpectedValue": "512",
                    "ActualValue": "128",
                    "DifferenceType": "NOT_EQUAL",
                }
            ],
        }
    ]
    with scripted(Script("CREATE_COMPLETE", tags=OWN, outputs={"A": "b"}, drift=drift)) as (account, _):
        found = status.status(account, "orders", drift=True)
    assert found["owner"] == "cloudformation"
    assert found["drift"]["status"] == "DRIFTED"
    assert found["drift"]["resources"][0]["properties"] == ["/MemorySize"]
    assert "         Function (AWS::Lambda::Function) MODIFIED: /MemorySize" in status.lines(found)


def test_status_of_a_stack_in_sync_and_of_none() -> None:
    with scripted(Script("CREATE_COMPLETE", tags=OWN)) as (account, _):
        assert status.status(account, "orders", drift=True)["drift"]["status"] == "IN_SYNC"
    with scripted(Script()) as (account, _):
        found = status.status(account, "orders", drift=True)
    assert (found["status"], found["drift"]) == (None, None)
    assert status.lines(found) == ["stack    orders: there is none"]


def test_the_verb_status_shows_a_stack_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with scripted(Script("CREATE_COMPLETE", tags=OWN)) as (account, _):
        url = account.client("cloudformation").meta.endpoint_url
        place = ["--region", "us-east-1", "--endpoint-url", url]
        assert command.main(["status", "--stack", "orders", "--drift", *place]) == 0
        found = json.loads(capsys.readouterr().out)["stack"]
        assert (found["status"], found["owner"], found["drift"]["status"]) == (
            "CREATE_COMPLETE",
            "cloudformation",
            "IN_SYNC",
        )
        assert command.main(["status", *place]) == 2
        assert command.main(["history", "--stack", "orders", *place]) == 2


def test_the_verb_says_what_aws_says_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with scripted(Script()) as (account, _):
        url = account.client("cloudformation").meta.endpoint_url
        assert command.main(["deprovision", "--stack", "orders", "--region", "us-east-1", "--endpoint-url", url]) == 0
        refused = ["provision", "--image", IMAGE, "--region", "us-east-1", "--endpoint-url", url, "--yes"]
        assert command.main(refused) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("monostep: sts:get_caller_identity:")
