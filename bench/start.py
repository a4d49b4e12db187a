"""What `python -m handler json` costs from start to end, beside `python -c pass`: the median of paired ratios.
ratios.

python -m bench.start [PAIRS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def seconds(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main(pairs: int = 60) -> None:
    seconds("-m", "handler", "json")
    rows = [(seconds("-m", "handler", "json"), seconds("-c", "pass")) for _ in range(pairs)]
    ours, bare = (statistics.median(column) * 1000 for column in zip(*rows, strict=True))
    ratio = statistics.median(a / b for a, b in rows)
    print(f"json {ours:.1f} ms, pass {bare:.1f} ms, ratio {ratio:.2f} (median of {pairs} pairs; at most 4)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
