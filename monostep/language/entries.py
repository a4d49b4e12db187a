"""Tables of what a state lists: retriers, catchers, and the rules of a Choice."""

from __future__ import annotations

from typing import Any

from monostep.language.checks import (
    JSONATA,
    JSONPATH,
    SECONDS,
    Check,
    Field,
    Scope,
    Shape,
    array,
    both,
    flag,
    integer,
    number,
    one_of,
    only,
    place,
    text,
)
from monostep.language.comparisons import COMPARISONS
from monostep.language.queries import reference, variable
from monostep.language.values import assignment, condition, literal, template, timestamp

ALL = "States.ALL"


def _all_last(entries: Any, scope: Scope, where: str, key: str) -> None:
    if type(entries) is not list:
        return
    for index, entry in enumerate(entries):
        names = entry.get("ErrorEquals") if type(entry) is dict else None
        if type(names) is list and ALL in names and (len(names) > 1 or index < len(entries) - 1):
            location = place(where, f"{key}[{index}]") + "/ErrorEquals"
            scope.say("States.ALL must appear alone and at end of list", location)


def handlers(shape: Shape, caught: bool) -> Check:
    every = array(shape.check, empty=True)

    def check(entries: Any, scope: Scope, where: str, key: str) -> None:
        every(entries, scope.within(caught=True) if caught else scope, where, key)
        _all_last(entries, scope, where, key)

    return check


RETRIER = Shape(
    both(
        {
            "ErrorEquals": array(text),
            "IntervalSeconds": integer(0, SECONDS),
            "MaxAttempts": integer(0, SECONDS),
            "BackoffRate": number(1.0),
            "MaxDelaySeconds": integer(1, 31_622_400),
            "JitterStrategy": one_of("NONE", "FULL"),
            "Comment": text,
        }
    ),
    required=("ErrorEquals",),
)

CATCHER = Shape(
    both({"ErrorEquals": array(text), "Next": text, "Assign": assignment, "Comment": text})
    | only(JSONPATH, {"ResultPath": reference(null=True, roots=())})
    | only(JSONATA, {"Output": template}),
    required=("ErrorEquals", "Next"),
)

SELECTORS = ("And", "Or", "Not", "Variable", "Condition")
_OPERANDS: dict[str, Check] = {
    "string": literal,
    "number": number(),
    "boolean": flag,
    "timestamp": timestamp,
    "path": reference(),
}


def _one_selector(rule: dict[str, Any], scope: Scope, here: str) -> None:
    chosen = [name for name in SELECTORS if name in rule]
    if len(chosen) != 1:
        scope.say(f"The object must have only one of the following fields, [{', '.join(SELECTORS)}]", here)
    compared = [name for name in rule if name in COMPARISONS]
    if "Variable" in rule and len(compared) != 1:
        which = "There should only be" if compared else "This object should have only"
        scope.say(f"{which} one of the following fields: [{', '.join(COMPARISONS)}]", here)
    elif "Variable" not in rule and chosen:
        for name in compared:
            scope.say(f"Field '{name}' is not supported", here)


def _nested(rule: Any, scope: Scope, where: str, key: str) -> None:
    PART.check(rule, scope, where, key)


_RULE: dict[str, Field] = (
    both({"Comment": text})
    | only(JSONPATH, {"And": array(_nested), "Or": array(_nested), "Not": _nested, "Variable": variable})
    | only(JSONPATH, {name: _OPERANDS[operand] for name, operand in COMPARISONS.items()})
)
PART = Shape(_RULE, also=_one_selector)
RULE = Shape(
    _RULE | both({"Next": text, "Assign": assignment}) | only(JSONATA, {"Condition": condition, "Output": template}),
    required=("Next",),
    also=_one_selector,
)
