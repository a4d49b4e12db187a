"""The linter against the validation recordings of AWS: what is refused, and in which words."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from monostep.language.lint.verdict import lint, rejection
from tests.shared import SHARED, needs_shared

FOLDER = SHARED / "conformance" / "cases"


def recordings() -> list[dict[str, Any]]:
    cases = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.rglob("*.json"))]
    return [case for case in cases if case["area"] == "validation"]


@needs_shared
@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in recordings()])
def test_a_recorded_definition_is_judged_as_recorded(case: dict[str, Any]) -> None:
    expected = case["expected"]
    kind = case.get("type") or (case.get("request") or {}).get("type") or "STANDARD"
    found = lint(case["definition"] if "definition" in case else case["definition_raw"], kind)
    assert bool(found) == bool(expected.get("rejected"))
    if "message" in expected and not case.get("doubtful"):
        assert rejection(found) == re.sub(r"^An error occurred .*? operation: ", "", expected["message"])
    if "diagnostics" in expected:
        assert [finding._asdict() for finding in found] == [{"location": "", **one} for one in expected["diagnostics"]]


@needs_shared
def test_there_are_recordings() -> None:
    assert len(recordings()) >= 75
