"""Who an execution is."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any


class Identity:
    """Names and ARNs are made when somebody asks: few executions are asked for theirs."""

    def __init__(
        self,
        machine: str,
        type: str,
        account: str,
        role_arn: str | None,
        document: Any,
        name: str | None = None,
        start: datetime | None = None,
    ) -> None:
        self.machine = machine
        self.type = type
        self.account = account
        self.role_arn = role_arn
        self.input = document
        self._name = name
        self.start = start or datetime.now(UTC)

    @cached_property
    def name(self) -> str:
        return self._name or str(uuid.uuid4())

    @property
    def machine_arn(self) -> str:
        return f"arn:aws:states:us-east-1:{self.account}:stateMachine:{self.machine}"

    @cached_property
    def execution_arn(self) -> str:
        if self.type == "EXPRESS":
            return f"arn:aws:states:us-east-1:{self.account}:express:{self.machine}:{self.name}:{uuid.uuid4()}"
        return f"arn:aws:states:us-east-1:{self.account}:execution:{self.machine}:{self.name}"

    def moment(self, seconds: float) -> str:
        """A modelled moment as AWS writes it: UTC, milliseconds."""
        return (self.start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
