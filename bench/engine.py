"""The engine beside hand-written loops and beside its peers, in one run; ratios are medians of interleaved runs.

    python -m bench.engine [--runs 21] [--peers DIR] [NAME …]

Without names all workloads. bench/peer.py says how DIR is filled; without it the peers' columns stay empty. A workload
that takes microseconds is run often enough in each turn for the clock. A peer that needs more than BUDGET seconds for
all its runs gets fewer, at least 3; waits are skipped where it can do that.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from bench import workload
from bench.peer import Peer, peers
from monostep import Workflow

BUDGET = 20.0
TURN = 0.002
"""Seconds that a turn of the hand-written loop takes at least."""
WANTED = {
    "hello": 13,
    "chain50": 6,
    "loop1000": 7,
    "task_loop": 15,
    "map10k_small": 10,
    "map1k_task": 18,
    "choice_deep": 1.5,
    "payload": 2.3,
    "jsonata_loop1000": 40,
    "jsonata_map10k": 22,
    "jsonata_choice": 12,
}


class Row(NamedTuple):
    """Seconds of each interleaved run."""

    ours: list[float]
    loop: list[float]
    peers: dict[str, list[float] | str]
    """A text where a peer fails."""


def timed(work: Callable[[], Any], times: int = 1) -> float:
    gc.collect()
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def measure(case: workload.Workload, runs: int, others: dict[str, Peer]) -> Row:
    ours, loop = case.ours(), case.loop()
    for output in (ours().output, loop()):
        assert output == case.expected, f"{case.name}: {output!r:.200}"
    times = max(1, round(TURN / max(timed(loop, 3), 1e-7)))
    line = json.dumps({"definition": case.definition, "input": case.input, "tasks": sorted(case.functions())})
    row = Row([], [], {peer: [] for peer in others})
    for _ in range(runs):
        row.ours.append(timed(ours, max(1, times // 4)))
        row.loop.append(timed(loop, times))
        for peer, process in others.items():
            _ask(row, peer, process, line, case.expected)
    return row


def _ask(row: Row, peer: str, process: Peer, line: str, expected: Any) -> None:
    taken = row.peers[peer]
    if isinstance(taken, str) or (len(taken) >= 3 and sum(taken) > BUDGET):
        return
    answer = process.ask(line)
    if "error" in answer:
        row.peers[peer] = f"fails: {' '.join(answer['error'].split())[:50]}"
    elif answer["output"] != expected:
        row.peers[peer] = "wrong output"
    else:
        taken.append(answer["seconds"])


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=False))


def report(rows: dict[str, Row], names: Sequence[str]) -> None:
    head = ["workload", "ours ms", "loop ms", "ours / loop", "wanted", *(f"{name} / ours" for name in names)]
    print(f"\n| {' | '.join(head)} |\n{'| --- ' * len(head)}|")
    factors: dict[str, list[float]] = {name: [] for name in names}
    for name, row in rows.items():
        ours, loop = (statistics.median(side) * 1000 for side in (row.ours, row.loop))
        wanted = f"≤ {WANTED[name]}" if name in WANTED else ""
        cells = [_against(row, peer, factors[peer]) for peer in names]
        cells = [name, f"{ours:.4f}", f"{loop:.4f}", f"{ratio(row.ours, row.loop):.1f}", wanted, *cells]
        print(f"| {' | '.join(cells)} |")
    for name, values in factors.items():
        if values:
            mean = statistics.geometric_mean(values)
            print(f"\n{name}: {mean:,.0f} times ours in the geometric mean of {len(values)}, least {min(values):,.1f}")


def _against(row: Row, peer: str, factors: list[float]) -> str:
    taken = row.peers[peer]
    if isinstance(taken, str):
        return taken
    factors.append(ratio(taken, row.ours))
    return f"{factors[-1]:,.1f} ({len(taken)} runs)"


def timeouts() -> None:
    """What TimeoutSeconds costs a Task."""
    state = {"Type": "Task", "Resource": f"{workload.ARN}inc", "End": True}
    times = []
    for fields in ({}, {"TimeoutSeconds": 60}):
        functions = {"inc": workload.FUNCTIONS["inc"]}
        workflow = Workflow({"StartAt": "T", "States": {"T": {**state, **fields}}}, functions=functions)
        run = partial(workflow.run, {"n": 1})
        times.append([timed(run, 200) for _ in range(15)])
    plain, limited = (statistics.median(side) * 1e6 for side in times)
    print(f"\na Task: {plain:.0f} µs; with TimeoutSeconds: {limited - plain:.0f} µs more (wanted: ≤ 30)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--peers", metavar="DIR", default=os.environ.get("MONOSTEP_PEERS"))
    parser.add_argument("names", nargs="*", metavar="NAME", default=workload.names())
    arguments = parser.parse_args()
    others = peers(arguments.peers)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors, {arguments.runs} runs"
    )
    rows = {}
    for name in arguments.names:
        rows[name] = measure(workload.read(name), arguments.runs, others)
        print(f"{name} done", file=sys.stderr)
    report(rows, list(others))
    timeouts()
    for peer in others.values():
        peer.close()


if __name__ == "__main__":
    main()
