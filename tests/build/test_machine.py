"""Machines from linked states: what comes out, and every structure that is refused when it is built."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monostep import InvalidDefinition, task
from monostep.build import (
    Branch,
    Choice,
    Fail,
    Map,
    Parallel,
    Pass,
    State,
    Succeed,
    Task,
    Wait,
    branch,
    build,
    call,
    catch,
    iterator,
    path,
    processor,
    retry,
    step,
)
from monostep.build import fields as typed
from monostep.build.states import LINKED, census
from monostep.language.machine import Machine
from monostep.language.states import FIELDS, Catcher, Retrier

Json = dict[str, Any]


class DieLostError(Exception):
    pass


@task
def Roll(value: Json) -> Json:
    return value


@task("Tell Them")
def tell(value: Json) -> Json:
    return value


def undecorated(value: Json) -> Json:
    return value


def state(made: State) -> Json:
    """The only state of a machine."""
    fields: Json = build(made).model_dump()["States"][made.name]
    return fields


def test_a_chain_reads_from_left_to_right_and_returns_its_right() -> None:
    a, b, c = Pass("A"), Pass("B"), Succeed("C")
    assert (a >> b >> c) is c
    assert build(a, Comment="three").model_dump() == {
        "Comment": "three",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Succeed"}},
    }


def test_states_are_printed_in_the_order_they_are_made_and_fields_as_they_are_given() -> None:
    last, first = Succeed("Last"), Pass("First", ResultPath="$.a", Comment="c", Result=1)
    first >> last
    made = build(first).model_dump()
    assert list(made["States"]) == ["Last", "First"]
    assert list(made["States"]["First"]) == ["Type", "ResultPath", "Comment", "Result", "Next"]


def test_a_step_is_named_after_its_function() -> None:
    assert state(step(Roll)) == {"Type": "TaskFn", "End": True}
    assert step(Roll).name == "Roll"
    assert step(tell).name == "Tell Them"
    assert state(step(Roll, "Roll again")) == {"Type": "TaskFn", "Task": "Roll", "End": True}
    assert state(step("Elsewhere", Parameters={"a.$": path("$.b")})) == {
        "Type": "TaskFn",
        "Parameters": {"a.$": "$.b"},
        "End": True,
    }


def test_times_and_durations_are_written_as_the_language_has_them() -> None:
    assert state(Wait("A", Seconds=timedelta(minutes=2)))["Seconds"] == 120
    assert state(Wait("A", Timestamp=datetime(2026, 1, 31, tzinfo=UTC)))["Timestamp"] == "2026-01-31T00:00:00Z"
    assert state(Wait("A", Seconds="{% $n %}"))["Seconds"] == "{% $n %}"
    assert build(Pass("A"), TimeoutSeconds=timedelta(days=1)).TimeoutSeconds == 86_400


def test_retriers_and_catchers_say_all_they_are_given() -> None:
    failed = Fail("Failed", Error="E", Cause="c")
    work = step(Roll, TimeoutSeconds=timedelta(hours=1), Retry=[retry("A", "B", BackoffRate=1.5, MaxAttempts=0)])
    work.retry(
        DieLostError, IntervalSeconds=timedelta(seconds=3), MaxDelaySeconds=9, JitterStrategy="FULL", Comment="x"
    )
    work.catch("A", then=failed, ResultPath=None, Comment="y").catch("States.ALL", then=failed)
    assert build(work).model_dump()["States"]["Roll"] == {
        "Type": "TaskFn",
        "TimeoutSeconds": 3600,
        "Retry": [
            {"ErrorEquals": ["A", "B"], "BackoffRate": 1.5, "MaxAttempts": 0},
            {
                "ErrorEquals": ["DieLostError"],
                "IntervalSeconds": 3,
                "MaxDelaySeconds": 9,
                "JitterStrategy": "FULL",
                "Comment": "x",
            },
        ],
        "Catch": [
            {"ErrorEquals": ["A"], "Next": "Failed", "ResultPath": None, "Comment": "y"},
            {"ErrorEquals": ["States.ALL"], "Next": "Failed"},
        ],
        "End": True,
    }


def test_catchers_may_be_given_where_their_targets_are_known() -> None:
    failed = Fail("Failed")
    given = step(Roll, Catch=[catch("E", then=failed)])
    assert build(given).model_dump() == build(step(Roll).catch("E", then=failed)).model_dump()
    assert list(build(given).States) == ["Failed", "Roll"]


def test_parallel_and_map_hold_machines_of_states_branches_or_built_ones() -> None:
    left, inner = Pass("Left"), build(Pass("Built"), Comment="b")
    both = Parallel("Both", left, branch(Pass("Right"), Comment="r"), inner)
    each = Map("Each", processor(Pass("One"), ProcessorConfig={"Mode": "INLINE"}), MaxConcurrency=3)
    old = Map("Old", iterator(Pass("Two")), ItemsPath=path("$.items"))
    both >> each >> old
    ended = {"Type": "Pass", "End": True}
    assert build(both).model_dump()["States"] == {
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Left", "States": {"Left": ended}},
                {"Comment": "r", "StartAt": "Right", "States": {"Right": ended}},
                {"Comment": "b", "StartAt": "Built", "States": {"Built": ended}},
            ],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "MaxConcurrency": 3,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "One",
                "States": {"One": ended},
            },
            "Next": "Old",
        },
        "Old": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "Iterator": {"StartAt": "Two", "States": {"Two": ended}},
            "End": True,
        },
    }


def test_the_models_are_those_that_json_makes() -> None:
    made = build(step(Roll).retry("E"))
    assert made == Machine.model_validate(made.model_dump())


KINDS: list[tuple[str, type]] = [
    ("Pass", typed.PassFields),
    ("Wait", typed.WaitFields),
    ("Succeed", typed.Through),
    ("Fail", typed.FailFields),
    ("Choice", typed.Onward),
    ("Parallel", typed.ParallelFields),
    ("Map", typed.MapFields),
    ("Task", typed.TaskFields),
    ("TaskFn", typed.StepFields),
]


@pytest.mark.parametrize(("kind", "fields"), KINDS, ids=[row[0] for row in KINDS])
def test_a_kind_takes_the_fields_of_its_model(kind: str, fields: type) -> None:
    placed = {"Resource"} if kind == "Task" else set()
    assert set(fields.__annotations__) == FIELDS[kind] - set(LINKED) - placed


def test_retriers_catchers_and_machines_take_the_fields_of_their_models() -> None:
    assert set(typed.RetryFields.__annotations__) == set(Retrier.model_fields) - {"ErrorEquals"}
    assert set(typed.CatchFields.__annotations__) == set(Catcher.model_fields) - {"ErrorEquals", "Next"}
    assert set(typed.MachineFields.__annotations__) == set(Machine.model_fields) - {"StartAt", "States"}


# What is refused


def _twice() -> object:
    a, b = Pass("A"), Pass("A")
    a >> b
    return build(a)


def _twice_inside() -> object:
    return build(Parallel("Both", Pass("A"), Pass("A")))


def _twice_in_a_built_one() -> object:
    return build(Parallel("Both", Pass("A"), build(Pass("A"))))


def _out_of_a_branch() -> object:
    inside, after = Pass("Inside"), Succeed("After")
    inside >> after
    both = Parallel("Both", inside)
    both >> after
    return build(both)


def _inside_itself() -> object:
    a = Pass("A")
    both = Parallel("Both", a)
    a >> both
    return build(both)


def _lost() -> object:
    a, b = Pass("A"), Pass("B")
    b >> a
    return build(a)


def _endless() -> object:
    a, b = Pass("A"), Pass("B")
    a >> b >> a
    return build(a)


def _endless_aside() -> object:
    a, done = Pass("A"), Succeed("Done")
    a >> a
    return build(Choice("Ask").when(path("$.a") > 1, a).otherwise(done))


def _asks_nothing() -> object:
    return build(Choice("Ask").otherwise(Succeed("Done")))


STRUCTURE: list[tuple[str, Callable[[], object], str, str]] = [
    ("a name twice", _twice, "DUPLICATE_STATE_NAME", "Duplicate State name: A at /States/A"),
    ("a name in two branches", _twice_inside, "DUPLICATE_STATE_NAME", "at /States/Both/Branches[1]/States/A"),
    ("a name in a built machine", _twice_in_a_built_one, "DUPLICATE_STATE_NAME", "Duplicate State name: A"),
    ("a link out of a branch", _out_of_a_branch, "MISSING_TRANSITION_TARGET", "nothing leads in or out of a branch"),
    ("a branch that holds its owner", _inside_itself, "MISSING_TRANSITION_TARGET", "nothing leads in or out"),
    ("a state nothing leads to", _lost, "MISSING_TRANSITION_TARGET", 'State "B" is not reachable.'),
    ("a loop without an exit", _endless, "MISSING_END_STATE", "Nothing leaves the loop A, B: add a state"),
    ("a loop aside", _endless_aside, "MISSING_END_STATE", "Nothing leaves the loop A: add a state"),
    ("a Choice without rules", _asks_nothing, "SCHEMA_VALIDATION_FAILED", "Choice 'Ask' asks nothing"),
]


@pytest.mark.parametrize(("make", "code", "said"), [row[1:] for row in STRUCTURE], ids=[row[0] for row in STRUCTURE])
def test_a_wrong_structure_is_refused_when_it_is_built(make: Callable[[], object], code: str, said: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        make()
    assert code in [finding.code for finding in caught.value.diagnostics]
    assert said in str(caught.value)


def test_a_loop_that_is_meant_may_be_endless() -> None:
    a = Pass("A")
    a >> a
    assert build(a, endless=True).model_dump() == {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}


def _linked_twice() -> object:
    a = Pass("A")
    a >> Pass("B")
    return a >> Pass("C")


MISUSE: list[tuple[str, Callable[[], object], str]] = [
    ("two Nexts", _linked_twice, "Pass 'A' leads to Pass 'B' already"),
    ("after Succeed", lambda: Succeed("A") >> Pass("B"), "nothing comes after Succeed 'A'"),
    ("after Choice", lambda: Choice("A") >> Pass("B"), "Choice 'A' has no Next; say .when"),
    ("to text", lambda: Pass("A") >> "B", "can lead to a state only, not to 'B'"),  # type: ignore[type-var]
    ("two Defaults", lambda: Choice("A").otherwise(Pass("B")).otherwise(Pass("C")), "leads to Pass 'B' otherwise"),
    ("no condition", lambda: Choice("A").when(True, Pass("B")), "asks a condition"),  # type: ignore[arg-type]
    ("an unknown field", lambda: Pass("A", Secnds=3), "Pass 'A': it has no field Secnds"),  # type: ignore[call-arg]
    ("another's field", lambda: Pass("A", Seconds=3), "Pass 'A': it has no field Seconds"),  # type: ignore[call-arg]
    ("text for a number", lambda: Map("A", Pass("B"), Label=3), "Label takes valid string"),  # type: ignore[arg-type]
    ("a Next by name", lambda: Pass("A", Next="B"), "Next is not given but said: a >> b"),  # type: ignore[call-arg]
    ("no task", lambda: step(undecorated), "'undecorated' is no task; decorate it with @task"),
    ("no errors", lambda: step(Roll).retry(MaxAttempts=3), "say which errors"),
    ("a name that is none", lambda: Pass(3), "a state's name is text, not 3"),  # type: ignore[arg-type]
    ("a branch of text", lambda: branch("A"), "a branch starts at a state"),  # type: ignore[arg-type]
    ("a whole machine inside", lambda: branch(build(Pass("A"), Version="1.0")), "has no Version of its own"),
    ("a build of text", lambda: build("A"), "a machine starts at a state"),  # type: ignore[arg-type]
    ("an unknown service", lambda: call("A", "sms:publish"), "call 'A': The resource provided"),
    ("an unknown action", lambda: call("A", "sns:publsh"), "is not recognized"),
    ("a pattern AWS has not", lambda: call("A", "sns:publish.sync"), "is not recognized"),
]


@pytest.mark.parametrize(("make", "said"), [row[1:] for row in MISUSE], ids=[row[0] for row in MISUSE])
def test_what_makes_no_sense_raises_where_it_is_written(make: Callable[[], object], said: str) -> None:
    with pytest.raises(TypeError) as caught:
        make()
    assert said in str(caught.value)


@pytest.mark.parametrize("duration", [timedelta(milliseconds=1500), timedelta(seconds=-1)])
def test_a_duration_is_a_whole_number_of_seconds(duration: timedelta) -> None:
    with pytest.raises(ValueError, match="no whole number of seconds"):
        Wait("A", Seconds=duration)


CALLS: list[tuple[str, str, Json, str]] = [
    ("an unknown parameter", "sns:publish", {"TopicArn": "t", "Mesage": "m"}, "did you mean Message?"),
    ("a parameter misspelt", "sqs:sendMessage", {"QueueURL": "q", "MessageBody": "m"}, "writes QueueURL as QueueUrl"),
    ("a missing parameter", "dynamodb:getItem", {"TableName": "t"}, "needs the parameter Key"),
    ("a wrong type", "sqs:sendMessage", {"QueueUrl": 3, "MessageBody": "m"}, "is of type STRING, not INTEGER"),
    ("an unknown action", "aws-sdk:s3:headObjekt", {"Bucket": "b", "Key": "k"}, "did you mean headObject?"),
]


@pytest.mark.parametrize(("service", "given", "said"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS])
def test_a_call_is_checked_against_the_services_models(service: str, given: Json, said: str) -> None:
    with pytest.raises(TypeError) as caught:
        call("Call", service, Parameters=given)
    assert said in str(caught.value)


def test_a_census_counts_the_states_that_are_made() -> None:
    with census() as made:
        a = Pass("A")
        forgotten = Pass("B")
        build(a)
    assert [one for one in made if not one.built] == [forgotten]
    Pass("C")
    assert len(made) == 2


def test_a_task_of_any_resource_is_taken_as_it_is() -> None:
    assert state(Task("A", "${LambdaArn}", Parameters={"a": [datetime(2026, 1, 31, tzinfo=UTC)]})) == {
        "Type": "Task",
        "Resource": "${LambdaArn}",
        "Parameters": {"a": ["2026-01-31T00:00:00Z"]},
        "End": True,
    }
    assert isinstance(branch(Pass("A")), Branch)
