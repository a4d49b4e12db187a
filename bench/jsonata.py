"""What JSONata costs once compiled: `python -m bench.jsonata` prints microseconds a call, best of many short runs.

Each line is measured on an input of ten items and on the same input with 100 KB more: evaluation is lazy, so what an
expression does not read should cost nothing.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from functools import partial
from typing import Any

from monostep.expressions.jsonata import compile_conditions, compile_field
from tests.scope import Surroundings

SCOPE = Surroundings(variables={"n": 3, "name": "x"})
SMALL: dict[str, Any] = {"items": [{"id": number, "qty": number} for number in range(10)], "count": 5, "who": "me"}
BALLAST = [{"id": number, "name": f"name {number}", "tags": ["a", "b"]} for number in range(2000)]
INPUTS = [SMALL, {**SMALL, "ballast": BALLAST}]

FIELDS: dict[str, Any] = {
    "a path": "{% $states.input.count %}",
    "the input": "{% $states.input %}",
    "one expression": "{% $states.input.count + 1 %}",
    "one with a variable": "{% $n + 1 %}",
    "three, fused": {"a": "{% $states.input.count * 2 %}", "b": "{% 'hi ' & $states.input.who %}", "c": "{% $n + 1 %}"},
    "a sum of ten": "{% $sum($states.input.items.qty) %}",
    "a map over ten": "{% $map($states.input.items, function($i){ $i.qty * 2 }) %}",
}


def conditions(count: int) -> list[str]:
    """Only the last of them is true."""
    return [f"{{% $states.input.count = {5 + count - index} %}}" for index in range(1, count + 1)]


def cost(evaluate: Callable[..., Any], document: Any, calls: int = 300) -> float:
    run = partial(evaluate, {"input": document}, SCOPE)
    return min(timeit.repeat(run, number=calls, repeat=40)) / calls * 1e6


def main() -> None:
    rows = {name: compile_field(template, "Output") for name, template in FIELDS.items()}
    rows |= {f"{count} conditions": compile_conditions(conditions(count)) for count in (1, 3, 200)}
    for name, evaluate in rows.items():
        small, large = (cost(evaluate, document) for document in INPUTS)
        print(f"{small:8.2f} µs  {large:8.2f} µs with 100 KB  {name}")
    texts = conditions(200)
    seconds = min(timeit.repeat(partial(compile_conditions, texts), number=1, repeat=10))
    print(f"{seconds / len(texts) * 1e6:8.2f} µs  to compile a condition")


if __name__ == "__main__":
    main()
