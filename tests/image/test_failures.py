"""A Lambda that fails in its container: each event is answered or reported, and the next one works."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.image.docker import ROOT, container, docker, needs_docker
from tests.local.serving import Local, call, until

pytestmark = needs_docker
TROUBLE = ["--volume", f"{ROOT}/tests/parts/workflows/trouble:/var/task/workflows/trouble:ro"]
CASES = json.loads((ROOT / "tests/cases/lambda.json").read_text())
MALFORMED = [case for case in CASES if "event" in case and "errorType" in case and "probe" not in str(case["event"])]


class Boxed(Local):
    """`local` in a container."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(url)
        self.name = name

    def kill(self, process: int) -> None:
        """From outside, and wait for its end; in a container's own numbers."""
        script = f"import os; os.kill({process}, 9)\nwhile True: os.kill({process}, 0)"
        docker("exec", self.name, "python3", "-c", script, check=False)

    @property
    def log(self) -> str:
        done = docker("logs", self.name)
        return done.stdout + done.stderr


@contextmanager
def boxed(image: str, *options: str) -> Iterator[Boxed]:
    arguments = ["local", "--host", "127.0.0.1", "--port", "0", "--timeout", "3"]
    with container(image, *arguments, options=[*TROUBLE, *options]) as name:
        url = until(lambda: re.search(r"http://[\d.:]+", docker("logs", name).stderr))
        yield Boxed(url[0], name)


@pytest.fixture(scope="module")
def box(built: dict[str, Any]) -> Iterator[Boxed]:
    with boxed(built["image_id"]) as it:
        yield it


@pytest.mark.parametrize("case", MALFORMED, ids=[case["case"] for case in MALFORMED])
def test_a_malformed_event_is_answered(box: Boxed, case: dict[str, Any]) -> None:
    answer = box.invoke(case["event"])
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == case["errorType"]
    assert box.value("Sleep", 0)


def test_a_killed_process_is_reported(box: Boxed) -> None:
    failure = box.failure("Kill", 9)
    assert failure["errorType"] == "Runtime.ExitError"
    assert failure["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert box.value("Sleep", 0)


def test_a_process_that_is_killed_idle_is_replaced(box: Boxed) -> None:
    old = box.value("Sleep", 0)
    box.kill(old)
    assert box.value("Sleep", 0) != old


def test_a_process_that_needs_too_much_memory_is_reported(box: Boxed) -> None:
    failure = box.failure("Allocate", 400)
    assert failure["errorType"] == "Runtime.ExitError"
    assert failure["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert box.value("Allocate", 50) == 50


def test_a_function_that_takes_too_long_is_reported(box: Boxed) -> None:
    assert box.failure("Sleep", 60)["errorType"] == "Sandbox.Timedout"
    assert box.value("Sleep", 0)


def test_the_file_system_is_read_only(box: Boxed) -> None:
    assert box.failure("Touch", "/var/task/it")["errorType"] == "OSError"
    assert box.value("Touch", "/tmp/it") == "/tmp/it"


def test_one_of_four_workers_is_killed(built: dict[str, Any]) -> None:
    with boxed(built["image_id"], "--env", "AWS_LAMBDA_MAX_CONCURRENCY=4") as box, ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(box.value, "Sleep", 0.6) for _ in range(3)]
        assert pool.submit(box.failure, "Kill", 9).result()["errorType"] == "Runtime.ExitError"
        assert len({done.result() for done in calls}) == 3
        assert box.value("Sleep", 0) not in {done.result() for done in calls}


def test_each_event_is_answered_or_reported_while_processes_are_killed(box: Boxed) -> None:
    with ThreadPoolExecutor(8) as pool:
        events = [("Sleep", 0.01) if number % 5 else ("Kill", 9) for number in range(20)]
        answers = list(pool.map(lambda event: box.invoke(call(*event))["Payload"], events))
    kinds = [answer["errorType"] if isinstance(answer, dict) else "" for answer in answers]
    assert kinds == ["" if number % 5 else "Runtime.ExitError" for number in range(20)]
    assert box.log.count("START RequestId") == box.log.count("REPORT RequestId")
