"""The 39 comparisons of a JSONPath Choice rule: each name and what it compares with.

Operands are `string`, `number`, `boolean`, `timestamp`, or `path` for the ones that look theirs up.
"""

from __future__ import annotations

_ORDERED = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
_KINDS = {"String": "string", "Numeric": "number", "Timestamp": "timestamp"}
_TESTS = ("IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp")


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for prefix, operand in _KINDS.items():
        for how in _ORDERED:
            table[prefix + how] = operand
            table[f"{prefix}{how}Path"] = "path"
        if prefix == "String":
            table["StringMatches"] = "string"
    table["BooleanEquals"] = "boolean"
    table["BooleanEqualsPath"] = "path"
    return table | dict.fromkeys(_TESTS, "boolean")


COMPARISONS: dict[str, str] = _table()
