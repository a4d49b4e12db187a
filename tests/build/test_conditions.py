"""Conditions: each of the 39 comparisons, alone and nested, is emitted exactly as given; the rest fails loudly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from monostep import lint
from monostep.build import Choice, Condition, Succeed, build, constant, every, path, some
from monostep.language.comparisons import COMPARISONS
from tests.build.comparisons import ROWS, a, b
from tests.build.roundtrip import ruff, written, yielded

Json = dict[str, Any]
NESTINGS: list[tuple[str, Callable[[Condition], Condition], Callable[[Json], Json]]] = [
    ("alone", lambda c: c, lambda r: r),
    ("not", lambda c: ~c, lambda r: {"Not": r}),
    ("not not", lambda c: ~~c, lambda r: {"Not": {"Not": r}}),
    ("and", lambda c: c & (a > 1), lambda r: {"And": [r, {"Variable": "$.a", "NumericGreaterThan": 1}]}),
    ("and of three", lambda c: c & c & c, lambda r: {"And": [r, r, r]}),
    ("and in and", lambda c: c & (c & c), lambda r: {"And": [r, {"And": [r, r]}]}),
    ("and first in and", lambda c: every(c & c, c), lambda r: {"And": [{"And": [r, r]}, r]}),
    ("and of one", lambda c: every(c), lambda r: {"And": [r]}),
    ("or", lambda c: c | c, lambda r: {"Or": [r, r]}),
    ("or of one", lambda c: some(c), lambda r: {"Or": [r]}),
    ("or in and", lambda c: (c | c) & ~c, lambda r: {"And": [{"Or": [r, r]}, {"Not": r}]}),
    ("and in or", lambda c: c & c | c & c, lambda r: {"Or": [{"And": [r, r]}, {"And": [r, r]}]}),
    ("and in not", lambda c: ~(c & c), lambda r: {"Not": {"And": [r, r]}}),
    ("comment inside", lambda c: c.comment("why") & c, lambda r: {"And": [{**r, "Comment": "why"}, r]}),
    ("comment on and", lambda c: ~(c & c).comment("y"), lambda r: {"Not": {"And": [r, r], "Comment": "y"}}),
    ("long", lambda c: some(*[c] * 9), lambda r: {"Or": [r] * 9}),
]


def _machine(condition: Condition) -> Json:
    yes, no = Succeed("Yes"), Succeed("No")
    return build(Choice("Ask").when(condition, yes).otherwise(no)).model_dump()


def test_the_rows_are_the_39_comparisons() -> None:
    assert sorted(name for _, name, _ in ROWS) == sorted(COMPARISONS)


@pytest.mark.parametrize(("condition", "name", "operand"), ROWS, ids=[row[1] for row in ROWS])
def test_a_comparison_is_emitted_as_it_is_given_however_nested(condition: Condition, name: str, operand: Any) -> None:
    plain = {"Variable": "$.a", name: operand}
    for label, nest, expected in NESTINGS:
        machine = _machine(nest(condition))
        rule = machine["States"]["Ask"]["Choices"][0]
        assert lint(machine) == [], label
        assert rule == {**expected(plain), "Next": "Yes"}, label
        assert type(rule.get(name, operand)) is type(operand), label


def test_every_comparison_however_nested_comes_back_from_its_code(tmp_path: Path) -> None:
    made = [_machine(nest(condition)) for condition, _, _ in ROWS for _, nest, _ in NESTINGS]
    files = [written(machine, tmp_path, f"case_{index}") for index, machine in enumerate(made)]
    assert [yielded(file) for file in files] == made
    assert ruff("check", str(tmp_path)) + ruff("format", "--check", str(tmp_path)) == ""


def test_unequal_is_not_equal() -> None:
    assert (a != 1).fields == {"Not": {"Variable": "$.a", "NumericEquals": 1}}
    assert (a.text != b).fields == {"Not": {"Variable": "$.a", "StringEqualsPath": "$.b"}}


def test_a_literal_on_the_left_means_the_same() -> None:
    assert (a > 3).fields == (a > 3).fields
    assert (a <= "x").fields == (a <= "x").fields


def test_a_condition_of_jsonata_is_text_or_a_constant() -> None:
    yes = Succeed("Yes")
    ask = (
        Choice("Ask").when("{% $x > 3 %}", yes, Output={"a": 1}, Assign={"b": 2}, Comment="c").when(constant(True), yes)
    )
    assert build(ask, QueryLanguage="JSONata").model_dump()["States"]["Ask"]["Choices"] == [
        {"Condition": "{% $x > 3 %}", "Output": {"a": 1}, "Assign": {"b": 2}, "Comment": "c", "Next": "Yes"},
        {"Condition": True, "Next": "Yes"},
    ]


LOUD: list[tuple[str, Callable[[], object], str]] = [
    ("a chain", lambda: 1 < a < 3, "write a & b for `and`"),
    ("and", lambda: (a > 1) and (a < 3), "write a & b for `and`"),
    ("not", lambda: not (a > 1), "~a for `not`"),
    ("if", lambda: 1 if a.is_null() else 2, "no truth before the run"),
    ("a path's truth", lambda: not a, "has no value before the run"),
    ("a family's truth", lambda: not a.boolean, "has no value before the run"),
    ("two paths", lambda: a > b, "between two paths say what they hold"),  # type: ignore[operator]
    ("null", lambda: a == None, "is_null()"),  # noqa: E711
    ("a list", lambda: a == [1], "not [1]"),
    ("infinity", lambda: a > float("inf"), "not inf"),
    ("order of booleans", lambda: a > True, "booleans have no order"),
    ("another family", lambda: a.number > "x", "takes a number or a path, not 'x'"),  # type: ignore[operator]
    ("two families", lambda: a.number > b.text, "a number cannot be compared with a text"),  # type: ignore[operator]
    ("a test of text", lambda: a.is_present("true"), "IsPresent is True or False"),  # type: ignore[arg-type]
    ("a pattern of a number", lambda: a.matches(3), "a pattern as text"),  # type: ignore[arg-type]
    ("without brackets", lambda: (a > 1) & 3, "put each comparison in brackets"),  # type: ignore[operator]
    ("equal conditions", lambda: (a > 1) == (b > 1), "cannot be compared"),
    ("no path", lambda: path("roll"), "begins with $"),
]


@pytest.mark.parametrize(("write", "said"), [row[1:] for row in LOUD], ids=[row[0] for row in LOUD])
def test_what_cannot_be_meant_raises(write: Callable[[], object], said: str) -> None:
    with pytest.raises(TypeError) as caught:
        write()
    assert said in str(caught.value)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        a < datetime(2026, 1, 31)  # noqa: B015
