"""Fan-out: the branches of a Parallel and the items of a Map.

A child that never waits runs to its end on the spot; only what waits is scheduled. MapIterationSucceeded and its like
are leaves of the history: what follows them refers to the event before them, as AWS recorded it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from monostep.engine.frame import Frame, Step
from monostep.engine.history import event_at
from monostep.errors import StateError

Launch = Callable[["Join", int, "Frame | None"], Frame]
"""Makes the child with this index, out of one that has ended where there is one; may raise StateError."""


class Join:
    """Where the children of one fan-out meet again. `items` are a Map's; a Parallel has a body for each child."""

    __slots__ = (
        "active",
        "bodies",
        "closed",
        "complete",
        "concurrency",
        "fail",
        "frame",
        "items",
        "last",
        "launch",
        "launched",
        "launching",
        "left",
        "live",
        "name",
        "outcome",
        "results",
        "weight",
    )

    def __init__(
        self,
        name: str,
        frame: Frame,
        bodies: Sequence[Step],
        launch: Launch,
        complete: Callable[[Frame, Join], Step | None],
        fail: Callable[[Frame, StateError], Step | None],
        concurrency: int = 0,
        items: Sequence[Any] | None = None,
    ) -> None:
        total = len(bodies if items is None else items)
        self.name = name
        self.frame = frame
        self.bodies = bodies
        self.launch = launch
        self.complete = complete
        self.fail = fail
        self.concurrency = concurrency or total
        self.items = items
        self.results: list[Any] = [None] * total
        self.left = total
        self.live: dict[int, Frame] = {}
        self.launched = self.active = 0
        self.weight = 2
        self.launching = self.closed = False
        self.last = frame.previous
        self.outcome: Step | None = None

    def start(self) -> Step | None:
        """Launch what may run now; the step to go on with when everything has already ended."""
        self.launching = True
        total, run, child = len(self.results), self.frame.run, None
        while self.launched < total and self.active < self.concurrency and not self.closed:
            child = self._run(self.launched, child)
            if run.status != "RUNNING":
                return None
        self.launching = False
        if self.left == 0 and not self.closed:
            return self._completion
        outcome, self.outcome = self.outcome, None
        return outcome

    def _run(self, index: int, spare: Frame | None) -> Frame | None:
        """Run a child until it waits or ends; the child, once it is no longer needed."""
        self.launched += 1
        self.active += 1
        left = self.left
        try:
            child = self.launch(self, index, spare)
        except StateError as failure:
            self._close(self.frame.run.explain(self.frame, failure), self.frame.previous)
            return None
        step: Step | None = self.bodies[index] if self.items is None else self.bodies[0]
        while step is not None:
            step = step(child)
        if self.left != left:
            return child
        if not self.closed:
            self.live[index] = child
        return None

    def _completion(self, frame: Frame) -> Step | None:
        frame.previous = self.last
        return self.complete(frame, self)

    def finished(self, child: Frame) -> None:
        run = self.frame.run
        if self.items is not None:
            run.events.extend(("MapIterationSucceeded", child.previous, run.clock.now, self.name, child.index))
        self.results[child.index] = child.document
        self.weight += child.weight + 1
        self.last = child.previous
        self.active -= 1
        self.left -= 1
        if self.live:
            self.live.pop(child.index, None)
        if self.launching:
            return
        if self.left == 0:
            run.ready.append((self.frame, self._completion))
        elif self.launched < len(self.results):
            run.ready.append((self.frame, lambda _frame: self.start()))

    def failed(self, child: Frame, failure: StateError) -> None:
        """The first failure ends the fan-out; children still waiting are abandoned."""
        run = self.frame.run
        self.live.pop(child.index, None)
        if self.items is not None:
            label = ("MapIterationFailed", child.previous, run.clock.now, self.name, child.index)
            run.events.extend(label)
        elif event_at(run.events, child.entered)[0] == "TaskStateEntered":
            run.events.extend(("TaskStateAborted", child.previous, run.clock.now, None, None))
        for sibling in self.live.values():
            self._abort(sibling)
        self._close(failure, child.previous)

    def _abort(self, child: Frame) -> None:
        run = self.frame.run
        if child.entered:
            kind = event_at(run.events, child.entered)[0].removesuffix("Entered")
            run.events.extend((f"{kind}Aborted", child.previous, run.clock.now, None, None))
        if self.items is not None:
            label = ("MapIterationAborted", child.previous, run.clock.now, self.name, child.index)
            run.events.extend(label)

    def _close(self, failure: StateError, previous: int) -> None:
        self.closed = True
        self.frame.previous = previous
        outcome: Step = lambda frame: self.fail(frame, failure)  # noqa: E731
        if self.launching:
            self.outcome = outcome
        else:
            self.frame.run.ready.append((self.frame, outcome))

    def abandoned(self) -> bool:
        """Whether this fan-out, or one around it, has ended without its children."""
        join: Join | None = self
        while join is not None:
            if join.closed:
                return True
            join = join.frame.join
        return False
