"""Locations found in the text: by hand, row by row, and against json's own reading of made-up documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monostep.language.text.positions import Position, Positions, locate

TEXT = """\
{
  "StartAt": "a/b",
  "States": {
    "a/b": {"Type": "Task", "Retry": [{"ErrorEquals": []}, {"ErrorEquals": ["X"]}]},
    "a": {"b": 1, "Branches": [
      {"States": {"x[0]": {}, "x": [1]}}
    ]},
    "😀": {"Next": "d\\u00fc", "d\\u00fc": true},
    "": {"e": 1}
  }
}
"""

ROWS = [
    ("", 1, 1),
    ("/", 1, 1),
    ("/StartAt", 2, 3),
    ("/States", 3, 3),
    ("/States/a/b", 4, 5),
    ("/States/a/b/Type", 4, 13),
    ("/States/a/b/Retry[0]", 4, 39),
    ("/States/a/b/Retry[1]/ErrorEquals", 4, 61),
    ("/States/a/b/Retry[1]/ErrorEquals[0]", 4, 77),
    ("/States/a/b/Retry[2]/ErrorEquals", 4, 29),
    ("/States/a/b/Nope[0]/Nope", 4, 5),
    ("/States/a/Branches[0]/States/x[0]", 6, 19),
    ("/States/a/Branches[0]/States/x", 6, 31),
    ("/States/😀/Next", 8, 11),
    ("/States/😀/dü", 8, 30),
    ("/States//e", 9, 10),
    ("/States/Nobody/Next", 3, 3),
    ("nonsense", 1, 1),
    ('[Source: (String)"no\nt"; line: 3, column: 4]', 3, 4),
]


@pytest.mark.parametrize(("location", "line", "column"), ROWS)
def test_a_location_is_found_at_its_key_or_its_item_or_its_nearest_parent(
    location: str, line: int, column: int
) -> None:
    assert Positions(TEXT).locate(location) == Position(line, column)


BROKEN = [
    ("", "/States", 1, 1),
    ("   ", "", 1, 1),
    ('{"States": {"A": {"Type"', "/States/A", 1, 13),
    ('{"a": [1, 2', "/a[1]", 1, 11),
    ('{"a": "unended', "/a", 1, 2),
    ("}}]{]", "/a", 1, 4),
    ('{1: 2, "b": 3}', "/b", 1, 8),
    ('{"a": 1} {"b": 1}', "/b", 1, 1),
    ('{"a": 1, "a": 2}', "/a", 1, 10),
]


@pytest.mark.parametrize(("text", "location", "line", "column"), BROKEN)
def test_a_broken_text_is_indexed_as_far_as_it_goes(text: str, location: str, line: int, column: int) -> None:
    assert locate(text, location) == Position(line, column)


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(DOCUMENTS, st.sampled_from([None, 1]), st.booleans())
def test_every_part_of_a_document_is_found_where_json_wrote_it(document: Any, indent: int | None, ascii: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii)
    positions = Positions(text)
    lines = text.split("\n")
    for location, key, value in _parts(document, ""):
        line, column = positions.locate(location)
        found = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        expected = json.dumps(value if key is None else key, ensure_ascii=ascii)
        assert json.JSONDecoder().raw_decode(found)[0] == json.loads(expected)


def _parts(value: Any, location: str) -> Any:
    """Locations that only this part has: no name here holds a character that a location gives a meaning."""
    if isinstance(value, dict):
        for name, item in value.items():
            place = f"{location}/{name}"
            if not set(name) & {"/", "["} and place != "/":
                yield place, name, item
                yield from _parts(item, place)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield f"{location}[{number}]", None, item
            yield from _parts(item, f"{location}[{number}]")


@settings(deadline=None)
@given(st.text(alphabet='{}[]",:\\a0 \n', max_size=60), st.text(alphabet="/[]a0", max_size=12))
def test_no_text_and_no_location_is_too_odd(text: str, location: str) -> None:
    line, column = locate(text, location)
    assert 1 <= line <= text.count("\n") + 1
    assert 1 <= column <= len(text) + 1


@pytest.mark.parametrize(
    "text",
    ['{"a":' * 100_000, "[" * 100_000, " " * 500_000, '\\"' * 250_000, '"' * 500_000, '{"' + "a/" * 250_000 + '": 1}'],
    ids=["objects", "arrays", "blanks", "escapes", "quotes", "slashes"],
)
def test_size_and_depth_cost_neither_recursion_nor_a_second_pass(text: str) -> None:
    positions = Positions(text)
    assert positions.locate("/a" * 1_000).line == 1
    assert positions.locate("/" + "a/" * 250_000).line == 1
