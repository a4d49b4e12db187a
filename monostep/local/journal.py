"""What the function prints, passed on as it comes, and Lambda's START, END and REPORT lines around it."""

from __future__ import annotations

import math
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from monostep.local.invocation import Invocation

TAIL = 4096  # bytes of the log that come back with LogType Tail


class Journal:
    """The log of one environment. Its process writes to `pipe`; an invocation keeps what was written in its time."""

    def __init__(self, memory: int, process: Callable[[], int]) -> None:
        self._memory, self._process = memory, process
        self._reader, self.pipe = os.pipe()
        self._current: dict[str, bytearray] = {}
        self._lock = threading.Lock()
        self._ended = False
        self.init_seconds: float | None = None
        threading.Thread(target=self._follow, daemon=True).start()

    def started(self) -> None:
        """The process has its own end of the pipe now."""
        os.close(self.pipe)

    def start(self, invocation: Invocation) -> None:
        with self._lock:
            self._drain()
            self._current[invocation.id] = bytearray()
            self._write(f"START RequestId: {invocation.id} Version: $LATEST\n".encode(), invocation)

    def end(self, invocation: Invocation) -> None:
        with self._lock:
            self._drain()
            self._write(f"END RequestId: {invocation.id}\n{self._report(invocation)}\n".encode(), invocation)
            invocation.log = bytes(self._current.pop(invocation.id)[-TAIL:])

    def _report(self, invocation: Invocation) -> str:
        milliseconds = (time.perf_counter() - invocation.sent) * 1000
        parts = [
            f"REPORT RequestId: {invocation.id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {math.ceil(milliseconds)} ms",
            f"Memory Size: {self._memory} MB",
            f"Max Memory Used: {peak(self._process())} MB",
        ]
        if self.init_seconds is not None:
            parts.append(f"Init Duration: {self.init_seconds * 1000:.2f} ms")
            self.init_seconds = None
        return "\t".join(parts) + "\t"

    def _follow(self) -> None:
        going = True
        while going:
            with suppress(OSError, ValueError):  # another thread met the end first, and closed it
                select.select([self._reader], [], [])
            with self._lock:
                going = self._drain()

    def _drain(self) -> bool:
        """Read what is there; False at the end."""
        while not self._ended and select.select([self._reader], [], [], 0)[0]:
            text = os.read(self._reader, 65_536)
            if text:
                self._write(text)
            else:
                self._ended = True
                os.close(self._reader)
        return not self._ended

    def _write(self, text: bytes, invocation: Invocation | None = None) -> None:
        for identity, kept in self._current.items():
            if invocation is None or identity == invocation.id:
                kept += text
                del kept[: -2 * TAIL]
        sys.stderr.buffer.write(text)
        sys.stderr.buffer.flush()


def peak(process: int) -> int:
    """The most memory a process has used, in MB; 0 where the system does not say."""
    with suppress(OSError, ValueError, StopIteration), open(f"/proc/{process}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
        return math.ceil(int(line.split()[1]) / 1024)
    return 0
