"""Choices that can fail for want of a Default: those whose rules do not plainly cover every case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monostep.language.lint.survey import Finding, Survey, entries

_OPPOSITES = {
    f"{kind}{one}{path}": f"{kind}{other}{path}"
    for kind in ("Numeric", "String", "Timestamp")
    for one, other in (("LessThan", "GreaterThanEquals"), ("GreaterThan", "LessThanEquals"))
    for path in ("", "Path")
}
_ASIDE = ("Next", "Assign", "Output", "Comment")


def undecided(survey: Survey) -> Iterator[Finding]:
    for state in survey.states():
        if state.kind == "Choice" and "Default" not in state.body:
            tests = [_test(rule) for rule, _ in entries(state.body, "Choices")]
            if tests and not any(_opposite(one) in tests for one in tests) and {"Condition": "{% true %}"} not in tests:
                yield "Without a Default the execution fails with States.NoChoiceMatched", state.location


def _test(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key not in _ASIDE}


def _opposite(test: dict[str, Any]) -> dict[str, Any]:
    """A test that is true wherever this one is false; `Not` of it where nothing shorter is known."""
    if test.keys() == {"Not"}:
        return dict(test["Not"]) if isinstance(test["Not"], dict) else test
    if len(test) == 2 and "Variable" in test:
        operator = next(key for key in test if key != "Variable")
        if isinstance(test[operator], bool):
            return {**test, operator: not test[operator]}
        for one, other in (*_OPPOSITES.items(), *((b, a) for a, b in _OPPOSITES.items())):
            if operator == one:
                return {"Variable": test["Variable"], other: test[operator]}
    return {"Not": test}
