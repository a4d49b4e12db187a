"""What the ancestors lost or broke on the way to JSON (../shared/ancestors), a row each, and how it is emitted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monostep import lint
from monostep.build import (
    Choice,
    Fail,
    Map,
    Parallel,
    Pass,
    State,
    Succeed,
    Task,
    Wait,
    build,
    call,
    path,
    retry,
    step,
)
from monostep.language.inject import expand

Json = dict[str, Any]
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
POLICY = retry("States.Timeout", IntervalSeconds=timedelta(seconds=3), MaxAttempts=2)
RETRY = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 3, "MaxAttempts": 2}]
FAILED = {"ErrorEquals": ["States.ALL"], "Next": "Failed"}
TABLE = {"TableName": "t", "Key": {"id": {"S": "1"}}}


def _caught(work: Callable[[], Any]) -> Callable[[], State]:
    def make() -> State:
        made: State = work().catch("States.ALL", then=Fail("Failed"))
        return made

    return make


def _to_choice(name: str) -> Callable[[], State]:
    """A Choice as a catcher's target, as a Default, as a start."""

    def make() -> State:
        ask = Choice("Ask").when(path("$.a") > 1, Succeed("Done"))
        if name == "Catch":
            return step("A").catch("States.ALL", then=ask)
        return Choice("A").when(path("$.a") > 2, Succeed("Other")).otherwise(ask) if name == "Default" else ask

    return make


ROWS: list[tuple[str, Callable[[], State], str, str, Any]] = [
    # Sparta
    ("retry of a task is lost", lambda: step("A", Retry=[POLICY]), "A", "Retry", RETRY),
    (
        "retry by method",
        lambda: step("A").retry("E", MaxAttempts=0),
        "A",
        "Retry",
        [{"ErrorEquals": ["E"], "MaxAttempts": 0}],
    ),
    ("interval of a Map is in nanoseconds", lambda: Map("A", Pass("B"), Retry=[POLICY]), "A", "Retry", RETRY),
    ("interval of a Parallel too", lambda: Parallel("A", Pass("B"), Retry=[POLICY]), "A", "Retry", RETRY),
    ("catch of a Map holds the whole state", _caught(lambda: Map("A", Pass("B"))), "A", "Catch", [FAILED]),
    ("catch of a Parallel too", _caught(lambda: Parallel("A", Pass("B"))), "A", "Catch", [FAILED]),
    ("what a Map's catch leads to is lost", _caught(lambda: Map("A", Pass("B"))), "Failed", "Type", "Fail"),
    ("resource of a task is lost", lambda: Task("A", ARN), "A", "Resource", ARN),
    (
        "pattern of an SDK call is ignored",
        lambda: call(
            "A", "aws-sdk:s3:headObject.waitForTaskToken", Parameters={"Bucket": "b", "Key.$": "$$.Task.Token"}
        ),
        "A",
        "Resource",
        "arn:aws:states:::aws-sdk:s3:headObject.waitForTaskToken",
    ),
    ("MaxConcurrency is lost", lambda: Map("A", Pass("B"), MaxConcurrency=4), "A", "MaxConcurrency", 4),
    (
        "TimeoutSeconds is a fraction",
        lambda: step("A", TimeoutSeconds=timedelta(seconds=90)),
        "A",
        "TimeoutSeconds",
        90,
    ),
    ("Seconds is a fraction", lambda: Wait("A", Seconds=timedelta(seconds=3)), "A", "Seconds", 3),
    (
        "Timestamp as text",
        lambda: Wait("A", Timestamp=datetime(2026, 1, 31, 8, tzinfo=UTC)),
        "A",
        "Timestamp",
        "2026-01-31T08:00:00Z",
    ),
    ("an empty Error is emitted", lambda: Fail("A", Cause="c"), "A", "Error", None),
    (
        "a comparison alone needs And",
        _to_choice("start"),
        "Ask",
        "Choices",
        [{"Variable": "$.a", "NumericGreaterThan": 1, "Next": "Done"}],
    ),
    (
        "Is… is text",
        lambda: Choice("A").when(path("$.a").is_present(), Succeed("B")),
        "A",
        "Choices",
        [{"Variable": "$.a", "IsPresent": True, "Next": "B"}],
    ),
    (
        "numbers are whole",
        lambda: Choice("A").when(path("$.a") > 2.5, Succeed("B")),
        "A",
        "Choices",
        [{"Variable": "$.a", "NumericGreaterThan": 2.5, "Next": "B"}],
    ),
    (
        "nested booleans panic or carry a Next",
        lambda: Choice("A").when(
            path("$.a").is_null() & ~(path("$.b").is_null() | path("$.c").is_null()), Succeed("B")
        ),
        "A",
        "Choices",
        [
            {
                "And": [
                    {"Variable": "$.a", "IsNull": True},
                    {"Not": {"Or": [{"Variable": "$.b", "IsNull": True}, {"Variable": "$.c", "IsNull": True}]}},
                ],
                "Next": "B",
            }
        ],
    ),
    (
        "a Choice cannot be caught into",
        _to_choice("Catch"),
        "A",
        "Catch",
        [{"ErrorEquals": ["States.ALL"], "Next": "Ask"}],
    ),
    ("a Choice cannot be a Default", _to_choice("Default"), "A", "Default", "Ask"),
    (
        "a key's value is {'Value': '1'}",
        lambda: call("A", "dynamodb:getItem", Parameters=TABLE),
        "A",
        "Parameters",
        TABLE,
    ),
    (
        "QueueUrl is QueueURL",
        lambda: call("A", "sqs:sendMessage", Parameters={"QueueUrl": "q", "MessageBody.$": "$"}),
        "A",
        "Parameters",
        {"QueueUrl": "q", "MessageBody.$": "$"},
    ),
    ("no ResultSelector", lambda: step("A", ResultSelector={"a.$": "$.b"}), "A", "ResultSelector", {"a.$": "$.b"}),
    ("no Parameters on a Pass", lambda: Pass("A", Parameters={"a": 1}), "A", "Parameters", {"a": 1}),
    # coinbase/step
    (
        "Comment of a retrier is dropped",
        lambda: step("A", Retry=[retry("E", Comment="why")]),
        "A",
        "Retry",
        [{"ErrorEquals": ["E"], "Comment": "why"}],
    ),
    (
        "Comment of a catcher is dropped",
        lambda: step("A").catch("E", then=Fail("B"), Comment="c"),
        "A",
        "Catch",
        [{"ErrorEquals": ["E"], "Next": "B", "Comment": "c"}],
    ),
    (
        "Branches are dropped",
        lambda: Parallel("A", Pass("B")),
        "A",
        "Branches",
        [{"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}],
    ),
]


@pytest.mark.parametrize(("make", "name", "field", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_the_ancestors_lost_is_emitted_as_given(
    make: Callable[[], State], name: str, field: str, expected: Any
) -> None:
    made = build(make()).model_dump()
    assert made["States"][name].get(field) == expected
    assert type(made["States"][name].get(field)) is type(expected)
    assert lint(made) == []


def test_a_steps_own_parameters_become_its_input_at_every_depth() -> None:
    each = Map("Each", step("Pack", Parameters={"size": 3}))
    inner = expand(build(each).model_dump())["States"]["Each"]["ItemProcessor"]["States"]["Pack"]
    assert inner["Parameters"] == {"Task": "Pack", "Input": {"size": 3}}


def test_next_returns_the_state_it_leads_to_whatever_the_kind() -> None:
    for first in (Pass("A"), Wait("A", Seconds=1), step("A"), Map("A", Pass("I")), Parallel("A", Pass("I"))):
        then = Succeed("B")
        assert (first >> then) is then
