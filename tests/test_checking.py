"""`lint` as a person meets it: what it reads, what it prints, how it exits."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from monostep.verbs import lint
from monostep.verbs.command import main

GOOD = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
WORSE = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "End": True}}}
BAD: dict[str, Any] = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "Z": {"Type": "Succeed"}}}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(place: Path, name: str, definition: Any) -> str:
    (place / name).write_text(definition if isinstance(definition, str) else json.dumps(definition, indent=2), "utf-8")
    return name


def _stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_good_definition_prints_nothing_and_exits_0(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", _write(place, "good.json", GOOD)]) == 0
    assert capsys.readouterr() == ("", "lint: 0 errors, 0 warnings in 1 file\n")


def test_warnings_alone_exit_0(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", _write(place, "worse.json", WORSE)]) == 0
    said = capsys.readouterr()
    assert said.out == (
        "worse.json:7:9: warning UNUSED_VARIABLE Variable $x is assigned and never read (/States/A/Assign/x)\n"
    )
    assert said.err == "lint: 0 errors, 1 warning in 1 file\n"


def test_errors_exit_1_in_the_order_of_the_files_and_of_their_lines(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [
        _write(place, "bad.json", BAD),
        _write(place, "good.json", GOOD),
        _write(place, "broken.json", '{\n  "a": x}'),
    ]
    assert main(["lint", *names]) == 1
    said = capsys.readouterr()
    assert [line.split(" ")[:3] for line in said.out.splitlines()] == [
        ["bad.json:6:7:", "error", "MISSING_TRANSITION_TARGET"],
        ["bad.json:8:5:", "error", "MISSING_TRANSITION_TARGET"],
        ["broken.json:2:9:", "error", "INVALID_JSON_DESCRIPTION"],
    ]
    assert said.err == "lint: 3 errors, 0 warnings in 3 files\n"


def test_yaml_is_read_by_its_suffix_and_located_in_its_own_text(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: B\n  Z: {Type: Succeed}\n"
    assert main(["lint", _write(place, "bad.asl.yaml", source)]) == 1
    assert [line.split(" ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "bad.asl.yaml:5:5:",
        "bad.asl.yaml:6:3:",
    ]


@pytest.mark.parametrize(("source", "message"), [("hello", "valid JSON object"), ("a: !x 1", "tags are not supported")])
def test_yaml_that_is_no_definition_is_one_finding(
    place: Path, capsys: pytest.CaptureFixture[str], source: str, message: str
) -> None:
    assert main(["lint", _write(place, "odd.asl.yml", source)]) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert message in line


def test_a_dash_is_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _stdin(monkeypatch, json.dumps(BAD).encode())
    assert main(["lint", "-", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert {(row["path"], row["line"]) for row in report["diagnostics"]} == {("-", 1)}


def test_bytes_that_are_no_text_are_one_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _stdin(monkeypatch, b'{"a":\n "\xc3\xa9\xff"}')
    assert main(["lint", "-"]) == 1
    assert capsys.readouterr().out == "-:2:4: error INVALID_JSON_DESCRIPTION Invalid UTF-8 byte 0xff\n"


@pytest.mark.parametrize(
    "data", [b" " * 1_048_577, b"\xff" * 1_048_577, b'{"a":' * 300_000], ids=["blank", "ff", "deep"]
)
def test_a_text_over_the_limit_is_one_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    _stdin(monkeypatch, data)
    assert main(["lint", "-"]) == 1
    assert capsys.readouterr().out == (
        "-:1:1: error SCHEMA_VALIDATION_FAILED Definition must have length less than or equal to 1048576\n"
    )


def test_ten_thousand_levels_are_one_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _stdin(monkeypatch, b'{"a":' * 10_000 + b"1" + b"}" * 10_000)
    assert main(["lint", "-"]) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert "TOO_DEEPLY_NESTED" in line


@pytest.mark.parametrize("name", ["nope.json", ".", "a\0b"])
def test_a_file_that_cannot_be_read_exits_2_with_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["lint", _write(place, "bad.json", BAD), name]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"monostep: {name}: ")
    assert said.err.count("\n") == 1


def test_express_machines_have_rules_of_their_own(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    parameters = {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "TimeoutSeconds": 5, "End": True}
    name = _write(place, "callback.json", {"StartAt": "A", "States": {"A": state}})
    assert main(["lint", name]) == 0
    assert main(["lint", name, "--type", "EXPRESS"]) == 1
    assert "Express state machine does not support" in capsys.readouterr().out


def test_parameters_of_services_are_checked(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"Topic": "t"}, "End": True}
    assert main(["lint", _write(place, "sns.json", {"StartAt": "A", "States": {"A": state}})]) == 1
    assert "UNKNOWN_PARAMETER sns:publish takes no parameter Topic; did you mean TopicArn?" in capsys.readouterr().out


def test_without_botocore_it_says_what_it_did_not_check(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("botocore", "botocore.loaders"):
        monkeypatch.setitem(sys.modules, module, None)
    state = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"Topic": "t"}, "End": True}
    assert main(["lint", _write(place, "sns.json", {"StartAt": "A", "States": {"A": state}})]) == 0
    assert capsys.readouterr().err == (
        "lint: 0 errors, 0 warnings in 1 file\nlint: botocore is not installed, so 1 service call went unchecked\n"
    )


@pytest.mark.parametrize("resource", [{}, {"Resource": "arn:aws:states:::lambda:invoke"}], ids=["plain", "invoke"])
def test_a_finding_about_a_task_fn_s_own_arguments_stands_where_they_are_written(
    place: Path, capsys: pytest.CaptureFixture[str], resource: dict[str, str]
) -> None:
    state = {"Type": "TaskFn", "Arguments": {"a": [{"b": "{% ( %}"}]}, **resource, "End": True}
    machine = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}
    assert main(["lint", _write(place, "fn.json", machine)]) == 1
    assert capsys.readouterr().out == (
        "fn.json:10:13: error INVALID_JSONATA_EXPRESSION "
        'Expected ")" before end of expression (/States/A/Arguments/a[0]/b)\n'
    )


@pytest.fixture
def workflow(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, whose default workflow uses one task and has another."""
    monkeypatch.setattr(lint, "ROOT", place)
    monkeypatch.setattr(lint, "folder", lambda _name: str(place))
    _write(place, "machine.json", {"StartAt": "Charge", "States": {"Charge": {"Type": "TaskFn", "End": True}}})
    _write(place, "tasks.py", "from monostep import task\n\n@task\ndef Refund(order):\n    return order\n")
    return place


@pytest.mark.parametrize("arguments", [[], ["machine.json"]], ids=["no file", "its machine.json"])
@pytest.mark.usefixtures("workflow")
def test_a_workflow_is_checked_with_its_functions(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["lint", *arguments]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ")[:3] for line in lines] == [
        ["machine.json:1:1:", "warning", "FUNCTION_WITHOUT_TASK"],
        ["machine.json:4:5:", "error", "TASK_WITHOUT_FUNCTION"],
    ]


@pytest.mark.usefixtures("workflow")
def test_another_file_is_not_held_against_the_functions(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", _write(place, "other.json", GOOD)]) == 0
    assert main(["lint", "other.json", "--workflow", "this"]) == 0
    assert "FUNCTION_WITHOUT_TASK" in capsys.readouterr().out


def test_tasks_that_cannot_be_imported_are_a_finding(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(workflow, "tasks.py", "import nothing_of_this_name\n")
    assert main(["lint"]) == 1
    assert capsys.readouterr().out == (
        "machine.json:1:1: error TASKS_NOT_IMPORTED The workflow's tasks cannot be imported: "
        "ModuleNotFoundError: No module named 'nothing_of_this_name'\n"
    )


def test_the_workflows_of_this_project_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint"]) == 0
    for machine in sorted(lint.ROOT.glob("workflows/*/machine.json")):
        assert main(["lint", "--workflow", machine.parent.name]) == 0
        assert main(["lint", str(machine)]) == 0
    assert capsys.readouterr().out == ""
