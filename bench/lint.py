"""What linting costs beside asl-validator: `python -m bench.lint [ROUNDS]`.

Both judge the same definitions, by turns in one run: one in six of the undisputed ones in ../shared/definitions, and
one of 1 MB with 5,000 states. asl-validator (npm) is installed into a temporary folder and keeps one process, so that
neither side pays for its start. Nothing parsed is kept from one round to the next.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from monostep.expressions.intrinsics import compile_intrinsic
from monostep.expressions.jsonata import problems
from monostep.expressions.paths import compile_path
from monostep.language.lint.verdict import lint
from tests.definitions import cases

EVERY = 6
"""One in so many definitions is judged: the peer takes a tenth of a second for each."""
MEAN_BOUND, LARGE_BOUND = 1.0, 2000.0
PEER = "asl-validator@4.0.0"
SCRIPT = """
const validate = require('asl-validator');
const judge = typeof validate === 'function' ? validate : validate.default;
const all = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'));
require('readline').createInterface({input: process.stdin}).on('line', (name) => {
  const start = process.hrtime.bigint();
  const verdicts = all[name].map((text) => { try { return judge(JSON.parse(text)).isValid; } catch { return false; } });
  console.log(JSON.stringify({ms: Number(process.hrtime.bigint() - start) / 1e6, verdicts}));
});
"""
Judged = tuple[float, list[bool]]
"""Milliseconds for a set, and whether each of its definitions is valid."""


def main(rounds: int = 3) -> None:
    known = [case for case in cases() if "definition" in case and case.get("type") != "EXPRESS"][::EVERY]
    sets = {"all": [json.dumps(case["definition"]) for case in known], "large": [large()]}
    with TemporaryDirectory() as folder:
        theirs = peer(Path(folder), sets)
        print(f"{'ms':34}{'ours':>9}{'peer':>9}{'peer/ours':>10}  bound")
        for name, bound in (("all", MEAN_BOUND), ("large", LARGE_BOUND)):
            times = [(ours(sets[name]), theirs(name)) for _ in range(rounds)]
            mine, other = (median(pair[side][0] for pair in times) / len(sets[name]) for side in (0, 1))
            label = (
                f"mean of {len(known)} definitions" if name == "all" else f"5,000 states, {len(sets[name][0]):,} bytes"
            )
            print(f"{label:34}{mine:9.3f}{other:9.3f}{other / mine:10.0f}  {bound:g}")
    right = [case["valid"] for case in known]
    for side, verdicts in (("ours", ours(sets["all"])[1]), ("peer", theirs("all")[1])):
        agreed = sum(one == other for one, other in zip(right, verdicts, strict=True))
        print(f"{side} agree with AWS's verdicts: {agreed}/{len(right)}")


def large() -> str:
    """A definition just below AWS's limit of 1,048,576 bytes."""
    states: dict[str, Any] = {
        f"State{number}": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work",
            "Parameters": {"value.$": f"$.items[{number}].value"},
            "ResultPath": f"$.results.r{number}",
            "Next": f"State{number + 1}",
        }
        for number in range(4_999)
    }
    states["State4999"] = {"Type": "Succeed"}
    return json.dumps({"StartAt": "State0", "States": states})


def ours(texts: list[str]) -> Judged:
    for cached in (compile_path, compile_intrinsic, problems):
        cached.cache_clear()
    start = perf_counter()
    verdicts = [not any(finding.severity == "ERROR" for finding in lint(text)) for text in texts]
    return (perf_counter() - start) * 1e3, verdicts


def peer(folder: Path, sets: dict[str, list[str]]) -> Callable[[str], Judged]:
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        sys.exit("bench.lint needs node and npm for its peer, asl-validator")
    subprocess.run([npm, "install", "--silent", "--no-audit", PEER], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (folder / "peer.js").write_text(SCRIPT, "utf-8")
    (folder / "sets.json").write_text(json.dumps(sets), "utf-8")
    process = subprocess.Popen(
        [node, "peer.js", "sets.json"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def judge(name: str) -> Judged:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipe to the peer")
        process.stdin.write(name + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        return answer["ms"], answer["verdicts"]

    return judge


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
