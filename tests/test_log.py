"""What the Lambda's log says of each event."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from monostep.tasks import log
from tests.lambda_api import ROOT, Lambda, running

PROBE = {"PYTHONPATH": str(ROOT / "tests/parts"), "AWS_LAMBDA_LOG_FORMAT": "JSON"}
EVENTS: list[object] = [
    {"Task": "Echo", "Workflow": "probe", "Input": "secret"},
    {"Task": "Raise", "Workflow": "probe", "Input": "named", "Execution": "arn:aws:…:1", "State": "Charge"},
    {"Task": "Hello", "Workflow": "hello", "Input": {}, "State": 7},
    ["no", "object"],
]


def lines(process: Lambda) -> list[dict[str, Any]]:
    """Ours, without what differs from run to run; awslambdaric's own have a message."""
    found = [json.loads(line) for line in process.log.splitlines() if line.startswith("{")]
    for line in found:
        assert line.pop("timestamp")
    return [line for line in found if "errorMessage" not in line]


def logged(events: list[object], **environment: str) -> list[dict[str, Any]]:
    with running(environment={**PROBE, **environment}) as process:
        identities = [process.invoke(event).id for event in events]
        found = lines(process)
    for line in found:
        assert line.pop("requestId") in identities
        assert line.pop("duration") > 0
    return found


def test_each_event_has_a_line_and_no_payload() -> None:
    assert logged(EVENTS) == [
        {"level": "INFO", "workflow": "probe", "task": "Echo"},
        {
            "level": "ERROR",
            "workflow": "probe",
            "task": "Raise",
            "Execution": "arn:aws:…:1",
            "State": "Charge",
            "errorType": "Payment.Declined",
        },
        {"level": "INFO", "workflow": "hello", "task": "Hello"},
        {"level": "ERROR", "errorType": "TaskError"},
    ]


@pytest.mark.parametrize(
    ("level", "levels"),
    [("DEBUG", ["INFO", "ERROR"]), ("WARN", ["ERROR"]), ("error", ["ERROR"]), ("FATAL", []), ("?", ["INFO", "ERROR"])],
)
def test_the_level_says_which_lines_there_are(
    level: str, levels: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_FORMAT", "JSON")
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", level)
    journal = log.settings()
    assert journal is not None
    journal.write({}, None, 0.0, b"1", None)
    journal.write({}, None, 0.0, None, "TaskError")
    assert [json.loads(line)["level"] for line in capsys.readouterr().out.splitlines()] == levels


def test_payloads_are_logged_when_asked_for() -> None:
    first, second = logged(EVENTS[:2], MONOSTEP_LOG_PAYLOADS="1")
    assert (first["input"], first["output"]) == (EVENTS[0], "secret")
    assert (second["input"], second["output"]) == (EVENTS[1], None)


@pytest.mark.parametrize("event", [{"Task": "\ud800" * 5000}, {"Input": "x" * 1_000_000}, {"Task": float("nan")}])
def test_no_event_breaks_the_log(event: object, capsys: pytest.CaptureFixture[str]) -> None:
    log.Log(0, payloads=True).write(event, SimpleNamespace(aws_request_id="1"), 0.0, b"{}", None)
    written = capsys.readouterr().out
    assert written.count("\n") == 1
    assert len(written) < 100_000
    assert json.loads(written)["requestId"] == "1"


def test_in_text_format_the_log_is_awss_alone() -> None:
    assert logged(EVENTS[:1], AWS_LAMBDA_LOG_FORMAT="Text") == []
