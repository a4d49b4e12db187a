"""JSONata in fields: values and failures as AWS gives them, hostile expressions, the language's own suite."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monostep.errors import EvaluationError
from monostep.expressions.jlens import InvalidQuery, reads
from monostep.expressions.jsonata import check, compile_conditions, compile_field, compile_fields, is_expression
from monostep.expressions.references import find
from monostep.expressions.scope import Constant
from tests.hostile import ROWS as HOSTILE
from tests.jsonata import GAPS, agrees, cases
from tests.scope import NOWHERE, Surroundings
from tests.shared import needs_shared

CASES = Path(__file__).parents[1] / "cases"
ROWS = json.loads((CASES / "jsonata.json").read_text())
KNOWN = json.loads((CASES / "jsonata_gaps.json").read_text())
CHECKS = json.loads((CASES / "jsonata_checks.json").read_text())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_field_gives_what_aws_gives(row: dict[str, Any]) -> None:
    states, variables = row.get("states", {}), row.get("variables", {})
    before = deepcopy((row["template"], states, variables))
    evaluate = compile_field(row["template"], row["field"], row.get("expect"))
    if "cause" in row:
        with pytest.raises(EvaluationError) as failure:
            evaluate(states, Surroundings(variables=variables))
        problem = failure.value
        assert (problem.error, problem.cause, problem.location) == (
            "States.QueryEvaluationError",
            row["cause"],
            row["location"],
        )
    else:
        value = evaluate(states, Surroundings(variables=variables))
        assert json.dumps(value) == json.dumps(row["value"])
    assert (row["template"], states, variables) == before


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row["expression"])
def test_a_known_gap_is_still_one(row: dict[str, Any]) -> None:
    evaluate = compile_field(f"{{% {row['expression']} %}}", "Output")
    try:
        value = evaluate({"input": {"id": 2**63 - 1}}, NOWHERE)
    except EvaluationError as problem:
        value = problem.cause
    assert value != row["aws"]


@pytest.mark.parametrize("row", CHECKS, ids=lambda row: row["text"])
def test_a_definition_is_refused_as_aws_refuses_it(row: dict[str, Any]) -> None:
    if "code" not in row:
        assert check(row["text"]) is None  # type: ignore[func-returns-value]
        return
    with pytest.raises(InvalidQuery) as refusal:
        check(row["text"])
    assert (refusal.value.code, str(refusal.value)) == (row["code"], row["message"])


def test_states_fields_exist_only_where_aws_has_them() -> None:
    check("{% $states.errorOutput.Cause %}", error_output=True)
    check("{% $states.result %}")
    with pytest.raises(InvalidQuery, match=r"Field '\$states.result' does not exist\."):
        check("{% 1 + $states.result %}", result=False)


@pytest.mark.parametrize(("text", "answer"), [("{%%}", True), ("{% 1 %}", True), ("{%}", False), (" {% 1 %}", False)])
def test_an_expression_is_enclosed_exactly(text: str, answer: bool) -> None:
    assert is_expression(text) is answer


def test_a_field_without_expressions_is_constant() -> None:
    field = compile_field({"a": [1, "x", " {% 1 %} "]}, "Output")
    assert isinstance(field, Constant)
    assert field.value == {"a": [1, "x", " {% 1 %} "]}


def test_several_fields_are_evaluated_together() -> None:
    evaluate = compile_fields({"Output": "{% $states.input + 1 %}", "Assign": {"n": ["{% $n * 2 %}"], "k": 1}})
    assert evaluate({"input": 1}, Surroundings(variables={"n": 4})) == {"Output": 2, "Assign": {"n": [8], "k": 1}}
    with pytest.raises(EvaluationError) as failure:
        evaluate({"input": 1}, NOWHERE)
    assert failure.value.location == "Assign/n[0]"


def test_the_first_true_condition_wins_and_later_ones_are_not_asked_to_be_right() -> None:
    texts = ["{% $states.input = 1 %}", False, "{% $states.input > 1 %}", "{% $nobody %}", "{% $sum('a') %}"]
    choose = compile_conditions(texts)
    assert [choose({"input": n}, NOWHERE) for n in (1, 2)] == [0, 2]
    with pytest.raises(EvaluationError) as failure:
        choose({"input": 0}, NOWHERE)
    assert failure.value.location == "Choices[3]/Condition"
    assert compile_conditions(texts[:3])({"input": 0}, NOWHERE) == -1


def test_a_condition_that_is_neither_true_nor_false_fails() -> None:
    with pytest.raises(EvaluationError) as failure:
        compile_conditions(["{% $states.input %}"])({"input": 1}, NOWHERE)
    assert failure.value.cause == (
        "The JSONata expression '$states.input' specified for the field 'Choices[0]/Condition' returned an "
        "unexpected result type. Expected 'boolean', but was 'number' for value: 1"
    )


@pytest.mark.parametrize("at", [0, 7, 8, 100, 199])
def test_two_hundred_conditions(at: int) -> None:
    choose = compile_conditions([f"{{% $states.input.n = {index} %}}" for index in range(200)])
    assert choose({"input": {"n": at}}, NOWHERE) == at


def test_a_run_decides_on_its_clock_and_its_luck() -> None:
    field = compile_field(
        {"t": "{% $now() %}", "m": "{% $millis() %}", "r": "{% $random() %}", "u": "{% $uuid() %}"}, "O"
    )

    def evaluate(seed: int) -> Any:
        return field({}, SimpleNamespace(context={}, variables={}, now=1000, random=Random(seed)))

    first, again, other = evaluate(1), evaluate(1), evaluate(2)
    assert first == again
    assert (first["t"], first["m"]) == ("1970-01-01T00:00:01.000Z", 1000)
    assert first["r"] != other["r"]
    assert first["u"] != other["u"]


def test_the_library_is_imported_by_the_first_expression() -> None:
    program = (
        "import sys; from monostep.expressions import jsonata; jsonata.compile_field({'a': [1]}, 'Output');"
        "assert 'jlens' not in sys.modules; jsonata.compile_field('{% 1 %}', 'Output'); assert 'jlens' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_expressions_that_do_not_end_share_one_bound_of_time() -> None:
    endless = "{% ($f := function($x){ $f($x + 1) }; $f(1)) %}"
    with pytest.raises(EvaluationError) as failure:
        compile_field([1, "{% 1 + 1 %}", endless, endless, endless], "Output")({}, NOWHERE)
    assert failure.value.location == "Output[2]"


def test_hostile_expressions_fail_and_neither_hang_nor_crash() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.hostile"], capture_output=True, text=True, timeout=120, check=True
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert [answer["name"] for answer in answers] == [row["name"] for row in HOSTILE]
    for row, answer in zip(HOSTILE, answers, strict=True):
        assert re.search(row["gives"], str(answer["gives"])), answer


@needs_shared
def test_the_languages_own_suite_passes_but_for_the_gaps() -> None:
    assert {case.id for case in cases() if not agrees(case)} == GAPS.keys()


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@needs_shared
def test_what_is_refused_for_its_references_does_read_the_context_item() -> None:
    """Beside the library's own analysis, over every expression of the suite that it can read."""
    refused = 0
    for case in cases():
        try:
            context = reads(case.source).context
        except InvalidQuery:
            continue
        found = [problem for problem in find(case.source) if "at the top level" in problem]
        refused += bool(found)
        assert context or not found, case.source
    assert refused > 500


@given(document=DOCUMENTS, path=st.lists(st.sampled_from("abc"), max_size=3))
def test_looking_up_a_path_is_evaluating_it(document: Any, path: list[str]) -> None:
    text = ".".join(["$states.input", *path])
    outcomes = []
    for source in (f"{{% {text} %}}", f"{{% ({text}) %}}"):
        try:
            outcomes.append(json.dumps(compile_field(source, "Output")({"input": document}, NOWHERE)))
        except EvaluationError as error:
            outcomes.append(error.cause or "")
    assert outcomes[0] == outcomes[1].replace(f"({text})", text)


@given(template=DOCUMENTS)
def test_a_template_of_constants_is_itself(template: Any) -> None:
    assert compile_field(template, "Output")({}, NOWHERE) == template
