"""Values as text, as AWS writes them: compact JSON, and what Java prints for a map, a list or a double."""

from __future__ import annotations

import json
from typing import Any

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_text(value: Any) -> str:
    """Compact JSON, for causes: never raises. What Python cannot follow to the bottom is cut to an ellipsis."""
    try:
        return encode(value)
    except (RecursionError, ValueError, TypeError):
        return "…"


def java_text(value: Any) -> str:
    """What string concatenation makes of a value in Java: `{Arg1=1, Arg2=[]}`, `null`, `1.0E10`."""
    try:
        return java(value)
    except RecursionError:
        return "…"


def java(value: Any) -> str:
    if isinstance(value, str):
        return value
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
