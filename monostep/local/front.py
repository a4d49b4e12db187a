"""AWS's invoke path: POST /2015-03-31/functions/NAME/invocations, as `aws lambda invoke`, boto3 and curl send it.

Every name and qualifier is this function. An Event is accepted and run once; what it failed of is in the log.
"""

from __future__ import annotations

import base64
import json
import re
import socket
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from monostep.local import wire
from monostep.local.environment import Function
from monostep.local.invocation import REQUEST_LIMITS, Invocation

PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
NAME = re.compile(r"[\w:$.-]{1,256}")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


class Rejected(Exception):
    """AWS's own answer to a request that never reaches the function."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status, self.name, self.message = status, name, message


class Front:
    def __init__(self, function: Function, host: str, port: int) -> None:
        self._function = function
        self._server = wire.Server(host, port, self._serve)
        self.host, self.port = self._server.host, self._server.port

    def close(self) -> None:
        self._server.close()

    def _serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as requests:
            while request := self._read(requests, connection):
                try:
                    self._invoke(connection, request)
                except Rejected as rejected:
                    body = {"Type": "User", "message": rejected.message}
                    wire.send_json(connection, rejected.status, body, {"X-Amzn-ErrorType": rejected.name})

    def _read(self, requests: wire.Stream, connection: socket.socket) -> wire.Request | None:
        try:
            return wire.read(requests, connection)
        except wire.Malformed as error:
            wire.send_json(connection, 400, {"Type": "User", "message": str(error)}, {"Connection": "close"})
            return None

    def _invoke(self, connection: socket.socket, request: wire.Request) -> None:
        name = _function(request)
        kind = _kind(request)
        event = _event(request, kind)
        if kind == "DryRun":
            return wire.send(connection, 204, b"")
        invocation = self._function.send(event, _headers(request, name))
        known = {"X-Amzn-RequestId": invocation.id}
        if kind == "Event":
            return wire.send(connection, 202, b"", known)
        invocation.done.wait()
        return wire.send(connection, 200, invocation.body, {**known, **_outcome(request, invocation)})


def _function(request: wire.Request) -> str:
    """The ARN of the function the path names, with its qualifier."""
    url = urlsplit(request.path)
    found = PATH.fullmatch(url.path)
    if not found:
        raise Rejected(404, "ResourceNotFoundException", "the only path here is /2015-03-31/functions/NAME/invocations")
    if request.method != "POST":
        raise Rejected(405, "MethodNotAllowedException", f"{request.method} is not allowed; POST is")
    name = unquote(found[1])
    if not NAME.fullmatch(name):
        raise Rejected(400, "ValidationException", f"{name!r} is no function's name")
    qualifier = parse_qs(url.query).get("Qualifier")
    arn = name if name.startswith("arn:") else ARN + name.rpartition("function:")[2]
    return f"{arn}:{qualifier[0]}" if qualifier and NAME.fullmatch(qualifier[0]) else arn


def _kind(request: wire.Request) -> str:
    kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
    if kind not in REQUEST_LIMITS:
        message = f"InvocationType is one of {', '.join(REQUEST_LIMITS)}, not {kind!r}"
        raise Rejected(400, "InvalidParameterValueException", message)
    return kind


def _event(request: wire.Request, kind: str) -> bytes:
    event, limit = request.body or b"{}", REQUEST_LIMITS[kind]
    if len(event) > limit:
        message = f"{len(event)} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
        raise Rejected(413, "RequestTooLargeException", message)
    try:
        _DECODER.decode(event.decode("utf-8"))
    except RecursionError:
        return event
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise Rejected(400, "InvalidRequestContentException", message) from None
    return event


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=_constant)


def _headers(request: wire.Request, arn: str) -> Mapping[str, str]:
    """What the function is told about the call."""
    headers = {"Lambda-Runtime-Invoked-Function-Arn": arn}
    if trace := request.headers.get("x-amzn-trace-id"):
        headers["Lambda-Runtime-Trace-Id"] = trace
    if context := request.headers.get("x-amz-client-context"):
        try:
            text = base64.b64decode(context, validate=True).decode("utf-8")
            headers["Lambda-Runtime-Client-Context"] = json.dumps(json.loads(text))
        except (ValueError, RecursionError):
            message = "Client context must be a valid Base64-encoded JSON object."
            raise Rejected(400, "InvalidRequestContentException", message) from None
    return headers


def _outcome(request: wire.Request, invocation: Invocation) -> Mapping[str, str]:
    headers = {"X-Amz-Executed-Version": "$LATEST"}
    if invocation.kind != "response":
        headers["X-Amz-Function-Error"] = "Unhandled"
    if request.headers.get("x-amz-log-type") == "Tail":
        headers["X-Amz-Log-Result"] = base64.b64encode(invocation.log).decode()
    return headers
