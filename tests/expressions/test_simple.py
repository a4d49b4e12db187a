"""What is generated for simple expressions says what the query library says, or does not answer."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monostep.errors import EvaluationError
from monostep.expressions import jsonata, simple
from monostep.expressions.scope import Constant

NEVER = 1 << 60
NAMES = ["a", "b", "c", "höhe"]
HOSTILE = ["frame", "scope", "__class__", "plain", "c0", "v1", "look"]
numbers = st.integers(-9, 9) | st.sampled_from([0.5, 1.0, 0.1, 2**53 - 1, 2**53, -(2**53), 1e300, 10**15, 3.0])
values = st.recursive(
    st.none() | st.booleans() | numbers | st.sampled_from(["", "x", "1", "Ω", "true", "🎲", "￿"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=4,
)
paths = st.sampled_from(["$states.input", "$v", "$missing", "$states.result", "$states.context"]).flatmap(
    lambda root: st.lists(st.sampled_from(NAMES), max_size=2).map(lambda keys: ".".join([root, *keys]))
)
literals = st.one_of(
    st.integers(0, 99).map(str),
    st.sampled_from(["0.1", "1.0", "2.50", "9007199254740991", '"x"', "'x'", '""', '"Ω"', "true", "false", "null"]),
)
operators = st.sampled_from(["+", "-", "*", "=", "!=", "<", "<=", ">", ">=", "and", "or"])
expressions = st.recursive(
    paths | literals,
    lambda inner: st.one_of(
        st.tuples(inner, operators, inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=6,
)
templates = st.recursive(
    expressions.map(lambda text: f"{{% {text} %}}") | st.sampled_from(["plain", 1, None]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=4,
)


def answer(evaluate: Any, states: Any, scope: Any) -> str:
    """As text, in which 1 and 1.0 and true differ."""
    try:
        return json.dumps(evaluate(states, scope))
    except EvaluationError as error:
        return f"{error.error}: {error.cause}"


def scope_of(variables: dict[str, Any]) -> Any:
    return SimpleNamespace(variables=variables, context={}, random=None, now=0)


def states_of(document: Any, result: Any) -> dict[str, Any]:
    return {"input": document, "result": result, "context": {"a": 1}}


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(templates, values, values, values)
def test_a_generated_template_gives_what_the_query_library_gives(
    template: Any, document: Any, result: Any, variable: Any
) -> None:
    states, scope = states_of(document, result), scope_of({"v": variable})
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(jsonata, "BUSY", NEVER)
        asked = jsonata.compile_field(template, "Output")
        if isinstance(asked, Constant):
            return
        expected = answer(asked, states, scope)
        monkeypatch.setattr(jsonata, "BUSY", 1)
        quick = jsonata.compile_field(template, "Output")
        assert [answer(quick, states, scope) for _ in range(2)] == [expected] * 2


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(expressions, min_size=1, max_size=4), values, values)
def test_generated_conditions_choose_as_the_query_library_does(
    sources: list[str], document: Any, variable: Any
) -> None:
    states, scope = states_of(document, None), scope_of({"v": variable})
    conditions = [f"{{% {source} %}}" for source in sources]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(jsonata, "BUSY", NEVER)
        expected = answer(jsonata.compile_conditions(conditions), states, scope)
        monkeypatch.setattr(jsonata, "BUSY", 1)
        quick = jsonata.compile_conditions(conditions)
        assert [answer(quick, states, scope) for _ in range(2)] == [expected] * 2


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_the_machine_are_no_part_of_the_source(name: str) -> None:
    look = simple.compile_template(f"$states.input.{name} + 1", lambda text: text)
    assert look is not None
    assert look({"input": {name: 1}}, None) == 2


@pytest.mark.parametrize(
    "source",
    ["$sum($states.input)", "$states.input[0]", "a", "$", "$states.context.x", "1 / 2", "-1", "$states.input.a ~> $f"],
)
def test_what_is_not_simple_is_left_to_the_query_library(source: str) -> None:
    assert simple.compile_template(source, lambda text: text) is None


def test_neighbours_that_compare_one_path_with_texts_are_one_look_into_a_table() -> None:
    sources = [f'$states.input.kind = "k{number}"' for number in range(5)]
    look = simple.compile_conditions([*sources, '$states.input.kind = "k1"', "$states.input.n > 3"])
    assert look is not None
    assert [look({"input": {"kind": f"k{number}", "n": 1}}, None) for number in (0, 4, 9)] == [0, 4, -1]
    assert look({"input": {"kind": "none", "n": 4}}, None) == 6
    with pytest.raises(TypeError):
        look({"input": {"kind": 1, "n": 4}}, None)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(templates, values, values)
def test_a_bound_known_before_the_run_holds(template: Any, document: Any, result: Any) -> None:
    bound = jsonata.bound(template)
    if bound is None:
        return
    evaluate = jsonata.compile_field(template, "Output")
    if isinstance(evaluate, Constant):
        return
    try:
        value = evaluate(states_of(document, result), scope_of({"v": 1}))
    except EvaluationError:
        return
    sizes = [len(json.dumps(part, ensure_ascii=False).encode()) for part in (document, result)]
    most = bound.constant + bound.inputs * sizes[0] + bound.results * sizes[1]
    assert len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) <= most
