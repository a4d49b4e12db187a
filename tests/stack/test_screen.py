"""What a person sees of a stack on its way."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime

import pytest

from monostep.errors import UsageError
from monostep.stack import screen
from monostep.stack.changes import Stack
from monostep.stack.progress import STACK, Event, Result, durations

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def event(name: str, status: str, second: int = 0, reason: str = "", type: str = "AWS::IAM::Role") -> Event:
    return Event(f"{name}-{second}", NOON.replace(second=second), name, type, status, reason)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_many_resources_are_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    screen.event(event("Role", "CREATE_IN_PROGRESS"), 2)
    screen.event(event("orders", "CREATE_COMPLETE", type=STACK), 2)
    first, rest = shown.getvalue().split("\n", 1)
    assert "12:00:00  CREATE_IN_PROGRESS" in first
    assert "… 2 in flight\r" in rest
    assert rest.endswith("orders\n")


def test_a_file_sees_one_line_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    screen.event(event("Role", "CREATE_FAILED", reason="no"), 1)
    assert capsys.readouterr().err.split() == ["12:00:00", "CREATE_FAILED", "AWS::IAM::Role", "Role", "no"]


def test_durations_are_from_first_to_last_and_slowest_first() -> None:
    events = [
        event("A", "CREATE_IN_PROGRESS", 0),
        event("B", "CREATE_IN_PROGRESS", 1),
        event("A", "CREATE_COMPLETE", 3),
    ]
    assert durations([*events, event("B", "CREATE_FAILED", 9)]) == {"B": 8.0, "A": 3.0}


def test_a_failure_without_a_failed_resource_gives_the_stacks_own_reason() -> None:
    result = Result(Stack("orders", "id", "ROLLBACK_COMPLETE", "Timed out"), [], {}, None)
    assert screen.failure(result) == "orders is ROLLBACK_COMPLETE: Timed out"


@pytest.mark.parametrize(
    ("typed", "agreed"), [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_only_a_yes_is_a_yes(typed: str, agreed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert screen.confirmed("Go?", yes=False) is agreed


def test_nobody_to_ask_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError, match="--yes"):
        screen.confirmed("Go?", yes=False)
    assert screen.confirmed("Go?", yes=True)


def test_a_table_is_as_wide_as_it_needs_to_be() -> None:
    assert screen.table([("a", 1), ("bbb", 22)]) == "a    1\nbbb  22"
    assert screen.table([]) == ""
