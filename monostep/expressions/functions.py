"""The functions AWS adds to JSONata, as a table: $partition, $range, $hash, $random, $uuid, $parse.

What they answer is AWS's, where recorded or measured: numbers are cut towards zero; a chunk size of zero, an empty
array, a range whose step is missing or points the wrong way and a hash without algorithm are undefined; a range of one
number is that number; `$random(seed)` is java.util.Random's first double. None stands for undefined, as the library
has it; `$parse("null")`, which is not undefined, is therefore handed over in a box and unpacked by WRAPPERS.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

MAX_RANGE = 360_145
"""The longest array `$range` gives on AWS."""

MEMORY = ": Expression evaluation memory limit exceeded: Check for excessive memory usage"

_ALGORITHMS = {"SHA-1": "sha1", "SHA-384": "sha384", "SHA-256": "sha256", "SHA-512": "sha512", "MD5": "md5"}
_MANY = 5000


class FunctionError(Exception):
    """A call failed. `str()` is what AWS writes after "threw an error during evaluation"."""


def partition(array: list[Any] | None = None, size: float | None = None) -> list[list[Any]] | None:
    if not array or not isinstance(array, list):
        return None
    step = len(array) if size is None else int(size)
    if step < 0:
        raise FunctionError(". D3137: Second argument must be zero or greater")
    return [array[start : start + step] for start in range(0, len(array), step)] if step else None


def number_range(start: float | None = None, end: float | None = None, step: float | None = None) -> Any:
    for place, number in enumerate((start, end), 1):
        if number is None:
            raise FunctionError(f'. T0410: Argument {place} of function "range" does not match function signature')
    first, last, by = int(start or 0), int(end or 0), int(step or 0)
    if by == 0 or (last - first) * by < 0:
        return None
    if (last - first) // by >= MAX_RANGE:
        raise FunctionError(MEMORY)
    numbers = range(first, last + (1 if by > 0 else -1), by)
    return numbers[0] if len(numbers) == 1 else list(numbers)


def digest(text: str | None = None, algorithm: str | None = None) -> str | None:
    if text is None or algorithm is None:
        return None
    if algorithm not in _ALGORITHMS:
        choice = ", ".join(_ALGORITHMS)
        raise FunctionError(f". D3137: Hash algorithm '{algorithm}' must be one of {choice}")
    return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def parse(text: str | None = None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        return {"value": json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_finite)}
    except (ValueError, RecursionError):
        raise FunctionError(". D3137: Invalid JSON") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def distinct(array: list[Any]) -> list[Any]:
    """`$distinct` of many items, in linear time; the library's own takes quadratic time and heeds no limit."""
    if {str} >= (kinds := set(map(type, array))) or {int, float} >= kinds:
        return list(dict.fromkeys(array))
    first: dict[Any, Any] = {}
    for item in array:
        first.setdefault((type(item) is bool, json.dumps(item, sort_keys=True)), item)
    return list(first.values())


def keys(array: list[Any]) -> list[str]:
    """`$keys` of many objects, likewise."""
    return list({key: None for item in array if isinstance(item, dict) for key in item})


def java_random(seed: float) -> float:
    """The first `nextDouble()` of `new java.util.Random(seed)`: a 48-bit linear congruential generator."""
    mask, factor = (1 << 48) - 1, 0x5DEECE66D
    state = ((int(seed) ^ factor) * factor + 0xB) & mask
    high = state >> 22
    state = (state * factor + 0xB) & mask
    return ((high << 27) + (state >> 21)) * math.ldexp(1, -53)


def chance(source: Random) -> dict[str, Callable[..., Any]]:
    """`$random` and `$uuid`, drawing from one run's source of randomness."""

    def random(seed: float | None = None) -> float:
        return source.random() if seed is None else java_random(seed)

    def uuid() -> str:
        return str(UUID(int=source.getrandbits(128), version=4))

    return {"random": random, "uuid": uuid}


FUNCTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "partition": (partition, "<xn?:x>"),
    "range": (number_range, "<nnn?:x>"),
    "hash": (digest, "<ss?:s>"),
    "parse": (parse, "<s:x>"),
    "__distinct": (distinct, "<a:a>"),
    "__keys": (keys, "<a:a>"),
}
"""Name -> implementation and JSONata signature, checked before the call."""

WRAPPERS = {
    "parse": "$parse := ($of := $parse; function($text)<s:x>{ $of($text).value }); ",
    "distinct": "$distinct := ($of := $distinct; function($array)<x:x>"
    f"{{ $count($array) > {_MANY} ? $__distinct($array) : $of($array) }}); ",
    "keys": "$keys := ($of := $keys; function($object)<x-:x>"
    f"{{ $count($object) > {_MANY} ? $__keys($object) : $of($object) }}); ",
}
"""Name -> what a query that calls it begins with."""
