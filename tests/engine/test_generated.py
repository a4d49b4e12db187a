"""Generated states say what their closures say: the same output, and the same history to the byte."""

import json
import traceback
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monostep import Workflow
from monostep.engine import generated
from monostep.language.lint.verdict import lint

NEVER = 1 << 60
HOSTILE = ['"]; import os #', "{name}", "a\nb", "c0", "__class__", "\\", "'''", "frame", "Ω🎲", "document"]
KEYS = ["a", "b", "list", *HOSTILE]
START = datetime(2026, 1, 1, tzinfo=UTC)


def bracketed(keys: list[str]) -> str:
    escaped = (key.replace("\\", "\\\\").replace("'", "\\'") for key in keys)
    return "$" + "".join(f"['{key}']" for key in escaped)


keys = st.sampled_from(KEYS)
paths = st.lists(keys, max_size=2).map(bracketed) | st.sampled_from(["$", "$.a", "$.list[0]", "$$.State.Name"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([2**31 - 1, 2**31, 2**53 + 1, 0.5, -1.0, "", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
fields = st.one_of(
    st.tuples(keys, values),
    st.tuples(keys.map(lambda key: f"{key}.$"), paths),
    st.tuples(keys.map(lambda key: f"{key}.$"), st.integers(-9, 9).map(lambda by: f"States.MathAdd($.a, {by})")),
)
templates = st.recursive(
    st.lists(fields, max_size=3).map(dict),
    lambda inner: (
        st.dictionaries(keys, inner, max_size=2) | st.tuples(inner, inner).map(list).map(lambda two: {"b": two})
    ),
    max_leaves=3,
)
where = st.none() | st.just("$") | st.lists(keys, min_size=1, max_size=3).map(bracketed)
passes = st.fixed_dictionaries(
    {"Type": st.just("Pass")},
    optional={
        "ResultPath": where,
        "Parameters": templates,
        "Result": values,
        "InputPath": paths,
        "Comment": st.just("c"),
    },
)
operators = st.sampled_from(["Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"])
tests = st.one_of(
    st.tuples(operators, st.integers(-9, 9) | st.just(0.5)).map(lambda two: {f"Numeric{two[0]}": two[1]}),
    st.tuples(operators, st.sampled_from(["", "x", "Ω🎲"])).map(lambda two: {f"String{two[0]}": two[1]}),
    st.booleans().map(lambda wanted: {"BooleanEquals": wanted}),
    st.booleans().map(lambda wanted: {"IsPresent": wanted}),
)
rules = st.recursive(
    st.tuples(paths.filter(lambda path: not path.startswith("$$")), tests).map(
        lambda two: {"Variable": two[0], **two[1]}
    ),
    lambda inner: st.one_of(
        inner.map(lambda rule: {"Not": rule}),
        st.tuples(st.sampled_from(["And", "Or"]), st.lists(inner, min_size=1, max_size=2)).map(
            lambda two: {two[0]: two[1]}
        ),
    ),
    max_leaves=4,
)


@st.composite
def machines(draw: st.DrawFn) -> dict[str, Any]:
    """A chain of Passes and Choices with names of every kind, some of it inside a Map over more items than a state
    needs to be busy.
    """
    names = draw(st.lists(keys, min_size=2, max_size=5, unique=True))
    states: dict[str, Any] = {}
    for name, after in pairwise(names):
        if draw(st.booleans()):
            choices = draw(st.lists(rules, min_size=1, max_size=3))
            states[name] = {
                "Type": "Choice",
                "Choices": [rule | {"Next": after} for rule in choices],
                "Default": names[-1],
            }
        else:
            states[name] = draw(passes) | {"Next": after}
    states[names[-1]] = draw(passes) | {"End": True}
    inner = {"StartAt": names[0], "States": states}
    if draw(st.booleans()):
        one = {"StartAt": "only", "States": {"only": draw(passes) | {"End": True}}}
        return {
            "StartAt": "map",
            "States": {"map": {"Type": "Map", "ItemsPath": "$.list", "ItemProcessor": one, "End": True}},
        }
    return inner


def told(definition: dict[str, Any], document: Any, monkeypatch: pytest.MonkeyPatch, busy: int) -> list[Any]:
    monkeypatch.setattr(generated, "BUSY", busy)
    workflow = Workflow(definition, name="m")
    runs = (workflow.run(document, name="n", seed=1, start_time=START) for _ in range(3))
    return [(run.status, run.output, run.error, run.cause, run.history) for run in runs]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines(), st.dictionaries(keys, values, max_size=4), st.lists(values, min_size=0, max_size=50))
def test_a_generated_state_gives_the_history_of_its_closures(
    definition: dict[str, Any], document: dict[str, Any], items: list[Any]
) -> None:
    if [found for found in lint(definition) if found.severity == "ERROR"]:
        return
    document = document if "map" not in definition["States"] else {**document, "list": items}
    with pytest.MonkeyPatch.context() as monkeypatch:
        closures = told(definition, document, monkeypatch, NEVER)
        assert told(definition, document, monkeypatch, 1) == closures


def test_most_of_the_machines_above_are_valid_and_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The property says nothing of machines that lint refuses, or of states that are left to their closures."""
    counts = {"valid": 0, "all": 0, "generated": 0}
    compiled = generated._compiled
    monkeypatch.setattr(generated, "BUSY", 1)

    def counting(*arguments: Any) -> Any:
        counts["generated"] += 1
        return compiled(*arguments)

    monkeypatch.setattr(generated, "_compiled", counting)

    @settings(max_examples=100, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(machines())
    def look(definition: dict[str, Any]) -> None:
        counts["all"] += 1
        if not [found for found in lint(definition) if found.severity == "ERROR"]:
            counts["valid"] += 1
            Workflow(definition).run({"a": 1, "list": [1] * 20})

    look()
    assert counts["valid"] > 0.5 * counts["all"]
    assert counts["generated"] > 0.5 * counts["valid"]


def loop(name: str, key: str) -> dict[str, Any]:
    add = {f"{key}.$": f"States.MathAdd({bracketed([key])}, 1)"}
    again = {"Variable": bracketed([key]), "NumericLessThan": 40, "Next": name}
    return {
        "StartAt": name,
        "States": {
            name: {"Type": "Pass", "Parameters": add, "Next": "more"},
            "more": {"Type": "Choice", "Choices": [again], "Default": "done"},
            "done": {"Type": "Succeed"},
        },
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_the_machine_is_in_the_source(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MONOSTEP_GENERATED", "1")
    key = text.replace("(", "").replace(")", "").replace(",", "")
    assert Workflow(loop(text, key)).run({key: 0}).output == {key: 40}
    plain = "MARKERnobodywrites"
    source = capsys.readouterr().err
    Workflow(loop(plain, plain)).run({plain: 0})
    assert plain not in capsys.readouterr().err
    assert source.count("def step(frame):") == 2


def test_a_traceback_through_a_generated_state_quotes_its_line() -> None:
    from monostep.engine.frame import Frame

    workflow = Workflow(loop("A", "i"))
    workflow.run({"i": 0})
    with pytest.raises(AttributeError) as caught:
        workflow._program.start(Frame(None, {}, 0))  # type: ignore[arg-type]
    lines = "".join(traceback.format_exception(caught.value))
    assert "generated state" in lines
    assert "events = run.events" in lines


def test_items_after_the_fortieth_follow_one_that_has_ended() -> None:
    body = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": body, "End": True}}}
    history = Workflow(machine).run(list(range(42))).history
    by_id = {event["id"]: event for event in history}
    starts = [by_id[event["previousEventId"]]["type"] for event in history if event["type"] == "MapIterationStarted"]
    assert starts == ["MapStateStarted"] * 40 + ["PassStateExited"] * 2
    assert json.dumps(history, default=str)
