"""Expressions that mean harm: `python -m tests.hostile` prints what each gives and after how many seconds.

Run in a process of its own, so that one that hangs or crashes takes nothing with it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from monostep.errors import EvaluationError
from monostep.expressions.jlens import InvalidQuery
from monostep.expressions.jsonata import check, compile_field
from tests.scope import NOWHERE

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases" / "hostile.json").read_text())


def expression(row: dict[str, Any]) -> str:
    if "expression" in row:
        return f"{{% {row['expression']} %}}"
    head, unit, times, tail = row["repeat"]
    return f"{{% {head}{unit * times}{tail} %}}"


def outcome(text: str) -> Any:
    """The value, or the end of the text of the failure, at definition time or in a run."""
    try:
        check(text)
        return compile_field(text, "Output")({"input": {}}, NOWHERE)
    except (EvaluationError, InvalidQuery) as problem:
        return str(problem)[-200:]


def main() -> None:
    for row in ROWS:
        start = monotonic()
        given = outcome(expression(row))
        print(json.dumps({"name": row["name"], "gives": given, "seconds": round(monotonic() - start, 2)}), flush=True)
    sys.stdout.flush()
    os._exit(0)  # evaluations left behind are not waited for


if __name__ == "__main__":
    main()
