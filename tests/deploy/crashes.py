"""A crash at every AWS call, four ways: `python -m tests.deploy.crashes` prints the table.

After each crash the alias must lead to versions that run the code they were released with, and a next deploy must
succeed, at the latest when the lease is over. FailureClean must mean what it says.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple

from monostep.deploy.lock import LEASE
from tests.aws.faults import WAYS
from tests.aws.server import serving
from tests.deploy.world import World

WEIGHTED = {"steps": [10, 50, 100], "interval": 30}


class Flow(NamedTuple):
    build: Mapping[str, Any]
    release: Callable[[World], dict[str, Any]]
    before: str
    after: str
    """What serves before and after it."""


FLOWS: Mapping[str, Flow] = {
    "deploy": Flow({}, lambda world: world.release("B"), "A", "B"),
    "weighted deploy": Flow({}, lambda world: world.release("B", strategy=WEIGHTED), "A", "B"),
    "first deploy": Flow({"adopted": False}, lambda world: world.release("B"), "A", "B"),
    "rollback": Flow({"history": True}, lambda world: world.back(), "B", "A"),
}


class Outcome(NamedTuple):
    flow: str
    way: str
    call: int
    operation: str
    ending: str
    """The last state, or `gone`."""
    problems: tuple[str, ...]
    waited: bool
    """Whether the next deploy had to wait for the lease."""


def calls(world: World, flow: str) -> list[str]:
    """What a flow calls when nothing goes wrong."""
    made = FLOWS[flow]
    world.build(**made.build)
    execution = world.first.run(made.release(world))
    assert execution.status == "SUCCEEDED", execution.cause
    return list(world.first.faults.calls)


def crash(world: World, flow: str, way: str, call: int) -> Outcome:
    """One flow with one crash in it, and the deploy after it."""
    made = FLOWS[flow]
    world.build(**made.build)
    release = made.release(world)
    world.first.faults.strike = (call, way)
    execution = world.first.run(release)
    gone = world.first.faults.gone
    operation = world.first.faults.calls[call - 1] if call <= len(world.first.faults.calls) else "none"
    world.first.faults.clear()
    ending = "gone" if gone else execution.path[-1]
    problems = list(_meaning(world, made, ending))
    waited = False
    following = world.second.run(world.release("C"))
    if following.status != "SUCCEEDED":
        waited = True
        world.clock.sleep(LEASE + 1)
        following = world.second.run(world.release("C"))
    if following.status != "SUCCEEDED":
        problems.append(f"the next deploy fails: {following.path[-1]} {following.cause}")
    elif world.serving().split()[0] != "C" or not world.consistent() or world.locked():
        problems.append(f"the next deploy leaves {world.serving()}")
    return Outcome(flow, way, call, operation, ending, tuple(problems), waited)


def _meaning(world: World, made: Flow, ending: str) -> Iterable[str]:
    if not world.consistent():
        yield f"the alias is inconsistent: {world.pairs()}"
    serving, bare = world.serving().split()[0], world.serving()
    expected = {"FailureClean": made.before, "Success": made.after}.get(ending)
    if expected and (serving if ending == "Success" else bare.replace("- A A", "A")) != expected:
        yield f"{ending}, and {bare} serves instead of {expected}"
    if expected and world.locked():
        yield f"{ending}, and the lock is held"


def batch(flow: str, jobs: list[tuple[str, int]]) -> list[Outcome]:
    with serving() as server:
        world = World(server)
        return [crash(world, flow, way, call) for way, call in jobs]


def outcomes(flow: str, workers: int = 2) -> list[Outcome]:
    """Every call of a flow, every way."""
    with serving() as server:
        count = len(calls(World(server), flow))
    jobs = [(way, call) for way in WAYS for call in range(1, count + 1)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        parts = pool.map(batch, [flow] * workers, [jobs[index::workers] for index in range(workers)])
        return [outcome for part in parts for outcome in part]


def table(found: list[Outcome]) -> str:
    lines = [
        f"{'flow':16} {'way':12} {'runs':>5} {'consistent, next deploy succeeds':>33} {'after lease':>11}  endings"
    ]
    for flow in dict.fromkeys(one.flow for one in found):
        for way in WAYS:
            rows = [one for one in found if (one.flow, one.way) == (flow, way)]
            good = sum(not one.problems for one in rows)
            endings = ", ".join(f"{name} {count}" for name, count in sorted(Counter(r.ending for r in rows).items()))
            share = f"{good}/{len(rows)} {100 * good / len(rows):.1f} %"
            lines.append(f"{flow:16} {way:12} {len(rows):5} {share:>33} {sum(r.waited for r in rows):11}  {endings}")
    return "\n".join(lines)


def main(flows: list[str]) -> int:
    started = time.monotonic()
    found = [outcome for flow in flows or list(FLOWS) for outcome in outcomes(flow)]
    print(table(found))
    for one in found:
        for problem in one.problems:
            print(f"{one.flow}, {one.way} at call {one.call} ({one.operation}), {one.ending}: {problem}")
    print(f"{len(found)} runs in {time.monotonic() - started:.0f} s")
    return 1 if any(one.problems for one in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
