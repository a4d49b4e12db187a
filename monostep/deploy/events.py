"""Start the deployer, and tell what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from monostep.deploy import machine, store
from monostep.deploy.aws import Aws, AwsError
from monostep.deploy.client import ALIAS, PROTECTED, Place, home, say
from monostep.deploy.release import Release, stamp
from monostep.errors import UsageError

POLL = 1.0
"""Seconds between two looks."""
MARGIN = 900
"""Seconds that the deployer may need beyond a release's timeout, to roll back."""
FAILURES = ("LambdaFunctionFailed", "LambdaFunctionTimedOut", "LambdaFunctionScheduleFailed", "TaskFailed")


class End(NamedTuple):
    status: str
    execution: str
    failures: list[dict[str, str]]
    """State, error and cause of each failed state, in order."""
    error: str | None
    output: Any


def upload(aws: Aws, document: dict[str, Any], text: str, archive: bytes | None = None) -> dict[str, Any]:
    """Put a release and what belongs to it into the bucket. Its created_at is when the upload was done."""
    release = Release.model_validate(document)
    store.write(aws, f"{release.folder}/machine.json", text.encode())
    if archive is not None:
        store.write(aws, f"{release.folder}/lambda.zip", archive)
    document = {**document, "created_at": stamp(aws.clock.now())}
    store.write_json(aws, f"{release.folder}/release", document)
    return document


def start(aws: Aws, document: Mapping[str, Any]) -> str:
    """ARN of the deployer's execution, which is named like the release: asking twice starts one."""
    own = home(aws)
    bare = own.machine_arn(aws.name)
    arn = f"{bare}:{ALIAS}" if machine.routing(own, f"{bare}:{ALIAS}") else bare
    asked = {"stateMachineArn": arn, "name": document["release_id"], "input": json.dumps(document)}
    for _ in range(3):
        try:
            started: str = own.call("start_execution", **asked)["executionArn"]
            return started
        except AwsError as error:
            if error.code == "ExecutionAlreadyExists":
                break
            if error.code in ("StateMachineDoesNotExist", "AccessDeniedException"):
                raise UsageError(f"the deployer {aws.name} cannot be started: {error}") from None
            own.clock.sleep(POLL)
    return f"{bare.replace(':stateMachine:', ':execution:')}:{document['release_id']}"


def follow(aws: Aws, arn: str, seconds: float, quiet: bool = False) -> End:
    """Wait for an execution's end, telling each state; status RUNNING when the time is over before."""
    own = home(aws)
    end = own.clock.now() + seconds
    told = 0
    while True:
        try:
            found = own.call("describe_execution", executionArn=arn)
            events = _events(own, arn)
        except AwsError as error:
            if own.clock.now() > end or error.code == "ExecutionDoesNotExist":
                raise UsageError(f"the execution {arn} cannot be seen: {error}") from None
            own.clock.sleep(POLL)
            continue
        names = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
        for name in names[told:] if not quiet else []:
            say(name)
        told = len(names)
        if found["status"] != "RUNNING" or own.clock.now() > end:
            output = json.loads(found["output"]) if found.get("output") else None
            return End(found["status"], arn, _failures(events), found.get("error"), output)
        own.clock.sleep(POLL)


def _events(aws: Aws, arn: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        answer = aws.call("get_execution_history", executionArn=arn, maxResults=1000, **token)
        events += answer["events"]
        if not answer.get("nextToken"):
            return events
        token = {"nextToken": answer["nextToken"]}


def _failures(events: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The last failure of each state that failed."""
    found: dict[str, dict[str, str]] = {}
    state = ""
    for event in events:
        if "stateEnteredEventDetails" in event:
            state = event["stateEnteredEventDetails"]["name"]
        elif event["type"] in FAILURES:
            details = next(value for key, value in event.items() if key.endswith("EventDetails"))
            found[state] = {"state": state, "error": details.get("error", ""), "cause": _said(details.get("cause", ""))}
    return list(found.values())


def _said(cause: str) -> str:
    """The message in a Lambda's cause."""
    try:
        said = json.loads(cause)
    except ValueError:
        return cause
    return str(said.get("errorMessage", cause)) if isinstance(said, dict) else cause


def report(where: Place, release: Mapping[str, Any], end: End) -> dict[str, Any]:
    """What a person or a program wants to know at the end."""
    work = end.output if isinstance(end.output, dict) else {}
    return {
        "release_id": release["release_id"],
        "status": end.status,
        "execution": end.execution,
        "alias": where.alias_arn,
        "lambda_version": work.get("lambda_version"),
        "machine_version": work.get("machine_version"),
        "warnings": work.get("warnings", []),
        "error": end.error,
        "failures": end.failures,
        "note": PROTECTED,
    }


def ship(where: Place, document: dict[str, Any], text: str, archive: bytes | None, as_json: bool) -> int:
    """Upload, start, follow, report; the exit code."""
    from monostep.verbs.command import show

    document = upload(where.aws, document, text, archive)
    release = Release.model_validate(document)
    say(f"release {release.release_id} of {where.root}")
    arn = start(where.aws, document)
    say(f"execution {arn}")
    end = follow(where.aws, arn, release.timeout + MARGIN, quiet=as_json)
    told = report(where, document, end)
    if as_json:
        show(told)
    else:
        _tell(told, end)
    return 0 if end.status == "SUCCEEDED" else 1


def _tell(told: Mapping[str, Any], end: End) -> None:
    for failure in end.failures:
        say(f"{failure['state']} failed: {failure['error']}: {failure['cause']}")
    for warning in told["warnings"]:
        say(f"warning: {warning}")
    if end.status == "SUCCEEDED":
        say(f"{told['alias']} runs {told['machine_version']}")
        say(f"note: {PROTECTED}")
    elif end.status == "RUNNING":
        say(f"it runs on: {end.execution}; `status` shows the alias, `halt` ends it")
    elif end.error == "NotifyError":
        say("what ran before runs now, and nothing is locked")
    else:
        say(f"{end.status} {end.error or ''}: look at `status` before anything else")
