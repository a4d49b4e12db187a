"""A compiled machine, and who answers its Tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from monostep.engine.frame import Frame, Step
from monostep.errors import Unsupported

Answer = Callable[[Any, Frame], tuple[Any, int]]
"""(arguments, frame) -> (result, upper bound of its bytes); raises StateError."""


class Binding(NamedTuple):
    """A Task and its answer."""

    family: str
    """Prefix of the events: LambdaFunction, Activity or Task."""
    details: Mapping[str, Any]
    """What every event of a Task carries (resource, resourceType); for the other families the Scheduled event's
    resource."""
    subject: str
    """How AWS names it in an error text."""
    answer: Answer | None
    """None where nobody answers unless a mock does."""
    refusal: str = ""
    """Why, and how to mend it."""


Bind = Callable[[str, Mapping[str, Any], str], Binding]
"""(state name, state, location) -> who answers it"""


class Program(NamedTuple):
    """Shared by every run, changed by none."""

    start: Step
    timeout: float | None
    unanswered: Mapping[str, Unsupported]
    """Task name -> why it cannot run unless it is mocked."""
    tasks: frozenset[str] = frozenset()
    """The names of all Tasks."""
