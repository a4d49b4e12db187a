"""What the rules of our own say of valid definitions: `python -m tests.advice [CODE…]`; with codes, each such finding.

A sample was published to be copied: what is said of one should be true. The others are mostly made to test one thing
and assign, for instance, variables that nobody reads.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from time import perf_counter

from monostep.language.lint.advice import advise
from monostep.language.lint.parameters import calls, inspect
from monostep.language.lint.survey import Survey
from tests.shared import SHARED


def main(shown: list[str]) -> None:
    said: Counter[tuple[str, bool]] = Counter()
    definitions: Counter[bool] = Counter()
    seen = 0
    spent = 0.0
    for line in (SHARED / "definitions" / "cases.jsonl").read_text("utf-8").split("\n")[:-1]:
        case = json.loads(line)
        if not case["valid"] or case.get("disputed") or not isinstance(case.get("definition"), dict):
            continue
        sample = case["authority"] == "sample"
        definitions[sample] += 1
        began = perf_counter()
        survey = Survey(case["definition"])
        findings = [*advise(case["definition"]), *inspect(survey)]
        spent += perf_counter() - began
        seen += len(calls(survey))
        for finding in findings:
            said[finding.code, sample] += 1
            if finding.code in shown:
                print(f"{case['id']}: {finding}")
    print(f"{definitions[True]} samples, {definitions[False]} others, {seen} service calls, {spent * 1000:.0f} ms")
    for code in sorted({code for code, _ in said}):
        print(f"{code:28} {said[code, True]:4} in samples {said[code, False]:4} in others")


if __name__ == "__main__":
    main(sys.argv[1:])
