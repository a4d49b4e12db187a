"""Retry and Catch (specification: Errors, Retrying after error, Fallback states)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monostep.engine.frame import Frame, Step
from monostep.engine.run import Expired, Fatal
from monostep.errors import StateError

Delay = Callable[[Frame, StateError], float | None]
"""Seconds to wait before trying again, or None where no retrier takes the failure."""

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


def compile_retry(retriers: Sequence[Mapping[str, Any]]) -> Delay:
    """Each retrier counts its own attempts; the counters live in the frame and start anew with each entry of the
    state."""
    rules = [
        (matcher(retrier["ErrorEquals"]), _backoff(retrier), retrier.get("MaxAttempts", 3)) for retrier in retriers
    ]

    def delay(frame: Frame, failure: StateError) -> float | None:
        attempts = frame.attempts
        for index, (matches, seconds, most) in enumerate(rules):
            if matches(failure):
                if attempts is None or attempts[index] >= most:
                    return None
                attempts[index] += 1
                frame.retries += 1
                return seconds(attempts[index], frame)
        return None

    return delay


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


Catcher = tuple[Callable[[StateError], bool], Callable[[Frame, dict[str, Any]], Step | None]]


def compile_catch(catchers: Sequence[Catcher]) -> Callable[[Frame, StateError], Step | None]:
    """What happens to a failure that is not retried: the first catcher that matches, or the frame fails."""

    def catch(frame: Frame, failure: StateError) -> Step | None:
        for matches, handle in catchers:
            if matches(failure):
                return handle(frame, {"Error": failure.error or "", "Cause": failure.cause or ""})
        frame.fail(failure)
        return None

    return catch
