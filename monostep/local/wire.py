"""HTTP/1.1 on a socket, as much as a Lambda's clients speak. One send for each answer and no delay: what is timed
through this server must not be the server (Nagle's algorithm adds 40 ms to an answer sent in two parts).
"""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import IO, NamedTuple, TypeAlias

LINE_LIMIT, HEADERS_LIMIT = 2_097_152, 100  # bytes (an error comes with an X-Ray header of up to 1 MB), lines
BODY_LIMIT = 64 * 1_048_576  # bytes; more is not read
REASONS = {status.value: status.phrase for status in HTTPStatus}

Stream: TypeAlias = IO[bytes]


class Request(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


class Malformed(ValueError):
    """What came is no request."""


def read(stream: Stream, connection: socket.socket) -> Request | None:
    """The next request; None when the client is gone."""
    start = stream.readline(LINE_LIMIT)
    if not start:
        return None
    try:
        method, path, _ = start.decode("latin-1").split()
    except ValueError:
        raise Malformed("no request line") from None
    headers = dict(_headers(stream))
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    return Request(method, path, headers, _body(stream, headers))


def _headers(stream: Stream) -> Iterator[tuple[str, str]]:
    for _ in range(HEADERS_LIMIT):
        line = stream.readline(LINE_LIMIT)
        if line in (b"\r\n", b"\n", b""):
            return
        name, _, value = line.decode("latin-1").partition(":")
        yield name.lower(), value.strip()
    raise Malformed("too many headers")


def _body(stream: Stream, headers: Mapping[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return b"".join(_chunks(stream))
    return stream.read(_size(headers.get("content-length", "0"), 10))


def _chunks(stream: Stream) -> Iterator[bytes]:
    total = 0
    while size := _size(stream.readline(LINE_LIMIT).partition(b";")[0].decode("latin-1"), 16):
        total = _size(str(total + size), 10)
        yield stream.read(size)
        stream.readline(LINE_LIMIT)
    while stream.readline(LINE_LIMIT) not in (b"\r\n", b"\n", b""):
        pass


def _size(text: str, base: int) -> int:
    try:
        size = int(text, base)
    except ValueError:
        raise Malformed(f"{text!r} is no size") from None
    if not 0 <= size <= BODY_LIMIT:
        raise Malformed(f"a body of {size} bytes is not read")
    return size


def send(connection: socket.socket, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    connection.sendall(f"HTTP/1.1 {status} {REASONS.get(status, '-')}\r\n{head}\r\n".encode("latin-1") + body)


def send_json(connection: socket.socket, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
    send(connection, status, json.dumps(value).encode(), headers)


def readable(connection: socket.socket, seconds: float | None) -> bool:
    """Whether something comes (or the client goes) within so many seconds."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(None if seconds is None else max(0.0, seconds * 1000)))


def gone(connection: socket.socket) -> bool:
    """Whether a client that has asked went away without waiting for its answer."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class Server:
    """Calls `serve` in a thread of its own for each connection, until it is closed."""

    def __init__(self, host: str, port: int, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._connections: set[socket.socket] = set()
        self._listener = socket.create_server((host, port))
        self.host, self.port = self._listener.getsockname()[:2]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for connection in [self._listener, *self._connections]:
            with quiet():
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with quiet():
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._connections.add(connection)
                threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        try:
            with quiet(), connection:
                self._serve(connection)
        finally:
            self._connections.discard(connection)


@contextmanager
def quiet() -> Iterator[None]:
    """A client that goes away in the middle, or talks nonsense, is no fault of the server's."""
    try:
        yield
    except (OSError, ValueError):
        return
