"""The context object `$$`, made only when an expression reads it (specification: Context Object)."""

from __future__ import annotations

from typing import Any

from monostep.engine.frame import Frame
from monostep.engine.history import event_at
from monostep.engine.identity import Identity

RETRYING = frozenset(("TaskStateEntered", "ParallelStateEntered", "MapStateEntered"))


def _item(frame: Frame) -> dict[str, Any] | None:
    """The item of the innermost Map around the frame."""
    join = frame.join
    while join is not None:
        if join.items is not None:
            return {"Index": frame.index, "Value": join.items[frame.index]}
        frame, join = join.frame, join.frame.join
    return None


class Surroundings:
    """Makes context objects for one execution: what stays the same is made once, a time is written once."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._moment = -1.0
        self._written = ""
        self._fixed: dict[str, Any] | None = None

    def of(self, frame: Frame) -> dict[str, Any]:
        kind, _, entered_at, name, _ = event_at(frame.run.events, frame.entered)
        state: dict[str, Any] = {"Name": name, "EnteredTime": self._time(entered_at)}
        if kind in RETRYING:
            state["RetryCount"] = frame.retries
        context = {**(self._fixed or self._fix()), "State": state}
        item = _item(frame)
        if item is not None:
            context["Map"] = {"Item": item}
        if frame.token is not None and frame.token[0] == frame.entered:
            context["Task"] = {"Token": frame.token[1]}
        return context

    def _time(self, moment: float) -> str:
        if moment != self._moment:
            self._moment, self._written = moment, self._identity.moment(moment)
        return self._written

    def _fix(self) -> dict[str, Any]:
        identity = self._identity
        execution = {
            "Id": identity.execution_arn,
            "Input": identity.input,
            "StartTime": identity.moment(0),
            "Name": identity.name,
            "RoleArn": identity.role_arn,
            **({"RedriveCount": 0} if identity.type == "STANDARD" else {}),
        }
        machine = {"Id": identity.machine_arn, "Name": identity.machine}
        self._fixed = {"Execution": execution, "StateMachine": machine}
        return self._fixed
