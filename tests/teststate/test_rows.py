"""What one state answers to one request: rows of `{name, definition, input, request, expect | refused}`; further
fields of an answer may be there."""

import json
from pathlib import Path
from typing import Any

import pytest

from monostep import InvalidDefinition, InvalidRequest, Unsupported
from monostep import test_state as ask

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent.parent / "cases" / "teststate.json").read_text("utf-8"))
REFUSALS = {"InvalidRequest": InvalidRequest, "InvalidDefinition": InvalidDefinition, "Unsupported": Unsupported}


def greet(event: Any) -> Any:
    return f"Hello {event['name']}"


def answer(row: dict[str, Any]) -> dict[str, Any]:
    got: dict[str, Any] = ask(
        definition=json.dumps(row["definition"]),
        input=json.dumps(row.get("input", {})),
        functions={"greet": greet},
        **row.get("request", {}),
    )
    return got


@pytest.mark.parametrize("row", [row for row in ROWS if "expect" in row], ids=lambda row: row["name"])
def test_a_state_answers_as_the_row_says(row: dict[str, Any]) -> None:
    got = answer(row)
    assert {key: got.get(key) for key in row["expect"]} == row["expect"]


@pytest.mark.parametrize("row", [row for row in ROWS if "refused" in row], ids=lambda row: row["name"])
def test_a_request_is_refused_as_the_row_says(row: dict[str, Any]) -> None:
    kind, message = row["refused"]
    with pytest.raises(REFUSALS[kind]) as refusal:
        answer(row)
    assert str(refusal.value) == message
