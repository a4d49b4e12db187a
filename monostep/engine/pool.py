"""Threads that work for one run, and the queue of what they bring back."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """Made by the run's thread and asked by it alone: nothing in it is made later, where two threads might make two."""

    def __init__(self, workers: int) -> None:
        self.outstanding = 0
        """Calls whose answers have not been fetched."""
        self._threads = ThreadPoolExecutor(workers)
        self._answers: queue.SimpleQueue[T] = queue.SimpleQueue()

    def ask(self, work: Callable[[], T]) -> None:
        """Work that raises nothing; its result is an answer."""
        self.outstanding += 1
        self._threads.submit(lambda: self._answers.put(work()))

    def answer(self, seconds: float | None) -> T | None:
        """The next one, or None if there is none in time."""
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        self.outstanding -= 1
        return answer

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
