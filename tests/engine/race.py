"""Runs with a pool of workers under a switch interval of a microsecond: `python -m tests.engine.race [RUNS]`.

Until 3.12 a cached_property had a lock; without it two threads made two queues, and a run waited at one for what lay in
the other. Two calls with a time limit may want the same idle thread.
"""

from __future__ import annotations

import faulthandler
import sys
import time
from itertools import cycle

from monostep import Workflow
from tests.engine.cases import ARN

PATIENCE = 120.0
"""Seconds without a word after which the threads' stacks are printed and the process ends."""


def race(runs: int) -> int:
    """How many runs ended with another output than the one there is. Every other run's tasks have a time limit."""
    workflows = cycle((doubling({}), doubling({"TimeoutSeconds": 60})))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        return sum(next(workflows).run([1, 2, 3], workers=2).output != [2, 4, 6] for _ in range(runs))
    finally:
        sys.setswitchinterval(before)


def doubling(fields: dict[str, int]) -> Workflow:
    task = {"Type": "Task", "Resource": f"{ARN}double", "End": True, **fields}
    body = {"StartAt": "T", "States": {"T": task}}
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": body, "End": True}}}
    return Workflow(machine, {"double": lambda event: event * 2})


def main(runs: int = 100_000) -> None:
    started, wrong = time.monotonic(), 0
    for _ in range(0, runs, 1000):
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        wrong += race(min(1000, runs))
    seconds = time.monotonic() - started
    print(f"Python {sys.version.split()[0]}: {runs:,} runs, {wrong} wrong, none stuck, {seconds:.0f} s")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
