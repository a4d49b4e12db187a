"""JSON in and out of a task: what a function returns is checked before it leaves, because what the real runtime lets
through (NaN, a lone surrogate, a number for a key) kills the process or corrupts the document.

The C encoder is the check: it finds NaN, cycles, depth and foreign values while it writes the text that is sent
anyway. Only the keys need a walk of their own, for it writes `{1: …}` as `{"1": …}` without a word; that walk also
tells whether the value is plain already or must be read back (a tuple, a model). Checking first and leaving the text to
awslambdaric was slower: the same walk, and simplejson after it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from math import isfinite

from monostep.errors import MarshalError, StateError, UnmarshalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from types import TracebackType
    from typing import Any, NoReturn

    from pydantic import TypeAdapter

MESSAGE_LIMIT = 32_768  # characters of an error's message; Step Functions cuts a Cause at as many
SCALARS = {str, int, float, bool, type(None)}
PLAIN = {*SCALARS, dict, list}
KINDS: dict[type, str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}
INTEGER_LIMIT = 14_000  # bits; Python writes no number of more than 4,300 digits
MENDS = {
    "set": "make it a list",
    "frozenset": "make it a list",
    "bytes": "decode it to text",
    "datetime": "make it text with isoformat()",
    "date": "make it text with isoformat()",
    "time": "make it text with isoformat()",
    "UUID": "make it text with str()",
    "coroutine": "await it",
}


def encode(value: object) -> bytes:
    """The JSON text of a task's result, compact UTF-8; MarshalError says what in it is not JSON, and where."""
    return _encoded(value)[0]


def plain(value: object) -> Any:
    """A task's result as plain JSON: itself if it is, else a copy with models, dataclasses and tuples written out."""
    text, exact = _encoded(value)
    return value if exact else json.loads(text)


def failure(error: BaseException) -> tuple[str, str]:
    """The ASL error name and the message of whatever a task raised, both fit to be sent as JSON."""
    name = error.error if isinstance(error, StateError) else None
    try:
        message = str(error)
    except BaseException as second:
        message = f"its message cannot be read: {type(second).__name__}"
    return _clean(str(name or type(error).__name__)), _clean(message[:MESSAGE_LIMIT])


def theirs(trace: TracebackType | None, ours: Container[str]) -> TracebackType | None:
    """A traceback from the user's first frame on: without the modules that are `ours`, and what runs coroutines."""
    while trace:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module not in ours and not module.startswith(("asyncio.", "concurrent.futures.")):
            return trace
        trace = trace.tb_next
    return trace


class Marshaller:
    """Reads events and writes results in place of awslambdaric's own (its documented `marshaller` attribute)."""

    def unmarshal_request(self, request: bytes, content_type: str = "application/json") -> Any:  # noqa: ARG002
        try:
            return _DECODER.decode(str(request, "utf-8"))
        except RecursionError:
            raise UnmarshalError("the event is nested too deeply") from None
        except ValueError as error:
            raise UnmarshalError(f"the event is not JSON: {error}") from None

    def marshal_response(self, response: object) -> tuple[bytes, str]:
        return response if isinstance(response, bytes) else encode(response), "application/json"


def _encoded(value: object) -> tuple[bytes, bool]:
    try:
        text = _ENCODER.encode(value).encode()
    except RecursionError:
        raise MarshalError("the result is nested too deeply, or holds itself") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise MarshalError(next(_offences(value), None) or f"the result is not JSON: {error}") from None
    return text, _exact(value)


def _exact(value: object) -> bool:
    """Whether only JSON's own types are inside; what it walks has been encoded, so it ends."""
    exact, stack = True, [value]
    while stack:
        item = stack.pop()
        exact = exact and type(item) in PLAIN
        if isinstance(item, dict):
            for key in item:
                if type(key) is not str:
                    exact = False
                    if not isinstance(key, str):
                        raise MarshalError(next(_offences(value)))
            stack.extend([child for child in item.values() if type(child) not in SCALARS])
        elif isinstance(item, (list, tuple)):
            stack.extend([child for child in item if type(child) not in SCALARS])
    return exact


def _dump(value: object) -> object:
    """Models and dataclasses in pydantic's JSON mode, under the names they are read by."""
    model: Any = type(value)
    if hasattr(model, "model_dump"):
        return model.model_dump(value, mode="json", by_alias=True)
    if hasattr(model, "__dataclass_fields__"):
        return _adapter(model).dump_python(value, mode="json", by_alias=True)
    if model.__name__ == "Decimal":  # as awslambdaric does: boto3's DynamoDB numbers are Decimals
        return _number(value)
    raise TypeError(f"{kind(value)} is not JSON")


@lru_cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    from pydantic import PydanticUserError, TypeAdapter

    try:
        return TypeAdapter(model)
    except PydanticUserError as error:
        raise TypeError(f"{model.__name__} cannot be written as JSON: {error.message}") from None


def _number(value: Any) -> int | float:
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and 0 <= exponent < 400 else float(value)


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"), default=_dump
)  # a value that holds itself is nested too deeply


def _offences(value: object) -> Iterator[str]:
    """Everything in a value that is not JSON, each with its place; reached only on the way to an error."""
    stack: list[tuple[str, object]] = [("", value)]
    seen: set[int] = set()
    while stack:
        where, item = stack.pop()
        item = _written(item)
        if complaint := _complaint(item):
            yield f"{where}: {complaint}" if where else f"the result is not JSON: {complaint}"
        if not isinstance(item, (dict, list, tuple)) or id(item) in seen:
            continue
        seen.add(id(item))
        pairs = list(item.items() if isinstance(item, dict) else enumerate(item))
        stack.extend((f"{where}/{pointer(key)}", child) for key, child in reversed(pairs))


def _written(item: object) -> object:
    try:
        return item if type(item) in PLAIN else _dump(item)
    except (TypeError, ValueError):
        return item


def _complaint(item: object) -> str | None:
    if isinstance(item, dict):
        return next(filter(None, map(_key_complaint, item)), None)
    if isinstance(item, str):
        return "the text holds a lone surrogate" if _torn(item) else None
    if isinstance(item, float):
        return None if isfinite(item) else f"JSON has no {json.dumps(item)}"
    if isinstance(item, int):
        return f"an integer of {item.bit_length():,} bits is too long" if item.bit_length() > INTEGER_LIMIT else None
    name = type(item).__name__
    if item is None or isinstance(item, (list, tuple)):
        return None
    return f"{name} is not JSON" + (f"; {MENDS[name]}" if name in MENDS else "")


def _key_complaint(key: object) -> str | None:
    if not isinstance(key, str):
        return f"the key {key!r} is {kind(key)}, and keys are strings; use str()"
    return f"the key {key!r} holds a lone surrogate" if _torn(key) else None


def _torn(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def kind(value: object) -> str:
    """What a value is, in JSON's words where it has one."""
    return KINDS.get(type(value)) or f"a {type(value).__name__}"


def pointer(key: object) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return _clean(str(key)).replace("~", "~0").replace("/", "~1")


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} has no place in it")


_DECODER = json.JSONDecoder(parse_constant=_constant)
