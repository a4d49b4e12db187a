"""Whatever the machine and the input: a run ends with a result, changes nothing it was given, and ends so again."""

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monostep import Workflow
from monostep.engine.execution import Execution
from tests.engine.cases import ARN, FUNCTIONS

NAMES = [f"S{i}" for i in range(5)]
PATHS = [
    "$",
    "$.a",
    "$.a.b",
    "$.list",
    "$.list[0]",
    "$.list[*]",
    "$..b",
    "$.list[?(@.a)]",
    "$$.State.Name",
    "$$.Execution",
]
CALLS = [
    "States.MathAdd($.a, 1)",
    "States.Format('{}', $.a)",
    "States.JsonToString($)",
    "States.Array($.a, $)",
    "States.UUID()",
]
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "x", "Ω", "2024-01-01T00:00:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "list"]), inner, max_size=3),
    max_leaves=8,
)
paths = st.sampled_from(PATHS)
templates = st.dictionaries(st.sampled_from(["a.$", "list.$"]), st.sampled_from(PATHS + CALLS), max_size=2) | st.just(
    {"b": 1}
)
errors = st.sampled_from(["States.ALL", "States.TaskFailed", "KeyError", "States.Timeout", "States.NoChoiceMatched"])
retriers = st.fixed_dictionaries(
    {"ErrorEquals": st.lists(errors.filter(lambda name: name != "States.ALL"), min_size=1, max_size=2)},
    optional={"MaxAttempts": st.integers(0, 3), "JitterStrategy": st.just("FULL"), "BackoffRate": st.floats(1, 3)},
)
comparisons = st.one_of(
    st.fixed_dictionaries({"Variable": st.sampled_from(PATHS[:5]), "IsPresent": st.booleans()}),
    st.fixed_dictionaries({"Variable": st.sampled_from(PATHS[:5]), "NumericLessThan": st.integers(-9, 9)}),
    st.fixed_dictionaries(
        {"Variable": st.sampled_from(PATHS[:5]), "StringMatches": st.sampled_from(["*", "x*", "\\*"])}
    ),
    st.fixed_dictionaries({"Variable": st.sampled_from(PATHS[:5]), "TimestampEqualsPath": st.sampled_from(PATHS[:5])}),
)


def flow() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "InputPath": st.none() | st.sampled_from(PATHS[:4]),
        "OutputPath": st.none() | st.sampled_from(PATHS[:4]),
    }


@st.composite
def states(draw: st.DrawFn, index: int, count: int, depth: int) -> dict[str, Any]:
    """A state that goes on to any state of its container, or ends; the last one always ends."""
    kinds = ["Pass", "Task", "Wait", "Succeed", "Fail", "Choice"] + (["Parallel", "Map"] * 2 if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "Succeed":
        return {"Type": kind}
    if kind == "Fail":
        return {"Type": kind, "Error": draw(st.sampled_from(["KeyError", "Other"])), "Cause": "said so"}
    anywhere = st.sampled_from(NAMES[:count])
    if kind == "Choice":
        rules = draw(st.lists(comparisons, min_size=1, max_size=3))
        return {"Type": kind, "Choices": [rule | {"Next": draw(anywhere)} for rule in rules], "Default": draw(anywhere)}
    state: dict[str, Any] = {"Type": kind, **draw(st.fixed_dictionaries({}, optional=flow()))}
    state |= {"End": True} if index == count - 1 or draw(st.booleans()) else {"Next": NAMES[index + 1]}
    if kind == "Wait":
        return state | {"Seconds": draw(st.integers(0, 1000))}
    if kind == "Pass":
        return state | draw(st.fixed_dictionaries({}, optional={"Result": values, "ResultPath": st.just("$.a.b")}))
    state |= draw(st.fixed_dictionaries({}, optional={"Retry": st.lists(retriers, min_size=1, max_size=2)}))
    if draw(st.booleans()):
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.a", "Next": draw(anywhere)}]
    if kind == "Task":
        name = draw(st.sampled_from(["echo", "crash", "spoil", "not_json"]))
        return state | {"Resource": ARN + name} | draw(st.fixed_dictionaries({}, optional={"Parameters": templates}))
    if kind == "Parallel":
        return state | {"Branches": draw(st.lists(containers(depth - 1), min_size=1, max_size=3))}
    more = draw(st.fixed_dictionaries({}, optional={"MaxConcurrency": st.integers(0, 2), "ItemSelector": templates}))
    return state | {"ItemProcessor": draw(containers(depth - 1)), "ItemsPath": "$.list"} | more


@st.composite
def containers(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    count = draw(st.integers(1, len(NAMES)))
    return {"StartAt": NAMES[0], "States": {NAMES[i]: draw(states(i, count, depth)) for i in range(count)}}


def unique(container: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The same machine with names that differ between containers, and only states that can be reached."""
    reached, waiting = set(), [container["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        state = container["States"][name]
        exits = [*state.get("Choices", ()), *state.get("Catch", ()), state]
        waiting += [exit_[key] for exit_ in exits for key in ("Next", "Default") if key in exit_]
    renamed = {}
    for name in sorted(reached):
        state = {
            key: prefix + value if key in ("Next", "Default") else value
            for key, value in container["States"][name].items()
        }
        for key in ("Choices", "Catch"):
            if key in state:
                state[key] = [exit_ | {"Next": prefix + exit_["Next"]} for exit_ in state[key]]
        if "Branches" in state:
            state["Branches"] = [unique(branch, f"{prefix}{name}{i}") for i, branch in enumerate(state["Branches"])]
        if "ItemProcessor" in state:
            state["ItemProcessor"] = unique(state["ItemProcessor"], f"{prefix}{name}i")
        renamed[prefix + name] = state
    return {"StartAt": prefix + container["StartAt"], "States": renamed}


def ends(definition: dict[str, Any]) -> bool:
    return any(state.get("End") or state["Type"] in ("Succeed", "Fail") for state in definition["States"].values())


machines = containers(2).map(unique).filter(ends)


def told(execution: Execution) -> Any:
    """What two equal runs agree on: everything but the ids that a call makes."""
    return execution.status, execution.error, execution.path, execution.elapsed, len(execution.history)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines, values)
def test_every_run_ends_the_same_way_and_leaves_its_input_alone(definition: dict[str, Any], document: Any) -> None:
    before = copy.deepcopy((definition, document))
    workflow = Workflow(definition, FUNCTIONS)
    first = workflow.run(document, name="n", seed=7)
    assert first.status in ("SUCCEEDED", "FAILED", "TIMED_OUT")
    assert (definition, document) == before
    assert told(workflow.run(document, name="n", seed=7)) == told(first)
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda _: workflow.run(document, name="n", seed=7), range(4)))
    assert [told(other) for other in others] == [told(first)] * 4


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines, values)
def test_history_is_json_and_refers_backwards(definition: dict[str, Any], document: Any) -> None:
    history = Workflow(definition, FUNCTIONS).run(document).history
    json.dumps(history, default=str)
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    assert all(event["previousEventId"] < event["id"] for event in history)
    assert len(history) <= 25_000


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines, values)
def test_a_pool_of_workers_ends_as_one_thread_does(definition: dict[str, Any], document: Any) -> None:
    workflow = Workflow(definition, FUNCTIONS)
    alone, pooled = workflow.run(document, seed=1), workflow.run(document, seed=1, workers=3)
    assert pooled.status in ("SUCCEEDED", "FAILED", "TIMED_OUT")
    if alone.status == "SUCCEEDED" and "Catch" not in json.dumps(definition):
        assert pooled.status == "SUCCEEDED"
