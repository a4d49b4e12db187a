"""The linter against every verdict in ../shared/definitions: `python -m tests.definitions`.

Prints, by authority, how many verdicts it shares, what it wrongly accepts and wrongly rejects, and every disagreement
with the reason it is known for.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from monostep.language.lint.verdict import lint
from tests.shared import SHARED

LSP = "lsp-yaml-{}-Does-not-show-diagnostics-for-valid-Intrinsic-Functio{}"
KNOWN = {
    "aslv-invalid-math-add": "a text for a number in a call: nobody has seen AWS look at arguments before a run",
    "aslv-valid-assign": "its variable is called top-level; AWS takes letters and digits only",
    "aslv-valid-map-with-item-batcher-jsonata": "a JSONPath state in a JSONata machine: recorded to be refused",
    "cfnlint-05-Test-functions": "Credentials without a RoleArn: recorded to be refused",
    LSP.format("Test-validation-of-Properties-field", "ns"): "arguments without commas, which no parser of paths takes",
    LSP.format("ASL-Improvements-Test-validation-of-ResultSelector-field", ""): "the same, in a ResultSelector",
    "statelint-task-with-credentials-arnfix": "Credentials with roleArn for RoleArn: recorded to be refused",
}
"""Disagreements and the reasons for them; the test fails when the list shrinks or grows."""


def cases() -> list[dict[str, Any]]:
    """Every undisputed case."""
    lines = (SHARED / "definitions" / "cases.jsonl").read_text(encoding="utf-8").strip().split("\n")
    return [case for case in map(json.loads, lines) if not case.get("disputed")]


def accepts(case: dict[str, Any]) -> bool:
    found = lint(case["definition"] if "definition" in case else case["text"], case.get("type") or "STANDARD")
    return not any(finding.severity == "ERROR" for finding in found)


def disagreements() -> list[dict[str, Any]]:
    return [case for case in cases() if accepts(case) != case["valid"]]


def main() -> None:
    every, wrong = cases(), disagreements()
    print(f"{'authority':22s} {'agree':>11s} {'false accept':>13s} {'false reject':>13s}")
    total = Counter(case["authority"] for case in every)
    missed = Counter((case["authority"], case["valid"]) for case in wrong)
    for authority in [*sorted(total), "all"]:
        names = list(total) if authority == "all" else [authority]
        count = sum(total[name] for name in names)
        accepted, rejected = (sum(missed[name, valid] for name in names) for valid in (False, True))
        share = f"{count - accepted - rejected}/{count}"
        print(f"{authority:22s} {share:>11s} {accepted:>13d} {rejected:>13d}")
    print(f"{100 * (1 - len(wrong) / len(every)):.2f} % agree")
    for case in wrong:
        print("false reject" if case["valid"] else "false accept", case["id"], "|", KNOWN.get(case["id"], "NOT KNOWN"))


if __name__ == "__main__":
    main()
