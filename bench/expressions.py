"""What an expression costs once compiled: `python -m bench.expressions` prints microseconds a call, best of five.

The limit is what one would write by hand (`document["a"]`); the last lines are the cost of compiling.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from functools import partial
from typing import Any

from monostep.expressions.paths import compile_path, compile_reference
from monostep.expressions.templates import compile_template
from tests.scope import Surroundings

DOCUMENT: dict[str, Any] = {
    "a": 1,
    "b": {"c": {"d": {"e": [1, 2, {"f": 3}]}}},
    "items": [{"p": number, "n": f"n{number}"} for number in range(10)],
    "name": "Bob",
}
SCOPE = Surroundings({"Map": {"Item": {"Value": {"id": 1}, "Index": 0}}}, {"x": {"y": 1}})
PATHS = ["$", "$.a", "$.b.c", "$.b.c.d", "$.b.c.d.e[2].f", "$$.Map.Item.Value", "$x.y", "$.items[*].p"]
PATHS += ["$..p", "$.items[0,1]", "$.items[?(@.p>5 && @.n!='x')].n"]
REFERENCES = ["$.result", "$.b.c.result"]
TEMPLATES: list[dict[str, Any]] = [
    {"Task": "Charge", "Input.$": "$"},
    {"v.$": "$.a", "w.$": "$.b.c"},
    {"k": 1, "a.$": "$.a", "b.$": "$.b.c", "n": {"m.$": "$.name", "z": [1, 2, 3]}},
    {"count.$": "States.MathAdd($.a, 1)"},
    {"text.$": "States.Format('Hi {} {}', $.name, $.a)"},
]


def cost(call: Callable[..., Any], *arguments: Any, calls: int = 20_000) -> float:
    run = partial(call, *arguments)
    return min(timeit.repeat(run, number=calls, repeat=5)) / calls * 1e6


def main() -> None:
    rows = [("by hand: document['b']['c']", cost(lambda document, _: document["b"]["c"], DOCUMENT, SCOPE))]
    rows += [(text, cost(compile_path(text).evaluate, DOCUMENT, SCOPE)) for text in PATHS]
    rows += [(str(template), cost(compile_template(template), DOCUMENT, SCOPE)) for template in TEMPLATES]
    rows += [(f"write {text}", cost(compile_reference(text).write, DOCUMENT, 1)) for text in REFERENCES]
    rows += [(f"compile {text}", cost(compile_path.__wrapped__, text, calls=2_000)) for text in PATHS[-3:]]
    for name, microseconds in rows:
        print(f"{microseconds:8.3f} µs  {name}")


if __name__ == "__main__":
    main()
