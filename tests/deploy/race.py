"""Two deploys at once, and a holder that wakes up late: `python -m tests.deploy.race` prints the figures."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from monostep import Execution
from monostep.deploy.lock import LEASE
from tests.aws.server import serving
from tests.deploy.world import World


class Race:
    """Two deploys released together at Lock; whoever gets it is kept inside Deploy until the other has ended."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.start = threading.Barrier(2, timeout=30)
        self.ended = threading.Event()
        self.holders: list[tuple[str, int]] = []
        """(takes or gives, deployer) in the order it happened."""

    def run(self) -> list[Execution]:
        """What became of the two; of those that came to Lock alone, nothing."""
        results: dict[int, Execution] = {}
        releases = [self.world.release("B"), self.world.release("C")]

        def deploy(number: int) -> None:
            deployer = (self.world.first, self.world.second)[number]
            with suppress(threading.BrokenBarrierError):
                results[number] = deployer.run(releases[number], entering=self._marks(number))
            self.ended.set()

        threads = [threading.Thread(target=deploy, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return list(results.values())

    def _marks(self, number: int) -> dict[tuple[str, int], Callable[[], Any]]:
        return {
            ("Lock", 1): self.start.wait,
            ("ValidateResources", 1): lambda: self.holders.append(("takes", number)),
            ("Deploy", 1): lambda: self.ended.wait(60),
            ("ReleaseLock", 1): lambda: self.holders.append(("gives", number)),
        }

    def fault(self) -> str | None:
        """What went wrong, or None: one wins, the other is refused cleanly, and only one ever held the lock."""
        executions = self.run()
        if len(executions) < 2:
            return f"one never came to Lock: {[execution.cause for execution in executions]}"
        endings = sorted(execution.path[-1] for execution in executions)
        loser = next((one for one in executions if one.path[-1] == "FailureClean"), None)
        if endings != ["FailureClean", "Success"] or loser is None:
            return f"they end {endings}"
        if loser.path != ["Validate", "Lock", "ReleaseLockFailure", "FailureClean"]:
            return f"the loser goes {loser.path}"
        if "LockExistsError" not in (loser.cause or ""):
            return f"the loser says {loser.cause}"
        if (
            [what for what, _ in self.holders] != ["takes", "gives"]
            or not self.world.consistent()
            or self.world.locked()
        ):
            return f"the lock was held by {self.holders}"
        return None


def held(world: World) -> tuple[int, int]:
    """The first and the last call that a holder of the lock makes."""
    spans: list[int] = []
    count = world.first.faults.calls
    marks = {("ValidateResources", 1): lambda: spans.append(len(count) + 1)}
    marks |= {("ReleaseLock", 1): lambda: spans.append(len(count))}
    world.first.run(world.release("B"), entering=marks)
    return spans[0], spans[1]


def late(world: World, call: int) -> str | None:
    """A holder sleeps through its lease before its n-th call, and another deploys; what the first changes then."""
    world.build()
    release, following = world.release("B"), world.release("C")
    seen: dict[str, Any] = {}

    def sleep() -> None:
        world.clock.sleep(LEASE + 1)
        seen["second"] = world.second.run(following)
        seen["after"] = world.everything()

    world.first.faults.pause = (call, sleep)
    execution = world.first.run(release)
    operation = world.first.faults.calls[call - 1]
    if seen["second"].status != "SUCCEEDED":
        return f"call {call} ({operation}): the second fails: {seen['second'].cause}"
    if world.everything() != seen["after"] or world.serving() != "C":
        return f"call {call} ({operation}): the first still changed something, and ended {execution.path[-1]}"
    return None


def main(times: int = 200) -> int:
    with serving() as server:
        world = World(server)
        world.build()
        races = [Race(world).fault() for _ in range(times)]
        world.build()
        first, last = held(world)
        lates = [late(world, call) for call in range(first, last + 1)]
    faults = [fault for fault in (*races, *lates) if fault]
    print(f"two deploys at once: {races.count(None)}/{len(races)} end with one winner and one clean LockExistsError")
    print(f"a holder resumed after its lease: {lates.count(None)}/{len(lates)} call boundaries, nothing changed")
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
