"""A stack on its way: its events as they come, how long each resource took, and what failed first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from monostep.stack.account import Account, Refused
from monostep.stack.changes import POLL, Stack, describe

DONE = ("_COMPLETE", "_FAILED")
STACK = "AWS::CloudFormation::Stack"
GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE", "IMPORT_COMPLETE")
_CANCELLED = ("cancelled", "canceled")


class Event(NamedTuple):
    id: str
    time: datetime
    resource: str
    type: str
    status: str
    reason: str

    @property
    def failed(self) -> bool:
        """A failure of its own, not the cancelling of what others' failure stopped."""
        return self.status.endswith("_FAILED") and not any(word in self.reason.lower() for word in _CANCELLED)


class Result(NamedTuple):
    """How it ended: `seconds` by resource, slowest first; `failure` is the first of those that failed."""

    stack: Stack
    events: list[Event]
    seconds: dict[str, float]
    failure: Event | None

    @property
    def good(self) -> bool:
        return self.stack.status in GOOD


def seen(account: Account, stack: str) -> set[str]:
    """The ids of the events there are already; none for a stack that is not there."""
    try:
        return {event["EventId"] for event in _raw(account, stack, set())}
    except Refused as error:
        if error.code == "ValidationError":
            return set()
        raise


def follow(account: Account, stack: str, known: set[str], show: Callable[[Event, int], None]) -> Result:
    """Wait for a stack's end; `stack` is its id, since a deleted one is found by nothing else.

    `show` is called with every new event, oldest first, and how many resources are in flight after it.
    """
    known, events, busy = set(known), list[Event](), set[str]()
    while True:
        now = describe(account, stack)
        fresh = [_event(one) for one in reversed(list(_raw(account, stack, known)))]
        for event in fresh:
            known.add(event.id)
            events.append(event)
            if event.type != STACK:
                (busy.add if event.status.endswith("_IN_PROGRESS") else busy.discard)(event.resource)
            show(event, len(busy))
        if now.status.endswith(DONE) or not now.status:
            break
        time.sleep(POLL)
    failure = None if now.status in GOOD else next((event for event in events if event.failed), None)
    return Result(now, events, durations(events), failure)


def _raw(account: Account, stack: str, known: set[str]) -> Iterable[Mapping[str, Any]]:
    """New events, newest first."""
    for event in account.pages("cloudformation", "describe_stack_events", "StackEvents", StackName=stack):
        if event["EventId"] in known:
            return
        yield event


def _event(one: Mapping[str, Any]) -> Event:
    return Event(
        one["EventId"],
        one["Timestamp"],
        one.get("LogicalResourceId", ""),
        one.get("ResourceType", ""),
        one.get("ResourceStatus", ""),
        one.get("ResourceStatusReason", ""),
    )


def durations(events: Iterable[Event]) -> dict[str, float]:
    """Seconds from a resource's first event to its last finished one, slowest first."""
    first: dict[str, datetime] = {}
    last: dict[str, datetime] = {}
    for event in events:
        if event.type == STACK:
            continue
        first.setdefault(event.resource, event.time)
        if event.status.endswith(DONE):
            last[event.resource] = event.time
    spans = {name: (last[name] - first[name]).total_seconds() for name in last}
    return dict(sorted(spans.items(), key=lambda item: (-item[1], item[0])))
