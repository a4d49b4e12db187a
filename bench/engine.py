"""The engine beside its peers and beside hand-written loops, in one run; ratios are medians of interleaved runs.

    python -m bench.engine [--runs 21] [--peers DIR] [--only NAME …]

DIR holds `node_modules` with aws-local-stepfunctions and node 22 (`npm install aws-local-stepfunctions@3.0.0
node@22`); moto is imported from this interpreter (`pip install 'moto==5.2.5' boto3 …`). Without them their columns
stay empty. Input is parsed on both sides, but for `payload`, which counts json.loads and json.dumps on both. A peer
that needs more than BUDGET seconds for all its runs gets fewer, at least 3.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.loops import LOOPS
from monostep import Workflow

HERE = Path(__file__).resolve().parent
BUDGET = 40.0
LIMIT = 60.0
BOUNDS = {
    "loop1000": 30,
    "map10k_small": 25,
    "choice_deep": 15,
    "payload": 3,
    "jsonata_loop1000": 80,
    "jsonata_map10k": 50,
    "jsonata_choice": 40,
}
WITH_TEXT = {"payload"}
"""Workloads that count reading the input and writing the output on both sides."""


class Peer:
    """A process that answers one line a run; gone after a run longer than LIMIT."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = command
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        environment = os.environ | {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
        return subprocess.Popen(
            self.command,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=HERE.parent,
            env=environment,
        )

    def ask(self, line: str) -> dict[str, Any]:
        watch = threading.Timer(LIMIT, self.process.kill)
        watch.start()
        try:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer: dict[str, Any] = json.loads(self.process.stdout.readline() or '{"error": "no answer"}')
        except (BrokenPipeError, ValueError):
            answer = {"error": "no answer"}
        finally:
            watch.cancel()
        if answer.get("error") == "no answer":
            self.process = self._start()
        return answer


class Row(NamedTuple):
    """Seconds of each interleaved run."""

    ours: list[float]
    loop: list[float]
    peers: dict[str, list[float] | str]
    bare: list[float]
    """Ours without reading and writing text, where `ours` counts that: the peers get their input parsed."""


def read(workload: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((HERE / "workloads" / f"{workload}.json").read_text("utf-8"))
    return case


def peers(folder: str | None) -> dict[str, Peer]:
    found = {}
    if folder:
        node = str(Path(folder, "node_modules", ".bin", "node").resolve())
        found["aws-local-stepfunctions"] = Peer([node, str(HERE / "peers" / "local.mjs"), str(Path(folder).resolve())])
    if subprocess.run([sys.executable, "-c", "import moto, boto3"], capture_output=True, check=False).returncode == 0:
        found["moto"] = Peer([sys.executable, "-m", "bench.peers.moto"])
    return found


def timed(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[float, Any]:
    gc.collect()
    started = clock()
    result = work()
    return clock() - started, result


def measure(name: str, runs: int, others: dict[str, Peer]) -> Row:
    case = read(name)
    workflow = Workflow(case["definition"], limits=case["limits"])
    given, loop = case["input"], LOOPS[name]
    line = json.dumps({"definition": case["definition"], "input": given})
    expected = loop(given)
    row = Row([], [], {peer: [] for peer in others}, [])
    ours, hand = _sides(name, workflow, given, loop)
    for _ in range(runs):
        seconds, execution = timed(ours)
        assert execution.output == expected, f"{name}: {execution!r}"
        row.ours.append(seconds)
        row.loop.append(timed(hand)[0])
        if name in WITH_TEXT:
            row.bare.append(timed(lambda: workflow.run(given))[0])
        for peer, process in others.items():
            _ask(row, peer, process, line, expected)
    return row


def _sides(name: str, workflow: Workflow, given: Any, loop: Callable[[Any], Any]) -> tuple[Callable[[], Any], ...]:
    if name not in WITH_TEXT:
        return lambda: workflow.run(given), lambda: loop(given)
    text = json.dumps(given)

    def ours() -> Any:
        execution = workflow.run(json.loads(text))
        json.dumps(execution.output)
        return execution

    return ours, lambda: json.dumps(loop(json.loads(text)))


def _ask(row: Row, peer: str, process: Peer, line: str, expected: Any) -> None:
    taken = row.peers[peer]
    if isinstance(taken, str) or (len(taken) >= 3 and sum(taken) > BUDGET):
        return
    answer = process.ask(line)
    if "error" in answer:
        row.peers[peer] = f"fails: {answer['error'][:60]}"
    elif answer["output"] != expected:
        row.peers[peer] = "wrong"
    else:
        taken.append(answer["seconds"])


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=False))


HEAD = ["workload", "limits", "ours ms", "loop ms", "ours / loop", "bound"]


def report(rows: dict[str, Row], names: Sequence[str]) -> None:
    head = [*HEAD, *(f"{name} / ours" for name in names)]
    print(f"\n| {' | '.join(head)} |\n{'| --- ' * len(head)}|")
    factors: dict[str, list[float]] = {name: [] for name in names}
    for workload, row in rows.items():
        lifted = "on" if read(workload)["limits"] else "lifted"
        ours, loop = (statistics.median(side) * 1000 for side in (row.ours, row.loop))
        shown = [workload, lifted, f"{ours:.3f}", f"{loop:.3f}", f"{ratio(row.ours, row.loop):.1f}"]
        cells = [against(row, name, factors[name]) for name in names]
        print(f"| {' | '.join([*shown, str(BOUNDS.get(workload, '')), *cells])} |")
    for name, values in factors.items():
        if values:
            mean = statistics.geometric_mean(values)
            print(f"\n{name}: {mean:,.0f} times ours in the geometric mean, least {min(values):,.0f}")


def against(row: Row, name: str, factors: list[float]) -> str:
    taken = row.peers[name]
    if isinstance(taken, str):
        return taken
    factors.append(ratio(taken, row.bare or row.ours))
    return f"{factors[-1]:,.0f} ({len(taken)} runs)"


def linear() -> None:
    """Processor seconds per item of a Map and per state of a chain, limits lifted."""
    item: dict[str, Any] = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"v.$": "$"}, "End": True}}}
    each = Workflow(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": item, "End": True}}}, limits=False
    )
    print("\n| cost | size | µs each |\n| --- | --- | --- |")
    for size in (1_000, 10_000, 100_000):
        print(f"| Map | {size:,} items | {cost(each, list(range(size)), size):.2f} |")
    for size in (10, 100, 1_000, 10_000):
        states: dict[str, Any] = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(size)}
        chain = Workflow({"StartAt": "S0", "States": {**states, f"S{size}": {"Type": "Succeed"}}}, limits=False)
        print(f"| chain | {size:,} states | {cost(chain, {}, size):.2f} |")


def cost(workflow: Workflow, given: Any, size: int) -> float:
    """µs for each of `size`, at best; small ones are run often enough for the clock."""
    times = max(1, 10_000 // size)
    runs = (timed(lambda: [workflow.run(given) for _ in range(times)], time.process_time)[0] for _ in range(9))
    return min(runs) / size / times * 1e6


MEMORY = """
import json, sys, resource
from monostep import Workflow
case = json.load(open("bench/workloads/map10k_small.json"))
execution = Workflow(case["definition"], limits=False).run(case["input"])
assert execution.status == "SUCCEEDED"
"""


def memory() -> None:
    """Peak memory of a process that runs map10k_small, above that of `python -c pass`."""
    peaks = []
    for script in (MEMORY, "pass"):
        probe = f"{script}\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        shell = ["sh", "-c", '"$0" -c "$1"; true', sys.executable, probe]  # a child of ours would start with our peak
        done = subprocess.run(shell, cwd=HERE.parent, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) / 1024)
    print(f"\npeak memory of map10k_small: {peaks[0] - peaks[1]:.0f} MB above python -c pass (at most 60)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--peers", metavar="DIR", default=os.environ.get("MONOSTEP_PEERS"))
    parser.add_argument("--only", nargs="*", default=list(LOOPS))
    arguments = parser.parse_args()
    others = peers(arguments.peers)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors, {arguments.runs} runs"
    )
    rows = {}
    for name in arguments.only:
        rows[name] = measure(name, arguments.runs, others)
        print(f"{name} done", file=sys.stderr)
    report(rows, list(others))
    linear()
    memory()


if __name__ == "__main__":
    main()
