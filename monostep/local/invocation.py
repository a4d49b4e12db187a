"""An event on its way through the Lambda, and the bodies Lambda itself answers with where the function cannot."""

from __future__ import annotations

import json
import signal
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

RESPONSE_LIMIT = 6_291_556  # bytes of an answer
REQUEST_LIMITS = {"RequestResponse": 6_291_456, "Event": 1_048_576, "DryRun": 6_291_456}  # bytes of an event


@dataclass(eq=False)
class Invocation:
    """An event and what came of it: `kind` is response, error (the function's), too-large or failure (Lambda's own).

    `seconds` lasts from the last byte of the event to the last byte of the answer.
    """

    event: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    kind: str = ""
    body: bytes = b""
    content_type: str = ""
    seconds: float = 0.0
    log: bytes = b""
    sent: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    def finish(self, kind: str, body: bytes, content_type: str, now: float) -> None:
        self.kind, self.body, self.content_type = kind, body, content_type
        self.seconds = now - self.sent if self.sent else 0.0
        self.done.set()

    def fail(self, failure: Mapping[str, object]) -> None:
        self.finish("failure", json.dumps(failure).encode(), "application/json", time.perf_counter())


class Events:
    """The invocations that wait for a worker, first come first served."""

    def __init__(self) -> None:
        self._waiting: deque[Invocation] = deque()
        self._changed = threading.Condition()

    @property
    def empty(self) -> bool:
        return not self._waiting

    def put(self, invocation: Invocation) -> None:
        with self._changed:
            self._waiting.append(invocation)
            self._changed.notify_all()

    def take(self, stopped: Callable[[], bool]) -> Invocation | None:
        """The next one, when there is one; None for a worker that is `stopped`."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._waiting or stopped())
                if stopped():
                    return None
                return self._waiting.popleft()

    def pull(self) -> Invocation | None:
        """The next one if it is here now."""
        with self._changed:
            return self._waiting.popleft() if self._waiting else None

    def wake(self) -> None:
        """Let everyone who waits ask whether it is stopped."""
        with self._changed:
            self._changed.notify_all()


def timed_out(invocation: Invocation, seconds: float) -> dict[str, str]:
    return _failure("Sandbox.Timedout", invocation, f"Task timed out after {seconds:.2f} seconds")


def exited(invocation: Invocation, code: int | None) -> dict[str, str]:
    """`code` as subprocess gives it: negative for a signal, None where nobody knows."""
    if not code:
        reason = "Runtime exited without providing a reason"
    elif code > 0:
        reason = f"Runtime exited with error: exit status {code}"
    else:
        reason = f"Runtime exited with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
    return _failure("Runtime.ExitError", invocation, reason)


def too_large() -> dict[str, str]:
    return {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).",
    }


def _failure(name: str, invocation: Invocation, message: str) -> dict[str, str]:
    return {"errorType": name, "errorMessage": f"RequestId: {invocation.id} Error: {message}"}
