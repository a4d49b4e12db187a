"""One line of control: the execution itself, a branch of a Parallel, an item of a Map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from handler.errors import StateError

if TYPE_CHECKING:
    from handler.engine.mapping import Join
    from handler.engine.run import Run


class Frame:
    """Holds what a run knows at one place; the machine's steps hold nothing.

    `variables` is replaced by Assign, never changed, so a child starts with its parent's and cannot touch them.
    `weight` is an upper bound of the document's size in bytes (see engine.limits).
    """

    __slots__ = (
        "attempts",
        "document",
        "entered",
        "entered_at",
        "index",
        "item",
        "join",
        "previous",
        "retries",
        "run",
        "state",
        "token",
        "variables",
        "weight",
    )

    def __init__(self, run: Run, document: Any, weight: int, join: Join | None = None, index: int = 0) -> None:
        self.run = run
        self.join = join
        self.index = index
        self.document = document
        self.weight = weight
        self.previous = 0
        self.variables: Mapping[str, Any] = {}
        self.item: Mapping[str, Any] | None = None
        self.state = ""
        self.entered = 0
        self.entered_at = 0.0
        self.attempts: list[int] | None = None
        self.retries = 0
        self.token: str | None = None

    @property
    def context(self) -> Mapping[str, Any]:
        return self.run.context(self)

    def fail(self, failure: StateError) -> None:
        """Nobody caught it: the join's business, or the end of the execution."""
        if self.join is None:
            self.run.fail(failure, self.previous)
        else:
            self.join.failed(self, failure)


Step = Callable[[Frame], "Step | None"]
"""Does one piece of a state's work and says what comes next; None when the frame waits or has ended."""
