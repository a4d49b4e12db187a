"""A live trace of an execution for the person who watches it: one line a state, one a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from monostep.engine.history import Event

Watch = Callable[[Event], None]
"""Called with each event as it happens."""


def watcher(out: TextIO) -> Watch:
    """Lines like `0:00:03  CheckRoll`; colour where `out` is a terminal."""
    bold, red, dim, plain = ("\x1b[1m", "\x1b[31m", "\x1b[2m", "\x1b[0m") if out.isatty() else ("",) * 4

    def watch(event: Event) -> None:
        kind, _, now, a, b = event
        if kind.endswith("StateEntered"):
            line = f"{bold}{a}{plain}"
        elif kind.endswith(("Failed", "TimedOut")) and kind != "EvaluationFailed":
            line = f"{red}{kind}{plain}" + _reason(kind, a, b)
        elif kind == "ExecutionSucceeded":
            line = f"{dim}succeeded{plain}"
        else:
            return
        print(f"{dim}{_clock(now)}{plain}  {line}", file=out, flush=True)

    return watch


def _reason(kind: str, a: object, b: object) -> str:
    if kind.startswith(("Task", "MapIteration")):
        return f" {b}"
    return f" {a}: {b}" if b else f" {a}" if a else ""


def _clock(seconds: float) -> str:
    minutes, left = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{left:06.3f}"
