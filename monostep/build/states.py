"""States as objects, linked by reference.

`a >> b` makes b the Next of a and returns b, so that a chain reads from left to right: `a >> b >> c`. A state that
leads nowhere ends its machine. `Choice` has `.when(condition, state)` and `.otherwise(state)` instead, and whatever
works has `.retry(…)` and `.catch(…)`, which return the state they are called on.

One class for each type of state was tried and lost, as in the models: what differs between a Pass and a Wait is which
fields they take, and that is a table (`fields`). The classes here differ in how a state leads on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, Literal, NamedTuple, NoReturn, Self, TypeVar, Unpack

from monostep.build.conditions import Condition
from monostep.build.fields import CatchFields, Onward, RetryFields, RuleFields
from monostep.build.values import model, plain
from monostep.language import states
from monostep.language.choices import Rule
from monostep.language.machine import Machine

S = TypeVar("S", bound="State")
Link = tuple[str, "State"]
"""A field, `Next` or `Choices[0]/Next`, and the state it leads to."""

LINKED = {
    "Type": "by the function's name",
    "Next": "a >> b",
    "End": "a state that leads nowhere ends",
    "Choices": ".when(condition, state)",
    "Default": ".otherwise(state)",
    "Branches": "Parallel(name, left, right)",
    "ItemProcessor": "Map(name, item)",
    "Iterator": "Map(name, iterator(item))",
}
"""Fields that the builder sets, and how they are said."""

_numbers = count()
_made: ContextVar[list[State] | None] = ContextVar("_made", default=None)


class State:
    """One state. States are printed in the order in which they are made, their fields in the order they are given."""

    def __init__(self, kind: str, name: str, fields: Mapping[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a state's name is text, not {name!r}")
        if strangers := [field for field in fields if field in LINKED]:
            raise TypeError(f"{kind} {name!r}: {strangers[0]} is not given but said: {LINKED[strangers[0]]}")
        self.kind = kind
        self.name = name
        self.fields: dict[str, Any] = {"Type": kind, **plain(dict(fields))}
        model(states.State, self.fields, repr(self))
        self.number = next(_numbers)
        self.built = False
        """Whether a machine holds it."""
        self.sources: list[State] = []
        """The states that lead here."""
        self._next: State | None = None
        if (made := _made.get()) is not None:
            made.append(self)

    def __rshift__(self, then: S) -> S:
        """This state leads to `then`, which is returned."""
        if self._next is not None:
            raise TypeError(f"{self!r} leads to {self._next!r} already; a state has one Next")
        self._next = self._to(then)
        return then

    def links(self) -> Iterator[Link]:
        """Every way out, by the field that names it."""
        if self._next is not None:
            yield "Next", self._next

    def inner(self) -> list[tuple[str, Branch]]:
        """The machines inside, by their places."""
        return []

    def leaving(self) -> dict[str, Any]:
        """The fields that say where it leads."""
        return {"End": True} if self._next is None else {"Next": self._next.name}

    def _to(self, then: S) -> S:
        if not isinstance(then, State):
            raise TypeError(f"{self!r} can lead to a state only, not to {then!r}")
        then.sources.append(self)
        return then

    def __repr__(self) -> str:
        return f"{self.kind} {self.name!r}"


class Final(State):
    """Succeed or Fail: nothing comes after it."""

    def __rshift__(self, then: object) -> NoReturn:
        raise TypeError(f"nothing comes after {self!r}")

    def leaving(self) -> dict[str, Any]:
        return {}


class Choice(State):
    """The first rule that holds leads on; otherwise the Default; without one, States.NoChoiceMatched."""

    def __init__(self, name: str, **fields: Unpack[Onward]) -> None:
        super().__init__("Choice", name, fields)
        self._rules: list[tuple[Rule, State]] = []
        self._default: State | None = None

    def when(self, condition: Condition | str, then: State, **fields: Unpack[RuleFields]) -> Self:
        """A rule: `.when(path("$.roll") > 3, success)`, or of JSONata `.when("{% $roll > 3 %}", success)`."""
        if isinstance(condition, str):
            condition = Condition({"Condition": condition})
        if not isinstance(condition, Condition):
            raise TypeError(f"{self!r} asks a condition, as path('$.roll') > 3, not {condition!r}")
        self._to(then)
        whole = {**condition.fields, **fields, "Next": then.name}
        self._rules.append((model(Rule, whole, f"{self!r}, rule {len(self._rules)}"), then))
        return self

    def otherwise(self, then: State) -> Self:
        if self._default is not None:
            raise TypeError(f"{self!r} leads to {self._default!r} otherwise already")
        self._default = self._to(then)
        return self

    def __rshift__(self, then: object) -> NoReturn:
        raise TypeError(f"{self!r} has no Next; say .when(condition, state) and .otherwise(state)")

    def links(self) -> Iterator[Link]:
        for index, (_, then) in enumerate(self._rules):
            yield f"Choices[{index}]/Next", then
        if self._default is not None:
            yield "Default", self._default

    def leaving(self) -> dict[str, Any]:
        default = {} if self._default is None else {"Default": self._default.name}
        return {"Choices": [rule for rule, _ in self._rules], **default}


class Work(State):
    """Task, Parallel and Map: they can fail, so they can try again and be caught."""

    def __init__(self, kind: str, name: str, fields: Mapping[str, Any], *inner: Branch) -> None:
        caught: list[Catching] = fields.get("Catch") or []
        models = {"Catch": [one.model for one in caught]} if "Catch" in fields else {}
        super().__init__(kind, name, {**fields, **models})
        self._inner = inner
        self._caught = [self._to(one.then) for one in caught]

    def retry(self, *errors: ErrorName, **fields: Unpack[RetryFields]) -> Self:
        """One more retrier: `.retry("States.Timeout", IntervalSeconds=timedelta(seconds=2), MaxAttempts=3)`."""
        return self._more("Retry", retry(*errors, **fields))

    def catch(self, *errors: ErrorName, then: State, **fields: Unpack[CatchFields]) -> Self:
        """One more catcher: `.catch("States.ALL", then=failed, ResultPath="$.error")`."""
        one = catch(*errors, then=then, **fields)
        self._caught.append(self._to(then))
        return self._more("Catch", one.model)

    def links(self) -> Iterator[Link]:
        yield from super().links()
        for index, then in enumerate(self._caught):
            yield f"Catch[{index}]/Next", then

    def inner(self) -> list[tuple[str, Branch]]:
        if self.kind == "Parallel":
            return [(f"Branches[{index}]", branch) for index, branch in enumerate(self._inner)]
        return [(branch.field, branch) for branch in self._inner]

    def _more(self, field: str, one: states.Retrier | states.Catcher) -> Self:
        self.fields = {**self.fields, field: [*self.fields.get(field, ()), one.model_dump()]}
        return self


class Branch:
    """A machine inside another: a branch of a Parallel, or what a Map does with each item."""

    def __init__(self, start: State | Machine, fields: Mapping[str, Any], field: str = "ItemProcessor") -> None:
        if isinstance(start, Machine):
            strangers = [name for name in start.given() if name not in ("StartAt", "States", "Comment")]
            if strangers:
                raise TypeError(f"a machine inside another has no {strangers[0]} of its own")
        elif not isinstance(start, State):
            raise TypeError(f"a branch starts at a state, not at {start!r}")
        self.start = start
        self.fields = plain(dict(fields))
        self.field = field


# Errors

ErrorName = (
    Literal[
        "States.ALL",
        "States.TaskFailed",
        "States.Timeout",
        "States.HeartbeatTimeout",
        "States.Permissions",
        "States.DataLimitExceeded",
        "States.ExceedToleratedFailureThreshold",
        "States.BranchFailed",
        "States.NoChoiceMatched",
        "States.QueryEvaluationError",
        "States.ResultPathMatchFailure",
        "States.ParameterPathFailure",
        "States.IntrinsicFailure",
        "States.ItemReaderFailed",
        "States.ResultWriterFailed",
        "States.Runtime",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
    ]
    | str
    | type[BaseException]
)
"""An error's name, or the exception class whose name it is."""


class Catching(NamedTuple):
    """A catcher and the state it leads to."""

    model: states.Catcher
    then: State


def retry(*errors: ErrorName, **fields: Unpack[RetryFields]) -> states.Retrier:
    """A retrier: `Retry=[retry("States.Timeout", IntervalSeconds=timedelta(seconds=2), MaxAttempts=3)]`."""
    return model(states.Retrier, {"ErrorEquals": _names(errors), **fields}, f"retry of {errors[0]!r}")


def catch(*errors: ErrorName, then: State, **fields: Unpack[CatchFields]) -> Catching:
    """A catcher: `Catch=[catch("States.ALL", then=failed)]`."""
    if not isinstance(then, State):
        raise TypeError(f"a catcher leads to a state, not to {then!r}")
    whole = {"ErrorEquals": _names(errors), "Next": then.name, **fields}
    return Catching(model(states.Catcher, whole, f"catch of {errors[0]!r}"), then)


def _names(errors: tuple[ErrorName, ...]) -> list[str]:
    if not errors:
        raise TypeError("say which errors: 'States.ALL' for all of them")
    return [error if isinstance(error, str) else error.__name__ for error in errors]


@contextmanager
def census() -> Iterator[list[State]]:
    """The states that are made inside the block: those no machine holds afterwards were forgotten."""
    made: list[State] = []
    token = _made.set(made)
    try:
        yield made
    finally:
        _made.reset(token)
