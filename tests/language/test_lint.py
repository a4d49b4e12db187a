"""What the linter says, one fact a row in tests/cases/lint.json."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monostep.language.diagnostic import Diagnostic
from monostep.language.lint.verdict import lint, rejection

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "lint.json").read_text("utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_definition_has_the_findings_of_its_row(row: dict[str, Any]) -> None:
    assert [str(finding) for finding in lint(row["definition"], row.get("type", "STANDARD"))] == row["findings"]


def test_a_rejection_lists_the_errors_and_calls_a_missing_location_null() -> None:
    found = [
        Diagnostic("ERROR", "MISSING_END_STATE", "Workflow has no terminal state"),
        Diagnostic("WARNING", "NO_DOLLAR", "not shown", "/States/A"),
        Diagnostic("ERROR", "SCHEMA_VALIDATION_FAILED", "Value cannot be empty", "/States/A/Branches"),
    ]
    assert rejection(found) == (
        "Invalid State Machine Definition: 'MISSING_END_STATE: Workflow has no terminal state at null, "
        "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/A/Branches'"
    )


def test_linting_leaves_the_definition_as_it_was() -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "TaskFn", "End": True}}}
    before = json.dumps(definition)
    lint(definition)
    assert json.dumps(definition) == before


def test_the_linter_imports_neither_the_models_nor_a_query_library() -> None:
    heavy = "{'pydantic', 'jlens', 'jsonpath_ng', 'botocore'}"
    code = f"import sys, monostep.language.lint.verdict; sys.exit(bool(sys.modules.keys() & {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
