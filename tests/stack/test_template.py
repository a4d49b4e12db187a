"""Templates: golden files, cfn-lint, and what must stay true of each format."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monostep.errors import InvalidDefinition, UsageError
from monostep.stack import cloudformation, project
from monostep.stack.options import Options
from monostep.stack.project import Machine, Size, stack_name
from monostep.stack.template import made
from monostep.stack.terraform import hcl
from monostep.verbs import command
from tests.cases import rows
from tests.stack.samples import GOLDEN, IMAGE, SIZE, STACKS, cases, machines, template

CFN_LINT = str(Path(sys.executable).with_name("cfn-lint"))


def resources(name: str, kind: str) -> dict[str, Any]:
    found = template(name, "cloudformation")["Resources"]
    return {key: one for key, one in found.items() if one["Type"] == kind}


@pytest.mark.parametrize(("name", "format"), cases())
def test_prints_the_golden_template(name: str, format: str) -> None:
    text = (GOLDEN / f"{name}.{format}.json").read_text("utf-8")
    assert json.dumps(template(name, format), indent=1, ensure_ascii=False) + "\n" == text, (
        "if this is meant: python -m tests.stack.samples"
    )


def test_cfn_lint_finds_nothing_in_any_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(GOLDEN / f"{name}.{format}.json") for name, format in cases() if format != "terraform"]
    for format in ("cloudformation", "sam"):
        assert command.main(["template", "--format", format, "--image", IMAGE, "--tracing", "--express", "hello"]) == 0
        (tmp_path / f"{format}.json").write_text(capsys.readouterr().out)
        files.append(str(tmp_path / f"{format}.json"))
    assert command.main(["template", "deployer", "--image", IMAGE]) == 0
    (tmp_path / "deployer.json").write_text(capsys.readouterr().out)
    files.append(str(tmp_path / "deployer.json"))
    lint = [CFN_LINT, "--include-checks", "I", "--regions", "us-east-1", "--", *files]
    done = subprocess.run(lint, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_cfn_lint_reads_sam_too(tmp_path: Path) -> None:
    text = (GOLDEN / "plain.sam.json").read_text("utf-8").replace('"MemorySize": 512', '"MemorySize": "lots"')
    (tmp_path / "bad.json").write_text(text)
    done = subprocess.run([CFN_LINT, str(tmp_path / "bad.json")], capture_output=True, text=True)
    assert "'lots' is not of type 'integer'" in done.stdout


def test_the_versions_of_both_kinds_are_retained() -> None:
    versions = resources("plain", "AWS::Lambda::Version") | resources(
        "plain", "AWS::StepFunctions::StateMachineVersion"
    )
    assert len(versions) == 5
    for one in versions.values():
        assert one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain"


def test_a_lambda_version_is_called_after_the_digest_and_the_configuration() -> None:
    chosen = STACKS["plain"]
    assert all("Version" + "0a" * 12 in key for key in resources("plain", "AWS::Lambda::Version"))
    other = chosen._replace(image=IMAGE.replace("0a", "0b"))
    ids = [cloudformation.version_id("LambdaArn", SIZE, one) for one in (chosen, other)]
    ids += [cloudformation.version_id("LambdaArn", Size(513, 60), chosen)]
    ids += [cloudformation.version_id("LambdaArn", SIZE, chosen._replace(architecture="arm64"))]
    assert len(set(ids)) == 4
    assert all(one.isalnum() for one in ids)


def test_a_machine_names_the_version_of_its_lambda_and_its_version_the_revision() -> None:
    machine = resources("plain", "AWS::StepFunctions::StateMachine")["Machine"]["Properties"]
    version = cloudformation.version_id("LambdaArn", SIZE, STACKS["plain"])
    assert machine["DefinitionSubstitutions"] == {"LambdaArn": {"Ref": version}}
    released = resources("plain", "AWS::StepFunctions::StateMachineVersion")["MachineVersion"]["Properties"]
    assert released["StateMachineRevisionId"] == {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]}


def test_callers_get_the_alias() -> None:
    outputs = template("plain", "cloudformation")["Outputs"]
    assert outputs["MachineAliasArn"]["Value"] == {"Ref": "MachineAlias"}
    assert {"NightlyReportMachineAliasArn", "PingMachineAliasArn"} <= outputs.keys()


def test_a_task_of_another_size_has_a_lambda_of_its_own_from_the_same_image() -> None:
    functions = resources("plain", "AWS::Lambda::Function")
    assert {key: one["Properties"]["MemorySize"] for key, one in functions.items()} == {
        "Function": 512,
        "FunctionM2048T900": 2048,
    }
    assert {one["Properties"]["Code"]["ImageUri"] for one in functions.values()} == {IMAGE}


def test_the_deployers_stack_has_neither_versions_nor_aliases() -> None:
    kinds = {one["Type"] for one in template("deployer", "cloudformation")["Resources"].values()}
    assert not {kind for kind in kinds if kind.endswith(("Version", "Alias"))}


def test_the_deployers_stack_has_the_tags_and_the_path_the_deployer_asks_for() -> None:
    found = template("deployer", "cloudformation")
    tags = [
        {"Key": "ProjectName", "Value": "shop/orders"},
        {"Key": "ConfigName", "Value": "production"},
        {"Key": "DeployWith", "Value": "step-deployer"},
    ]
    for one in found["Resources"].values():
        if one["Type"] in ("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"):
            assert one["Properties"]["Tags"] == tags
        if one["Type"] == "AWS::IAM::Role":
            assert one["Properties"]["Path"] == "/step/shop/orders/production/"
    assert found["Metadata"]["Monostep"]["Owner"] == "deployer:shop/orders/production"


def test_own_roles_are_used_and_none_is_made() -> None:
    assert resources("own-roles", "AWS::IAM::Role") == {}
    machine = resources("own-roles", "AWS::StepFunctions::StateMachine")["Machine"]
    assert machine["Properties"]["RoleArn"] == STACKS["own-roles"].role


def test_a_distributed_map_has_a_policy_of_its_own_before_its_machine() -> None:
    assert "NightlyReportMachineMapPolicy" in resources("plain", "AWS::IAM::Policy")
    machine = resources("plain", "AWS::StepFunctions::StateMachine")["NightlyReportMachine"]
    assert machine["DependsOn"] == ["NightlyReportMachineMapPolicy"]


def test_no_statement_of_any_role_has_a_wildcard_action() -> None:
    text = json.dumps([template(name, "cloudformation") for name in STACKS])
    actions = [
        action for found in re.findall(r'"Action": (\[.*?\]|".*?")', text) for action in re.findall(r'"(.*?)"', found)
    ]
    assert actions
    assert not [action for action in actions if "*" in action]


def test_only_named_alarms_and_metrics_of_aws_are_used() -> None:
    alarms = resources("full", "AWS::CloudWatch::Alarm")
    assert {one["Properties"]["MetricName"] for one in alarms.values()} == {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionThrottled",
    }
    assert len(alarms) == 9
    assert all(one["Properties"]["AlarmActions"] == [STACKS["full"].alarm_topic] for one in alarms.values())


def test_the_substitutions_of_a_machine_are_the_stacks_parameters() -> None:
    assert template("plain", "cloudformation")["Parameters"].keys() == {"BucketName", "TopicArn"}


@pytest.mark.parametrize("name", ["plain", "full"])
def test_terraform_uses_only_attributes_the_provider_has(name: str) -> None:
    table = {row["kind"]: row for row in rows("terraform")}
    found = template(name, "terraform")
    for kind, properties in _blocks(found):
        row = table[kind]
        assert set(row["required"]) <= properties.keys(), kind
        assert properties.keys() <= {*row["required"], *row["optional"]}, kind


@pytest.mark.parametrize("name", ["plain", "full"])
def test_terraform_refers_only_to_what_is_there(name: str) -> None:
    table = {row["kind"]: row for row in rows("terraform")}
    found = template(name, "terraform")
    text = re.sub(r"\$\$\{[^}]*\}", "", json.dumps(found))
    for reference in re.findall(r"(?<!\$)\$\{([^}]*)\}", text):
        parts = reference.split(".")
        if parts[0] == "var":
            assert parts[1] in found["variable"]
        elif parts[0] == "data":
            assert parts[2] in found["data"][parts[1]]
            assert parts[3] in table[f"data.{parts[1]}"]["exported"]
        else:
            assert parts[1] in found["resource"][parts[0]]
            assert parts[2] in table[parts[0]]["exported"]


def _blocks(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, items in found["resource"].items():
        for properties in items.values():
            yield kind, properties
            for key, value in properties.items():
                for block in value if isinstance(value, list) else [value]:
                    if isinstance(block, dict) and key not in ("tags", "dimensions"):
                        yield f"{kind}.{key}", block
    for kind, items in found["data"].items():
        yield from ((f"data.{kind}", properties) for properties in items.values())


def test_terraform_keeps_the_letters_of_a_machine() -> None:
    assert hcl("${A} ${B} %{x} ${ $", {"A": "var.A"}) == "${var.A} $${B} %%{x} $${ $"
    definition = template("plain", "terraform")["resource"]["aws_sfn_state_machine"]["nightlyreport_machine"][
        "definition"
    ]
    assert "100 %%{ sure }" in definition
    assert "{% $states.input %}" in definition


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--image"),
        (["--image", "123456789012.dkr.ecr.us-east-1.amazonaws.com/orders:latest"], "by digest"),
        (["--image", IMAGE, "--memory", "64"], "128 to 10240"),
        (["--image", IMAGE, "--express", "nobody"], "no such workflow"),
        (["--image", IMAGE, "--deployer", "orders"], "PROJECT/CONFIG"),
        (["--image", IMAGE, "--deployer", "a/b", "--format", "sam"], "takes over a CloudFormation stack"),
        (["--image", IMAGE, "--stack", "s" * 70], "a shorter name"),
        (["--image", IMAGE, "--tag", "team"], "NAME=VALUE"),
        (["--image", IMAGE, "--role", "me"], "not the ARN of a role"),
    ],
)
def test_refuses_what_makes_no_sense_in_one_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["template", *words]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


def test_a_machine_aws_would_reject_is_not_in_a_template(tmp_path: Path) -> None:
    (tmp_path / "machine.json").write_text('{"StartAt": "Nowhere", "States": {"S": {"Type": "Succeed"}}}')
    with pytest.raises(InvalidDefinition, match="Nowhere"):
        project.machines(SIZE, root=tmp_path)


def test_a_project_without_workflows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no machine\.json"):
        project.machines(SIZE, root=tmp_path)


def test_a_policy_too_large_for_a_role_is_refused_with_the_mend() -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem"}
    states = {f"S{i}": {**state, "Parameters": {"TableName": f"table-number-{i}"}} for i in range(120)}
    big = Machine("machine", "STANDARD", {"StartAt": "S0", "States": states}, {})
    with pytest.raises(UsageError, match=r"10,240.*--role"):
        made("cloudformation", [big], Options(IMAGE, SIZE), "s")


def test_a_machine_without_a_lambda_still_has_its_role() -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
    topic = "arn:aws:sns:us-east-1:123456789012:t"
    definition = {"StartAt": "Tell", "States": {"Tell": {**state, "Parameters": {"TopicArn": topic, "Message": "x"}}}}
    found = made("cloudformation", [Machine("machine", "STANDARD", definition, {})], Options(IMAGE, SIZE), "s")
    properties = found["Resources"]["Machine"]["Properties"]
    assert properties["RoleArn"] == {"Fn::GetAtt": ["MachineRole", "Arn"]}
    assert "DefinitionSubstitutions" not in properties


def test_tags_of_the_user_are_on_lambda_and_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["template", "--image", IMAGE, "--tag", "team=shop"]) == 0
    found = json.loads(capsys.readouterr().out)["Resources"]
    for name in ("Function", "Machine"):
        assert found[name]["Properties"]["Tags"] == [{"Key": "team", "Value": "shop"}]


def test_two_people_and_two_stages_have_stacks_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "jane.doe")
    assert stack_name("orders", "dev", True) == "orders-dev-jane-doe"
    assert stack_name("orders", None, False) == "orders"
    with pytest.raises(UsageError, match="cannot name a stack"):
        stack_name("9", None, False)


def test_the_machines_of_a_template_are_the_same_every_time() -> None:
    assert json.dumps(template("full", "cloudformation")) == json.dumps(template("full", "cloudformation"))
    assert [machine.name for machine in machines(STACKS["plain"])] == ["machine", "nightly-report", "ping"]
