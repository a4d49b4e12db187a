"""Definitions in YAML: what is read, where it is, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monostep.language.text.positions import Position
from monostep.language.text.yaml import read

TEXT = """\
# a comment
StartAt: No
States:
  No:
    Type: Task
    TimeoutSeconds: 60
    Retry: &retry
      - ErrorEquals: [States.ALL, "On"]
        BackoffRate: 1.5
    Next: Yes
  Yes: {Type: Task, Retry: *retry, End: true}
"""

VALUE = {
    "StartAt": "No",
    "States": {
        "No": {
            "Type": "Task",
            "TimeoutSeconds": 60,
            "Retry": [{"ErrorEquals": ["States.ALL", "On"], "BackoffRate": 1.5}],
            "Next": "Yes",
        },
        "Yes": {
            "Type": "Task",
            "Retry": [{"ErrorEquals": ["States.ALL", "On"], "BackoffRate": 1.5}],
            "End": True,
        },
    },
}

PLACES = [
    ("", 2, 1),
    ("/StartAt", 2, 1),
    ("/States/No/TimeoutSeconds", 6, 5),
    ("/States/No/Retry[0]", 8, 9),
    ("/States/No/Retry[0]/ErrorEquals[1]", 8, 35),
    ("/States/Yes/Retry", 11, 21),
    ("/States/Yes/Retry[0]/BackoffRate", 9, 9),
    ("/States/Yes/Nope", 11, 3),
]


def test_a_definition_in_yaml_reads_as_the_same_one_in_json() -> None:
    value, _, findings = read(TEXT)
    assert (value, findings) == (VALUE, [])
    assert list(value["States"]["No"]) == ["Type", "TimeoutSeconds", "Retry", "Next"]


@pytest.mark.parametrize(("location", "line", "column"), PLACES)
def test_a_location_is_found_in_the_yaml_text(location: str, line: int, column: int) -> None:
    assert read(TEXT)[1].locate(location) == Position(line, column)


SCALARS: list[tuple[str, Any]] = [
    ("", None), ("~", None), ("null", None), ("true", True), ("FALSE", False),
    ("no", "no"), ("On", "On"), ("y", "y"), ("nUll", "nUll"),
    ("0", 0), ("-12", -12), ("+5", 5), ("010", 10), ("0o10", 8), ("0x1F", 31), ("1_000", "1_000"), ("0b1", "0b1"),
    ("1.5", 1.5), ("-.5", -0.5), ("1e3", 1000.0), ("5.", 5.0), ("1.2.3", "1.2.3"), ("12:30", "12:30"),
    ("2016-08-18T17:33:00Z", "2016-08-18T17:33:00Z"), ("2020-01-01", "2020-01-01"),
    ("'1'", "1"), ('"true"', "true"), ('"\\u00e9"', "é"), ("|\n  a\n  b\n", "a\nb\n"), (">-\n  a\n  b", "a b"),
    ("'{% $x %}'", "{% $x %}"), ("$.a", "$.a"), ("[]", []), ("{}", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SCALARS, ids=repr)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: Any) -> None:
    read_value = read(f"a: {text}")[0]["a"]
    assert (type(read_value), read_value) == (type(value), value)


REFUSED = [
    ("a: !Sub x", "YAML tags are not supported: !Sub", 1, 4),
    (
        "!!python/object/apply:os.system [ls]",
        "YAML tags are not supported: tag:yaml.org,2002:python/object/apply:os.system",
        1,
        1,
    ),
    ("a: 1\na: 2", "Duplicate field 'a'", 2, 1),
    ("a: &x {b: 1}\nc:\n  <<: *x", "merge keys (<<) are not part of YAML 1.2: write the fields out", 3, 3),
    ("a: 1\n---\nb: 2", "one document expected, not several", 2, 1),
    ("a: &a [*a]", "no anchor 'a' ends before this alias", 1, 8),
    ("a: *nobody", "no anchor 'nobody' ends before this alias", 1, 4),
    ("? [a]\n: 1", "a field's name must be plain text", 1, 3),
    ("a: .nan", "JSON has no number .nan", 1, 4),
    ("a: 1e999", "JSON has no number 1e999", 1, 4),
    ("a: {% $x %}", "found character that cannot start any token", 1, 5),
    ("a:\n\tb: 1", "found character that cannot start any token", 2, 1),
    ('a: 1\nb: "\x07"', "a character that YAML does not allow", 2, 5),
    ('a: "\ud800"', "a character that YAML does not allow", 1, 5),
    ("[" * 10_000, "nested more than 300 levels deep", 1, 301),
]


@pytest.mark.parametrize(("text", "message", "line", "column"), REFUSED, ids=[row[1] for row in REFUSED])
def test_what_is_no_definition_is_refused_where_it_stands(text: str, message: str, line: int, column: int) -> None:
    value, positions, [finding] = read(text)
    assert value is None
    assert (finding.severity, finding.code) == ("ERROR", "INVALID_YAML_DESCRIPTION")
    assert finding.message == message
    assert positions.locate(finding.location) == Position(line, column)


def test_aliases_cannot_grow_a_small_text_into_a_large_document() -> None:
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    assert [finding.message for finding in read(bomb)[2]] == ["aliases make it more than 100000 values"]


def test_a_text_over_the_limit_is_not_read() -> None:
    findings = read("a: " + "x" * 1_048_576)[2]
    assert [str(finding) for finding in findings] == [
        "SCHEMA_VALIDATION_FAILED: Definition must have length less than or equal to 1048576"
    ]


@settings(deadline=None)
@given(st.text(alphabet="{}[]&*!-?:,|>%@`'\"#a1 \n\t\x00\ud800", max_size=40))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    value, _, findings = read(text)
    assert findings == [] or value is None
    json.dumps(value)
