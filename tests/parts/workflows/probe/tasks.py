"""Tasks that go right and wrong in every way a test asks for. Put tests/parts on PYTHONPATH and `workflows.probe` is
there, beside the project's own workflows.
"""

from __future__ import annotations

import asyncio
import datetime
import decimal
import enum
import os
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, NotRequired, TypedDict

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monostep import StateError, task

Json = dict[str, object]
TORN = "\ud800"


class Item(BaseModel):
    price: float
    due: datetime.date | None = None


class Order(BaseModel):
    items: list[Item] = []
    note: str = Field(default="", alias="Note")


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    day: datetime.date
    pair: tuple[int, int]


class Fussy(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def _listed(cls, name: str) -> str:
        return {"a": name}[name]


@dataclass
class Point:
    x: int
    when: datetime.datetime | None = None


class Line(TypedDict):
    sku: str
    count: NotRequired[int]


class Cart(TypedDict):
    lines: list[Line]
    first: NotRequired[Annotated[Line | None, "where it starts"]]


class Colour(enum.StrEnum):
    RED = "red"


class CardDeclined(Exception):
    pass


class Chosen(StateError):
    def __init__(self) -> None:
        super().__init__("Payment.Declined", "card expired")


class Mute(Exception):
    def __str__(self) -> str:
        raise KeyError("nothing to say")


class Context:
    aws_request_id: str
    task_token: str


@task
def Echo(value):  # type: ignore[no-untyped-def]
    return value


@task
def Object(value: Json) -> Json:
    return value


@task
def Numbers(value: list[float] | None) -> list[float] | None:
    return value


@task
def Whole(value: int) -> int:
    return value


@task
def Either(value: dict[str, int] | list[str] | str) -> object:
    return value


@task
def Model(value: Order) -> Order:
    return value


@task
def Models(value: list[Item]) -> Json:
    return {"most": max(value, key=lambda item: item.price)}


@task
def Exact(value: Strict) -> str:
    return value.day.isoformat()


@task
def Validated(value: Fussy) -> str:
    return value.name


@task
def Data(value: Point) -> Point:
    return value


@task
def Dict(value: Cart) -> object:
    return [line.get("count", 1) for line in value["lines"]]


@task("a name with spaces, dots. and ünïcode")
def _named(value: object) -> object:
    return value


@task
async def Later(value: object) -> object:
    await asyncio.sleep(0)
    return value


@task
def WithContext(value: object, context: Context) -> object:
    return [value, context.aws_request_id != "", getattr(context, "task_token", None)]


@dataclass
class Sealed:
    it: object
    at: Context


RESULTS: dict[str, object] = {
    "sealed": {"a": Sealed(1, Context())},
    "date inside a dataclass": [Point(1, datetime.datetime(2026, 11, 21))],
    "nan": {"rates": [1.0, float("nan")]},
    "infinity": float("-inf"),
    "set": {"a": [{1}]},
    "datetime": {"at": datetime.datetime(2026, 11, 21)},
    "bytes": b"bytes",
    "key": {"a": {1: "one"}},
    "two keys": {1: "one", "1": "uno"},
    "torn": {"name": [TORN]},
    "torn key": {TORN: 1},
    "object": {"it": object()},
    "function": {"it": len},
    "huge number": 10**5000,
    "tuple": {"pair": (1, (2, 3))},
    "decimal": [decimal.Decimal("1.50"), decimal.Decimal(7)],
    "decimal nan": decimal.Decimal("NaN"),
    "enum": {Colour.RED: Colour.RED},
    "ordered": OrderedDict(b=1, a=2),
    "model nan": Item(price=float("nan")),
    "unicode": "é€😀",
    "nothing": None,
    "full": "x" * (6_291_556 - 2),
    "over": "x" * (6_291_556 - 1),
    "large": ["x" * 1_000_000] * 7,
}


@task
def Return(kind: str) -> object:
    return RESULTS[kind]


@task
def Deep(levels: int) -> object:
    value: list[object] = []
    for _ in range(levels):
        value = [value]
    return value


@task
def Cycle(value: list[object]) -> object:
    value.extend([value, value])
    return value


@task
def Grow(value: object) -> object:
    return Grow([value])


def errors() -> dict[str, BaseException]:
    return {
        "named": StateError("Payment.Declined", "card expired"),
        "spaces": StateError("Not at all. Never", "no"),
        "unicode": StateError("Fehler.Ü", "Größe € 😀"),
        "no name": StateError(None, "nameless"),
        "no text": StateError(404, ["not", "found"]),  # type: ignore[arg-type]
        "no cause": StateError("Quiet", None),
        "chosen": Chosen(),
        "own class": CardDeclined("card 4242"),
        "key": KeyError("missing"),
        "torn": CardDeclined(f"before {TORN} after"),
        "torn name": StateError(f"Bad{TORN}\0Name", "x"),
        "mute": Mute(),
        "long": CardDeclined("x" * 7_000_000),
        "lines": CardDeclined("one\ntwo\r\n\tthree"),
        "exit": SystemExit(3),
        "interrupt": KeyboardInterrupt(),
        "cancelled": asyncio.CancelledError("late"),
        "generator exit": GeneratorExit(),
        "group": ExceptionGroup("several", [CardDeclined("one"), KeyError("two")]),
    }


@task
def Raise(kind: str) -> None:
    raise errors()[kind]


@task
def Exit(code: int) -> None:
    sys.exit(code)


@task
async def RaiseLater(kind: str) -> None:
    await asyncio.sleep(0)
    raise errors()[kind]


@task
def Print(text: str) -> None:
    print(text, TORN)
    print(text, TORN, file=sys.stderr)


@task
def Meet(path: str) -> int:
    """Returns when a second call is in the same place: only two workers can do that."""
    with open(path, "a") as meeting:
        meeting.write("x")
    while os.path.getsize(path) < 2:
        time.sleep(0.01)
    return os.getpid()


@task.default
def Any(event: object) -> object:
    return event
