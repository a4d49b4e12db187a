"""The function's process: started, watched, ended, and replaced when it is gone.

An environment that has lost a worker is retired: it takes no more events, finishes those it has, and is ended. So a
killed worker of several (AWS_LAMBDA_MAX_CONCURRENCY) is replaced without harm to what the others are doing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from monostep.local.api import RuntimeApi
from monostep.local.invocation import Events, Invocation, exited, timed_out
from monostep.local.journal import Journal

INIT_LIMIT = 10.0  # seconds a process may take to its first `next`, or the function's timeout if that is more
STATUS = 1.0  # seconds until the exit status of a process that dropped its connection is known


@dataclass(frozen=True)
class Settings:
    """What AWS would be told about the function."""

    folder: Path
    timeout: float = 900.0
    memory: int = 1024
    command: tuple[str, ...] = (sys.executable, "-m", "handler")
    environment: Mapping[str, str] = field(default_factory=dict)

    def variables(self, address: str) -> dict[str, str]:
        name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "monostep")
        defaults = {
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_REGION": "us-east-1",
            "LAMBDA_TASK_ROOT": str(self.folder),
        }
        return {**defaults, **os.environ, **self.environment, "AWS_LAMBDA_RUNTIME_API": address}


class Environment:
    """One process in front of its own Runtime API; `gone` is called once when it takes no more events."""

    def __init__(self, events: Events, settings: Settings, gone: Callable[[Environment], None]) -> None:
        self._settings, self._gone = settings, gone
        self._leave = threading.Lock()
        self._slow = False
        self.journal = Journal(settings.memory, lambda: self.process.pid)
        self.api = RuntimeApi(events, settings.timeout, self.journal, self.retire, self._status)
        self._began = time.perf_counter()
        self.process = subprocess.Popen(
            settings.command,
            cwd=settings.folder,
            env=settings.variables(self.api.address),
            stdin=subprocess.DEVNULL,
            stdout=self.journal.pipe,
            stderr=self.journal.pipe,
            start_new_session=True,
        )
        self.journal.started()
        threading.Thread(target=self._watch, daemon=True).start()
        threading.Thread(target=self._begin, daemon=True).start()

    def retire(self) -> None:
        if self._leave.acquire(blocking=False):
            self.api.retire()
            self._gone(self)
            threading.Thread(target=self._finish, daemon=True).start()

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        with suppress(ChildProcessError):  # as process 1 of a container it inherits the workers
            while os.waitpid(-self.process.pid, os.WNOHANG)[0]:
                pass
        self.api.close()

    def init_failure(self, invocation: Invocation) -> Mapping[str, object]:
        """Why it never asked for an event."""
        if self.api.init_error:
            return {name: value for name, value in self.api.init_error.items() if name != "header"}
        code = self._status()
        return timed_out(invocation, self._init_limit) if self._slow else exited(invocation, code)

    @property
    def _init_limit(self) -> float:
        return max(INIT_LIMIT, self._settings.timeout)

    def _begin(self) -> None:
        if self.api.asked.wait(self._init_limit):
            self.journal.init_seconds = self.api.asked_at - self._began
        elif self.process.poll() is None:
            self._slow = True
            self.close()

    def _watch(self) -> None:
        code = self.process.wait()
        for invocation in list(self.api.running.values()):
            self.api.fail(invocation, exited(invocation, code))
        self.retire()

    def _finish(self) -> None:
        for invocation in list(self.api.running.values()):
            invocation.done.wait()
        self.close()

    def _status(self) -> int | None:
        try:
            return self.process.wait(STATUS)
        except subprocess.TimeoutExpired:
            return None


class Function:
    """Keeps one environment for the events, and starts another when it is gone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._events = Events()
        self._lock = threading.RLock()
        self._closed = False
        self._environments: list[Environment] = []
        self._current: Environment | None = None

    def start(self) -> None:
        """Have an environment; the next event will otherwise start one."""
        with self._lock:
            if self._current is None and not self._closed:
                self._current = Environment(self._events, self.settings, self._replace)
                self._environments.append(self._current)

    def send(self, event: bytes, headers: Mapping[str, str]) -> Invocation:
        invocation = Invocation(event, headers)
        self._events.put(invocation)
        self.start()
        return invocation

    def close(self) -> None:
        with self._lock:
            self._closed = True
            left = [one for one in self._environments if one.process.poll() is None]
        for environment in left:
            environment.close()

    def _replace(self, gone: Environment) -> None:
        with self._lock:
            self._current = None
            self._environments = [one for one in self._environments if one.process.poll() is None]
            if not gone.api.asked.is_set() and (invocation := self._events.pull()):
                invocation.fail(gone.init_failure(invocation))
            if not self._events.empty:
                self.start()
