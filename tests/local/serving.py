"""`python -m handler local` as a process, and its clients."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import botocore.session
from botocore.config import Config

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
PARTS = {"PYTHONPATH": str(ROOT / "tests/parts")}


def client(url: str) -> Any:
    """What boto3.client("lambda", endpoint_url=…) is."""
    return botocore.session.Session().create_client(
        "lambda",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE, max_pool_connections=20),
    )


def call(task: str, value: object) -> dict[str, object]:
    return {"Task": task, "Workflow": "trouble", "Input": value}


class Local:
    """The clients of one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = client(url)

    def invoke(self, event: object, **options: str) -> Any:
        """boto3's answer, its Payload read."""
        text = event if isinstance(event, bytes) else json.dumps(event).encode()
        answer = self.client.invoke(FunctionName="monostep", Payload=text, **options)
        body = answer["Payload"].read()
        answer["Payload"] = json.loads(body) if body else None
        return answer

    def value(self, task: str, value: object) -> Any:
        answer = self.invoke(call(task, value))
        assert "FunctionError" not in answer, answer
        return answer["Payload"]

    def failure(self, task: str, value: object) -> Any:
        answer = self.invoke(call(task, value))
        assert answer["FunctionError"] == "Unhandled"
        return answer["Payload"]


def until(found: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (result := found()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return result


@contextmanager
def serving(*arguments: str, cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> Iterator[Local]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "_LAMBDA"))}
    with TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "handler", "local", "--port", "0", *arguments],
            cwd=cwd,
            env={**inherited, **PARTS, **(environment or {})},
            stderr=log,
            stdout=log,
        )

        def written() -> str:
            log.seek(0)
            return log.read().decode()

        try:
            found = until(lambda: re.search(r"http://[\d.:]+", written()) or process.poll() is not None)
            assert process.poll() is None, written()
            yield Local(found[0])
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
