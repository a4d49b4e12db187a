"""Calling a Python function as Lambda would: JSON in, JSON out, failures as Lambda words them."""

from __future__ import annotations

import inspect
import json
import time
import traceback
import uuid
from collections.abc import Callable
from email.utils import formatdate
from types import TracebackType
from typing import Any

from monostep.documents import adopt, copied, size
from monostep.errors import MarshalError, StateError, UsageError
from monostep.tasks.loop import complete
from monostep.tasks.payload import failure, theirs

Function = Callable[[Any, "Context"], Any]

OURS = {
    "monostep.workflow.binding",
    "monostep.calls.function",
    "monostep.tasks.loop",
    "monostep.tasks.payload",
    "monostep.tasks.registry",
    "monostep.tasks.inputs",
}


class Context:
    """What a Lambda function gets as its second argument (Lambda documentation: Python context object)."""

    memory_limit_in_mb = "128"
    function_version = "$LATEST"
    identity = None
    client_context = None

    log_stream_name = "monostep"
    _request_id = ""

    def __init__(self, name: str, arn: str, seconds: float = 900.0) -> None:
        self.function_name = name
        self.invoked_function_arn = arn
        self._until = time.monotonic() + seconds

    @property
    def aws_request_id(self) -> str:
        """Made when somebody asks: few functions do, and it costs more than all else here."""
        if not self._request_id:
            self._request_id = str(uuid.uuid4())
        return self._request_id

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._until - time.monotonic()) * 1000))


def of_callable(function: Callable[..., Any], label: str) -> Function:
    """Accepts `(event, context)`, `(event)` and `async def`; UsageError names what else `label` is."""
    if not callable(function):
        raise UsageError(f"{label} is called with (event) or (event, context), and {function!r} cannot be called")
    both: Function = function
    try:
        signature = inspect.signature(function)
    except ValueError:  # a builtin without a signature
        return lambda event, _context: function(event)
    if not _takes(signature, 2):
        if not _takes(signature, 1):
            raise UsageError(f"{label} is called with (event) or (event, context), and takes {signature}")
        both = lambda event, _context: function(event)  # noqa: E731
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        return lambda event, context: complete(both(event, context))
    return both


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def call(
    function: Function, event: Any, context: Context, *, compact: bool = False, verbatim: bool = False
) -> tuple[Any, int]:
    """The function's result and an upper bound of its bytes. The function gets its own copy of the event.

    Raises StateError with the exception's name as error and Lambda's JSON as cause; `compact` as lambda:invoke prints
    it. With `verbatim`, where no Lambda is meant, a StateError of the function's stays as it is.
    """
    try:
        result = function(copied(event), context)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if verbatim and isinstance(error, StateError):
            name, message = failure(error)
            raise StateError(name, None if error.cause is None else message) from error
        raise _failure(error, context, compact) from error
    if isinstance(result, bytes | bytearray):
        return _raw(bytes(result))
    try:
        return adopt(result)
    except MarshalError as error:
        payload = {"errorMessage": f"Unable to marshal response: {error}", "errorType": "Runtime.MarshalError"}
        raise StateError("Runtime.MarshalError", _written(payload, context, compact)) from None


def _raw(result: bytes) -> tuple[Any, int]:
    """A function may return the JSON text itself."""
    try:
        return adopt(json.loads(result))
    except (ValueError, RecursionError, MarshalError):
        decoded = result.decode("utf-8", "replace")
        return decoded, size(decoded)


def _failure(error: BaseException, context: Context, compact: bool) -> StateError:
    if not isinstance(error, Exception):  # it ends the process
        status = _status(error) if isinstance(error, SystemExit) else 1
        message = f"RequestId: {context.aws_request_id} Error: Runtime exited with error: exit status {status}"
        payload: dict[str, Any] = {"errorMessage": message, "errorType": "Runtime.ExitError"}
        return StateError("Runtime.ExitError", json.dumps(payload))
    name, message = failure(error)
    payload = {"errorMessage": message, "errorType": name, "requestId": context.aws_request_id}
    payload["stackTrace"] = _trace(error.__traceback__)
    return StateError(name, _written(payload, context, compact))


def _status(error: SystemExit) -> int:
    return error.code if isinstance(error.code, int) else 0 if error.code is None else 1


def _written(payload: dict[str, Any], context: Context, compact: bool) -> str:
    payload.setdefault("requestId", context.aws_request_id)
    payload.setdefault("stackTrace", [])
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":") if compact else None)


def _trace(trace: TracebackType | None) -> list[str]:
    """The frames below ours."""
    return traceback.format_list(traceback.extract_tb(theirs(trace, OURS)))


def length(value: Any) -> int:
    """Bytes of the response as the Python runtime of Lambda writes it."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def http_date() -> str:
    return formatdate(usegmt=True)
