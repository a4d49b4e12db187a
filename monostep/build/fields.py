"""What each kind of state may be given, by name, for the editor: the language's own fields in its own capitals.

They are typed dictionaries rather than parameters, so that a state keeps its fields in the order they are written and
one line passes them on. A test holds them against the models. What the builder sets by itself is not among them: Type,
Next, End, Choices, Default, Branches, ItemProcessor.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from monostep.build.conditions import Path
from monostep.language.states import Language, Retrier

if TYPE_CHECKING:
    from monostep.build.states import Catching

Json = Any
"""Any JSON value; paths, times and durations in it are written as JSON."""
Where = str | Path | None
"""A path; None discards."""
Seconds = int | timedelta | str
"""Whole seconds, a duration, or a JSONata expression."""
Count = int | str
"""A number, or a JSONata expression."""


class Common(TypedDict, total=False):
    Comment: str
    QueryLanguage: Language


class Through(Common, total=False):
    InputPath: Where
    OutputPath: Where
    Output: Json


class Onward(Through, total=False):
    """All a Choice may be given, too."""

    Assign: Mapping[str, Json]


class PassFields(Onward, total=False):
    Result: Json
    ResultPath: Where
    Parameters: Json


class WorkFields(Onward, total=False):
    """What Task, Parallel and Map share: they work, so they can fail."""

    Parameters: Json
    ResultSelector: Json
    ResultPath: Where
    Retry: list[Retrier]
    Catch: list[Catching]


class ParallelFields(WorkFields, total=False):
    Arguments: Json


class TaskFields(ParallelFields, total=False):
    Credentials: Json
    TimeoutSeconds: Seconds
    TimeoutSecondsPath: str | Path
    HeartbeatSeconds: Seconds
    HeartbeatSecondsPath: str | Path


class StepFields(TaskFields, total=False):
    Task: str
    Resource: str


class WaitFields(Onward, total=False):
    Seconds: Seconds
    SecondsPath: str | Path
    Timestamp: datetime | str
    TimestampPath: str | Path


class FailFields(Common, total=False):
    Error: str
    ErrorPath: str | Path
    Cause: str
    CausePath: str | Path


class MapFields(WorkFields, total=False):
    Items: Json
    ItemsPath: str | Path
    ItemSelector: Json
    ItemReader: Mapping[str, Json]
    ItemBatcher: Mapping[str, Json]
    ResultWriter: Mapping[str, Json]
    MaxConcurrency: Count
    MaxConcurrencyPath: str | Path
    ToleratedFailurePercentage: float | str
    ToleratedFailurePercentagePath: str | Path
    ToleratedFailureCount: Count
    ToleratedFailureCountPath: str | Path
    Label: str


class RuleFields(TypedDict, total=False):
    Comment: str
    Assign: Mapping[str, Json]
    Output: Json


class RetryFields(TypedDict, total=False):
    IntervalSeconds: int | timedelta
    MaxAttempts: int
    BackoffRate: float
    MaxDelaySeconds: int | timedelta
    JitterStrategy: Literal["NONE", "FULL"]
    Comment: str


class CatchFields(TypedDict, total=False):
    ResultPath: Where
    Assign: Mapping[str, Json]
    Output: Json
    Comment: str


class BranchFields(TypedDict, total=False):
    Comment: str


class ProcessorFields(BranchFields, total=False):
    ProcessorConfig: Mapping[str, Json]


class MachineFields(BranchFields, total=False):
    QueryLanguage: Language
    Version: str
    TimeoutSeconds: int | timedelta
