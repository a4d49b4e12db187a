"""The Lambda Runtime API (version 2018-06-01): workers ask for events here and leave their answers.

An event is tied to the connection it went out on. A worker that is killed drops its connection, and that is how its
loss is known, among forked workers too. curl drops a connection that was idle for 118 s just before it answers on a
new one, so the loss is believed only after GRACE.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from monostep.local import wire
from monostep.local.invocation import RESPONSE_LIMIT, Events, Invocation, exited, timed_out, too_large

PREFIX = "/2018-06-01/runtime/"
GRACE = 0.5  # seconds
LONGEST = 900.0  # seconds a function may take
ARN = "arn:aws:lambda:us-east-1:123456789012:function:monostep"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"


class Journal(Protocol):
    def start(self, invocation: Invocation) -> None: ...
    def end(self, invocation: Invocation) -> None: ...


class RuntimeApi:
    """Serves `events` to any number of workers until it is closed. `init_error` is what a worker could not start for.

    `lost` is called when a worker is gone, or took more than `timeout` seconds; its invocation has been answered by
    then. `reason` tells the exit status of workers that are gone.
    """

    def __init__(
        self,
        events: Events | None = None,
        timeout: float = LONGEST,
        journal: Journal | None = None,
        lost: Callable[[], None] = lambda: None,
        reason: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.events = Events() if events is None else events
        self.timeout = timeout
        self.running: dict[str, Invocation] = {}
        self.init_error: dict[str, Any] | None = None
        self.asked = threading.Event()  # a worker has asked for its first event
        self.asked_at = 0.0
        self._journal, self._lost, self._reason = journal, lost, reason
        self._retired = threading.Event()
        self._server = wire.Server("127.0.0.1", 0, self._serve)
        self.address = f"{self._server.host}:{self._server.port}"

    def send(self, event: object, headers: Mapping[str, str] | None = None) -> Invocation:
        """Queue an event, JSON text or a value; wait for it with `done`."""
        text = event if isinstance(event, bytes) else json.dumps(event).encode()
        invocation = Invocation(text, headers or {})
        self.events.put(invocation)
        return invocation

    def retire(self) -> None:
        """Hand out no more events; answers are still taken."""
        self._retired.set()
        self.events.wake()

    def close(self) -> None:
        self.retire()
        self._server.close()

    def fail(self, invocation: Invocation, failure: Mapping[str, object]) -> None:
        """Answer in the place of a worker; nothing if the worker was quicker."""
        if self.running.pop(invocation.id, None):
            self._end(invocation)
            invocation.fail(failure)

    def _serve(self, connection: socket.socket) -> None:
        held: Invocation | None = None
        with connection.makefile("rb") as requests, wire.quiet():
            while held is None or wire.readable(connection, self.timeout):
                request = wire.read(requests, connection)
                if request is None:
                    break
                held = self._answer(connection, request)
            else:
                return self._give_up(held, timed_out(held, self.timeout))
        if held and not held.done.wait(GRACE):
            self._give_up(held, exited(held, self._reason()))
        return None

    def _give_up(self, invocation: Invocation, failure: Mapping[str, object]) -> None:
        self.fail(invocation, failure)
        self._lost()

    def _answer(self, connection: socket.socket, request: wire.Request) -> Invocation | None:
        """The invocation that this connection now holds."""
        now = time.perf_counter()
        route = request.path.removeprefix(PREFIX).split("/")
        match route:
            case ["invocation", "next"]:
                return self._next(connection, now)
            case ["init", "error"]:
                name = request.headers.get("lambda-runtime-function-error-type")
                self.init_error = {**json.loads(request.body), "header": name}
                wire.send(connection, 202, b'{"status":"OK"}')
            case ["invocation", identity, ("response" | "error") as kind]:
                self._take(connection, identity, kind, request, now)
            case _:
                wire.send_json(connection, 404, {"errorType": "NotFound", "errorMessage": request.path})
        return None

    def _next(self, connection: socket.socket, now: float) -> Invocation | None:
        if not self.asked.is_set():
            self.asked_at = now
            self.asked.set()
        invocation = self.events.take(lambda: self._retired.is_set() or wire.gone(connection))
        if invocation is None:
            if not self._retired.is_set():
                self._lost()
            return None
        self.running[invocation.id] = invocation
        if self._journal:
            self._journal.start(invocation)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self.timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
            "Lambda-Runtime-Trace-Id": TRACE,
            **invocation.headers,
        }
        invocation.sent = time.perf_counter()
        with wire.quiet():
            wire.send(connection, 200, invocation.event, headers)
        return invocation

    def _take(self, connection: socket.socket, identity: str, kind: str, request: wire.Request, now: float) -> None:
        invocation = self.running.pop(identity, None)
        if invocation is None:
            wire.send_json(connection, 400, {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"})
            return
        large = kind == "response" and len(request.body) > RESPONSE_LIMIT
        body = json.dumps(too_large()).encode() if large else request.body
        wire.send(connection, 413 if large else 202, body if large else b'{"status":"OK"}')
        self._end(invocation)
        invocation.finish("too-large" if large else kind, body, request.headers.get("content-type", ""), now)

    def _end(self, invocation: Invocation) -> None:
        if self._journal:
            self._journal.end(invocation)
