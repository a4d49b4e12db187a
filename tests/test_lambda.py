"""`python -m handler` as the Lambda: the real awslambdaric process in front of a Runtime API."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import artifact
from tests.lambda_api import ROOT, Lambda, running

CASES: list[dict[str, Any]] = json.loads((ROOT / "tests/cases/lambda.json").read_text())
PROBE = {"PYTHONPATH": str(ROOT / "tests/parts")}
SETTINGS = {
    "bare": {},
    "as AWS's Python 3.12 image": {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.12", "AWS_LAMBDA_LOG_FORMAT": "JSON"},
    "with an ASCII stdout": {"PYTHONIOENCODING": "ascii"},
}


@pytest.fixture(scope="module", params=SETTINGS)
def process(request: pytest.FixtureRequest) -> Iterator[Lambda]:
    with running(environment={**PROBE, **SETTINGS[request.param]}) as it:
        yield it


def call(task: str, value: object) -> dict[str, object]:
    return {"Task": task, "Workflow": "probe", "Input": value}


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_every_event_is_answered_and_the_process_lives(process: Lambda, case: dict[str, Any]) -> None:
    text = case["text"].encode("latin-1") if "text" in case else case["event"]
    answer = process.invoke(text)
    if "errorType" in case:
        assert (answer.kind, answer.value["errorType"]) == ("error", case["errorType"])
        assert answer.value["errorMessage"] == case["errorMessage"]
        assert set(answer.value) == {"errorMessage", "errorType", "requestId", "stackTrace"}
    else:
        assert (answer.kind, answer.content_type) == ("response", "application/json")
        assert answer.value == case["value"]
    assert process.invoke(call("Echo", 1)).value == 1


def test_a_result_of_exactly_the_limit_passes(process: Lambda) -> None:
    answer = process.invoke(call("Return", "full"))
    assert (answer.kind, len(answer.body)) == ("response", 6_291_556)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[" * 3000 + b"]" * 3000, "the event is nested too deeply"),
        (b'{"Task": "Whole", "Workflow": "probe", "Input": ' + b"1" * 5000 + b"}", "the event is not JSON: Exceeds"),
    ],
)
def test_an_event_that_cannot_be_read(process: Lambda, text: bytes, message: str) -> None:
    answer = process.invoke(text)
    assert answer.value["errorType"] == "UnmarshalError"
    assert answer.value["errorMessage"].startswith(message)
    assert process.invoke(call("Echo", 1)).value == 1


def test_a_very_long_message_is_cut(process: Lambda) -> None:
    answer = process.invoke(call("Raise", "long"))
    assert (answer.value["errorType"], len(answer.value["errorMessage"])) == ("CardDeclined", 32_768)


def test_a_thousand_warm_calls(process: Lambda) -> None:
    answers = [process.invoke(call("Echo", number)) for number in range(1000)]
    assert [answer.value for answer in answers] == list(range(1000))


def test_a_stack_trace_begins_in_the_users_code(process: Lambda) -> None:
    for task in ("Raise", "RaiseLater"):
        trace = process.invoke(call(task, "named")).value["stackTrace"]
        assert "monostep/tasks/runtime.py" in trace[0]
        assert "tests/parts/workflows/probe/tasks.py" in trace[1]
        assert "raise errors()[kind]" in trace[-1]


def test_an_event_without_a_task_goes_whole_to_the_default_task(tmp_path: Path) -> None:
    with running(cwd=artifact.copy(tmp_path)) as process:
        events: list[object] = [{"Records": [{"s3": {}}]}, [1], None, {}]
        for event in events:
            assert process.invoke(event).value == ["default", event]
        assert process.invoke({"Task": "None"}).value["errorType"] == "TaskError"


def test_a_lambda_may_have_no_default_workflow(tmp_path: Path) -> None:
    with running(cwd=artifact.copy(tmp_path, tasks=None)) as process:
        assert process.invoke({"Task": "Hello", "Workflow": "hello", "Input": {}}).value == {"Greeting": "Hello World"}
        answer = process.invoke({"Task": "Hello", "Input": {}})
        assert answer.value["errorType"] == "TaskError"
        assert answer.value["errorMessage"] == "no default workflow: there is no module handler.tasks"


@pytest.mark.parametrize(
    ("tasks", "error_type", "message"),
    [
        ("import nowhere", "Runtime.ImportModuleError", "No module named 'nowhere'"),
        ("1 +", "Runtime.UserCodeSyntaxError", "invalid syntax"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        (
            "from monostep import task\n@task\ndef Charge(): ...",
            "UsageError",
            "task Charge (handler.tasks:2) takes no input; a task takes its Input and, if it wants, the Lambda context",
        ),
    ],
)
def test_tasks_that_cannot_be_imported_are_an_init_error(
    tmp_path: Path, tasks: str, error_type: str, message: str
) -> None:
    with running(cwd=artifact.copy(tmp_path, tasks)) as lost:
        assert lost.process.wait(30) == 1
        assert lost.api.init_error is not None
        assert (lost.api.init_error["errorType"], lost.api.init_error["header"]) == (error_type, error_type)
        assert message in lost.api.init_error["errorMessage"]


def test_several_events_are_in_flight_at_once(tmp_path: Path) -> None:
    meeting = str(tmp_path / "meeting")
    with running(environment={**PROBE, "AWS_LAMBDA_MAX_CONCURRENCY": "3"}) as process:
        pair = [process.api.send(call("Meet", meeting)) for _ in range(2)]
        for invocation in pair:
            process.wait(invocation.done.wait)
        assert len({invocation.value for invocation in pair}) == 2
        assert process.invoke(call("Raise", "exit")).value["errorType"] == "SystemExit"
        assert [process.invoke(call("Echo", number)).value for number in range(20)] == list(range(20))


def test_outside_a_lambda_it_explains_itself() -> None:
    done = subprocess.run([sys.executable, "-m", "handler"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "AWS_LAMBDA_RUNTIME_API is not set" in done.stderr
    assert "usage: python -m handler" in done.stderr
