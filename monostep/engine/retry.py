"""Retry and Catch (specification: Errors, Retrying after error, Fallback states)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monostep.engine.frame import Frame, Step
from monostep.engine.outcomes import Expired, Fatal
from monostep.errors import StateError

Catcher = tuple[Callable[[StateError], bool], Callable[[Frame, dict[str, Any]], Step | None]]
"""Whether it takes a failure, and what it does with the error output."""

WILDCARDS: Mapping[str, Callable[[str | None], bool]] = {
    "States.ALL": lambda error: error != "States.Runtime",
    "States.TaskFailed": lambda error: error not in ("States.Timeout", "States.Runtime"),
}


def matcher(names: Sequence[str]) -> Callable[[StateError], bool]:
    plain = frozenset(names)
    heartbeat = "States.HeartbeatTimeout" in plain
    wild = [WILDCARDS[name] for name in names if name in WILDCARDS]

    def matches(failure: StateError) -> bool:
        if isinstance(failure, Fatal):
            return False
        if heartbeat and isinstance(failure, Expired) and failure.heartbeat:
            return True
        return failure.error in plain or any(test(failure.error) for test in wild)

    return matches


class Guard:
    """Retry and Catch around a state's work, which `begin` starts, and starts anew.

    Each retrier counts its own attempts; the counters live in the frame and start anew with each entry of the state.
    """

    __slots__ = ("_catchers", "_retriers", "_zeros", "begin", "lost")

    def __init__(self, retriers: Sequence[Mapping[str, Any]], catchers: Sequence[Catcher]) -> None:
        self._retriers = [
            (matcher(retrier["ErrorEquals"]), _backoff(retrier), retrier.get("MaxAttempts", 3)) for retrier in retriers
        ]
        self._zeros = [0] * len(retriers)
        self._catchers = catchers
        self.begin: Step = _nothing
        self.lost: Callable[[Frame, StateError], None] | None = None
        """Told of a failure that is not retried, before it is caught."""

    def enter(self, frame: Frame) -> Step | None:
        """Begin, with no attempts made."""
        frame.attempts = self._zeros[:]
        frame.retries = 0
        return self.begin(frame)

    def failed(self, frame: Frame, failure: StateError) -> Step | None:
        """Try again later, go on with the first catcher that matches, or let the frame fail."""
        seconds = self._delay(frame, failure)
        if seconds is not None:
            frame.run.wait(frame, frame.run.clock.now + seconds, self.begin)
            return None
        if self.lost is not None:
            self.lost(frame, failure)
        for matches, handle in self._catchers:
            if matches(failure):
                return handle(frame, {"Error": failure.error or "", "Cause": failure.cause or ""})
        frame.fail(failure)
        return None

    def explained(self, frame: Frame, failure: StateError) -> Step | None:
        """A failure of the state's own fields."""
        return self.failed(frame, frame.run.explain(frame, failure))

    def _delay(self, frame: Frame, failure: StateError) -> float | None:
        """Seconds to wait before trying again, or None where no retrier takes the failure."""
        attempts = frame.attempts
        for index, (matches, seconds, most) in enumerate(self._retriers):
            if matches(failure):
                if attempts is None or attempts[index] >= most:
                    return None
                attempts[index] += 1
                frame.retries += 1
                return seconds(attempts[index], frame)
        return None


def _nothing(_frame: Frame) -> None:
    """Stands for the work until it is compiled."""


def _backoff(retrier: Mapping[str, Any]) -> Callable[[int, Frame], float]:
    interval, rate = retrier.get("IntervalSeconds", 1), retrier.get("BackoffRate", 2.0)
    cap, full = retrier.get("MaxDelaySeconds", float("inf")), retrier.get("JitterStrategy") == "FULL"

    def seconds(attempt: int, frame: Frame) -> float:
        try:
            delay = float(min(cap, interval * rate ** (attempt - 1)))
        except OverflowError:
            delay = cap
        return frame.run.random.uniform(0, delay) if full else delay

    return seconds
