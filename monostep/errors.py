"""Every failure, in one tree.

    Exception
    ├── StateError(error, cause)      a state fails with this ASL error name; a task raises it to choose its own
    │   ├── EvaluationError           a path, template or expression failed on this document; the engine puts
    │   │                             "An error occurred while executing the state 'S' …" in front of the cause
    │   ├── TaskError                 no such task, or no Task in the event
    │   ├── UnmarshalError            the input does not fit the function's type
    │   └── MarshalError              the result is not JSON, or too large
    ├── Unsupported                   a machine asks for what is not built, or for what nobody answers
    ├── UsageError                    a command or a call that makes no sense as written (exit 2)
    └── ValueError
        ├── InvalidDefinition         AWS would reject the machine: str() is AWS's message
        ├── InvalidExpression         a text that is no path, template or expression, found before the run
        └── InvalidRequest            AWS would reject the TestState request

Imports nothing of ours and nothing heavy: it is on the Lambda path.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from monostep.language.diagnostic import Diagnostic


class StateError(Exception):
    """A failure with an ASL error name: what Retry and Catch match on.

    `error` is the name (any text: dots and spaces too), `cause` the explanation; either may be None where AWS gives
    none.
    """

    def __init__(self, error: str | None, cause: str | None = "") -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause

    def __str__(self) -> str:
        return "" if self.cause is None else str(self.cause)


class EvaluationError(StateError):
    """An expression failed during a run. `location` is the field's, as EvaluationFailed events give it."""

    def __init__(self, error: str, cause: str, location: str | None = None) -> None:
        super().__init__(error, cause)
        self.location = location


class TaskError(StateError):
    def __init__(self, cause: str) -> None:
        super().__init__("TaskError", cause)


class UnmarshalError(StateError):
    def __init__(self, cause: str) -> None:
        super().__init__("UnmarshalError", cause)


class MarshalError(StateError):
    def __init__(self, cause: str) -> None:
        super().__init__("MarshalError", cause)


class Unsupported(Exception):
    """Refused before the run: `message` says what and how to mend it, `location` where (`/States/Pay`)."""

    def __init__(self, message: str, location: str = "") -> None:
        super().__init__(f"{message} at {location}" if location else message)
        self.message = message
        self.location = location


class UsageError(Exception):
    """One clear line for the person at the keyboard."""


class InvalidDefinition(ValueError):
    """AWS would reject the machine. `str()` is AWS's message, `diagnostics` every finding behind it."""

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics = list(diagnostics)


class InvalidExpression(ValueError):
    """Text that is no path, template, intrinsic or JSONata expression. `column` counts from 1; 0 where unknown."""

    def __init__(self, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.column = column


class InvalidRequest(ValueError):
    """AWS would reject the request; `str()` is AWS's message."""
