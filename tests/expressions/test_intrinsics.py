"""Intrinsic functions: golden rows of calls, and what holds for any text and any argument."""

from __future__ import annotations

import copy
import json
import re
import uuid
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monostep.errors import EvaluationError, InvalidExpression
from monostep.expressions.catalog import FUNCTIONS
from monostep.expressions.intrinsics import compile_intrinsic
from monostep.expressions.java import java_hash
from tests.cases import rows
from tests.expressions.documents import documents
from tests.scope import NOWHERE, Seeded


@pytest.mark.parametrize("row", rows("intrinsics"), ids=lambda row: f"{row['call']} of {json.dumps(row['input'])}")
def test_a_call_gives_its_value_or_says_why_not(row: dict[str, Any]) -> None:
    if "invalid" in row:
        with pytest.raises(InvalidExpression, match=f"^{re.escape(row['invalid'])}") as refusal:
            compile_intrinsic(row["call"])
        assert refusal.value.column == row["column"]
    elif "detail" in row:
        with pytest.raises(EvaluationError) as failure:
            compile_intrinsic(row["call"])(row["input"], NOWHERE)
        cause = f"The function '{row['call']}' had the following error: {row['detail']}"
        assert (failure.value.error, failure.value.cause) == ("States.Runtime", cause)
    else:
        assert json.dumps(compile_intrinsic(row["call"])(row["input"], NOWHERE)) == json.dumps(row["value"])


def test_every_function_has_a_row() -> None:
    assert {row["call"].partition("(")[0] for row in rows("intrinsics") if "value" in row} == FUNCTIONS.keys() - {
        "States.UUID"
    }


def test_a_uuid_is_a_new_one_each_time() -> None:
    new = compile_intrinsic("States.UUID()")
    first, second = new({}, NOWHERE), new({}, NOWHERE)
    assert uuid.UUID(first).version == 4
    assert first != second


def test_a_random_number_lies_in_its_range_and_follows_its_seed() -> None:
    draw = compile_intrinsic("States.MathRandom(1.6, 5.4)")
    assert {draw({}, NOWHERE) for _ in range(300)} == {1, 2, 3, 4}
    seeded = compile_intrinsic("States.MathRandom(0, 1000000, -42)")
    assert seeded({}, NOWHERE) == seeded({}, NOWHERE)


@pytest.mark.parametrize("call", ["States.UUID()", "States.MathRandom(0, 1000000000)"])
def test_a_run_with_a_seed_draws_the_same_again(call: str) -> None:
    draw = compile_intrinsic(call)
    first, second, other = (draw({}, Seeded(random=Random(seed))) for seed in (1, 1, 2))
    assert first == second != other


@pytest.mark.parametrize("function", ["Base64Encode($)", "Base64Decode($)", "Hash($, 'MD5')"])
def test_texts_have_ten_thousand_characters_at_most(function: str) -> None:
    call = compile_intrinsic(f"States.{function}")
    assert call("a" * 10_000, NOWHERE)
    with pytest.raises(EvaluationError, match="Invalid arguments in States"):
        call("a" * 10_001, NOWHERE)


def test_ten_calls_fit_into_one_another_and_no_more() -> None:
    ten = "States.Array(" * 10 + ")" * 10
    assert compile_intrinsic(ten)({}, NOWHERE) == json.loads("[" * 10 + "]" * 10)
    for deep in (f"States.Array({ten})", "States.Array(" * 5_000 + ")" * 5_000):
        with pytest.raises(InvalidExpression, match="More than 10 intrinsic functions"):
            compile_intrinsic(deep)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", 0),
        ("01", 1537),
        ("hello", 99162322),
        (None, 0),
        (True, 1231),
        (-1, 2**32 - 1),
        (2**31, 2**31),
        (1.5, 1073217536),
    ],
)
def test_values_hash_as_in_java(value: Any, code: int) -> None:
    assert java_hash(value) == code


@given(st.text(alphabet="States.Format(Array)'$.a,[0]{}\\ 1-", max_size=25))
def test_any_text_is_refused_or_runs_with_no_error_but_the_contracts(text: str) -> None:
    for call in (text, f"States.Array({text})", f"States.Format('{text}')"):
        with suppress(InvalidExpression, EvaluationError):
            json.dumps(compile_intrinsic(call)({"a": [1]}, NOWHERE), allow_nan=False)


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(documents, max_size=3))
def test_any_arguments_are_taken_or_refused_and_never_changed(name: str, arguments: list[Any]) -> None:
    before = copy.deepcopy(arguments)
    call = compile_intrinsic(f"{name}({', '.join(f'$[{at}]' for at in range(len(arguments)))})")
    with suppress(EvaluationError):
        json.dumps(call(arguments, NOWHERE), allow_nan=False)
    assert arguments == before
