"""What an expression sees besides its document: the context object and the variables of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Scope(Protocol):
    """One state's surroundings during one run. Both mappings are read, never written."""

    @property
    def context(self) -> Mapping[str, Any]:
        """The context object: `$$`."""

    @property
    def variables(self) -> Mapping[str, Any]:
        """What Assign has stored, by name without the `$`."""


Evaluate = Callable[[Any, Scope], Any]
"""(effective document, scope) -> value. Compiled once, called often, never mutating what it is given."""


class Constant:
    """An expression that gives `value` whatever the document. Calling it gives just that."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, document: Any, scope: Scope) -> Any:  # noqa: ARG002
        return self.value
