"""Golden executions: one JSON file a fact in tests/cases/engine.

A case is `{definition, input, expect, …}`; `functions` names entries of FUNCTIONS below, `options` go to Workflow,
`run` to Workflow.run. `expect` is compared with the execution's attributes of the same names; `events` is the list of
event types.
"""

import json
import time
from pathlib import Path
from typing import Any

from monostep import Execution, StateError, Workflow

FOLDER = Path(__file__).resolve().parent.parent / "cases" / "engine"
CASES = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}


def echo(event: Any, context: Any) -> Any:  # noqa: ARG001
    return event


def decline(event: Any) -> Any:
    raise StateError("Payment.Declined", f"card of {event['who']} expired")


def crash(event: Any) -> Any:  # noqa: ARG001
    raise KeyError("nowhere")


def spoil(event: Any) -> Any:
    """Changes what it was given: nobody else may see that."""
    event["spoiled"] = True
    return event


def sleepy(event: Any) -> Any:
    time.sleep(60)
    return event


def not_json(event: Any) -> Any:  # noqa: ARG001
    return {"a": {1, 2}}


def large(event: Any) -> Any:  # noqa: ARG001
    return "x" * 262_145


FUNCTIONS = {function.__name__: function for function in (echo, decline, crash, spoil, sleepy, not_json, large)}
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


class Flaky:
    """Fails a number of times with the same error, then answers its event."""

    def __init__(self, times: int, error: str = "Flaky") -> None:
        self.left = times
        self.error = error

    def __call__(self, event: Any) -> Any:
        if self.left:
            self.left -= 1
            raise StateError(self.error, "not yet")
        return event


def functions(case: dict[str, Any]) -> dict[str, Any]:
    named = {name: FUNCTIONS[name] for name in case.get("functions", [])}
    return named | {name: Flaky(**flaky) for name, flaky in case.get("flaky", {}).items()}


def execute(case: dict[str, Any]) -> Execution:
    workflow = Workflow(case["definition"], functions(case), **case.get("options", {}))
    return workflow.run(case.get("input", {}), **case.get("run", {}))


def load(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return case
