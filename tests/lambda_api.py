"""A small Lambda Runtime API, and a process that asks it for events: what the tests and the bench put the real client
in front of. Raw sockets, because what it times must not be itself: TCP_NODELAY, and one send for each answer.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryFile
from typing import IO, Any

ROOT = Path(__file__).parents[1]
RESPONSE_LIMIT = 6_291_556  # bytes
PATIENCE = 60.0  # seconds a test waits for a process before it gives up
PREFIX = "/2018-06-01/runtime/"


@dataclass
class Invocation:
    """An event on its way, and what came back: `kind` is response, error or too-large."""

    event: bytes
    headers: Mapping[str, str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    kind: str = ""
    body: bytes = b""
    seconds: float = 0.0
    content_type: str = ""
    done: threading.Event = field(default_factory=threading.Event)
    sent: float = 0.0

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    def finish(self, kind: str, body: bytes, content_type: str, now: float) -> None:
        self.kind, self.body, self.content_type, self.seconds = kind, body, content_type, now - self.sent
        self.done.set()


class RuntimeApi:
    """Serves events to any number of clients until it is closed. `init_error` is what a client could not start for."""

    def __init__(self) -> None:
        self.init_error: dict[str, Any] | None = None
        self.asked = threading.Event()  # a client has asked for its first event
        self.asked_at = 0.0
        self._waiting: SimpleQueue[Invocation | None] = SimpleQueue()
        self._running: dict[str, Invocation] = {}
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._listener.getsockname())
        threading.Thread(target=self._accept, daemon=True).start()

    def send(self, event: object, headers: Mapping[str, str] | None = None) -> Invocation:
        """Queue an event, JSON text or a value; wait for it with `done`."""
        text = event if isinstance(event, bytes) else json.dumps(event).encode()
        invocation = Invocation(text, headers or {})
        self._waiting.put(invocation)
        return invocation

    def close(self) -> None:
        for connection in [self._listener, *self._connections]:
            with _ignored_os_errors():
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for _ in self._connections:
            self._waiting.put(None)

    def _accept(self) -> None:
        with _ignored_os_errors():
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with _ignored_os_errors(), connection, connection.makefile("rb") as requests:
            while request := _read_request(requests):
                self._answer(connection, *request)

    def _answer(self, connection: socket.socket, path: str, headers: dict[str, str], body: bytes) -> None:
        now = time.perf_counter()
        route = path.removeprefix(PREFIX)
        if route == "invocation/next":
            self._next(connection, now)
        elif route == "init/error":
            self.init_error = {**json.loads(body), "header": headers.get("lambda-runtime-function-error-type")}
            _send(connection, 202, b'{"status":"OK"}')
        else:
            _, identity, verb = route.split("/")
            invocation = self._running.pop(identity)
            too_large = verb == "response" and len(body) > RESPONSE_LIMIT
            _send(connection, *((413, b'{"errorType":"RequestEntityTooLarge"}') if too_large else (202, b"{}")))
            invocation.finish("too-large" if too_large else verb, body, headers.get("content-type", ""), now)

    def _next(self, connection: socket.socket, now: float) -> None:
        if not self.asked.is_set():
            self.asked_at = now
            self.asked.set()
        invocation = self._waiting.get()
        if invocation is None:
            return
        self._running[invocation.id] = invocation
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 900_000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:monostep",
            "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
            **invocation.headers,
        }
        invocation.sent = time.perf_counter()
        _send(connection, 200, invocation.event, headers)


def _read_request(requests: IO[bytes]) -> tuple[str, dict[str, str], bytes] | None:
    start = requests.readline()
    if not start:
        return None
    headers = {}
    while (line := requests.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = requests.read(int(headers.get("content-length", 0)))
    return start.split()[1].decode(), headers, body


def _send(connection: socket.socket, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    connection.sendall(f"HTTP/1.1 {status} -\r\n{head}\r\n".encode("latin-1") + body)


@contextmanager
def _ignored_os_errors() -> Iterator[None]:
    """A client that goes away in the middle is no fault of the server's."""
    try:
        yield
    except (OSError, ValueError):
        return


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
            with _ignored_os_errors():
                os.killpg(process.pid, 9)
            process.wait()
            api.close()
