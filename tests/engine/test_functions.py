"""What a function may do to the run that calls it: raise anything, return anything, take its time."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from monostep import StateError, Workflow
from tests.engine.cases import ARN


def task(**more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"{ARN}f", **({} if "Next" in more else {"End": True}), **more}


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def mapped(**states: Any) -> dict[str, Any]:
    return machine(M={"Type": "Map", "ItemProcessor": machine(**states), "End": True})


def raising(error: BaseException) -> Callable[[Any], Any]:
    def f(_event: Any) -> Any:
        raise error

    return f


class Unreadable(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


class Stop(BaseException):
    pass


@pytest.mark.parametrize("limit", [{}, {"TimeoutSeconds": 60}], ids=["plain", "in a thread"])
@pytest.mark.parametrize(
    ("error", "name", "said"),
    [
        (Unreadable(), "Unreadable", "its message cannot be read: ValueError"),
        (Stop("x"), "Runtime.ExitError", "exit status 1"),
        (SystemExit(3), "Runtime.ExitError", "exit status 3"),
        (GeneratorExit(), "Runtime.ExitError", "exit status 1"),
        (StopIteration(4), "StopIteration", "4"),
        (StateError(None, None), "StateError", ""),
        (ValueError("\ud800"), "ValueError", "\\ud800"),
    ],
    ids=["unreadable", "base", "exit", "generator exit", "stop", "nameless", "surrogate"],
)
def test_whatever_a_function_raises_is_its_tasks_error(
    error: BaseException, name: str, said: str, limit: dict[str, int]
) -> None:
    execution = Workflow(machine(T=task(**limit)), {"f": raising(error)}).run()
    assert (execution.status, execution.error) == ("FAILED", name)
    assert said in json.loads(execution.cause or "")["errorMessage"]
    json.dumps(execution.history, default=str, ensure_ascii=False).encode()


@pytest.mark.parametrize("options", [{}, {"workers": 2}], ids=["alone", "in the pool"])
@pytest.mark.parametrize("limit", [{}, {"TimeoutSeconds": 60}], ids=["plain", "in a thread"])
def test_an_interrupt_ends_the_run_itself(limit: dict[str, int], options: dict[str, int]) -> None:
    workflow = Workflow(mapped(T=task(**limit)), {"f": raising(KeyboardInterrupt())})
    with pytest.raises(KeyboardInterrupt):
        workflow.run([1], **options)


@pytest.mark.parametrize(
    ("returned", "output"),
    [(b'{"a": 1}', {"a": 1}), (b"\xff{", "\ufffd{"), (b"NaN", "NaN"), (b"[" * 99_999, "[" * 99_999)],
    ids=["json", "no text", "nan", "deep"],
)
def test_bytes_are_json_where_they_can_be(returned: bytes, output: Any) -> None:
    assert Workflow(machine(T=task()), {"f": lambda _: returned}).run().output == output


def test_a_result_that_holds_itself_fails_with_a_short_place() -> None:
    endless: list[Any] = []
    endless.append(endless)
    execution = Workflow(machine(T=task()), {"f": lambda _: endless}).run()
    assert execution.error == "Runtime.MarshalError"
    assert len(execution.cause or "") < 400


def test_functions_of_a_map_meet_in_a_pool() -> None:
    barrier = threading.Barrier(3)

    def meet(event: Any) -> Any:
        barrier.wait(60)
        return event

    assert Workflow(mapped(T=task()), {"f": meet}).run([1, 2, 3], workers=3).output == [1, 2, 3]


def test_retries_due_at_the_same_moment_meet_in_a_pool() -> None:
    barrier = threading.Barrier(2)
    seen: list[Any] = []

    def meet(event: Any) -> Any:
        if event not in seen:
            seen.append(event)
            raise StateError("Once", "")
        barrier.wait(60)
        return event

    workflow = Workflow(mapped(T=task(Retry=[{"ErrorEquals": ["Once"]}])), {"f": meet})
    execution = workflow.run([1, 2], workers=2)
    assert (execution.output, execution.elapsed) == ([1, 2], 1.0)


def blocked(_event: Any) -> Any:
    threading.Event().wait(60)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_timeout_counts_in_modelled_time_in_the_pool_too(workers: int) -> None:
    catch = [{"ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": "Z"}]
    workflow = Workflow(mapped(T=task(TimeoutSeconds=1, Catch=catch), Z={"Type": "Succeed"}), {"f": blocked})
    execution = workflow.run([1], workers=workers)
    assert (execution.output, execution.elapsed) == ([1], 1.0)


@pytest.mark.parametrize("options", [{}, {"workers": 2}, {"real_time": True}], ids=str)
@pytest.mark.parametrize("limit", [{}, {"TimeoutSeconds": 60}], ids=["plain", "in a thread"])
def test_the_machines_timeout_ends_a_blocked_function(limit: dict[str, int], options: dict[str, Any]) -> None:
    workflow = Workflow({"TimeoutSeconds": 1, **mapped(T=task(**limit))}, {"f": blocked})
    execution = workflow.run([1], **options)
    assert (execution.status, execution.elapsed) == ("TIMED_OUT", 1.0)
    assert execution.history[-1]["type"] == "ExecutionTimedOut"


@pytest.mark.parametrize("workers", [0, 2])
def test_real_time_goes_on_while_a_function_works(workers: int) -> None:
    def nap(event: Any) -> Any:
        threading.Event().wait(0.05)
        return event

    execution = Workflow(mapped(T=task()), {"f": nap}).run([1], real_time=True, workers=workers)
    times = [event["timestamp"] for event in execution.history]
    done = next(event for event in execution.history if event["type"] == "LambdaFunctionSucceeded")
    assert times == sorted(times)
    assert (done["timestamp"] - times[0]).total_seconds() >= 0.05


def test_documents_nested_by_states_beyond_pythons_depth_stay_readable() -> None:
    states: dict[str, Any] = {
        f"S{i}": {"Type": "Pass", "Parameters": {"a.$": "$"}, "Next": f"S{i + 1}"} for i in range(1500)
    }
    deep = Workflow(machine(**states, S1500={"Type": "Succeed"})).run()
    assert deep.status == "SUCCEEDED"
    assert deep.history[-1]["executionSucceededEventDetails"]["output"] == '{"a":' * 1500 + "{}" + "}" * 1500


def test_what_a_caller_changes_is_the_callers_own() -> None:
    definition = machine(P={"Type": "Pass", "Result": {"l": [1]}, "End": True})
    workflow = Workflow(definition)
    definition["States"]["P"]["Result"]["l"].append(2)
    first = workflow.run({"i": []})
    first.output["l"].append(3)
    first.input["i"].append(4)
    assert workflow.run().output == {"l": [1]}
    assert [event["stateExitedEventDetails"]["output"] for event in first.history[2:3]] == ['{"l":[1]}']
    assert first.history[1]["stateEnteredEventDetails"]["input"] == '{"i":[]}'


@pytest.mark.parametrize("before", [12_494, 12_495, 12_496, 12_497, 12_498])
def test_a_history_never_has_more_than_25_000_events(before: int) -> None:
    states: dict[str, Any] = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(before)}
    states[f"S{before}"] = task()
    execution = Workflow(machine(**states), {"f": raising(KeyError("x"))}).run()
    assert len(execution.history) <= 25_000
    assert execution.error == ("KeyError" if before < 12_498 else "States.Runtime")
    assert execution.history[-1]["type"] == "ExecutionFailed"
