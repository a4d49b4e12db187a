"""One execution under way: its clock, its events, its line-up of frames.

A frame runs until it waits or ends; nothing is scheduled that does not wait. What waits for time is in the clock,
what waits for a function in the pool's queue, what has just become able to go on in `ready`. All of it happens in the
caller's thread and in a fixed order, unless `workers` asked for a pool. Generators (one a frame) were tried first: a
resume per state costs more than the state.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from monostep.engine import limits
from monostep.engine.clock import Clock
from monostep.engine.context import Surroundings
from monostep.engine.frame import Frame, Step
from monostep.engine.history import WIDTH, Event, event_at
from monostep.engine.identity import Identity
from monostep.engine.outcomes import Fatal, OutOfTime, outcome_of, within
from monostep.engine.program import Answer, Program
from monostep.errors import EvaluationError, StateError

if TYPE_CHECKING:
    from monostep.engine.pool import Pool

HISTORY_FULL = "The execution reached the maximum number of history events (25000)."


class Run:
    status = "RUNNING"
    output: Any = None
    failure: StateError | None = None
    watch: Callable[[Event], None] | None = None
    _told = 0
    """The mark up to which the watcher has been told."""

    def __init__(
        self,
        program: Program,
        identity: Identity,
        *,
        limited: bool = True,
        real_time: bool = False,
        workers: int = 0,
        seed: int | None = None,
        mocks: Mapping[str, Answer] | None = None,
        watch: Callable[[Event], None] | None = None,
        sizes: dict[int, tuple[Any, int]] | None = None,
    ) -> None:
        self.program = program
        self.identity = identity
        self.events: list[Any] = []
        self.watch = watch
        self.clock: Clock[tuple[Frame, Step]] = Clock(real_time)
        self.ready: deque[tuple[Frame, Step]] = deque()
        self.limited = limited
        self.ceiling = limits.PAYLOAD if limited else limits.UNBOUNDED
        self.pool = _pool(workers) if workers else None
        self.mocks = mocks or {}
        self.direct = not workers and not real_time and program.timeout is None
        """Whether a function without a time limit is simply called."""
        self._seed = seed
        express = identity.type == "EXPRESS"
        self.room = WIDTH * ((limits.EXPRESS_EVENTS if express else limits.EVENTS) - 2) if limited else limits.UNBOUNDED
        self.sizes: dict[int, tuple[Any, int]] = {} if sizes is None else sizes
        self.deadline = limits.EXPRESS if express else limits.YEAR
        if program.timeout is not None and program.timeout < self.deadline:
            self.deadline = program.timeout

    @cached_property
    def random(self) -> random.Random:
        """Jitter, States.MathRandom, States.UUID and their JSONata twins draw from it."""
        return random.Random(self._seed)

    @cached_property
    def _surroundings(self) -> Surroundings:
        return Surroundings(self.identity)

    def go(self, document: Any, shown: Any, weight: int) -> None:
        """From ExecutionStarted to the end; `shown` is what the history shows as the input's text."""
        details = {"input": shown, "inputDetails": {"truncated": False}, "roleArn": self.identity.role_arn}
        self.events.extend(("ExecutionStarted", 0, 0.0, details, None))
        frame = Frame(self, document, weight)
        try:
            self._drive(frame, self.program.start)
            while self.status == "RUNNING":
                self._proceed()
        finally:
            if self.pool is not None:
                self.pool.close()
            if self.watch is not None:
                self.tell()

    def _proceed(self) -> None:
        """Go on with what is ready, else with an answer, else with what time brings."""
        if self.ready:
            self._drive(*self.ready.popleft())
            return
        moment = self.clock.next()
        if self.pool is not None and self.pool.outstanding and (moment is None or moment > self.clock.now):
            until = self.deadline if moment is None else min(moment, self.deadline)
            answer = self.pool.answer(self.clock.remaining(until) if self.clock.real else None)
            if answer is not None:
                self._drive(*answer)
                return
        if moment is None or moment > self.deadline:
            self.clock.advance(self.deadline)
            self.time_out()
        else:
            self._drive(*self.clock.pop())

    def _drive(self, frame: Frame, step: Step | None) -> None:
        if frame.join is not None and frame.join.abandoned():
            return
        self.clock.read()
        if self.clock.now > self.deadline:
            self.time_out()
            return
        if self.watch is None:
            while step is not None:
                step = step(frame)
            return
        while step is not None:
            step = step(frame)
            self.tell()

    def tell(self) -> None:
        """Hand the watcher the events since it was last told."""
        watch = self.watch
        assert watch is not None
        for mark in range(self._told + WIDTH, len(self.events) + 1, WIDTH):
            self._told = mark
            watch(event_at(self.events, mark))

    def wait(self, frame: Frame, moment: float, step: Step) -> None:
        """Go on with `step` at a modelled moment, or end TIMED_OUT if the execution does not live that long."""
        self.clock.wake(moment, (frame, step))

    def perform(
        self,
        frame: Frame,
        work: Callable[[], Any],
        then: Callable[[Frame, Any], Step | None],
        seconds: float | None,
        expired: StateError,
    ) -> Step | None:
        """Call `work` and go on with its outcome: at once, or in the pool when this run has one and the frame has
        siblings.

        A StateError is an outcome like any other. With `seconds`, or where the machine has a timeout of its own, the
        work gets a thread and that much real time.
        """
        if self.program.timeout is not None and (seconds is None or self.deadline - self.clock.now < seconds):
            seconds, expired = max(0.0, self.deadline - self.clock.now), OutOfTime()
        until = self.clock.now + (seconds or 0)

        def done() -> Step:
            outcome = outcome_of(work) if seconds is None else within(work, seconds, expired)
            return lambda frame: self._arrive(frame, then, outcome, until if outcome is expired else 0.0)

        if self.pool is None or frame.join is None:
            return done()(frame)
        self.pool.ask(lambda: (frame, done()))
        return None

    def _arrive(
        self, frame: Frame, then: Callable[[Frame, Any], Step | None], outcome: Any, moment: float
    ) -> Step | None:
        self.clock.now = max(self.clock.now, moment)
        self.clock.read()
        if isinstance(outcome, OutOfTime):
            self.time_out()
            return None
        if isinstance(outcome, BaseException) and not isinstance(outcome, StateError):
            raise outcome
        return then(frame, outcome)

    def explain(self, frame: Frame, failure: StateError) -> StateError:
        """The failure as AWS words it: an expression's names the state, and leaves an event where it is JSONata's."""
        if not isinstance(failure, EvaluationError):
            return failure
        event = frame.entered // WIDTH
        where = f"An error occurred while executing the state '{frame.state}' (entered at the event id #{event}). "
        cause = where + (failure.cause or "")
        if failure.error == "States.QueryEvaluationError":
            details = {"cause": cause, "error": failure.error, "location": failure.location, "state": frame.state}
            shown = {key: value for key, value in details.items() if value is not None}
            self.events.extend(("EvaluationFailed", self._before(frame), self.clock.now, shown, None))
            frame.previous = len(self.events)
        return (Fatal if failure.error == "States.Runtime" else StateError)(failure.error, cause)

    def _before(self, frame: Frame) -> int:
        """What an EvaluationFailed follows: while a state is being entered the event before its entry, as AWS
        recorded it of all but Wait.
        """
        if frame.previous != frame.entered:
            return frame.previous
        kind, before, *_ = event_at(self.events, frame.entered)
        return frame.entered if kind == "WaitStateEntered" else before

    def context(self, frame: Frame) -> Mapping[str, Any]:
        return self._surroundings.of(frame)

    def succeed(self, frame: Frame) -> None:
        if len(self.events) > self.room + WIDTH:
            self.overflow()
            return
        self.output = frame.document
        self._end("SUCCEEDED", ("ExecutionSucceeded", frame.previous, self.clock.now, frame.document, None))

    def fail(self, failure: StateError, previous: int) -> None:
        if len(self.events) > self.room + WIDTH and self.identity.type == "STANDARD":
            self.overflow()
            return
        self.failure = failure
        self._end("FAILED", ("ExecutionFailed", previous, self.clock.now, failure.error, failure.cause))

    def overflow(self) -> None:
        """The history is full: its last event is the failure (AWS: Avoid reaching the history quota).

        An Express execution has no such quota; what takes so many events without a wait would have taken all its time.
        """
        if self.identity.type == "EXPRESS":
            self.time_out()
            return
        del self.events[WIDTH * (limits.EVENTS - 1) :]
        self.fail(StateError("States.Runtime", HISTORY_FULL), len(self.events))

    def time_out(self) -> None:
        self.clock.now = self.deadline
        self.failure = StateError("States.Timeout", None)
        self._end("TIMED_OUT", ("ExecutionTimedOut", len(self.events), self.deadline, "States.Timeout", None))

    def _end(self, status: str, event: Event) -> None:
        self.status = status
        self.events.extend(event)


def _pool(workers: int) -> Pool[tuple[Frame, Step]]:
    from monostep.engine.pool import Pool  # brings concurrent.futures and logging, which few runs need

    return Pool(workers)
