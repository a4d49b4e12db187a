"""What our own rules say, one machine a row in tests/cases/advice.json: what fires, and its twin that does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monostep.language.lint.advice import ENOUGH, RULES, advise
from monostep.language.lint.parameters import inspect
from monostep.language.lint.survey import Survey
from monostep.language.lint.verdict import lint
from tests.shared import SHARED, needs_shared

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "advice.json").read_text("utf-8"))


def _advise(row: dict[str, Any]) -> list[str]:
    tasks = dict.fromkeys(row["tasks"]) if "tasks" in row else None
    return [f"{finding.severity} {finding}" for finding in advise(row["machine"], tasks, row.get("workflow"))]


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_machine_has_the_findings_of_its_row(row: dict[str, Any]) -> None:
    assert _advise(row) == row["findings"]


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_every_rule_has_a_row_that_it_speaks_of_and_one_that_it_does_not(rule: Any) -> None:
    said = [any(rule.code in finding for finding in row["findings"]) for row in ROWS]
    assert any(said)
    assert not all(said)


def test_the_rules_of_our_own_are_not_part_of_lint() -> None:
    codes = {rule.code for rule in RULES}
    assert not [finding for row in ROWS for finding in lint(row["machine"]) if finding.code in codes]


def test_a_function_no_state_uses_is_told_with_its_place() -> None:
    class Task:
        location = "handler.tasks:12"

    assert [finding.message for finding in advise({"States": {}}, {"Refund": Task()})] == [
        "No state uses the function of task Refund (handler.tasks:12)"
    ]


def test_after_a_thousand_findings_there_are_no_more() -> None:
    states = {f"S{n}": {"Type": "TaskFn", "End": True} for n in range(2_000)}
    assert len(advise({"StartAt": "S0", "States": states}, {})) == ENOUGH


NAMES = st.sampled_from([
    *"ABC", "StartAt", "States", "Type", "Next", "Default", "Choices", "Catch", "Retry", "ErrorEquals", "Assign",
    "Task", "Branches", "ItemProcessor", "Iterator", "Parameters", "Arguments", "Resource", "QueryLanguage", "Not",
    "Variable", "Condition", "ProcessorConfig", "x.$", "Path", "Payload",
])  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(
        ["A", "B", "$x", "{% $x %}", "{% ( %}", "JSONata", "TaskFn", "Task", "Map", "Choice", "States.ALL"]
    )
)
MACHINES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=30
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["A", "B"]), MACHINES), MACHINES)
def test_nothing_shaped_ill_ends_in_a_traceback(states: Any, odd: Any) -> None:
    assert isinstance(advise({"StartAt": "A", "States": states}, {"A": None}), list)
    assert isinstance(advise(odd, {}), list)


GRAPHS = st.lists(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=3), min_size=6, max_size=6)
"""Of each of six states, where its rules lead and whether they assign."""


@settings(deadline=None)
@given(GRAPHS)
def test_a_variable_is_undefined_where_no_way_to_it_assigns_it(graph: list[list[tuple[int, bool]]]) -> None:
    states = {
        f"S{number}": {
            "Type": "Choice",
            "InputPath": "$x",
            "Choices": [
                {"Next": f"S{target}", **({"Assign": {"x": 1}} if assigns else {})} for target, assigns in rules
            ],
        }
        for number, rules in enumerate(graph)
    }
    seen, ahead = set(), [(0, False)]
    while ahead:
        number, known = ahead.pop()
        if (number, known) not in seen:
            seen.add((number, known))
            ahead += [(target, known or assigns) for target, assigns in graph[number]]
    expected = {f"/States/S{n}/InputPath" for n in range(6) if (n, False) in seen and (n, True) not in seen}
    findings = advise({"StartAt": "S0", "States": states})
    assert {one.location for one in findings if one.code == "UNDEFINED_VARIABLE"} == expected


def _definitions() -> list[Any]:
    source = SHARED / "definitions" / "cases.jsonl"
    lines = source.read_text("utf-8").split("\n")[:-1] if source.is_file() else []
    return [case["definition"] for case in map(json.loads, lines) if isinstance(case.get("definition"), dict)]


DEFINITIONS = _definitions()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every item of every object and list, as the place to put another: what holds it, and under which key."""
    keys: list[Any] = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


@needs_shared
@settings(deadline=None)
@given(st.data())
def test_no_real_definition_is_too_broken(data: st.DataObject) -> None:
    definition = json.loads(json.dumps(data.draw(st.sampled_from(DEFINITIONS))))
    for _ in range(3):
        places = _places(definition)
        holder, key = places[data.draw(st.integers(0, len(places) - 1))]
        holder[key] = data.draw(LEAVES | st.lists(LEAVES, max_size=1) | st.dictionaries(NAMES, LEAVES, max_size=1))
    assert isinstance(advise(definition, {"A": None}), list)
    assert isinstance(inspect(Survey(definition)), list)


@needs_shared
def test_the_published_samples_are_left_alone_but_for_what_is_truly_amiss() -> None:
    """Each of these was read by eye and is true: 24 findings in 106 samples."""
    said: dict[str, int] = {}
    for line in (SHARED / "definitions" / "cases.jsonl").read_text("utf-8").split("\n")[:-1]:
        case = json.loads(line)
        if case["authority"] == "sample" and case["valid"] and not case.get("disputed"):
            for finding in advise(case["definition"]):
                said[finding.code] = said.get(finding.code, 0) + 1
    assert said == {
        "CALLBACK_WITHOUT_TIMEOUT": 15,
        "CHOICE_WITHOUT_DEFAULT": 2,
        "UNRAISABLE_ERROR": 4,
        "UNUSED_VARIABLE": 3,
    }
