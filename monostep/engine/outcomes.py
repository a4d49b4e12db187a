"""How work ends: with a result, with a failure, or not in time.

Work that has so long runs in a thread of its own, for only then can it be left to itself. Threads are kept and used
again: starting one costs as much as a hundred states. Each call sees the context variables of its caller. Calling in
place under a watchdog was tried: the caller's own thread would be the one that is stuck.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from monostep.errors import StateError


class Fatal(StateError):
    """Ends the execution whatever Catch says: States.Runtime, and a state's own States.DataLimitExceeded."""


class Expired(StateError):
    """TimeoutSeconds or HeartbeatSeconds ran out: AWS says States.Timeout for both, a catcher may tell them apart."""

    def __init__(self, heartbeat: bool = False) -> None:
        super().__init__("States.Timeout", None)
        self.heartbeat = heartbeat


class OutOfTime(StateError):
    """The machine's own TimeoutSeconds ran out while work was under way."""

    def __init__(self) -> None:
        super().__init__("States.Timeout", None)


Work = Callable[[], Any]


def outcome_of(work: Work) -> Any:
    """What the work returns or raises: a StateError is an outcome, anything else ends the run where it is looked at."""
    try:
        return work()
    except BaseException as error:
        return error


def within(work: Work, seconds: float, expired: StateError) -> Any:
    """The outcome of `work`, or `expired` when it is not there in time: then its thread is left to itself."""
    worker = _idle_worker()
    outcome: Any = expired
    try:
        outcome = worker.ask(work, min(seconds, threading.TIMEOUT_MAX), expired)
    finally:
        if outcome is expired:  # late, or its caller has been interrupted
            worker.leave()
        else:
            _idle.append(worker)
    return outcome


def _idle_worker() -> _Worker:
    try:
        return _idle.pop()
    except IndexError:
        return _Worker()


class _Worker:
    """A thread that does one piece of work at a time for whoever holds it, and ends after one that was late."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Context, Work] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True, name="monostep-task").start()

    def ask(self, work: Work, seconds: float, expired: StateError) -> Any:
        self._calls.put((copy_context(), work))
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return expired

    def leave(self) -> None:
        """Let it end with what it is at."""
        self._calls.put(None)

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            context, work = call
            self._answers.put(context.run(outcome_of, work))
            del call, context, work  # nothing of the last call is kept while there is none


_idle: list[_Worker] = []
"""Workers with nothing to do. `pop` and `append` are atomic."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a forked process has none of its parent's threads
