"""How far our paths agree with Jayway's: `python -m tests.jsonpath` prints agree/total and every disagreement.

Agreement is in the value, or in the kind of refusal: NOT_FOUND when evaluated, NOT_SUPPORTED when compiled.
"""

from __future__ import annotations

import json
from typing import Any

from monostep.errors import InvalidExpression
from monostep.expressions.paths import PathError, compile_path
from tests.scope import NOWHERE
from tests.shared import SHARED

KNOWN = {
    "x221": "Jayway reads `id` as `$.id`; AWS, measured, wants the `$`",
    "x251": "Jayway refuses the bare word of `@.n==a`; two workflows that AWS publishes compare with one",
}
"""Disagreements we mean. One that closes fails its test."""


def load() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((SHARED / "queries" / "jsonpath_cases.json").read_text())
    return cases


def answer(case: dict[str, Any]) -> str:
    """Ours, as text that can be compared with `expected`. A root of AWS's own (`$$`, `$x`) is no JSONPath to Jayway."""
    try:
        path = compile_path(case["query"])
        if path.root != "$":
            return "NOT_SUPPORTED"
        return json.dumps(path.evaluate(case["document"], NOWHERE))
    except InvalidExpression:
        return "NOT_SUPPORTED"
    except PathError:
        return "NOT_FOUND"


def expected(case: dict[str, Any]) -> str:
    error: str | None = case.get("jayway_error")
    return error or json.dumps(case["jayway_result"])


def main() -> None:
    cases = load()
    wrong = [case for case in cases if answer(case) != expected(case)]
    print(f"{len(cases) - len(wrong)}/{len(cases)} agree with Jayway")
    for case in wrong:
        print(f"{case['id']}: {case['query']}  ours {answer(case)[:100]}  Jayway's {expected(case)[:100]}")


if __name__ == "__main__":
    main()
