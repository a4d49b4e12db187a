"""HTTP as clients speak it, and as nobody should."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.local.serving import Local, call, serving

PATH = "/2015-03-31/functions/f/invocations"
HELLO = json.dumps({"Task": "Hello", "Workflow": "hello", "Input": {}}).encode()


@pytest.fixture(scope="module")
def local() -> Iterator[Local]:
    with serving() as it:
        yield it


def talk(local: Local, *parts: bytes) -> bytes:
    """Everything that comes back until the server closes or says nothing for a moment."""
    host, _, port = local.url.removeprefix("http://").partition(":")
    heard = b""
    with socket.create_connection((host, int(port)), timeout=1.0) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            while text := connection.recv(65_536):
                heard += text
        except (TimeoutError, ConnectionError):
            pass
    return heard


def head(*lines: str, path: str = PATH, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    "parts",
    [
        [head(f"Content-Length: {len(HELLO)}"), HELLO],
        [head(f"content-length:{len(HELLO)}"), HELLO[:7], HELLO[7:]],
        [
            head("Transfer-Encoding: chunked"),
            b"7\r\n" + HELLO[:7] + b"\r\n",
            b"%x;a=b\r\n" % len(HELLO[7:]),
            HELLO[7:],
            b"\r\n0\r\n\r\n",
        ],
        [head(f"Content-Length: {len(HELLO)}", path=PATH + "/"), HELLO],
    ],
    ids=["at once", "in pieces", "in chunks", "with a slash"],
)
def test_a_body_may_come_in_any_way(local: Local, parts: list[bytes]) -> None:
    assert talk(local, *parts).endswith(b'\r\n\r\n{"Greeting":"Hello World"}')


def test_a_connection_serves_several_requests(local: Local) -> None:
    request = head(f"Content-Length: {len(HELLO)}") + HELLO
    assert talk(local, request, request, request).count(b"HTTP/1.1 200 OK") == 3


def test_a_client_that_asks_first_is_told_to_go_on(local: Local) -> None:
    heard = talk(local, head("Expect: 100-continue", f"Content-Length: {len(HELLO)}"), HELLO)
    assert heard.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"\r\n\r\n", b"400"),
        (head("Content-Length: minus"), b"400"),
        (head("Content-Length: -1"), b"400"),
        (head("Content-Length: 99999999999"), b"400"),
        (head("Transfer-Encoding: chunked") + b"zz\r\n", b"400"),
        (head("Transfer-Encoding: chunked") + b"fffffffff\r\n", b"400"),
        (head(*["A: b"] * 1000), b"400"),
        (head(path="/", method="GET"), b"404"),
        (head(path="/2015-03-31/functions/f"), b"404"),
        (head(method="GET"), b"405"),
        (head(path="/2015-03-31/functions/a%0d%0ab/invocations"), b"400"),
        (head("X-Amz-Invocation-Type: Other"), b"400"),
    ],
)
def test_what_makes_no_sense_is_answered_so(local: Local, request_text: bytes, status: bytes) -> None:
    assert talk(local, request_text).startswith(b"HTTP/1.1 " + status)
    assert local.value("Sleep", 0)


def test_a_client_that_goes_away_leaves_the_function_alone(local: Local) -> None:
    event = json.dumps(call("Sleep", 0.2)).encode()
    host, _, port = local.url.removeprefix("http://").partition(":")
    for sent in (event, event[:9]):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head(f"Content-Length: {len(event)}") + sent)
    assert local.value("Sleep", 0)
