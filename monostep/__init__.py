"""Monostep: one container image, every step.

The public names are imported when they are first asked for: a Lambda asks only for `task`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from monostep.errors import InvalidDefinition, InvalidRequest, StateError, Unsupported
    from monostep.tasks.registry import task

HOMES = {
    "task": "monostep.tasks.registry",
    "Workflow": "monostep.workflow.run",
    "Execution": "monostep.engine.execution",
    "StateError": "monostep.errors",
    "InvalidDefinition": "monostep.errors",
    "InvalidRequest": "monostep.errors",
    "Unsupported": "monostep.errors",
    "lint": "monostep.language.lint.verdict",
    "test_state": "monostep.teststate",
}

__all__ = [
    "Execution",
    "InvalidDefinition",
    "InvalidRequest",
    "StateError",
    "Unsupported",
    "Workflow",
    "lint",
    "task",
    "test_state",
]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'monostep' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *HOMES})
