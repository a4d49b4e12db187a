"""Whatever a definition holds, the linter answers with findings: never a traceback, never for long."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monostep.language.checks import ENOUGH
from monostep.language.diagnostic import Diagnostic
from monostep.language.lint.verdict import lint, rejection
from monostep.language.machine import Machine

LONG = "n" * 1_000_000
ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "lint.json").read_text("utf-8"))
REAL: list[dict[str, Any]] = [row["definition"] for row in ROWS if isinstance(row["definition"], dict)]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(
    [
        "$",
        "$.a[",
        "$$.x",
        "$..a",
        "$[?(@.a==b)]",
        "States.Format('{}', $.a)",
        "States.UUID(",
        "{% $states.input %}",
        "{% 1 + %}",
        "{% $$ %}",
        "{%",
        "10 %}",
        "JSONata",
        "jsonpath",
        "Map",
        "TaskFn",
        "${X}",
        "arn:aws:states:::sqs:sendMessage",
        "2030-01-01T00:00:00Z",
        "2030-13-01T00:00:00Z",
        "States.ALL",
        "\ud800",
        "\x00",
        "DISTRIBUTED",
        "CSV",
    ]
)
FIELDS = st.sampled_from(
    sorted({"Type", "Next", "Catch", "Choices", "States", "Branches", "ItemReader", "Assign", "Task", "a.$", "Not"})
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every object or array inside, with each of its keys or indices."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        top = stack.pop()
        pairs = top.items() if isinstance(top, dict) else enumerate(top) if isinstance(top, list) else ()
        for key, inner in pairs:
            found.append((top, key))
            stack.append(inner)
    return found


def mutate(data: st.DataObject, definition: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(definition)
    for _ in range(data.draw(st.integers(1, 4))):
        spots = places(changed)
        if not spots:
            break
        around, key = data.draw(st.sampled_from(spots))
        what = data.draw(st.sampled_from(["replace", "remove", "rename", "wrap"]))
        if what == "replace":
            around[key] = data.draw(JSON | WORDS)
        elif what == "wrap":
            around[key] = [around[key]]
        elif what == "remove" or isinstance(around, list):
            del around[key]
        else:
            around[data.draw(FIELDS | st.text(max_size=90))] = around.pop(key)
    return changed


def sound(found: list[Diagnostic]) -> bool:
    """Whether findings are what they should be: of known severity, worded, and writable."""
    written = rejection(found).encode("utf-8")
    return written != b"" and all(one.severity in ("ERROR", "WARNING") and one.message for one in found)


@given(st.data(), st.sampled_from(REAL), st.sampled_from(["STANDARD", "EXPRESS"]))
@settings(max_examples=300, deadline=timedelta(seconds=5), suppress_health_check=[HealthCheck.too_slow])
def test_a_mutated_definition_has_findings_or_a_model_and_no_traceback(
    data: st.DataObject, definition: dict[str, Any], kind: str
) -> None:
    changed = mutate(data, definition)
    found = lint(changed, kind)
    assert sound(found)
    if not any(finding.severity == "ERROR" for finding in found):
        assert json.dumps(Machine.model_validate(changed).model_dump()) == json.dumps(changed)
    text = json.dumps(changed)
    assert sound(lint(text, kind))
    assert sound(lint(text[: data.draw(st.integers(0, len(text)))], kind))


@given(JSON)
@settings(max_examples=100, deadline=timedelta(seconds=5))
def test_any_json_has_findings(definition: Any) -> None:
    assert lint(definition)


def nested(levels: int) -> dict[str, Any]:
    machine: dict[str, Any] = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    for level in range(levels):
        state = {"Type": "Parallel", "Branches": [machine], "End": True}
        machine = {"StartAt": f"P{level}", "States": {f"P{level}": state}}
    return machine


def test_forty_parallels_inside_one_another_are_fine() -> None:
    assert not lint(nested(40))


def test_three_thousand_parallels_inside_one_another_are_too_deep() -> None:
    assert [finding.code for finding in lint(nested(3_000))] == ["TOO_DEEPLY_NESTED"]


HUGE: list[tuple[str, dict[str, Any]]] = [
    ("a state's name", {"StartAt": LONG, "States": {LONG: {"Type": "Pass", "Next": "x", "q": 1}}}),
    ("a target", {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": LONG}}}),
    ("a type", {"StartAt": "A", "States": {"A": {"Type": LONG}}}),
    ("a field", {"StartAt": "A", "States": {"A": {"Type": "Succeed", LONG: 1}}}),
    ("a path", {"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "$." + LONG, "End": True}}}),
    ("a path of steps", {"StartAt": "A", "States": {"A": {"Type": "Succeed", "InputPath": "$" + "[0]" * 300_000}}}),
    ("a variable", {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {LONG: 1}, "End": True}}}),
    ("a label", {"StartAt": "A", "States": {"A": {"Type": "Map", "Label": LONG, "End": True}}}),
    ("a resource", {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:" + LONG, "End": True}}}),
]


@pytest.mark.parametrize("definition", [row[1] for row in HUGE], ids=[row[0] for row in HUGE])
def test_a_megabyte_where_a_name_belongs_makes_short_findings(definition: dict[str, Any]) -> None:
    found = lint(definition)
    assert found
    assert all(len(str(finding)) < 50_000 for finding in found)


def test_findings_stop_at_a_thousand() -> None:
    assert len(lint({str(index): 1 for index in range(5_000)})) == ENOUGH


def test_half_a_surrogate_pair_is_not_repeated() -> None:
    for finding in lint({"StartAt": "\ud800", "States": {"\udfff": {"Type": "Pass", "\ud800": 1, "End": True}}}):
        assert str(finding).encode("utf-8")
