"""The context object `$$`, made only when an expression reads it (specification: Context Object)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from handler.engine.frame import Frame


class Identity(NamedTuple):
    """Who an execution is."""

    execution_arn: str
    machine_arn: str
    role_arn: str
    type: str
    start: datetime
    input: Any

    @property
    def name(self) -> str:
        return self.execution_arn.split(":")[7]

    @property
    def machine(self) -> str:
        return self.machine_arn.split(":")[6]

    def moment(self, seconds: float) -> str:
        """A modelled moment as AWS writes it: UTC, milliseconds."""
        return (self.start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def context_object(identity: Identity, frame: Frame) -> Mapping[str, Any]:
    state: dict[str, Any] = {"Name": frame.state, "EnteredTime": identity.moment(frame.entered_at)}
    if frame.attempts is not None:
        state["RetryCount"] = frame.retries
    context: dict[str, Any] = {
        "Execution": {
            "Id": identity.execution_arn,
            "Input": identity.input,
            "StartTime": identity.moment(0),
            "Name": identity.name,
            "RoleArn": identity.role_arn,
            **({"RedriveCount": 0} if identity.type == "STANDARD" else {}),
        },
        "StateMachine": {"Id": identity.machine_arn, "Name": identity.machine},
        "State": state,
    }
    if frame.item is not None:
        context["Map"] = {"Item": frame.item}
    if frame.token is not None:
        context["Task"] = {"Token": frame.token}
    return context
