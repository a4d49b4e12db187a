"""Payload templates and single fields."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monostep.errors import EvaluationError, InvalidExpression
from monostep.expressions.templates import Constant, compile_field, compile_template
from tests.cases import rows
from tests.expressions.documents import PATHS, documents
from tests.scope import NOWHERE, Surroundings

SCOPE = Surroundings({"State": {"Name": "S"}}, {"x": {"y": [3]}})


@pytest.mark.parametrize("row", rows("templates"), ids=lambda row: json.dumps(row["template"]))
def test_a_template_gives_its_value_or_says_why_not(row: dict[str, Any]) -> None:
    before = copy.deepcopy(row)
    if "invalid" in row:
        with pytest.raises(InvalidExpression) as refusal:
            compile_template(row["template"], field="Parameters")
        assert str(refusal.value) == row["invalid"]
    elif "cause" in row:
        with pytest.raises(EvaluationError) as failure:
            compile_template(row["template"])(row["input"], SCOPE)
        assert (failure.value.error, failure.value.cause) == ("States.Runtime", row["cause"])
    else:
        template = compile_template(row["template"])
        assert json.dumps(template(row["input"], SCOPE)) == json.dumps(row["value"])
        assert isinstance(template, Constant) == row.get("constant", False)
    assert row == before


def test_constants_are_built_once_and_shared() -> None:
    template = compile_template({"fixed": {"list": [1]}, "v.$": "$.a"})
    first, second = template({"a": 1}, NOWHERE), template({"a": 2}, NOWHERE)
    assert first["fixed"] is second["fixed"]
    assert (first["v"], second["v"]) == (1, 2)


def test_a_field_of_its_own_is_named_in_its_failure() -> None:
    with pytest.raises(EvaluationError) as failure:
        compile_field("$.ErrorX", field="ErrorPath")({"Error": "e"}, NOWHERE)
    missing = "The JSONPath '$.ErrorX' specified for the field 'ErrorPath' could not be found in the input"
    assert failure.value.cause == missing + """ '{"Error":"e"}'"""
    assert compile_field("States.Format('{}!', $.Error)", field="ErrorPath")({"Error": "e"}, NOWHERE) == "e!"


def test_a_template_nested_too_deep_is_refused() -> None:
    deep: Any = {"v.$": "$"}
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(InvalidExpression, match="nested more than 100 levels"):
        compile_template(deep, field="Parameters")


@given(
    st.dictionaries(st.sampled_from(["a", "b.$", "c.$"]), st.sampled_from([*PATHS, "States.Array($.a, $)"])),
    documents,
)
def test_a_template_gives_the_same_twice_and_changes_nothing(template: dict[str, Any], document: Any) -> None:
    before = copy.deepcopy((template, document))
    build = compile_template(template)
    with suppress(EvaluationError):
        assert build(document, NOWHERE) == build(document, NOWHERE)
    assert (template, document) == before
