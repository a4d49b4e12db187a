"""Where the time of a cold start goes, by package: `python -X importtime -m handler` up to its first `next`.

Two parts: what the Lambda imports with plain-typed tasks, and what the default workflow's tasks, whose types are
pydantic's by the user's choice, bring on top.
"""

from __future__ import annotations

import compileall
import re
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests import artifact
from tests.lambda_api import ROOT, running

LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")
LEAST = 0.3  # milliseconds, of a row of its own
Packages = dict[str, float]
"""Milliseconds that the modules of each package took, what they import apart."""


def show(starts: int) -> None:
    default_tasks = (ROOT / "handler/tasks.py").read_text("utf-8")
    plain, default = (medians(tasks, starts) for tasks in (artifact.PLAIN_TASKS, default_tasks))
    table("imports with plain-typed tasks (ms)", plain)
    table("the default workflow's tasks, on top", {name: default[name] - plain.get(name, 0) for name in default})


def table(title: str, packages: Packages) -> None:
    print(f"{title:40}{sum(packages.values()):8.1f}")
    for name, time in sorted(packages.items(), key=lambda row: -row[1]):
        if time >= LEAST:
            print(f"    {name:36}{time:8.1f}")


def medians(tasks: str, starts: int) -> Packages:
    found: defaultdict[str, list[float]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        root = artifact.copy(Path(folder), tasks)
        compileall.compile_dir(root, quiet=1)  # as the image is
        for _ in range(starts):
            for name, time in once(root).items():
                found[name].append(time)
    return {name: median(times) for name, times in found.items()}


def once(root: Path) -> Packages:
    with running([sys.executable, "-X", "importtime", "-m", "handler"], cwd=root) as process:
        process.init_seconds()
        text = process.log
    found: defaultdict[str, float] = defaultdict(float)
    for microseconds, module in LINE.findall(text):
        first = module.partition(".")[0]
        found["the standard library" if first in sys.stdlib_module_names else first] += int(microseconds) / 1000
    return found


if __name__ == "__main__":
    show(10)
