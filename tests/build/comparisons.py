"""The 39 comparisons as a person writes them, each beside what it must say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from monostep.build import Condition, path

a, b = path("$.a"), path("$.b")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

ROWS: list[tuple[Condition, str, Any]] = [
    (a == "x", "StringEquals", "x"),
    (a.text == b, "StringEqualsPath", "$.b"),
    (a < "x", "StringLessThan", "x"),
    (a.text < b, "StringLessThanPath", "$.b"),
    (a > "x", "StringGreaterThan", "x"),
    (a.text > b, "StringGreaterThanPath", "$.b"),
    (a <= "x", "StringLessThanEquals", "x"),
    (a.text <= b, "StringLessThanEqualsPath", "$.b"),
    (a >= "x", "StringGreaterThanEquals", "x"),
    (a.text >= b, "StringGreaterThanEqualsPath", "$.b"),
    (a.matches("log-*.txt"), "StringMatches", "log-*.txt"),
    (a == 1.0, "NumericEquals", 1.0),
    (a.number == b.number, "NumericEqualsPath", "$.b"),
    (a < 10**20, "NumericLessThan", 10**20),
    (a < b.number, "NumericLessThanPath", "$.b"),
    (a > -3, "NumericGreaterThan", -3),
    (a.number > b, "NumericGreaterThanPath", "$.b"),
    (a <= 0, "NumericLessThanEquals", 0),
    (a.number <= b, "NumericLessThanEqualsPath", "$.b"),
    (a >= 2.5, "NumericGreaterThanEquals", 2.5),
    (a.number >= b, "NumericGreaterThanEqualsPath", "$.b"),
    (a == NOON, "TimestampEquals", "2026-01-31T12:00:00Z"),
    (a.time == b, "TimestampEqualsPath", "$.b"),
    (a < NOON.astimezone(timezone(timedelta(hours=2))), "TimestampLessThan", "2026-01-31T14:00:00+02:00"),
    (a.time < b, "TimestampLessThanPath", "$.b"),
    (a.time > "2026-01-31T12:00:00.5Z", "TimestampGreaterThan", "2026-01-31T12:00:00.5Z"),
    (a.time > b, "TimestampGreaterThanPath", "$.b"),
    (a <= NOON, "TimestampLessThanEquals", "2026-01-31T12:00:00Z"),
    (a.time <= b, "TimestampLessThanEqualsPath", "$.b"),
    (a >= NOON, "TimestampGreaterThanEquals", "2026-01-31T12:00:00Z"),
    (a.time >= b, "TimestampGreaterThanEqualsPath", "$.b"),
    (a.equals(True), "BooleanEquals", True),
    (a.boolean == b, "BooleanEqualsPath", "$.b"),
    (a.is_null(), "IsNull", True),
    (a.is_present(False), "IsPresent", False),
    (a.is_numeric(), "IsNumeric", True),
    (a.is_string(False), "IsString", False),
    (a.is_boolean(), "IsBoolean", True),
    (a.is_timestamp(), "IsTimestamp", True),
]
