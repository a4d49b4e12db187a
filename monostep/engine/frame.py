"""Lines of control, and where they meet: the execution itself, the branches of a Parallel, the items of a Map.

A frame is one line of control; a join is a fan-out, and its children are frames again. What both ask of the run that
holds them is `Host`. A child that never waits runs to its end on the spot; only what waits is scheduled.
MapIterationSucceeded and its like are leaves of the history: what follows them refers to the event before them, as AWS
recorded it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Protocol

from monostep.engine.clock import Clock
from monostep.engine.history import DIRECTLY, Event, event_at
from monostep.engine.identity import Identity
from monostep.errors import StateError


class Host(Protocol):
    """What states ask of the run they are part of."""

    identity: Identity
    status: str
    events: list[Any]
    room: int
    """The history's length above which no state may be entered."""
    clock: Clock[tuple[Frame, Step]]
    ready: deque[tuple[Frame, Step]]
    limited: bool
    """Whether AWS's limits hold."""
    ceiling: int
    """Bytes a document may have."""
    sizes: dict[int, tuple[Any, int]]
    """Sizes of large parts, by identity."""
    mocks: Mapping[str, Callable[[Any, Frame], tuple[Any, int]]]
    direct: bool
    """Whether a function without a time limit is simply called."""
    watch: Callable[[Event], None] | None
    """Who is told of each event."""

    @property
    def random(self) -> Random: ...
    def context(self, frame: Frame) -> Mapping[str, Any]: ...
    def explain(self, frame: Frame, failure: StateError) -> StateError: ...
    def perform(
        self,
        frame: Frame,
        work: Callable[[], Any],
        then: Callable[[Frame, Any], Step | None],
        seconds: float | None,
        expired: StateError,
    ) -> Step | None: ...
    def wait(self, frame: Frame, moment: float, step: Step) -> None: ...
    def succeed(self, frame: Frame) -> None: ...
    def fail(self, failure: StateError, previous: int) -> None: ...
    def overflow(self) -> None: ...
    def tell(self) -> None: ...


NOTHING: Mapping[str, Any] = {}


class Frame:
    """Holds what a run knows at one place; the machine's steps hold nothing.

    `previous` and `entered` are marks in the history. `variables` is replaced by Assign, never changed, so a child
    starts with its parent's and cannot touch them. `weight` is an upper bound of the document's bytes (see
    engine.limits). What few frames need has its default on the class.
    """

    entered = 0
    attempts: list[int] | None = None
    """How often each retrier has been used since the state was entered; None for states that cannot retry."""
    retries = 0
    token: tuple[int, str] | None = None
    """Of a callback Task: the mark of the state's entry, and the token."""
    alive = True
    """False for a child that has failed its fan-out."""

    def __init__(
        self,
        run: Host,
        document: Any,
        weight: int,
        join: Join | None = None,
        index: int = 0,
        previous: int = 0,
        variables: Mapping[str, Any] = NOTHING,
    ) -> None:
        self.run = run
        self.document = document
        self.weight = weight
        self.join = join
        self.index = index
        self.previous = previous
        self.variables = variables

    @property
    def state(self) -> str:
        """The name of the state the frame is in."""
        name: str = event_at(self.run.events, self.entered)[3]
        return name

    @property
    def context(self) -> Mapping[str, Any]:
        return self.run.context(self)

    @property
    def random(self) -> Random:
        return self.run.random

    @property
    def now(self) -> int:
        """The modelled clock, in milliseconds since the epoch: what $now and $millis tell."""
        return int((self.run.identity.start.timestamp() + self.run.clock.now) * 1000)

    def fail(self, failure: StateError) -> None:
        """Nobody caught it: the join's business, or the end of the execution."""
        if self.join is None:
            self.run.fail(failure, self.previous)
        else:
            self.join.failed(self, failure)


Step = Callable[[Frame], "Step | None"]
"""Does one piece of a state's work and says what comes next; None when the frame waits or has ended."""


Launch = Callable[["Join", int, Frame | None], Frame]
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
        while self.launched < total and (self.launched if self.closed else self.active) < self.concurrency:
            child = self._run(self.launched, child)
            if run.status != "RUNNING":
                return None
        self.launching = False
        if self.closed:
            self._abort_live()
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
            self.launched = len(self.results)  # it is the fan-out that fails, not a child: no sibling starts
            if not self.closed:
                self._close(self.frame.run.explain(self.frame, failure), self.frame.previous)
            return None
        step: Step | None = self.bodies[index] if self.items is None else self.bodies[0]
        while step is not None:
            step = step(child)
        if self.frame.run.watch is not None:
            self.frame.run.tell()
        if self.left != left:
            return child
        if child.alive:
            self.live[index] = child
        return None

    def skip(self, items: int, weight: int, last: int) -> None:
        """Items that have been run to their ends elsewhere: how many, a bound of each one's bytes, and the mark of the
        last event that something may follow.
        """
        if items:
            self.launched += items
            self.left -= items
            self.weight += items * (weight + 1)
            self.last = last

    def _completion(self, frame: Frame) -> Step | None:
        frame.previous = self.last
        return self.complete(frame, self)

    def finished(self, child: Frame) -> None:
        run = self.frame.run
        if self.items is not None:
            events, before = run.events, child.previous
            before = before if before != len(events) else DIRECTLY
            events.extend(("MapIterationSucceeded", before, run.clock.now, self.name, child.index))
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
        """The first failure ends the fan-out: children that wait are aborted, those that start together with the one
        that failed have started all the same.
        """
        run = self.frame.run
        child.alive = False
        self.live.pop(child.index, None)
        if self.items is not None:
            label = ("MapIterationFailed", child.previous, run.clock.now, self.name, child.index)
            run.events.extend(label)
        elif event_at(run.events, child.entered)[0] == "TaskStateEntered":
            run.events.extend(("TaskStateAborted", child.previous, run.clock.now, None, None))
        if self.closed:
            return
        if not self.launching:
            self._abort_live()
        self._close(failure, child.previous)

    def _abort_live(self) -> None:
        for child in self.live.values():
            self._abort(child)
        self.live.clear()

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
