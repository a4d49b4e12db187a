"""The result of one execution: what DescribeExecution and GetExecutionHistory would say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from monostep.documents import copied
from monostep.engine.history import each, render
from monostep.engine.run import Run


class Execution:
    """A failed run is a result, not an exception: look at `status`."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.status = run.status
        """SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        self.error = run.failure.error if run.failure else None
        self.cause = run.failure.cause if run.failure else None

    @cached_property
    def output(self) -> Any:
        """The caller's own: changing it changes neither the history nor the workflow's next run."""
        return copied(self._run.output)

    @property
    def arn(self) -> str:
        return self._run.identity.execution_arn

    @property
    def name(self) -> str:
        return self._run.identity.name

    @cached_property
    def input(self) -> Any:
        return copied(self._run.identity.input)

    @property
    def start_date(self) -> datetime:
        return self._run.identity.start

    @property
    def stop_date(self) -> datetime:
        return self.start_date + timedelta(seconds=self.elapsed)

    @property
    def elapsed(self) -> float:
        """Modelled seconds."""
        return self._run.clock.now

    @cached_property
    def path(self) -> list[str]:
        """Names of the states entered, in order."""
        return [event[3] for event in each(self._run.events) if event[0].endswith("StateEntered")]

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """Events as boto3's get_execution_history returns them."""
        return list(self.events())

    def events(self) -> Iterator[dict[str, Any]]:
        """The events of `history` one by one: none is kept, so a history of any length takes no memory to read."""
        return render(self._run.events, self.start_date)

    def __repr__(self) -> str:
        ending = f" {self.error}: {self.cause}" if self.error else ""
        return f"<Execution {self.name} {self.status}{ending}>"
