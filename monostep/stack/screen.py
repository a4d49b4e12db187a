"""What `provision` and `deprovision` say, all of it on stderr: events as they come, the change set, the summary."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from monostep.errors import UsageError
from monostep.stack.progress import STACK, Event, Result


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def event(one: Event, busy: int) -> None:
    """A line for each event; a terminal also sees how many resources are in flight."""
    reason = f"  {one.reason}" if one.reason else ""
    line = f"{one.time:%H:%M:%S}  {one.status:<36}{one.type:<40}{one.resource}{reason}"
    if not sys.stderr.isatty():
        return say(line)
    left = f"… {busy} in flight" if busy and one.type != STACK else ""
    print(f"\r\033[K{line}\n{left}", end="", file=sys.stderr, flush=True)
    return None


def table(rows: Sequence[Sequence[Any]]) -> str:
    """Columns as wide as they need to be."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in texts) for column in range(len(texts[0]))] if texts else []
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts
    )


def summary(result: Result) -> None:
    """Sparta's summary: durations, slowest first, then outputs."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    types = {one.resource: one.type for one in result.events}
    if result.seconds:
        say("\nDurations")
        say(table([(types.get(name, ""), name, f"{seconds:,.0f} s") for name, seconds in result.seconds.items()]))
    if result.stack.outputs:
        say("\nOutputs")
        say(table(sorted(result.stack.outputs.items())))


def failure(result: Result) -> str:
    """The first resource that failed and why, in a line."""
    stack = result.stack
    if result.failure:
        one = result.failure
        return f"{stack.name} is {stack.status}: {one.resource} ({one.type}): {one.reason or one.status}"
    return f"{stack.name} is {stack.status or 'gone'}: {stack.reason or 'AWS gives no reason'}"


def confirmed(question: str, yes: bool) -> bool:
    """Whether the person agrees; UsageError where there is nobody to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("there is nobody to ask: --yes goes ahead")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
