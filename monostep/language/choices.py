"""The model of a Choice state's rules: comparisons, And, Or and Not of them, or a JSONata Condition."""

from __future__ import annotations

from typing import Any

from monostep.language.part import Part

Number = int | float


class Rule(Part):
    """One rule. `Next`, `Assign` and `Output` are those of a rule at the top; a rule inside another has none."""

    Next: str | None = None
    Comment: str | None = None
    Assign: dict[str, Any] | None = None
    Output: Any = None
    Condition: str | bool | None = None

    And: list[Rule] | None = None
    Or: list[Rule] | None = None
    Not: Rule | None = None
    Variable: str | None = None

    StringEquals: str | None = None
    StringEqualsPath: str | None = None
    StringLessThan: str | None = None
    StringLessThanPath: str | None = None
    StringGreaterThan: str | None = None
    StringGreaterThanPath: str | None = None
    StringLessThanEquals: str | None = None
    StringLessThanEqualsPath: str | None = None
    StringGreaterThanEquals: str | None = None
    StringGreaterThanEqualsPath: str | None = None
    StringMatches: str | None = None
    NumericEquals: Number | None = None
    NumericEqualsPath: str | None = None
    NumericLessThan: Number | None = None
    NumericLessThanPath: str | None = None
    NumericGreaterThan: Number | None = None
    NumericGreaterThanPath: str | None = None
    NumericLessThanEquals: Number | None = None
    NumericLessThanEqualsPath: str | None = None
    NumericGreaterThanEquals: Number | None = None
    NumericGreaterThanEqualsPath: str | None = None
    TimestampEquals: str | None = None
    TimestampEqualsPath: str | None = None
    TimestampLessThan: str | None = None
    TimestampLessThanPath: str | None = None
    TimestampGreaterThan: str | None = None
    TimestampGreaterThanPath: str | None = None
    TimestampLessThanEquals: str | None = None
    TimestampLessThanEqualsPath: str | None = None
    TimestampGreaterThanEquals: str | None = None
    TimestampGreaterThanEqualsPath: str | None = None
    BooleanEquals: bool | None = None
    BooleanEqualsPath: str | None = None
    IsNull: bool | None = None
    IsPresent: bool | None = None
    IsNumeric: bool | None = None
    IsString: bool | None = None
    IsBoolean: bool | None = None
    IsTimestamp: bool | None = None
