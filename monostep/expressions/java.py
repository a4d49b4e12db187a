"""What Java makes of a value where AWS lets it show: its text, its hash, a set's order, a seed's first number."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from typing import Any

from monostep.expressions.texts import encode


def java_text(value: Any) -> str:
    """What string concatenation makes of a value in Java: `{Arg1=1, Arg2=[]}`, `null`, `1.0E10`."""
    try:
        return java(value)
    except (RecursionError, ValueError):
        return "…"


def java(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value.__class__ is int:
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(java(item) for item in value) + "]"
    if isinstance(value, float):
        return java_double(value)
    return encode(value)


def java_double(value: float) -> str:
    """Java's Double.toString: decimal from 1e-3 up to 1e7, otherwise one digit, a fraction and `E`."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(value)
        return text if "." in text else f"{value:.1f}"
    mantissa, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        digits = mantissa.lstrip("-").replace(".", "").strip("0")
        power = len(mantissa.lstrip("-").partition(".")[0]) - 1
        if abs(value) < 1:
            power = -next(at for at, digit in enumerate(mantissa.lstrip("-").replace(".", "")) if digit != "0")
        sign = "-" if value < 0 else ""
        return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def hash_set(items: list[Any]) -> list[Any]:
    """The items once each, in the order in which `new HashSet<>(items)` yields them: by bucket, then by arrival."""
    size = 16
    while size < len(items) / 0.75 + 1:
        size *= 2
    first: dict[str, Any] = {}
    for item in items:
        first.setdefault(identity(item), item)
    return sorted(first.values(), key=lambda item: spread(java_hash(item)) % size)


def identity(item: Any) -> str:
    """The same for what Java's `equals` takes for equal: 1 is neither 1.0 nor true, keys have no order."""
    return json.dumps(item, sort_keys=True)


def spread(code: int) -> int:
    """HashMap's: the upper bits folded into the lower ones."""
    code &= 0xFFFFFFFF
    return code ^ (code >> 16)


def java_hash(value: Any) -> int:
    """`hashCode()`, to its lowest 32 bits."""
    if isinstance(value, str):
        units = value.encode("utf-16-be", "surrogatepass")
        return polynomial(0, struct.unpack(f">{len(units) // 2}H", units))
    if isinstance(value, list):
        return polynomial(1, map(java_hash, value))
    if isinstance(value, dict):
        return sum(java_hash(key) ^ java_hash(item) for key, item in value.items()) & 0xFFFFFFFF
    if value is None:
        return 0
    if isinstance(value, bool):
        return 1231 if value else 1237
    if isinstance(value, int) and -(2**31) <= value < 2**31:
        return value & 0xFFFFFFFF
    bits = value & 0xFFFFFFFFFFFFFFFF if isinstance(value, int) else struct.unpack(">Q", struct.pack(">d", value))[0]
    return (bits ^ (bits >> 32)) & 0xFFFFFFFF


def polynomial(code: int, parts: Iterable[int]) -> int:
    for part in parts:
        code = (31 * code + part) & 0xFFFFFFFF
    return code


def java_random(seed: int, low: int, high: int) -> int:
    """The first `nextInt(low, high)` of `new java.util.Random(seed)`: a 48-bit linear congruential generator."""
    mask, size = (1 << 48) - 1, high - low
    state = (seed ^ 0x5DEECE66D) & mask
    while True:
        state = (state * 0x5DEECE66D + 0xB) & mask
        if size >= 2**31:  # more than nextInt(size) can give: the first of all integers that lies between
            number = (state >> 16) - ((state >> 47) << 32)
            if low <= number < high:
                return number
        elif size & (size - 1) == 0:
            return low + (size * (state >> 17) >> 31)
        elif (state >> 17) - (state >> 17) % size + size <= 2**31:
            return low + (state >> 17) % size
