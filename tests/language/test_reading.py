"""How definition text is read: what is refused, where, and in the words of AWS's parser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monostep.language.text.reading import DEPTH, LIMIT, plain, read

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "reading.json").read_text("utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:40] for row in ROWS])
def test_a_text_has_the_finding_of_its_row(row: dict[str, Any]) -> None:
    _, found = read(row["text"])
    assert [(finding.code, finding.message.partition("\n")[0], finding.location) for finding in found] == [
        (one["code"], one["message"], one["location"]) for one in row["findings"]
    ]


def test_a_text_over_the_limit_is_not_read() -> None:
    document, found = read("[" * (LIMIT + 1))
    assert document is None
    assert [finding.message for finding in found] == [f"Definition must have length less than or equal to {LIMIT}"]


def test_the_limit_counts_bytes() -> None:
    assert read("é" * (LIMIT // 2))[1][0].code == "INVALID_JSON_DESCRIPTION"
    assert read("é" * (LIMIT // 2 + 1))[1][0].code == "SCHEMA_VALIDATION_FAILED"


@pytest.mark.parametrize("text", ["[" * 10_000, "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000])
def test_ten_thousand_levels_are_one_finding(text: str) -> None:
    assert [finding.code for finding in read(text)[1]] == ["TOO_DEEPLY_NESTED"]


def test_a_long_source_is_shortened_in_the_message() -> None:
    assert 'x"[truncated 500 chars]; line: 1' in read("x" * 1000)[1][0].location


def test_the_last_of_two_fields_wins_and_the_document_is_there() -> None:
    document, found = read('{"a": 1, "a": 2}')
    assert document == {"a": 2}
    assert len(found) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: 2}, (1,), b"x", object(), {"a": [{None: 1}]}])
def test_what_json_cannot_say_is_no_document(value: object) -> None:
    assert len(plain(value)) == 1


def test_a_document_that_holds_itself_is_too_deep() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert [finding.code for finding in plain(endless)] == ["TOO_DEEPLY_NESTED"]


def test_a_document_may_be_as_deep_as_the_limit() -> None:
    document: Any = 1
    for _ in range(DEPTH):
        document = [document]
    assert not plain(document)
    assert plain([[document]])
