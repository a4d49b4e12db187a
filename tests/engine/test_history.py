"""The history as it is read: events one by one, and what they tell."""

import tracemalloc
from itertools import islice
from typing import Any

import pytest

from monostep import Workflow
from tests.engine.cases import ARN

HEARTBEATS = {"LambdaFunctionScheduled": False, "TaskScheduled": True, "ActivityScheduled": True}
"""Whether the event tells HeartbeatSeconds (API reference: …EventDetails; recorded of TaskScheduled)."""
RESOURCES = {
    "LambdaFunctionScheduled": f"{ARN}f",
    "TaskScheduled": "arn:aws:states:::sqs:sendMessage",
    "ActivityScheduled": "arn:aws:states:us-east-1:123456789012:activity:a",
}


@pytest.mark.parametrize(("kind", "tells"), HEARTBEATS.items())
def test_what_an_event_tells_of_the_heartbeat(kind: str, tells: bool) -> None:
    state: dict[str, Any] = {"Type": "Task", "Resource": RESOURCES[kind], "TimeoutSeconds": 60, "HeartbeatSeconds": 9}
    if kind == "TaskScheduled":
        state["Parameters"] = {"QueueUrl": "https://sqs", "MessageBody": "m"}
    machine = {"StartAt": "T", "States": {"T": state | {"End": True}}}
    execution = Workflow(machine, {RESOURCES[kind]: lambda event: event}).run({})
    details = next(event for event in execution.events() if event["type"] == kind)
    told = details[f"{kind[0].lower()}{kind[1:]}EventDetails"]
    assert told["timeoutInSeconds"] == 60
    assert told.get("heartbeatInSeconds") == (9 if tells else None)


@pytest.mark.parametrize("fields", [{}, {"TimeoutSeconds": 60}])
def test_a_watcher_has_been_told_of_a_state_when_its_function_is_called(fields: dict[str, int]) -> None:
    seen: list[str] = []
    state = {"Type": "Task", "Resource": f"{ARN}look", "End": True, **fields}
    workflow = Workflow({"StartAt": "T", "States": {"T": state}}, {"look": lambda _event: list(seen)})
    execution = workflow.run({}, watch=lambda event: seen.append(event[0]))
    assert execution.output == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
    ]
    assert seen == [event["type"] for event in execution.history]


def test_events_are_the_history_and_are_not_kept() -> None:
    body = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": body, "End": True}}}
    execution = Workflow(machine, limits=False).run(list(range(5_000)))
    events = execution.events()
    head = list(islice(events, 3))
    tracemalloc.start()
    try:
        kinds = {event["type"] for event in islice(events, 4 * 5_000)}
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [event["type"] for event in head] == ["ExecutionStarted", "MapStateEntered", "MapStateStarted"]
    assert kinds == {"MapIterationStarted", "PassStateEntered", "PassStateExited", "MapIterationSucceeded"}
    assert peak < 20_000  # bytes, of 20,000 events
    assert list(execution.events()) == execution.history
