"""A process that asks for events, in front of the Runtime API of monostep.local: what the tests and the bench put the
real client in front of.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from monostep.local.api import RuntimeApi
from monostep.local.invocation import Invocation

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0  # seconds a test waits for a process before it gives up


class Lambda:
    """One process in front of its own Runtime API."""

    def __init__(self, api: RuntimeApi, process: subprocess.Popen[bytes], log: IO[bytes], started: float) -> None:
        self.api = api
        self.process = process
        self._log = log
        self._started = started

    def invoke(self, event: object, headers: Mapping[str, str] | None = None) -> Invocation:
        """Send an event and wait for its answer; an AssertionError with the log if the process dies instead."""
        invocation = self.api.send(event, headers)
        self.wait(invocation.done.wait)
        return invocation

    def wait(self, done: Callable[[float], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not done(0.5):
            assert self.alive, f"the process ended with {self.process.returncode}:\n{self.log}"
            assert time.monotonic() < end, f"no answer within {PATIENCE} s:\n{self.log}"

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def init_seconds(self) -> float:
        """From the start of the process to its first `next`."""
        self.wait(self.api.asked.wait)
        return self.api.asked_at - self._started


@contextmanager
def running(
    command: list[str] | None = None, cwd: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Iterator[Lambda]:
    """The Lambda mode of the project in `cwd` (or another command) as a process, ended afterwards with its children."""
    api = RuntimeApi()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "_LAMBDA"))}
    with TemporaryFile() as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            command or [sys.executable, "-m", "handler"],
            cwd=cwd,
            env={**inherited, "AWS_LAMBDA_RUNTIME_API": api.address, **(environment or {})},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield Lambda(api, process, log, started)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()
            api.close()
