"""Paths and reference paths: golden rows, and what holds for any text and any document."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monostep.errors import EvaluationError, InvalidExpression
from monostep.expressions import search
from monostep.expressions.intrinsics import compile_intrinsic
from monostep.expressions.path_syntax import MAX_STEPS
from monostep.expressions.paths import PathError, compile_path, compile_reference, input_path
from tests.cases import rows
from tests.expressions.documents import PATHS, documents
from tests.scope import NOWHERE, Surroundings


@pytest.mark.parametrize("row", rows("paths"), ids=lambda row: row["path"] or "nothing")
def test_a_path_gives_its_value_or_says_why_not(row: dict[str, Any]) -> None:
    if "invalid" in row:
        with pytest.raises(InvalidExpression) as refusal:
            compile_path(row["path"])
        assert (str(refusal.value), refusal.value.column) == (row["invalid"], row["column"])
    elif "miss" in row:
        with pytest.raises(PathError) as miss:
            compile_path(row["path"]).evaluate(row["document"], NOWHERE)
        assert str(miss.value) == row["miss"]
    else:
        value = compile_path(row["path"]).evaluate(row["document"], NOWHERE)
        assert json.dumps(value) == json.dumps(row["value"])


@pytest.mark.parametrize("row", rows("references"), ids=lambda row: f"{row['path']} in {row['document']}")
def test_a_reference_path_is_written_to_or_says_why_not(row: dict[str, Any]) -> None:
    before = copy.deepcopy(row["document"])
    if "invalid" in row:
        with pytest.raises(InvalidExpression, match=f"^{row['invalid']}".replace("$", r"\$")):
            compile_reference(row["path"])
    elif "cause" in row:
        with pytest.raises(EvaluationError) as failure:
            compile_reference(row["path"]).write(row["document"], row["value"])
        assert (failure.value.error, failure.value.cause) == ("States.ResultPathMatchFailure", row["cause"])
    else:
        assert compile_reference(row["path"]).write(row["document"], row["value"]) == row["result"]
    assert row["document"] == before


def test_a_path_knows_its_root_and_its_kind() -> None:
    kinds = {
        text: compile_path(text) for text in ("$", "$.a[0]", "$$.State.Name", "$x", "$x['y']", "$.a[*]", "$['a','b']")
    }
    assert {text: (path.root, path.definite, path.reference) for text, path in kinds.items()} == {
        "$": ("$", True, True),
        "$.a[0]": ("$", True, True),
        "$$.State.Name": ("$$", True, True),
        "$x": ("$x", True, True),
        "$x['y']": ("$x", True, True),
        "$.a[*]": ("$", False, False),
        "$['a','b']": ("$", True, False),
    }


def test_the_context_object_and_variables_are_roots_of_their_own() -> None:
    scope = Surroundings({"State": {"Name": "S"}, "List": [1, 2]}, {"x": {"y": [3]}})
    found = [
        compile_path(text).evaluate({}, scope) for text in ("$$.State.Name", "$$.List[1]", "$$", "$x.y[0]", "$x..y")
    ]
    assert found == ["S", 2, scope.context, 3, [[3]]]


def test_an_unknown_variable_is_missing() -> None:
    with pytest.raises(PathError, match=r"^Variable '\$no' is not defined$"):
        compile_path("$no.a").evaluate({}, NOWHERE)


def test_a_miss_of_an_input_path_is_told_in_awss_words() -> None:
    with pytest.raises(EvaluationError) as failure:
        input_path("$.X")({}, NOWHERE)
    assert failure.value.error == "States.Runtime"
    assert failure.value.cause == "Invalid path '$.X' : No results for path: $['X']"


def test_deep_paths_are_read_or_refused_but_never_overflow_the_stack() -> None:
    long = "$" + ".a" * 5_000
    with pytest.raises(PathError):
        compile_path(long).evaluate({}, NOWHERE)
    for deep in (
        "$" + "[*]" * 5_000,
        "$" + "[?(@" * 5_000 + ")]" * 5_000,
        "$[?(" + "!(" * 5_000 + "@.a" + ")" * 5_001 + "]",
    ):
        with pytest.raises(InvalidExpression):
            compile_path(deep)
    assert compile_path("$" + "[*]" * MAX_STEPS).evaluate([], NOWHERE) == []


def test_a_deep_document_is_descended_without_recursion() -> None:
    document: Any = {"a": 1}
    for _ in range(20_000):
        document = {"a": document}
    assert len(compile_path("$..a").evaluate(document, NOWHERE)) == 20_001


@pytest.mark.parametrize("path", ["$" + "[0,0]" * 64, "$" + "[-1:1]" * 64, "$..*..*..*..*..*..*"])
def test_a_path_that_looks_at_too_much_fails_the_state(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_VISITS", 10_000)
    document: Any = [1]
    for _ in range(80):
        document = [document]
    with pytest.raises(EvaluationError, match=r"^The path looks at more than 10,000 values$"):
        compile_path(path).evaluate(document, NOWHERE)


def test_long_texts_of_digits_and_escapes_cost_no_more_than_their_length() -> None:
    document = {"list": [{"n": 1, "s": "1" * 200_000 + "x"}], "template": "\\{" * 100_000}
    assert compile_path("$.list[?(@.n == @.s)]").evaluate(document, NOWHERE) == []
    assert len(compile_intrinsic("States.Format($.template)")(document, NOWHERE)) == 100_000


@given(st.text(alphabet="$.[]@*?()'\"abc01:,-!=<>&| \\", max_size=20), documents)
def test_any_text_is_refused_or_read_with_no_error_but_the_contracts(text: str, document: Any) -> None:
    for path in (text, f"${text}", f"$[?({text})]"):
        with suppress(InvalidExpression, PathError):
            json.dumps(compile_path(path).evaluate(document, NOWHERE))


@given(st.sampled_from(PATHS), documents)
def test_reading_never_changes_the_document(text: str, document: Any) -> None:
    before = copy.deepcopy(document)
    path = compile_path(text)
    with suppress(PathError):
        first = copy.deepcopy(path.evaluate(document, NOWHERE))
        assert path.evaluate(document, NOWHERE) == first
    assert document == before


@given(st.lists(st.sampled_from([".a", ".b", "['c d']", "[0]", "[-1]"]), max_size=4), documents, documents)
def test_what_is_written_is_what_is_read_and_the_rest_stays(steps: list[str], document: Any, value: Any) -> None:
    before = copy.deepcopy(document)
    reference = compile_reference("$" + "".join(steps))
    with suppress(EvaluationError):
        assert reference.read(reference.write(document, value)) is value
    assert document == before
