"""The models of the states and of what is inside them.

One class holds all eight types of state, and TaskFn: the types share most of their fields, and which type has which is
said once, in the tables of `fields`, which the linter uses too. A class for each type was tried and lost: nine classes
repeated the same forty fields, and everything that walks a machine had to ask which of them it had.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from monostep.language.choices import Number, Rule
from monostep.language.grammar import STATES
from monostep.language.part import Part

Kind = Literal["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map", "TaskFn"]
Language = Literal["JSONPath", "JSONata"]
Expression = str
"""A JSONata expression, `{% … %}`, where another kind of value may stand as well."""


class Retrier(Part):
    ErrorEquals: list[str]
    IntervalSeconds: int | None = None
    MaxAttempts: int | None = None
    BackoffRate: Number | None = None
    MaxDelaySeconds: int | None = None
    JitterStrategy: Literal["NONE", "FULL"] | None = None
    Comment: str | None = None


class Catcher(Part):
    ErrorEquals: list[str]
    Next: str
    ResultPath: str | None = None
    Assign: dict[str, Any] | None = None
    Output: Any = None
    Comment: str | None = None


class ProcessorSettings(Part):
    Mode: Literal["INLINE", "DISTRIBUTED"] | None = None
    ExecutionType: Literal["STANDARD", "EXPRESS"] | None = None


class ReaderSettings(Part):
    InputType: Literal["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"] | None = None
    Transformation: Literal["NONE", "LOAD_AND_FLATTEN"] | None = None
    ManifestType: Literal["ATHENA_DATA", "S3_INVENTORY"] | None = None
    CSVHeaderLocation: Literal["FIRST_ROW", "GIVEN"] | None = None
    CSVHeaders: list[str] | None = None
    CSVDelimiter: Literal["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"] | None = None
    ItemsPointer: str | None = None
    MaxItems: int | Expression | None = None
    MaxItemsPath: str | None = None


class Reader(Part):
    Resource: str
    ReaderConfig: ReaderSettings | None = None
    Parameters: Any = None
    Arguments: Any = None


class Batcher(Part):
    MaxItemsPerBatch: int | Expression | None = None
    MaxItemsPerBatchPath: str | None = None
    MaxInputBytesPerBatch: int | Expression | None = None
    MaxInputBytesPerBatchPath: str | None = None
    BatchInput: Any = None


class WriterSettings(Part):
    Transformation: Literal["NONE", "COMPACT", "FLATTEN"]
    OutputType: Literal["JSON", "JSONL"]


class Writer(Part):
    Resource: str | None = None
    WriterConfig: WriterSettings | None = None
    Parameters: Any = None
    Arguments: Any = None


class Branch(Part):
    """States of their own, one of which is the first: a branch of a Parallel or what a Map runs for each item."""

    StartAt: str
    States: dict[str, State]
    Comment: str | None = None
    ProcessorConfig: ProcessorSettings | None = None


class State(Part):
    """A state of any type; a field its type does not have is refused."""

    Type: Kind
    Comment: str | None = None
    QueryLanguage: Language | None = None
    Next: str | None = None
    End: bool | None = None

    InputPath: str | None = None
    OutputPath: str | None = None
    ResultPath: str | None = None
    Parameters: Any = None
    ResultSelector: Any = None
    Result: Any = None
    Arguments: Any = None
    Output: Any = None
    Assign: dict[str, Any] | None = None

    Resource: str | None = None
    Task: str | None = None
    Credentials: Any = None
    TimeoutSeconds: int | Expression | None = None
    TimeoutSecondsPath: str | None = None
    HeartbeatSeconds: int | Expression | None = None
    HeartbeatSecondsPath: str | None = None
    Retry: list[Retrier] | None = None
    Catch: list[Catcher] | None = None

    Seconds: int | Expression | None = None
    SecondsPath: str | None = None
    Timestamp: str | None = None
    TimestampPath: str | None = None

    Choices: list[Rule] | None = None
    Default: str | None = None

    Error: str | None = None
    ErrorPath: str | None = None
    Cause: str | None = None
    CausePath: str | None = None

    Branches: list[Branch] | None = None

    ItemProcessor: Branch | None = None
    Iterator: Branch | None = None
    Items: Any = None
    ItemsPath: str | None = None
    ItemSelector: Any = None
    ItemReader: Reader | None = None
    ItemBatcher: Batcher | None = None
    ResultWriter: Writer | None = None
    MaxConcurrency: int | Expression | None = None
    MaxConcurrencyPath: str | None = None
    ToleratedFailurePercentage: Number | Expression | None = None
    ToleratedFailurePercentagePath: str | None = None
    ToleratedFailureCount: int | Expression | None = None
    ToleratedFailureCountPath: str | None = None
    Label: str | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _own(cls, data: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        made = read(data)
        own = FIELDS[made.Type]
        errors: list[InitErrorDetails] = [
            {
                "type": PydanticCustomError("unsupported", f"A {made.Type} state has no such field"),
                "loc": (name,),
                "input": getattr(made, name),
            }
            for name in made.given()
            if name not in own
        ]
        if errors:
            raise ValidationError.from_exception_data(made.Type, errors)
        return made


FIELDS: dict[str, frozenset[str]] = {name: frozenset(shape.fields) for name, shape in STATES.items()}
FIELDS["TaskFn"] = FIELDS["Task"] | {"Task"}
"""The fields each type of state has."""
