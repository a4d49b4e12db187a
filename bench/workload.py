"""The workloads: a machine, its input, the output that is right, and the same work written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bench import loops
from monostep import Workflow

HERE = Path(__file__).resolve().parent / "workloads"
UNLIMITED = frozenset(("map10k", "map10k_small", "jsonata_map10k"))
"""They outgrow AWS's limits of history and payload."""
WITH_TEXT = frozenset(("payload",))
"""Both sides read the input's text and write the output's."""
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


class Flaky:
    """Fails three times, then succeeds; then it begins anew."""

    def __init__(self) -> None:
        self.attempts = 0

    def __call__(self, _event: Any, _context: Any) -> dict[str, Any]:
        self.attempts += 1
        if self.attempts < 4:
            raise type("Flaky", (Exception,), {})(f"attempt {self.attempts}")
        attempts, self.attempts = self.attempts, 0
        return {"ok": True, "attempts": attempts}


FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "hello": lambda _event, _context: {"Greeting": "Hello World"},
    "inc": lambda event, _context: {**event, "n": event["n"] + 1},
    "double": lambda event, _context: {**event, "n": event["n"] * 2},
    "flaky": Flaky(),
}


def call(name: str, event: Any) -> Any:
    """What the hand-written loops call for a Task."""
    return FUNCTIONS[name](event, None)


class Workload(NamedTuple):
    name: str
    definition: dict[str, Any]
    input: Any
    expected: Any

    @property
    def limits(self) -> bool:
        return self.name not in UNLIMITED

    def ours(self) -> Callable[[], Any]:
        """A run, as a function of nothing that returns the execution."""
        workflow = Workflow(self.definition, functions=self.functions(), limits=self.limits)
        if self.name in WITH_TEXT:
            text = json.dumps(self.input)

            def with_text() -> Any:
                execution = workflow.run(json.loads(text))
                json.dumps(execution.output)
                return execution

            return with_text
        return lambda: workflow.run(self.input)

    def loop(self) -> Callable[[], Any]:
        """The hand-written loop likewise."""
        work = getattr(loops, self.name)
        if self.name in WITH_TEXT:
            text = json.dumps(self.input)

            def with_text() -> Any:
                output = work(json.loads(text), call)
                json.dumps(output)
                return output

            return with_text
        return lambda: work(self.input, call)

    def functions(self) -> dict[str, Callable[[Any, Any], Any]]:
        """Those that the machine names."""
        text = json.dumps(self.definition)
        return {name: function for name, function in FUNCTIONS.items() if f"{ARN}{name}" in text}


def names() -> list[str]:
    return list(json.loads((HERE / "index.json").read_text("utf-8")))


def read(name: str) -> Workload:
    parts = (json.loads((HERE / f"{name}.{part}.json").read_text("utf-8")) for part in ("asl", "input", "expect"))
    return Workload(name, *parts)
