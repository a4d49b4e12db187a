"""Code from definitions: it yields them again, ruff has nothing to say, and nothing in them gets out of its string."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monostep import build
from monostep.build.layout import WIDTH, quoted, width
from monostep.build.source import source
from monostep.verbs.command import main
from tests.build.roundtrip import definitions, mypy, ruff, written, yielded
from tests.shared import needs_shared

METHODS = {"when", "otherwise", "catch", "is_null"}
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@needs_shared
def test_every_valid_definition_comes_back_and_ruff_and_mypy_have_nothing_to_say(tmp_path: Path) -> None:
    every = definitions()
    assert {name: yielded(written(one, tmp_path, name)) for name, one in every.items()} == every
    assert ruff("check", str(tmp_path)) + ruff("format", "--check", str(tmp_path)) + mypy(str(tmp_path)) == ""


def _calls(code: str) -> set[str]:
    """Every name that the code calls, methods with a dot in front."""
    called = [node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return {f".{one.attr}" if isinstance(one, ast.Attribute) else ast.unparse(one) for one in called}


@QUICK
@given(st.lists(st.text(max_size=90), min_size=2, max_size=4, unique=True), JSON, st.text(max_size=300))
def test_whatever_a_definition_holds_it_stays_data(tmp_path: Path, names: list[str], value: Any, text: str) -> None:
    asked = {"Variable": "$." + text, "StringEquals": text}
    rules: list[Any] = [{**asked, "Next": names[-1]}, {"Not": {"And": [asked]}, "Next": names[-1]}]
    rules += [{"Variable": "$", "IsNull": True, "Next": name} for name in names[1:-1]]
    first: dict[str, Any] = {"Type": "Choice", "Choices": rules}
    task = {"Type": "Task", "Resource": text, "Parameters": {text: value}, "End": True}
    middle = {name: {**task, "Catch": [{"ErrorEquals": [text], "Next": names[-1]}]} for name in names[1:-1]}
    last = {"Type": "Pass", "Comment": text, "Result": value, "End": True}
    machine = {"Comment": text, "StartAt": names[0], "States": {names[0]: first, **middle, names[-1]: last}}
    file = written(machine, tmp_path)
    assert yielded(file) == machine
    code = file.read_text("utf-8")
    assert _calls(code) <= {*build.__all__, *(f".{name}" for name in METHODS)}
    imported = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node).split(" import ")[0] for node in imported] == ["from monostep.build"]
    assert all(width(line) <= WIDTH for line in code.split("\n"))


@QUICK
@given(st.text())
def test_a_string_is_quoted_as_itself(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    assert quoted(text).isprintable()


def test_a_deep_value_gets_names_of_its_own(tmp_path: Path) -> None:
    value: Any = "bottom"
    for _ in range(150):
        value = {"a": [value]}
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": value, "End": True}}}
    assert yielded(written(machine, tmp_path)) == machine
    assert ruff("check", str(tmp_path)) + ruff("format", "--check", str(tmp_path)) == ""


def test_deep_rules_and_deep_machines_come_back(tmp_path: Path) -> None:
    rule: dict[str, Any] = {"Variable": "$.a", "IsNull": True}
    for word in ("And", "Or", "Not") * 20:
        rule = {word: rule if word == "Not" else [rule, {"Variable": "$.b", "IsNull": True}]}
    inner: dict[str, Any] = {"Type": "Choice", "Choices": [{**rule, "Next": "End"}]}
    machine: dict[str, Any] = {"StartAt": "Ask", "States": {"Ask": inner, "End": {"Type": "Succeed"}}}
    for level in range(30):
        machine = {
            "StartAt": f"M{level}",
            "States": {f"M{level}": {"Type": "Map", "ItemProcessor": machine, "End": True}},
        }
    assert yielded(written(machine, tmp_path)) == machine
    assert ruff("check", str(tmp_path)) + ruff("format", "--check", str(tmp_path)) == ""


def test_ten_thousand_states_of_one_name_are_no_trouble(tmp_path: Path) -> None:
    names = ["é" * 80 + chr(0x4E00 + index) for index in range(10_000)]
    pairs = zip(names, [*names[1:], "End"], strict=True)
    states: dict[str, Any] = {name: {"Type": "Pass", "Next": then} for name, then in pairs}
    machine = {"StartAt": names[0], "States": {**states, "End": {"Type": "Succeed"}}}
    assert yielded(written(machine, tmp_path)) == machine


def test_a_long_text_is_broken_into_lines_in_no_time(tmp_path: Path) -> None:
    for text in ("word " * 50_000, "'" * 100_000, "漢" * 50_000):
        machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": text, "End": True}}}
        assert yielded(written(machine, tmp_path)) == machine


def test_a_loop_that_nothing_leaves_is_said_to_be_meant(tmp_path: Path) -> None:
    machine = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "B"}], "Default": "C"},
            "B": {"Type": "Pass", "Next": "B"},
            "C": {"Type": "Succeed"},
        },
    }
    assert "endless=True" in source(machine)
    assert yielded(written(machine, tmp_path)) == machine


REFUSED: list[tuple[str, Any, str]] = [
    ("no object", [], "dictionary"),
    ("an unknown field", {"StartAt": "A", "States": {}, "X": 1}, "/X"),
    ("a missing target", {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "Missing 'Next' target: B"),
    ("a null", {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": None, "End": True}}}, "Next is null"),
    ("no way out", {"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, "either a Next or an End"),
    ("no processor", {"StartAt": "A", "States": {"A": {"Type": "Map", "End": True}}}, "has an ItemProcessor"),
    ("no rules", {"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": []}}}, "needs Choices"),
    ("no resource", {"StartAt": "A", "States": {"A": {"Type": "Task", "End": True}}}, "needs a Resource"),
]


@pytest.mark.parametrize(("definition", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_no_machine_has_no_code(
    definition: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.asl.json"
    file.write_text(json.dumps(definition))
    assert main(["build", str(file)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


def test_the_verb_prints_code_for_json_and_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    (tmp_path / "a.asl.json").write_text(json.dumps(machine))
    (tmp_path / "b.asl.yaml").write_text("StartAt: A\nStates:\n  A: {Type: Pass, End: true}\n")
    assert main(["build", str(tmp_path / "a.asl.json")]) == 0
    first = capsys.readouterr().out
    assert main(["build", str(tmp_path / "b.asl.yaml")]) == 0
    assert first == capsys.readouterr().out == source(machine)


def test_the_verb_prints_code_that_aws_would_refuse_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "a", "End": True}}}
    (tmp_path / "a.json").write_text(json.dumps(machine))
    assert main(["build", str(tmp_path / "a.json")]) == 1
    printed = capsys.readouterr()
    assert "InputPath" in printed.err
    assert yielded(written(machine, tmp_path)) == machine


def test_a_file_that_is_not_there_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "/no/such/file.json"]) == 2
    assert "No such file" in capsys.readouterr().err
