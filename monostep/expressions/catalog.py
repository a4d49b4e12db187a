"""The 18 intrinsic functions, as plain functions of JSON values, in one table.

An argument that a function cannot take raises ArgumentError, of which AWS says no more than "Invalid arguments in
States.X". What they do beyond AWS's documentation was recorded from AWS or measured on it by others: MathAdd rounds
half up, but ArrayRange, ArrayPartition, ArrayGetItem and MathRandom cut fractions off; ArrayUnique has the order of a
Java HashSet; ArrayContains compares texts; Base64Decode passes over what is no Base64. Results may share parts with
arguments.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from monostep.expressions.java import hash_set, java_random, java_text
from monostep.expressions.texts import encode

MAX_TEXT = 10_000
MAX_RANGE = 1_000
MAX_INTEGER = 2**31
URL_SAFE = str.maketrans("-_", "+/")
ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class ArgumentError(ValueError):
    """An argument of the wrong type or size. `str()` is AWS's text where that is more than "Invalid arguments"."""


def array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ArgumentError
    return value


def text(value: Any, limit: int | None = None) -> str:
    if not isinstance(value, str) or (limit is not None and len(value) > limit):
        raise ArgumentError
    return value


def number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ArgumentError
    if isinstance(value, float) and not math.isfinite(value):
        raise ArgumentError
    return value


def whole(value: Any) -> int:
    """A 32-bit integer; fractions are cut off."""
    return limited(int(number(value)))


def limited(value: int) -> int:
    if not -MAX_INTEGER <= value < MAX_INTEGER:
        raise ArgumentError
    return value


def rounded(value: Any) -> int:
    """A 32-bit integer; halves go up, as in Java's Math.round."""
    return limited(value if value.__class__ is int else math.floor(number(value) + 0.5))


def make_array(*items: Any) -> list[Any]:
    return list(items)


def array_partition(items: Any, size: Any) -> list[Any]:
    size = whole(size)
    if size < 1:
        raise ArgumentError
    return [items[at : at + size] for at in range(0, len(array(items)), size)]


def array_contains(items: Any, wanted: Any) -> bool:
    """By their texts, as AWS does: `"true"` contains true, and the order of an object's keys counts."""
    shown = java_text(wanted)
    return any(java_text(item) == shown for item in array(items))


def array_range(first: Any, last: Any, step: Any) -> list[int]:
    low, high, step = whole(first), whole(last), whole(step)
    if step == 0:
        raise ArgumentError
    numbers = range(low, high + (1 if step > 0 else -1), step)
    if len(numbers) > MAX_RANGE:
        raise ArgumentError
    return list(numbers)


def array_get_item(items: Any, index: Any) -> Any:
    """Of an empty array null, otherwise the item there is."""
    index = whole(index)
    if array(items) and not 0 <= index < len(items):
        raise ArgumentError
    return items[index] if items else None


def array_length(items: Any) -> int:
    return len(array(items))


def array_unique(items: Any) -> list[Any]:
    return hash_set(array(items))


def base64_encode(data: Any) -> str:
    return base64.b64encode(text(data, MAX_TEXT).encode("utf-8", "replace")).decode()


def base64_decode(data: Any) -> str:
    """Up to the padding, if any; what is no letter of either Base64 alphabet is passed over."""
    letters = text(data, MAX_TEXT).partition("=")[0].translate(URL_SAFE)
    letters = re.sub(r"[^A-Za-z0-9+/]", "", letters)
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    return base64.b64decode(letters + "=" * (-len(letters) % 4)).decode("utf-8", "replace")


def make_hash(data: Any, algorithm: Any) -> str:
    """What is no text is hashed as the text Java makes of it."""
    name = ALGORITHMS.get(text(algorithm))
    if name is None:
        raise ArgumentError
    words = text(java_text(data), MAX_TEXT).encode("utf-8", "replace")
    return hashlib.new(name, words, usedforsecurity=False).hexdigest()


def json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    """Shallow only: AWS refuses a deep merge, and takes all but true for shallow."""
    if not isinstance(first, dict) or not isinstance(second, dict) or deep is True:
        raise ArgumentError
    return {**first, **second}


def string_to_json(data: Any) -> Any:
    """Blank text is null, as on AWS."""
    if not text(data).strip():
        return None
    return json.loads(data, parse_constant=refuse, parse_float=finite)


def refuse(*_: Any) -> Any:
    raise ArgumentError


def finite(digits: str) -> float:
    return float(number(float(digits)))


def math_random(chance: random.Random, start: Any, end: Any, *seed: Any) -> int:
    """From `start` up to, not including, `end`; with a seed, what java.util.Random makes of it (for JSONata AWS's own,
    here unmeasured)."""
    low, high = whole(start), whole(end)
    if low >= high:
        raise ArgumentError
    return java_random(int(number(*seed)), low, high) if seed else chance.randrange(low, high)


def math_add(first: Any, second: Any) -> int:
    return limited(rounded(first) + rounded(second))


def string_split(data: Any, separators: Any) -> list[str]:
    """At each of the separators' characters; empty parts are dropped."""
    if not text(separators):
        return [text(data)] if data else []
    return [part for part in re.split(f"[{re.escape(separators)}]", text(data)) if part]


def new_uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def make_text(template: Any, *items: Any) -> str:
    parts = format_parts(template) if isinstance(template, str) else ()
    if len(parts) != len(items) + 1:
        message = "number of arguments do not match the occurrences of {}."
        raise ArgumentError(f"Invalid arguments in States.Format: {message}")
    made = parts[0]
    for at, item in enumerate(items, 1):
        made += (item if item.__class__ is str else java_text(item)) + parts[at]
    return made


FORMAT = re.compile(r"\\(?P<escaped>['{}\\])|(?P<hole>\{\})|(?P<brace>[{}])")


@lru_cache(maxsize=256)
def format_parts(template: str) -> tuple[str, ...]:
    """The text around the `{}`; a backslash makes the next brace, quote or backslash itself."""
    parts: list[str] = []
    pieces: list[str] = []
    at = 0
    for found in FORMAT.finditer(template):
        pieces.append(template[at : found.start()])
        at = found.end()
        if brace := found["brace"]:
            other = "{}".replace(brace, "")
            raise ArgumentError(f"Invalid template in States.Format: matching '{other}' not found for '{brace}'.")
        if found["hole"]:
            parts.append("".join(pieces))
            pieces.clear()
        else:
            pieces.append(found["escaped"])
    return (*parts, "".join(pieces) + template[at:])


class Function(NamedTuple):
    """`most` is None where any number of arguments will do; `run` gets their values, after a random.Random where
    `chancy`."""

    run: Callable[..., Any]
    least: int
    most: int | None
    chancy: bool = False


FUNCTIONS: dict[str, Function] = {
    "States.Format": Function(make_text, 1, None),
    "States.StringToJson": Function(string_to_json, 1, 1),
    "States.JsonToString": Function(encode, 1, 1),
    "States.Array": Function(make_array, 0, None),
    "States.ArrayPartition": Function(array_partition, 2, 2),
    "States.ArrayContains": Function(array_contains, 2, 2),
    "States.ArrayRange": Function(array_range, 3, 3),
    "States.ArrayGetItem": Function(array_get_item, 2, 2),
    "States.ArrayLength": Function(array_length, 1, 1),
    "States.ArrayUnique": Function(array_unique, 1, 1),
    "States.Base64Encode": Function(base64_encode, 1, 1),
    "States.Base64Decode": Function(base64_decode, 1, 1),
    "States.Hash": Function(make_hash, 2, 2),
    "States.JsonMerge": Function(json_merge, 3, 3),
    "States.MathRandom": Function(math_random, 2, 3, chancy=True),
    "States.MathAdd": Function(math_add, 2, 2),
    "States.StringSplit": Function(string_split, 2, 2),
    "States.UUID": Function(new_uuid, 0, 0, chancy=True),
}
