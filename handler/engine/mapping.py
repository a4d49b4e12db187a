"""Fan-out: the branches of a Parallel and the items of a Map.

A child that never waits runs to its end on the spot; only what waits is scheduled. MapIterationSucceeded and its like
are leaves of the history: what follows them refers to the event before them, as AWS recorded it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from handler.engine.frame import Frame, Step
from handler.errors import StateError

if TYPE_CHECKING:
    from handler.engine.run import Run

Launch = Callable[["Join", int], tuple[Frame, Step]]
"""Makes the child with this index; may raise StateError."""


class Join:
    """Where the children of one fan-out meet again."""

    __slots__ = (
        "active",
        "closed",
        "complete",
        "concurrency",
        "fail",
        "frame",
        "labelled",
        "last",
        "launch",
        "launched",
        "launching",
        "left",
        "live",
        "outcome",
        "results",
        "weight",
    )

    def __init__(
        self,
        frame: Frame,
        total: int,
        launch: Launch,
        complete: Callable[[Frame, Join], Step | None],
        fail: Callable[[Frame, StateError], Step | None],
        concurrency: int = 0,
        labelled: bool = False,
    ) -> None:
        self.frame = frame
        self.launch = launch
        self.complete = complete
        self.fail = fail
        self.concurrency = concurrency or total
        self.labelled = labelled
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
        total = len(self.results)
        while self.launched < total and self.active < self.concurrency and not self.closed:
            index = self.launched
            self.launched += 1
            self.active += 1
            self._run(index)
        self.launching = False
        if self.left == 0 and not self.closed:
            return self._completion
        outcome, self.outcome = self.outcome, None
        return outcome

    def _run(self, index: int) -> None:
        try:
            child, step = self.launch(self, index)
        except StateError as failure:
            self._close(self.frame.run.explain(self.frame, failure), self.frame.previous)
            return
        run = self.frame.run
        self.live[index] = child
        going: Step | None = step
        while going is not None:
            going = going(child)
            if run.status != "RUNNING":
                self.closed = True

    def _completion(self, frame: Frame) -> Step | None:
        frame.previous = self.last
        return self.complete(frame, self)

    def finished(self, child: Frame) -> None:
        run = self.frame.run
        if self.labelled:
            label = ("MapIterationSucceeded", child.previous, run.clock.now, self.frame.state, child.index)
            run.events.append(label)
        self.results[child.index] = child.document
        self.weight += child.weight + 1
        self.last = child.previous
        self.active -= 1
        self.left -= 1
        del self.live[child.index]
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
        if self.labelled:
            label = ("MapIterationFailed", child.previous, run.clock.now, self.frame.state, child.index)
            run.events.append(label)
        elif run.events[child.entered - 1][0] == "TaskStateEntered":
            run.events.append(("TaskStateAborted", child.previous, run.clock.now, None, None))
        for sibling in self.live.values():
            self._abort(sibling)
        self._close(failure, child.previous)

    def _abort(self, child: Frame) -> None:
        run = self.frame.run
        if child.entered:
            kind = run.events[child.entered - 1][0].removesuffix("Entered")
            run.events.append((f"{kind}Aborted", child.previous, run.clock.now, None, None))
        if self.labelled:
            label = ("MapIterationAborted", child.previous, run.clock.now, self.frame.state, child.index)
            run.events.append(label)

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


def child_of(join: Join, index: int, document: Any, weight: int, previous: int) -> Frame:
    parent = join.frame
    run: Run = parent.run
    child = Frame(run, document, weight, join, index)
    child.previous = previous
    child.variables = parent.variables
    child.item = parent.item
    return child
