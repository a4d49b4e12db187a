"""One line of control: the execution itself, a branch of a Parallel, an item of a Map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from monostep.engine.history import event_at
from monostep.errors import StateError

if TYPE_CHECKING:
    from monostep.engine.join import Join
    from monostep.engine.run import Run


NOTHING: Mapping[str, Any] = {}


class Frame:
    """Holds what a run knows at one place; the machine's steps hold nothing.

    `previous` and `entered` are marks in the history. `variables` is replaced by Assign, never changed, so a child
    starts with its parent's and cannot touch them. `weight` is an upper bound of the document's bytes (see
    engine.limits). What few frames need has its default on the class.
    """

    entered = 0
    attempts: list[int] | None = None
    """How often each retrier has been used since the state was entered; None for states that cannot retry."""
    retries = 0
    token: tuple[int, str] | None = None
    """Of a callback Task: the mark of the state's entry, and the token."""

    def __init__(
        self,
        run: Run,
        document: Any,
        weight: int,
        join: Join | None = None,
        index: int = 0,
        previous: int = 0,
        variables: Mapping[str, Any] = NOTHING,
    ) -> None:
        self.run = run
        self.document = document
        self.weight = weight
        self.join = join
        self.index = index
        self.previous = previous
        self.variables = variables

    @property
    def state(self) -> str:
        """The name of the state the frame is in."""
        name: str = event_at(self.run.events, self.entered)[3]
        return name

    @property
    def context(self) -> Mapping[str, Any]:
        return self.run.context(self)

    @property
    def random(self) -> Random:
        return self.run.random

    @property
    def now(self) -> int:
        """The modelled clock, in milliseconds since the epoch: what $now and $millis tell."""
        return int((self.run.identity.start.timestamp() + self.run.clock.now) * 1000)

    def fail(self, failure: StateError) -> None:
        """Nobody caught it: the join's business, or the end of the execution."""
        if self.join is None:
            self.run.fail(failure, self.previous)
        else:
            self.join.failed(self, failure)


Step = Callable[[Frame], "Step | None"]
"""Does one piece of a state's work and says what comes next; None when the frame waits or has ended."""
