"""Other engines, each a process that answers one line a run: {definition, input, tasks} in, {seconds, output} out.

npm install --prefix DIR aws-local-stepfunctions@3.0.0 node@22
python -m venv DIR/moto      && DIR/moto/bin/pip install 'moto[server]==5.2.5' boto3==1.44.5
python -m venv DIR/ministack && DIR/ministack/bin/pip install ministack==1.5.33 boto3==1.44.5
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LIMIT = 30.0
"""Seconds of one run after which a peer is given up on."""
ENDPOINTS = ("moto", "ministack")


class Peer:
    """Killed after a run longer than LIMIT, and started anew for the next."""

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

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def peers(folder: str | None) -> dict[str, Peer]:
    """Those that are installed under the folder."""
    there: dict[str, Peer] = {}
    if folder is None:
        return there
    home = Path(folder).resolve()
    node = home / "node_modules" / ".bin" / "node"
    if node.exists():
        there["aws-local-stepfunctions"] = Peer([str(node), str(HERE / "peers" / "local.mjs"), str(home)])
    for name in ENDPOINTS:
        python = home / name / "bin" / "python"
        if python.exists():
            there[name] = Peer([str(python), str(HERE / "peers" / "endpoint.py"), name])
    return there
