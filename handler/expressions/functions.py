"""The six functions AWS adds to JSONata, as a table: $partition, $range, $hash, $random, $uuid, $parse.

What they answer is AWS's, where recorded or measured: numbers are cut towards zero; a chunk size of zero, an empty
array, a range whose step is missing or points the wrong way and a hash without algorithm are undefined (None here);
a range of one number is that number; `$random(seed)` is java.util.Random's first double.
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
"""The longest array `$range` gives on AWS; one more exceeds its memory limit."""

ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}

MEMORY = ": Expression evaluation memory limit exceeded: Check for excessive memory usage"


class FunctionError(Exception):
    """A call failed. `str()` is what follows "threw an error during evaluation"."""


def partition(array: list[Any] | None = None, size: float | None = None) -> list[list[Any]] | None:
    step = int(size or 0)
    if not array or step <= 0:
        return None
    return [array[start : start + step] for start in range(0, len(array), step)]


def number_range(start: float | None = None, end: float | None = None, step: float | None = None) -> Any:
    if start is None or end is None or not step or not int(step):
        return None
    by = int(step)
    numbers = range(int(start), int(end) + (1 if by > 0 else -1), by)
    if len(numbers) > MAX_RANGE:
        raise FunctionError(MEMORY)
    if len(numbers) == 1:
        return numbers[0]
    return list(numbers) or None


def digest(text: str | None = None, algorithm: str | None = None) -> str | None:
    if text is None or algorithm is None:
        return None
    if algorithm not in ALGORITHMS:
        raise FunctionError(f": Unsupported hash algorithm {algorithm}, use one of {', '.join(ALGORITHMS)}")
    return hashlib.new(ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def parse(text: str | None = None) -> Any:
    if text is None:
        return None
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FunctionError(f": The argument of $parse is not valid JSON: {error}") from None
    return value


def java_random(seed: float) -> float:
    """The first `nextDouble()` of `new java.util.Random(seed)`: a 48-bit linear congruential generator."""
    state = (int(seed) ^ 0x5DEECE66D) & _MASK
    state = (state * 0x5DEECE66D + 0xB) & _MASK
    high = state >> 22
    state = (state * 0x5DEECE66D + 0xB) & _MASK
    return ((high << 27) + (state >> 21)) * math.ldexp(1, -53)


_MASK = (1 << 48) - 1


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def chance(source: Random) -> dict[str, Callable[..., Any]]:
    """`$random` and `$uuid`, drawing from one run's source of randomness."""

    def random(seed: float | None = None) -> float:
        return source.random() if seed is None else java_random(seed)

    def uuid() -> str:
        return str(UUID(int=source.getrandbits(128), version=4))

    return {"random": random, "uuid": uuid}


FUNCTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "partition": (partition, "<an:a>"),
    "range": (number_range, "<nnn?:x>"),
    "hash": (digest, "<ss?:s>"),
    "parse": (parse, "<s:x>"),
}
"""Name -> implementation and JSONata signature, checked before the call."""
