"""Two Lambdas beside each other: bare awslambdaric and ours, doing the same with the same events, by turns in one run,
so that what else the machine does falls on both. A call lasts from the last byte of the event to the last byte of the
answer; a start from the creation of the process to its first `next`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from statistics import median
from typing import Protocol

from monostep.local.invocation import Invocation

WARM_BOUND, INIT_BOUND = 1.10, 1.15
BARE = "def handle(event, context):\n    return event['Input']\n"
COMMANDS = {"bare": ["-m", "awslambdaric", "bare.handle"], "ours": ["-m", "handler"]}
Times = dict[str, list[float]]


class Side(Protocol):
    def invoke(self, event: object) -> Invocation: ...
    def init_seconds(self) -> float: ...


Start = Callable[[list[str]], AbstractContextManager[Side]]
"""Runs Python with these arguments."""


def compare(start: Start, calls: int, starts: int) -> None:
    print(f"{'':24}{'bare':>10}{'ours':>10}{'ratio':>8}  bound   quarters of the run")
    show("warm, 1 KB (µs)", 1e6, warm(start, event(900), calls), WARM_BOUND)
    show("warm, 190 KB (µs)", 1e6, warm(start, event(190_000), calls // 10), None)
    show("init (ms)", 1e3, init(start, starts), INIT_BOUND)


def event(size: int) -> dict[str, object]:
    """An order of at most `size` bytes of JSON, in its envelope."""
    found: dict[str, object] = {}
    lines = [{"sku": f"A-{number:05}", "count": number % 7, "price": 9.99} for number in range(size // 50)]
    while len(json.dumps(found := {"Task": "Echo", "Input": {"id": "o-1", "paid": True, "lines": lines}})) > size:
        lines.pop()
    return found


def warm(start: Start, sent: object, calls: int) -> Times:
    text = json.dumps(sent).encode()
    with ExitStack() as stack:
        sides = {name: stack.enter_context(start(command)) for name, command in COMMANDS.items()}
        for side in sides.values():
            _ = [call(side, text) for _ in range(20)]
        times: Times = {name: [] for name in sides}
        for _ in range(calls):
            for name, side in sides.items():
                times[name].append(call(side, text))
    return times


def call(side: Side, text: bytes) -> float:
    answer = side.invoke(text)
    if answer.kind != "response":
        raise SystemExit(f"{answer.kind}: {answer.body!r}")
    return answer.seconds


def init(start: Start, starts: int) -> Times:
    times: Times = {name: [] for name in COMMANDS}
    for _ in range(starts):
        for name, command in COMMANDS.items():
            with start(command) as side:
                times[name].append(side.init_seconds())
    return times


def show(what: str, unit: float, times: Times, bound: float | None) -> None:
    bare, ours = times["bare"], times["ours"]
    quarter = len(bare) // 4
    parts = [ratio(bare[at : at + quarter], ours[at : at + quarter]) for at in range(0, 4 * quarter, quarter)]
    figures = f"{median(bare) * unit:10.1f}{median(ours) * unit:10.1f}{ratio(bare, ours):8.3f}"
    print(f"{what:24}{figures}  {bound or '-':<6}  {' '.join(f'{part:.3f}' for part in parts)}", flush=True)


def ratio(bare: list[float], ours: list[float]) -> float:
    return median(ours) / median(bare)
