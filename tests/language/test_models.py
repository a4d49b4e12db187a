"""The models: what they read they print, key by key, and what they cannot hold they refuse with its location."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from monostep.language import choices, entries, grammar, machine, maps, states
from monostep.language.checks import Shape
from monostep.language.comparisons import COMPARISONS
from monostep.language.part import Part
from tests.definitions import cases
from tests.shared import needs_shared

TABLES: list[tuple[type[Part], Shape]] = [
    (machine.Machine, grammar.MACHINE),
    (states.Branch, grammar.PROCESSOR),
    (states.Retrier, entries.RETRIER),
    (states.Catcher, entries.CATCHER),
    (states.Reader, maps.READER),
    (states.ReaderSettings, maps.READER_CONFIG),
    (states.Writer, maps.WRITER),
    (states.WriterSettings, maps.WRITER_CONFIG),
    (states.Batcher, maps.BATCHER),
    (states.ProcessorSettings, maps.PROCESSOR_CONFIG),
    (choices.Rule, entries.RULE),
]


@needs_shared
def test_every_valid_definition_is_printed_as_it_was_read() -> None:
    valid = [case["definition"] for case in cases() if case["valid"]]
    read = [machine.Machine.model_validate(definition) for definition in valid]
    assert [json.dumps(made.model_dump()) for made in read] == [json.dumps(definition) for definition in valid]
    assert [json.loads(made.model_dump_json()) for made in read] == valid


@pytest.mark.parametrize(("model", "shape"), TABLES, ids=[model.__name__ for model, _ in TABLES])
def test_a_model_has_the_fields_of_its_table(model: type[Part], shape: Shape) -> None:
    assert set(model.model_fields) == set(shape.fields)


def test_a_state_has_the_fields_of_every_type() -> None:
    every = {name for shape in grammar.STATES.values() for name in shape.fields}
    assert set(states.State.model_fields) == every | {"Task"}


def test_a_rule_has_the_39_comparisons() -> None:
    assert len(COMPARISONS) == 39
    assert set(COMPARISONS) < set(choices.Rule.model_fields)


def test_nulls_and_numbers_stay_as_they_were_written() -> None:
    definition = {
        "States": {
            "A": {"End": True, "ResultPath": None, "Type": "Pass", "Result": {"b": 1.0, "a": [1, None, 10**30]}},
        },
        "StartAt": "A",
    }
    assert json.dumps(machine.Machine.model_validate(definition).model_dump()) == json.dumps(definition)


REFUSED: list[tuple[str, dict[str, Any], tuple[str | int, ...]]] = [
    ("an unknown field", {"Type": "Pass", "inputPath": "$.a"}, ("inputPath",)),
    ("a field of another type", {"Type": "Pass", "Seconds": 1}, ("Seconds",)),
    ("text for a number", {"Type": "Map", "MaxConcurrency": []}, ("MaxConcurrency",)),
    ("a retrier without errors", {"Type": "Task", "Retry": [{}]}, ("Retry", 0, "ErrorEquals")),
    ("no type", {}, ("Type",)),
]


@pytest.mark.parametrize(("state", "where"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_a_model_cannot_hold_is_refused_with_its_location(
    state: dict[str, Any], where: tuple[str | int, ...]
) -> None:
    with pytest.raises(ValidationError) as caught:
        machine.Machine.model_validate({"StartAt": "A", "States": {"A": state}})
    assert caught.value.errors()[0]["loc"][: 2 + len(where)] == ("States", "A", *where)


def test_a_model_cannot_be_changed_but_copied_with_a_change() -> None:
    state = states.State(Type="Pass", End=True)
    with pytest.raises(ValidationError):
        state.End = False
    assert state.model_copy(update={"Comment": "new"}).model_dump() == {"Type": "Pass", "End": True, "Comment": "new"}
