"""Parameters of service calls against botocore's models, one call a row in tests/cases/parameters.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader
from hypothesis import given, settings
from hypothesis import strategies as st

from monostep.language import services
from monostep.language.diagnostic import Diagnostic
from monostep.language.lint.parameters import CODES, ENOUGH, calls, inspect
from monostep.language.lint.survey import Survey
from monostep.language.resources import INTEGRATIONS
from monostep.language.services import Call
from tests.shared import SHARED, needs_shared

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "parameters.json").read_text("utf-8"))


def _survey(resource: str, parameters: Any, jsonata: bool = False) -> Survey:
    field = "Arguments" if jsonata else "Parameters"
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", field: parameters, "End": True}
    return Survey({"QueryLanguage": "JSONata" if jsonata else "JSONPath", "StartAt": "A", "States": {"A": state}})


def _said(findings: list[Diagnostic]) -> list[str]:
    return [str(finding).replace(" at /States/A/", " at ") for finding in findings]


@pytest.mark.parametrize("row", ROWS, ids=[f"{n} {row['resource']}" for n, row in enumerate(ROWS)])
def test_a_call_has_the_findings_of_its_row(row: dict[str, Any]) -> None:
    survey = _survey(row["resource"], row["parameters"], row.get("jsonata", False))
    assert _said(inspect(survey)) == row["findings"]


def test_the_rows_tell_right_from_wrong_for_forty_integrations() -> None:
    right = {row["resource"] for row in ROWS if not row["findings"]}
    wrong = {row["resource"] for row in ROWS if row["findings"]}
    assert len(right & wrong) >= 40
    assert {finding.split(":")[0] for row in ROWS for finding in row["findings"]} == set(CODES)


@pytest.mark.parametrize("name", sorted(INTEGRATIONS))
def test_every_optimised_integration_is_modelled_or_known_to_be_none_of_botocore_s(name: str) -> None:
    for action in INTEGRATIONS[name]:
        asked = services.call(f"arn:aws:states:::{name}:{action}")
        if asked is None:
            assert action in services.UNMODELLED[name]
        else:
            service = services.folder(asked)
            assert service is not None
            assert services.operation(asked, service) is not None


NAMES = [
    ("sfn", "stepfunctions"), ("eventbridge", "events"), ("cloudwatchlogs", "logs"), ("cloudwatch", "cloudwatch"),
    ("costexplorer", "ce"), ("databasemigration", "dms"), ("cognitoidentityprovider", "cognito-idp"),
    ("config", "config"), ("elasticloadbalancingv2", "elbv2"), ("lexmodelbuilding", "lex-models"),
    ("lexruntimev2", "lexv2-runtime"), ("iotdataplane", "iot-data"), ("redshiftdata", "redshift-data"),
    ("emrserverless", "emr-serverless"),
    ("applicationautoscaling", "application-autoscaling"), ("acmpca", "acm-pca"), ("s3control", "s3control"),
    ("serverlessapplicationrepository", "serverlessrepo"), ("directory", "ds"), ("SFN", "stepfunctions"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "folder"), NAMES)
def test_a_service_of_aws_sdk_is_found_by_its_service_id(name: str, folder: str) -> None:
    assert services.folder(Call(True, name, "x")) == folder


def test_every_service_of_botocore_has_a_name_of_its_own() -> None:
    folders = {services.folder(Call(True, name, "x")) for name in services.names()}
    assert len(folders) == len(services.names())


RESOURCES = [
    ("arn:aws:states:::dynamodb:getItem", "dynamodb:getItem"),
    ("arn:aws-cn:states:::sqs:sendMessage.waitForTaskToken", "sqs:sendMessage"),
    ("arn:${AWS::Partition}:states:::ecs:runTask.sync", "ecs:runTask"),
    ("arn:aws:states:us-east-1:123456789012:aws-sdk:s3:getObject", "aws-sdk:s3:getObject"),
    ("arn:aws:states:${AWS::Region}:${AWS::AccountId}:aws-sdk:s3:getObject", "aws-sdk:s3:getObject"),
    ("arn:aws:states:::states:startExecution.sync:2", "states:startExecution"),
    ("arn:aws:states:us-east-1:123456789012:activity:work", None),
    ("arn:aws:states:::http:invoke", None),
    ("arn:aws:lambda:us-east-1:123456789012:function:f", None),
    ("${LambdaArn}", None),
    ("arn:aws:states:::dynamodb:getItem.sometimes", None),
    (None, None),
]


@pytest.mark.parametrize(("resource", "expected"), RESOURCES)
def test_a_resource_is_taken_apart(resource: Any, expected: str | None) -> None:
    found = services.call(resource)
    assert (str(found) if found else None) == expected


def test_a_map_s_item_reader_is_a_call_too() -> None:
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b"}}
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemReader": reader}}}
    assert [str(finding) for finding in inspect(Survey(machine))] == [
        "MISSING_PARAMETER: s3:getObject needs the parameter Key at /States/M/ItemReader/Parameters"
    ]


def test_without_botocore_nothing_is_said_and_the_calls_are_still_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("botocore", "botocore.loaders"):
        monkeypatch.setitem(sys.modules, module, None)
    survey = _survey("dynamodb:getItem", {})
    assert not services.available()
    assert inspect(survey) == []
    assert [str(call) for call in calls(survey)] == ["dynamodb:getItem"]


def test_after_a_thousand_findings_there_are_no_more() -> None:
    assert len(inspect(_survey("sns:publish", {f"X{n}": 1 for n in range(2_000)}))) == ENOUGH


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "{% $x %}", "${X}", "5", "é"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["TableName", "Key", "Item", "S", "L", "M", "N", "x.$", ""]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


@settings(deadline=None)
@given(JSON, st.booleans())
def test_no_parameters_are_too_odd(parameters: Any, jsonata: bool) -> None:
    for resource in ("dynamodb:putItem", "aws-sdk:dynamodb:transactWriteItems"):
        assert isinstance(inspect(_survey(resource, parameters, jsonata)), list)


OUTDATED = {
    "aws-sdk:cloud9:createEnvironmentEC2 needs the parameter ImageId",
    "aws-sdk:pricing:getProducts needs the parameter ServiceCode",
}
"""What AWS's own examples of requests lack, being older than the parameter."""


def test_aws_s_own_examples_of_requests_pass() -> None:
    """The requests that botocore's models come with, 1,363 of them in botocore 1.44.5."""
    examples = list(_examples())
    assert len(examples) > 1_300
    said = {finding.message for asked, parameters in examples for finding in inspect(_survey(str(asked), parameters))}
    assert said == OUTDATED


def _examples() -> Iterator[tuple[Call, Any]]:
    loader = Loader()
    for name in services.names():
        folder = services.folder(Call(True, name, "")) or ""
        with suppress(UnknownServiceError, DataNotFoundError):
            for action, examples in loader.load_service_model(folder, "examples-1")["examples"].items():
                asked = Call(True, name, action[:1].lower() + action[1:])
                operation = services.operation(asked, folder)
                for example in examples:
                    if operation and isinstance(example.get("input"), dict):
                        yield asked, _spelt(operation.input, example["input"], operation.shapes)


def _spelt(shape: dict[str, Any], value: Any, shapes: dict[str, Any]) -> Any:
    """A request as Step Functions writes it."""
    if shape["type"] == "structure" and isinstance(value, dict):
        inner = {key: shapes[member["shape"]] for key, member in shape.get("members", {}).items()}
        return {key[:1].upper() + key[1:]: _spelt(inner[key], item, shapes) for key, item in value.items()}
    if shape["type"] == "list" and isinstance(value, list):
        return [_spelt(shapes[shape["member"]["shape"]], item, shapes) for item in value]
    if shape["type"] == "map" and isinstance(value, dict):
        return {key: _spelt(shapes[shape["value"]["shape"]], item, shapes) for key, item in value.items()}
    return value


@needs_shared
def test_no_call_of_a_valid_published_definition_is_found_fault_with() -> None:
    """444 calls of 78 actions, written for AWS by many hands."""
    seen = 0
    for line in (SHARED / "definitions" / "cases.jsonl").read_text("utf-8").split("\n")[:-1]:
        case = json.loads(line)
        if case["valid"] and not case.get("disputed") and isinstance(case.get("definition"), dict):
            survey = Survey(case["definition"])
            assert [str(finding) for finding in inspect(survey)] == [], case["id"]
            seen += len(calls(survey))
    assert seen > 400
