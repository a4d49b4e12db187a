"""Findings for the reader at hand: a person (text), a program (json), code scanning (sarif), GitHub's log (github).

A definition may come from anywhere, so nothing of it reaches a line-based format with a line end or a control character
in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from monostep.language.diagnostic import Diagnostic
from monostep.language.lint.advice import RULES
from monostep.language.lint.parameters import CODES
from monostep.language.text.positions import Position

DIAGNOSTICS = (
    "https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html"
)
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

OWN: Mapping[str, str] = {
    **{rule.code: rule.summary for rule in RULES},
    **{code: summary for code, (_, summary) in CODES.items()},
    "INVALID_YAML_DESCRIPTION": "The text is not YAML that JSON can hold",
    "TASKS_NOT_IMPORTED": "The workflow's task functions cannot be imported",
}
"""Codes that are not AWS's, and what they are about."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SOURCE = re.compile(r"\n? at \[Source: .*\Z", re.DOTALL)
_LEVELS = {"ERROR": "error", "WARNING": "warning"}


class Finding(NamedTuple):
    """A diagnostic of one file (`-` is stdin), and where in its text."""

    path: str
    position: Position
    diagnostic: Diagnostic


def text(findings: Iterable[Finding]) -> str:
    """`path:line:col: severity CODE message (location)`, a line each."""
    return "".join(
        f"{_line(path)}:{line}:{column}: {_LEVELS[found.severity]} {found.code} {_message(found)}\n"
        for path, (line, column), found in findings
    )


def as_json(findings: Iterable[Finding]) -> str:
    """AWS's own shape (`result`, `diagnostics`), with path, line and column added."""
    rows = [
        {"path": path, "line": line, "column": column, **found._asdict()} for path, (line, column), found in findings
    ]
    failed = any(row["severity"] == "ERROR" for row in rows)
    return json.dumps({"result": "FAIL" if failed else "OK", "diagnostics": rows}, indent=2) + "\n"


def github(findings: Iterable[Finding]) -> str:
    """Workflow commands, which GitHub shows as annotations."""
    return "".join(
        f"::{_LEVELS[found.severity]} file={_property(path)},line={line},col={column},"
        f"title={_property(found.code)}::{_escaped(_message(found))}\n"
        for path, (line, column), found in findings
    )


def sarif(findings: Sequence[Finding]) -> str:
    """SARIF 2.1.0, one run."""
    codes = sorted({finding.diagnostic.code for finding in findings})
    run = {
        "tool": {"driver": {"name": "monostep", "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Sequence[Finding]], str]] = {
    "text": text,
    "json": as_json,
    "sarif": sarif,
    "github": github,
}


def _rule(code: str) -> dict[str, Any]:
    if code in OWN:
        return {"id": code, "shortDescription": {"text": OWN[code]}}
    return {"id": code, "shortDescription": {"text": f"AWS Step Functions: {code}"}, "helpUri": DIAGNOSTICS}


def _result(finding: Finding, codes: list[str]) -> dict[str, Any]:
    path, (line, column), found = finding
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(path)},
            "region": {"startLine": line, "startColumn": column},
        }
    }
    if found.location.startswith("/"):
        place["logicalLocations"] = [{"fullyQualifiedName": found.location}]
    return {
        "ruleId": found.code,
        "ruleIndex": codes.index(found.code),
        "level": _LEVELS[found.severity],
        "message": {"text": _plain(found.message) or found.code},
        "locations": [place],
    }


def _uri(path: str) -> str:
    if path == "-":
        return "stdin"
    if Path(path).is_absolute():
        return Path(path).as_uri()
    return quote(Path(path).as_posix(), errors="surrogateescape")


def _message(found: Diagnostic) -> str:
    where = f" ({found.location})" if found.location.startswith("/") else ""
    return _line(_plain(found.message) + where)


def _plain(message: str) -> str:
    """Without Jackson's quotation of the whole source: the position is told before it."""
    return _SOURCE.sub("", message)


def _line(value: str) -> str:
    return _CONTROL.sub(" ", value)


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _escaped(_line(value)).replace(":", "%3A").replace(",", "%2C")
