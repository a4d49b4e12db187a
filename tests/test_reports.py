"""The four formats of `lint`, each against what its reader demands; SARIF against the schema of SARIF 2.1.0.

tests/cases/sarif-schema-2.1.0.json is OASIS's own file, errata 01, unchanged (docs.oasis-open.org/sarif/sarif/v2.1.0).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monostep.language.diagnostic import Diagnostic
from monostep.language.text.positions import Position
from monostep.verbs.reports import FORMATS, OWN, Finding, as_json, github, sarif, text

SCHEMA = json.loads((Path(__file__).parent / "cases" / "sarif-schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())

FINDINGS = [
    Finding(
        "machine.json",
        Position(4, 7),
        Diagnostic("ERROR", "MISSING_TRANSITION_TARGET", "Missing 'Next' target: B", "/States/A/Next"),
    ),
    Finding("machine.json", Position(1, 1), Diagnostic("ERROR", "MISSING_END_STATE", "Workflow has no terminal state")),
    Finding(
        "flows/a b,c:d.asl.yaml",
        Position(2, 3),
        Diagnostic("WARNING", "UNUSED_VARIABLE", "Variable $x is\r\nread by 0%", "/States/A/Assign/x"),
    ),
    Finding(
        "-",
        Position(3, 4),
        Diagnostic(
            "ERROR",
            "INVALID_JSON_DESCRIPTION",
            "Unrecognized token 'not'\n at [Source: (String)\"\n\nnot\"; line: 3, column: 4]",
            '[Source: (String)"\n\nnot"; line: 3, column: 4]',
        ),
    ),
    Finding(
        "/abs/é.json", Position(1, 1), Diagnostic("ERROR", "UNKNOWN_TASK", "No function \ud800 \x1b[31m", "/a\n/b")
    ),
]


def test_text_is_one_line_a_finding_that_an_editor_can_jump_to() -> None:
    assert text(FINDINGS).splitlines() == [
        "machine.json:4:7: error MISSING_TRANSITION_TARGET Missing 'Next' target: B (/States/A/Next)",
        "machine.json:1:1: error MISSING_END_STATE Workflow has no terminal state",
        "flows/a b,c:d.asl.yaml:2:3: warning UNUSED_VARIABLE Variable $x is read by 0% (/States/A/Assign/x)",
        "-:3:4: error INVALID_JSON_DESCRIPTION Unrecognized token 'not'",
        "/abs/é.json:1:1: error UNKNOWN_TASK No function \ud800  [31m (/a /b)",
    ]


def test_github_has_commands_whose_data_cannot_end_them() -> None:
    assert github(FINDINGS[2:3]) == (
        "::warning file=flows/a b%2Cc%3Ad.asl.yaml,line=2,col=3,title=UNUSED_VARIABLE"
        "::Variable $x is read by 0%25 (/States/A/Assign/x)\n"
    )
    assert github(FINDINGS).count("\n") == len(FINDINGS)


def test_json_is_aws_s_answer_with_places_added() -> None:
    report = json.loads(as_json(FINDINGS[:1]))
    assert report == {
        "result": "FAIL",
        "diagnostics": [
            {
                "path": "machine.json",
                "line": 4,
                "column": 7,
                "severity": "ERROR",
                "code": "MISSING_TRANSITION_TARGET",
                "message": "Missing 'Next' target: B",
                "location": "/States/A/Next",
            }
        ],
    }


@pytest.mark.parametrize(("findings", "result"), [([], "OK"), (FINDINGS[2:3], "OK"), (FINDINGS, "FAIL")])
def test_warnings_alone_are_no_failure(findings: list[Finding], result: str) -> None:
    assert json.loads(as_json(findings))["result"] == result


@pytest.mark.parametrize("findings", [[], FINDINGS], ids=["none", "some"])
def test_sarif_is_valid_by_the_schema_of_sarif_2_1_0(findings: list[Finding]) -> None:
    VALIDATOR.validate(json.loads(sarif(findings)))


def test_the_schema_does_refuse_what_is_not_sarif() -> None:
    report = json.loads(sarif(FINDINGS))
    report["runs"][0]["results"][0]["level"] = "ERROR"
    assert [error.json_path for error in VALIDATOR.iter_errors(report)] == ["$.runs[0].results[0].level"]


def test_sarif_names_rules_levels_and_places() -> None:
    [run] = json.loads(sarif(FINDINGS))["runs"]
    rules = run["tool"]["driver"]["rules"]
    results = run["results"]
    assert [rules[result["ruleIndex"]]["id"] for result in results] == [one.diagnostic.code for one in FINDINGS]
    assert [result["level"] for result in results] == ["error", "error", "warning", "error", "error"]
    assert [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results] == [
        "machine.json",
        "machine.json",
        "flows/a%20b%2Cc%3Ad.asl.yaml",
        "stdin",
        "file:///abs/%C3%A9.json",
    ]
    assert results[0]["locations"][0] == {
        "physicalLocation": {
            "artifactLocation": {"uri": "machine.json"},
            "region": {"startLine": 4, "startColumn": 7},
        },
        "logicalLocations": [{"fullyQualifiedName": "/States/A/Next"}],
    }
    assert rules[-1] == {"id": "UNUSED_VARIABLE", "shortDescription": {"text": OWN["UNUSED_VARIABLE"]}}


ANY = st.text(st.characters(codec=None, categories=None), max_size=12)
FOUND = st.builds(
    Finding,
    ANY.map(lambda path: path or "-"),
    st.builds(Position, st.integers(1), st.integers(1)),
    st.builds(Diagnostic, st.sampled_from(["ERROR", "WARNING"]), st.sampled_from([*OWN, "AWS"]), ANY, ANY),
)


@settings(deadline=None)
@given(st.lists(FOUND, max_size=3))
def test_no_finding_breaks_a_format(findings: list[Finding]) -> None:
    reports: dict[str, Any] = {name: write(findings) for name, write in FORMATS.items()}
    assert len(reports["text"].splitlines()) == len(reports["github"].splitlines()) == len(findings)
    assert len(json.loads(reports["json"])["diagnostics"]) == len(findings)
    VALIDATOR.validate(json.loads(reports["sarif"]))
