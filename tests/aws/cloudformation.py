"""A scripted CloudFormation: what moto lacks, declared. Event streams, rollback, drift and change sets in AWS's shape.

moto makes resources at once, emits no resource events, never rolls back, and knows neither drift nor FAILED change
sets without changes. A Script says what a stack does when its change set is executed or it is deleted; the server
tells it over HTTP in CloudFormation's query protocol (XML), a batch of events at each look.

    CreateChangeSet, FAILED without changes        API_DescribeChangeSet: Status, StatusReason
    a new stack is REVIEW_IN_PROGRESS at first     API_CreateChangeSet: ChangeSetType CREATE
    DescribeStackEvents, newest first              API_DescribeStackEvents
    "Stack with id … does not exist"               API_DescribeStacks: ValidationError
    DetectStackDrift and its status                API_DetectStackDrift, API_DescribeStackResourceDrifts
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

NOTHING = "The submitted information didn't contain changes. Submit different information to create a change set."
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
FUNCTION, MACHINE, ROLE = "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine", "AWS::IAM::Role"
Row = tuple[str, str, str, str]
"""Logical id, type, status, reason."""


@dataclass
class Script:
    """What happens: `status` is the stack's before, `batches` its events, one list a look, `end` its status after."""

    status: str = ""
    end: str = "CREATE_COMPLETE"
    reason: str = ""
    batches: Sequence[Sequence[Row]] = ()
    changes: Sequence[Mapping[str, Any]] = ()
    failed: str = ""
    """The StatusReason of a change set that fails."""
    tags: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Sequence[str] = ()
    template: str = "{}"
    drift: Sequence[Mapping[str, Any]] | None = None


def change(action: str, name: str, type: str, properties: Sequence[str] = (), replacement: str = "") -> dict[str, Any]:
    """A change as DescribeChangeSet tells it."""
    details = [{"Target": {"Attribute": "Properties", "Name": one}} for one in properties]
    found: dict[str, Any] = {
        "Action": action,
        "LogicalResourceId": name,
        "ResourceType": type,
        "Details": details,
    }
    return {"Type": "Resource", "ResourceChange": found | ({"Replacement": replacement} if replacement else {})}


class NotThere(Exception):
    """A ValidationError, as CloudFormation words it."""


class CloudFormation:
    """One stack and its script. `calls` are the operations asked for, in order; `sent` their parameters."""

    def __init__(self, script: Script, name: str = "orders") -> None:
        self.script = script
        self.name = name
        self.id = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/0a1b2c3d"
        self.status = script.status
        self.events: list[dict[str, Any]] = []
        self.waiting: list[Sequence[Row]] | None = None
        self.calls: list[str] = []
        self.sent: list[tuple[str, dict[str, str]]] = []
        self.looks = 0

    def answer(self, action: str, form: dict[str, str]) -> Any:
        self.calls.append(action)
        self.sent.append((action, form))
        method = getattr(self, f"_{action}", None)
        if method is None:
            raise NotThere(f"The action {action} is not in this script")
        return method(form)

    def _there(self, form: dict[str, str]) -> None:
        asked = form.get("StackName", "")
        if not self.status or (self.status == "DELETE_COMPLETE" and asked == self.name):
            raise NotThere(f"Stack with id {asked} does not exist")

    def _DescribeStacks(self, form: dict[str, str]) -> Any:
        self._there(form)
        if self.waiting == []:
            self.status, self.waiting = self.script.end, None
        done = self.status.endswith("_COMPLETE")
        stack = {
            "StackName": self.name,
            "StackId": self.id,
            "CreationTime": START.isoformat(),
            "StackStatus": self.status,
            "StackStatusReason": self.script.reason if done else "",
            "Tags": [{"Key": key, "Value": value} for key, value in self.script.tags.items()],
            "Parameters": [{"ParameterKey": key, "ParameterValue": "x"} for key in self.script.parameters],
            "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in self.script.outputs.items()] if done else [],
        }
        return {"Stacks": [stack]}

    def _CreateChangeSet(self, _form: dict[str, str]) -> Any:
        if not self.status:
            self.status = "REVIEW_IN_PROGRESS"
            self._event((self.name, "AWS::CloudFormation::Stack", "REVIEW_IN_PROGRESS", "User Initiated"))
        return {"Id": "arn:aws:cloudformation:us-east-1:123456789012:changeSet/m/1", "StackId": self.id}

    def _DescribeChangeSet(self, _form: dict[str, str]) -> Any:
        self.looks += 1
        if self.looks == 1:
            return {"Status": "CREATE_IN_PROGRESS", "Changes": []}
        if self.script.failed:
            return {"Status": "FAILED", "StatusReason": self.script.failed, "Changes": []}
        return {"Status": "CREATE_COMPLETE", "Changes": list(self.script.changes)}

    def _DeleteChangeSet(self, _form: dict[str, str]) -> Any:
        return {}

    def _ExecuteChangeSet(self, _form: dict[str, str]) -> Any:
        self.status = "CREATE_IN_PROGRESS" if self.status == "REVIEW_IN_PROGRESS" else "UPDATE_IN_PROGRESS"
        self.waiting = list(self.script.batches)
        return {}

    def _DeleteStack(self, _form: dict[str, str]) -> Any:
        if self.status in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE") or not self.script.batches:
            self.status = "DELETE_COMPLETE"
        else:
            self.status, self.waiting = "DELETE_IN_PROGRESS", list(self.script.batches)
        return {}

    def _DescribeStackEvents(self, form: dict[str, str]) -> Any:
        self._there(form)
        if self.waiting:
            for row in self.waiting.pop(0):
                self._event(row)
        return {"StackEvents": self.events[::-1]}

    def _GetTemplate(self, form: dict[str, str]) -> Any:
        self._there(form)
        return {"TemplateBody": self.script.template}

    def _DetectStackDrift(self, form: dict[str, str]) -> Any:
        self._there(form)
        self.looks = 0
        return {"StackDriftDetectionId": "d-1"}

    def _DescribeStackDriftDetectionStatus(self, _form: dict[str, str]) -> Any:
        self.looks += 1
        found = {"StackId": self.id, "StackDriftDetectionId": "d-1", "Timestamp": START.isoformat()}
        if self.looks == 1:
            return {**found, "DetectionStatus": "DETECTION_IN_PROGRESS"}
        status = "DRIFTED" if self.script.drift else "IN_SYNC"
        return {**found, "DetectionStatus": "DETECTION_COMPLETE", "StackDriftStatus": status}

    def _DescribeStackResourceDrifts(self, _form: dict[str, str]) -> Any:
        return {"StackResourceDrifts": list(self.script.drift or ())}

    def _event(self, row: Row) -> None:
        number = len(self.events)
        name, type, status, reason = row
        self.events.append(
            {
                "StackId": self.id,
                "EventId": f"e-{number:03}",
                "StackName": self.name,
                "LogicalResourceId": name,
                "ResourceType": type,
                "Timestamp": (START + timedelta(seconds=number)).isoformat(),
                "ResourceStatus": status,
                **({"ResourceStatusReason": reason} if reason else {}),
            }
        )


def xml(value: Any) -> str:
    """The query protocol's XML: lists are `member` elements."""
    if isinstance(value, Mapping):
        return "".join(f"<{key}>{xml(item)}</{key}>" for key, item in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{xml(item)}</member>" for item in value)
    return escape(str(value))


@contextmanager
def serving(cloud: CloudFormation) -> Iterator[str]:
    """The URL at which the script is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = {key: values[0] for key, values in parse_qs(self.rfile.read(length).decode()).items()}
            action = form.pop("Action", "")
            try:
                result = xml(cloud.answer(action, form))
                status, body = 200, f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"
            except NotThere as error:
                failure = {"Type": "Sender", "Code": "ValidationError", "Message": str(error)}
                status, body = 400, f"<ErrorResponse>{xml({'Error': failure})}<RequestId>1</RequestId></ErrorResponse>"
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
