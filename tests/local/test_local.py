"""`python -m handler local`: what AWS's clients see of it, in front of the real awslambdaric."""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests import artifact
from tests.local.serving import Local, call, serving, until


def kill(process: int) -> None:
    """Returns when the process is gone, or a zombie: its connections are closed then."""
    status = Path(f"/proc/{process}/status")
    os.kill(process, signal.SIGKILL)
    until(lambda: not status.exists() or "State:\tZ" in status.read_text())


@pytest.fixture(scope="module")
def local() -> Iterator[Local]:
    with serving("--timeout", "2") as it:
        yield it


def test_a_task_answers(local: Local) -> None:
    answer = local.invoke({"Task": "Hello", "Workflow": "hello", "Input": {}})
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["Payload"] == {"Greeting": "Hello World"}
    assert "FunctionError" not in answer


def test_an_event_may_be_empty(local: Local) -> None:
    answer = local.client.invoke(FunctionName="monostep")
    assert json.loads(answer["Payload"].read())["errorType"] == "TaskError"


def test_the_functions_error_is_told(local: Local) -> None:
    failure = local.failure("Nope", None)
    assert failure["errorType"] == "TaskError"
    assert set(failure) == {"errorMessage", "errorType", "requestId", "stackTrace"}


def test_the_tail_of_the_log_comes_back(local: Local) -> None:
    answer = local.invoke(call("Say", ["over", "here"]), LogType="Tail")
    identity = answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert lines[0] == f"START RequestId: {identity} Version: $LATEST"
    assert sorted(lines[1:3]) == ["over here", "over here"]
    assert lines[3] == f"END RequestId: {identity}"
    fields = [field.partition(": ")[0] for field in lines[4].split("\t")]
    assert fields[:5] == ["REPORT RequestId", "Duration", "Billed Duration", "Memory Size", "Max Memory Used"]
    assert "LogResult" not in local.invoke(call("Say", ["quietly"]))


def test_an_event_is_accepted_and_run(local: Local, tmp_path: Path) -> None:
    answer = local.invoke(call("Touch", str(tmp_path / "done")), InvocationType="Event")
    assert (answer["StatusCode"], answer["Payload"]) == (202, None)
    until((tmp_path / "done").exists)


def test_a_dry_run_calls_nothing(local: Local, tmp_path: Path) -> None:
    assert local.invoke(call("Touch", str(tmp_path / "done")), InvocationType="DryRun")["StatusCode"] == 204
    assert local.value("Sleep", 0)
    assert not (tmp_path / "done").exists()


@pytest.mark.parametrize(
    ("name", "options", "arn"),
    [
        ("any-name", {}, "arn:aws:lambda:us-east-1:123456789012:function:any-name"),
        ("any-name:live", {}, "arn:aws:lambda:us-east-1:123456789012:function:any-name:live"),
        ("any-name", {"Qualifier": "7"}, "arn:aws:lambda:us-east-1:123456789012:function:any-name:7"),
        ("123456789012:function:f", {}, "arn:aws:lambda:us-east-1:123456789012:function:f"),
        ("arn:aws:lambda:eu-west-1:1:function:f", {}, "arn:aws:lambda:eu-west-1:1:function:f"),
    ],
)
def test_every_name_is_this_function(local: Local, name: str, options: dict[str, str], arn: str) -> None:
    context = base64.b64encode(b'{"custom": {"a": "\xc3\xa9"}}').decode()
    answer = local.client.invoke(
        FunctionName=name, Payload=json.dumps(call("Told", 1)), ClientContext=context, **options
    )
    told = json.loads(answer["Payload"].read())
    assert told == {"is": "int", "arn": arn, "left": True, "custom": {"a": "é"}, "name": "monostep"}


@pytest.mark.parametrize(
    ("event", "options", "name", "message"),
    [
        (b"{", {}, "InvalidRequestContentException", "Could not parse request body into json: Expecting"),
        (b"NaN", {}, "InvalidRequestContentException", "Could not parse request body into json: NaN is not"),
        (b'"\xff"', {}, "InvalidRequestContentException", "Could not parse request body into json: 'utf-8' codec"),
        (
            b" " * 6_291_457,
            {},
            "RequestTooLargeException",
            "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
        ),
        (
            b" " * 1_048_577,
            {"InvocationType": "Event"},
            "RequestTooLargeException",
            "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
        ),
        (b"{}", {"ClientContext": "e30"}, "InvalidRequestContentException", "Client context must be a valid"),
    ],
)
def test_a_request_that_aws_rejects(
    local: Local, event: bytes, options: dict[str, str], name: str, message: str
) -> None:
    with pytest.raises(ClientError) as rejected:
        local.invoke(event, **options)
    assert rejected.value.response["Error"]["Code"] == name
    assert rejected.value.response["Error"]["Message"].startswith(message)


def test_an_event_of_six_megabytes_and_one_with_a_very_long_number_pass(local: Local) -> None:
    text = json.dumps({"Task": "Told", "Workflow": "trouble", "Input": ""}).encode()
    assert local.invoke(text[:-2] + b"x" * (6_291_456 - len(text)) + text[-2:])["StatusCode"] == 200
    assert local.invoke(b'{"Task": ' + b"1" * 5000 + b"}")["Payload"]["errorType"] == "UnmarshalError"


def test_a_function_that_takes_too_long_is_ended(local: Local) -> None:
    failure = local.failure("Sleep", 60)
    assert failure["errorType"] == "Sandbox.Timedout"
    assert failure["errorMessage"].endswith(" Error: Task timed out after 2.00 seconds")
    assert failure["errorMessage"].startswith("RequestId: ")
    assert local.value("Sleep", 0)


@pytest.mark.parametrize(
    ("task", "value", "message"),
    [
        ("Leave", 3, "Runtime exited with error: exit status 3"),
        ("Leave", 0, "Runtime exited without providing a reason"),
        ("Kill", 9, "Runtime exited with error: signal: killed"),
        ("Kill", 11, "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_process_that_ends_is_reported_and_replaced(local: Local, task: str, value: int, message: str) -> None:
    failure = local.failure(task, value)
    assert failure["errorType"] == "Runtime.ExitError"
    assert failure["errorMessage"].partition(" Error: ")[2] == message
    assert local.value("Sleep", 0)


def test_a_process_that_is_killed_between_two_events_is_replaced(local: Local) -> None:
    for _ in range(5):
        old = local.value("Sleep", 0)
        kill(old)
        assert local.value("Sleep", 0) != old


def test_events_wait_for_their_turn(local: Local) -> None:
    with ThreadPoolExecutor(8) as pool:
        processes = list(pool.map(lambda _: local.value("Sleep", 0.01), range(24)))
    assert len(set(processes)) == 1


def test_what_came_before_a_crash_does_not_keep_what_waits(local: Local) -> None:
    with ThreadPoolExecutor(8) as pool:
        events = [("Sleep", 0) if number % 3 else ("Leave", 1) for number in range(12)]
        answers = list(pool.map(lambda event: local.invoke(call(*event))["Payload"], events))
    kinds = [answer["errorType"] if isinstance(answer, dict) else "" for answer in answers]
    assert kinds == ["" if number % 3 else "Runtime.ExitError" for number in range(12)]


@pytest.mark.parametrize(
    ("tasks", "error_type"),
    [("import nowhere", "Runtime.ImportModuleError"), ("import os; os._exit(9)", "Runtime.ExitError")],
)
def test_each_event_hears_why_the_function_cannot_start(tmp_path: Path, tasks: str, error_type: str) -> None:
    with serving(cwd=artifact.copy(tmp_path, tasks)) as local, ThreadPoolExecutor(3) as pool:
        answers: list[Any] = list(pool.map(lambda _: local.invoke({"Task": "Echo"}), range(3)))
    assert {answer["Payload"]["errorType"] for answer in answers} == {error_type}


def test_one_of_four_workers_is_killed_and_the_others_finish() -> None:
    with serving(environment={"AWS_LAMBDA_MAX_CONCURRENCY": "4"}) as local, ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(local.value, "Sleep", 1.0) for _ in range(3)]
        failure = pool.submit(local.failure, "Kill", 9).result()
        assert failure["errorType"] == "Runtime.ExitError"
        assert local.value("Sleep", 0) not in {done.result() for done in calls}
        assert len({done.result() for done in calls}) == 3


def test_workers_that_are_killed_idle_are_replaced() -> None:
    with serving(environment={"AWS_LAMBDA_MAX_CONCURRENCY": "2"}) as local, ThreadPoolExecutor(2) as pool:
        old = set(pool.map(lambda _: local.value("Sleep", 0.5), range(2)))
        assert len(old) == 2
        for process in old:
            kill(process)
        assert local.value("Sleep", 0) not in old


def test_a_worker_that_takes_too_long_does_not_end_the_others() -> None:
    environment = {"AWS_LAMBDA_MAX_CONCURRENCY": "2"}
    with serving("--timeout", "2.5", environment=environment) as local, ThreadPoolExecutor(2) as pool:
        stuck = pool.submit(local.failure, "Sleep", 30)
        assert [local.value("Sleep", 0.9) for _ in range(2)]
        assert stuck.result()["errorType"] == "Sandbox.Timedout"
        assert local.value("Sleep", 0)


def test_it_leaves_nothing_behind() -> None:
    with serving() as local:
        process = local.value("Sleep", 0)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
