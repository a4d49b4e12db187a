"""Time as a parameter: whoever waits asks one clock, which is either skipped or real.

`Clock` keeps the moments that somebody waits for, in order of time and then of asking, so that branches wake in the
same order on every run. Skipping is the default: the next moment is simply now. asyncio was tried first and lost: an
event loop costs more to start than most executions take to run.
"""

from __future__ import annotations

import heapq
import time
from typing import Generic, TypeVar

T = TypeVar("T")


class Clock(Generic[T]):
    """`now` is modelled seconds since the start of the execution."""

    def __init__(self, real: bool = False) -> None:
        self.now = 0.0
        self.real = real
        self._started = time.monotonic() if real else 0.0
        self._moments: list[tuple[float, int, T]] = []
        self._asked = 0

    def wake(self, moment: float, what: T) -> None:
        self._asked += 1
        heapq.heappush(self._moments, (moment, self._asked, what))

    def next(self) -> float | None:
        """The next moment somebody waits for."""
        return self._moments[0][0] if self._moments else None

    def pop(self) -> T:
        """What waited for the next moment, which becomes now."""
        moment, _, what = heapq.heappop(self._moments)
        self.advance(moment)
        return what

    def advance(self, moment: float) -> None:
        if self.real and (left := self.remaining(moment)):
            time.sleep(left)
        self.now = max(self.now, moment)
        self.read()

    def read(self) -> None:
        """What has really passed is modelled time too, where time is real."""
        if self.real:
            self.now = max(self.now, time.monotonic() - self._started)

    def remaining(self, moment: float) -> float:
        """Real seconds until a modelled moment."""
        return max(0.0, self._started + moment - time.monotonic())
