"""The image: `python -m bench.image [CALLS] [STARTS]`, with the Docker engine and base of tests/image.

How long it takes to build, how large it is, whether it comes out the same; and in the container, as Lambda runs it
(256 MB, read-only, no rights), what Monostep costs beside bare awslambdaric in the same image (see bench.sides).
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from bench.sides import BARE, compare
from monostep.local.api import RuntimeApi
from monostep.local.invocation import Invocation
from tests.artifact import PLAIN_TASKS
from tests.image.checkout import checkout
from tests.image.docker import BASE, CAGE, build, docker

BUDGET, PART = 25.0, 0.25  # MB over the base; of a build from scratch
STARTER = """
import os, subprocess, sys, time
started = {}
for line in sys.stdin:
    verb, address, *command = line.split()
    if verb == "end":
        started[address].kill()
        started.pop(address).wait()
        continue
    began = time.perf_counter()
    environment = {**os.environ, "AWS_LAMBDA_RUNTIME_API": address}
    started[address] = subprocess.Popen([sys.executable, *command], env=environment, stdout=-3, stderr=-3)
    print(began, flush=True)
"""
"""In the container: starts a process for each line, and says when. Both sides of it read the same monotonic clock."""
PATIENCE = 60.0  # seconds


def main(calls: int = 2000, starts: int = 30) -> None:
    with TemporaryDirectory() as folder:
        root = checkout(Path(folder) / "it")
        builds(root)
        (root / "handler/tasks.py").write_text(PLAIN_TASKS)
        compare(Cage(plain(root)).start, calls, starts)


def builds(root: Path) -> None:
    scratch = [timed(root, "--no-cache") for _ in range(3)]
    tasks = root / "handler/tasks.py"
    changed = []
    for number in range(3):
        tasks.write_text(f"{tasks.read_text()}\n# {number}\n")
        changed.append(timed(root))
    same = sum(made["layers"] == scratch[0][1]["layers"] for _, made in scratch)
    full, part = (sorted(seconds for seconds, _ in some)[1] for some in (scratch, changed))
    print(f"build from scratch       {full:8.1f} s   {' '.join(f'{seconds:.1f}' for seconds, _ in scratch)}")
    print(f"after a changed task     {part:8.1f} s   {part / full:.1%} of it; bound {PART:.0%}")
    print(f"layers over the base     {megabytes(scratch[0][1]['image_id']):8.1f} MB  bound {BUDGET:.0f}")
    print(f"the same layer digests   {same} of {len(scratch)}", flush=True)


def timed(root: Path, *extra: str) -> tuple[float, Any]:
    began = time.perf_counter()
    made = build("--tag", "monostep-bench", root=root, extra=extra)
    return time.perf_counter() - began, made


def megabytes(image: str) -> float:
    """What the COPYs of the Dockerfile add: the newest two."""
    said = docker("history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", image).stdout
    return sum([int(line.split()[0]) for line in said.splitlines() if "COPY" in line][:2]) / 1e6


def plain(root: Path) -> str:
    """An image with plain-typed tasks and a bare handler beside them."""
    base = ["--build-arg", f"BASE_IMAGE={BASE}"] if BASE else []
    subprocess.run(
        ["docker", "build", "-qt", "monostep-plain", "--network", "host", *base, root], check=True, stdout=-3
    )
    (root / "bare.py").write_text(BARE)
    (root / "Bare").write_text(
        "FROM monostep-plain\nUSER 0\nCOPY bare.py .\nRUN python -m compileall -q bare.py\nUSER 993:990\n"
    )
    (root / ".dockerignore").unlink()
    subprocess.run(["docker", "build", "-qt", "monostep-bare", "-f", root / "Bare", root], check=True, stdout=-3)
    return "monostep-bare"


class Cage:
    """One container, and processes in it."""

    def __init__(self, image: str) -> None:
        line = ["docker", "run", "-i", *CAGE, "--entrypoint", "python3", image, "-c", STARTER]
        self._docker = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @contextmanager
    def start(self, command: list[str]) -> Iterator[Caged]:
        api = RuntimeApi()
        try:
            self._tell("start", api.address, *command)
            assert self._docker.stdout
            yield Caged(api, float(self._docker.stdout.readline()))
        finally:
            self._tell("end", api.address)
            api.close()

    def _tell(self, *words: str) -> None:
        pipe: IO[str] | None = self._docker.stdin
        assert pipe
        pipe.write(" ".join(words) + "\n")
        pipe.flush()


class Caged:
    """A process in the container, in front of its own Runtime API out here."""

    def __init__(self, api: RuntimeApi, began: float) -> None:
        self._api, self._began = api, began

    def invoke(self, event: object) -> Invocation:
        invocation = self._api.send(event)
        assert invocation.done.wait(PATIENCE)
        return invocation

    def init_seconds(self) -> float:
        assert self._api.asked.wait(PATIENCE)
        return self._api.asked_at - self._began


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
