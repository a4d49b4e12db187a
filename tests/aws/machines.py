"""Step Functions, in front of moto's: executions that run, on this project's engine, and versions that are listed.

moto keeps machines, versions and aliases. It lacks, and this adds:

* StartExecution of a machine, a version or an alias: "if you start an execution with an unqualified state machine ARN,
  Step Functions uses the latest revision" (Developer Guide: versions and aliases); an alias chooses by weight; the same
  name with the same input answers with the execution under way, with another input ExecutionAlreadyExists (API
  StartExecution).
* DescribeExecution, ListExecutions and GetExecutionHistory tell of them, with stateMachineVersionArn and
  stateMachineAliasArn; ListExecutions "is not supported by EXPRESS state machines" (API ListExecutions);
  DescribeStateMachineForExecution gives the definition an execution was started with.
* ListStateMachineVersions (the newest first) and DeleteStateMachineVersion, refused with ConflictException while an
  alias refers to it (API DeleteStateMachineVersion).
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from monostep import Workflow
from tests.aws.functions import Functions
from tests.aws.reply import Forward, answered, refused

TARGET = "AWSStepFunctions."
LAMBDA = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d+:function:[\w-]+(?::[\w$-]+)?")
Answer = dict[str, Any] | Response


@dataclass
class Started:
    """An execution."""

    arn: str
    machine: str
    version: str | None
    alias: str | None
    definition: str
    input: str
    looks: int
    """DescribeExecution answers RUNNING this many times more."""
    start: float = field(default_factory=time.time)
    result: Any = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> str:
        return "RUNNING" if self.result is None or self.looks > 0 else str(self.result.status)


class Machines:
    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.executions: dict[str, Started] = {}
        self.looks = 0
        """How long the executions started from now on seem to run."""
        self.threaded: set[str] = set()
        """Names of machines whose executions run beside the caller, as the deployer's own must."""
        self.random = random.Random(1)

    def answer(self, request: Request, body: bytes, forward: Forward) -> Response | None:
        target = request.headers.get("X-Amz-Target", "")
        if not target.startswith(TARGET):
            return None
        own = getattr(self, "_" + re.sub(r"(?<!^)(?=[A-Z])", "_", target.removeprefix(TARGET)).lower(), None)
        if own is None:
            return None
        answer: Answer | None = own(json.loads(body))
        if answer is None:
            return forward()
        return answer if isinstance(answer, Response) else answered(answer)

    def _start_execution(self, asked: dict[str, Any]) -> Answer:
        arn, name = asked["stateMachineArn"], asked.get("name") or str(uuid.uuid4())
        found = self._resolve(arn)
        if found is None:
            return refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        machine, version, alias, definition = found
        key = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        if key in self.executions:
            same = self.executions[key]
            if same.status == "RUNNING" and same.input == asked.get("input", "{}"):
                return {"executionArn": key, "startDate": same.start}
            return refused("ExecutionAlreadyExists", f"Execution Already Exists: '{key}'")
        started = Started(key, machine, version, alias, definition, asked.get("input", "{}"), self.looks)
        self.executions[key] = started
        if machine.rpartition(":")[2] in self.threaded:
            threading.Thread(target=self._run, args=(started,), daemon=True).start()
        else:
            self._run(started)
        return {"executionArn": key, "startDate": started.start}

    def _start_sync_execution(self, asked: dict[str, Any]) -> Answer:
        answer = self._start_execution(asked)
        if isinstance(answer, Response):
            return answer
        return {**self._described(self.executions[answer["executionArn"]]), "stopDate": time.time()}

    def _run(self, started: Started) -> None:
        parts = started.machine.split(":")
        arns = set(LAMBDA.findall(started.definition))
        functions = {arn: self.functions.run(arn, parts[4], parts[3]) for arn in arns}
        workflow = Workflow(started.definition, functions=functions, name=parts[6])
        result = workflow.run(json.loads(started.input), name=started.arn.rpartition(":")[2])
        started.events = result.history
        started.result = result

    def _resolve(self, arn: str) -> tuple[str, str | None, str | None, str] | None:
        """(machine, version, alias, definition) of any ARN that StartExecution takes."""
        parts = arn.split(":")
        bare = ":".join(parts[:7])
        machine = self.machine(bare)
        if machine is None:
            return None
        if len(parts) == 7:
            return bare, None, None, machine.definition
        version, alias = arn, None
        if not parts[7].isdigit():
            if parts[7] not in machine.aliases:
                return None
            routing = machine.aliases[parts[7]].routing_configuration
            weights = [item["weight"] for item in routing]
            version, alias = self.random.choices(routing, weights)[0]["stateMachineVersionArn"], arn
        kept = machine.versions.get(int(version.rpartition(":")[2]))
        return (bare, version, alias, kept.definition) if kept else None

    def machine(self, arn: str) -> Any:
        """moto's own, or None."""
        from moto.stepfunctions.models import stepfunctions_backends

        parts = arn.split(":")
        machines = stepfunctions_backends[parts[4]][parts[3]].state_machines
        return next((one for one in machines if one.arn == arn), None)

    def _described(self, started: Started) -> dict[str, Any]:
        shown = {
            "executionArn": started.arn,
            "stateMachineArn": started.machine,
            "name": started.arn.rpartition(":")[2],
            "status": started.status,
            "startDate": started.start,
            "input": started.input,
        }
        if started.version:
            shown["stateMachineVersionArn"] = started.version
        if started.alias:
            shown["stateMachineAliasArn"] = started.alias
        if started.status != "RUNNING":
            result = started.result
            ends = {"output": json.dumps(result.output), "error": result.error, "cause": result.cause}
            keep = ("output",) if result.status == "SUCCEEDED" else ("error", "cause")
            shown |= {key: ends[key] for key in keep if ends[key] is not None}
            shown["stopDate"] = time.time()
        return shown

    def _describe_execution(self, asked: dict[str, Any]) -> Answer:
        started = self.executions.get(asked["executionArn"])
        if started is None:
            return refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{asked['executionArn']}'")
        shown = self._described(started)
        started.looks -= 1
        return shown

    def _list_executions(self, asked: dict[str, Any]) -> Answer:
        bare = ":".join(asked["stateMachineArn"].split(":")[:7])
        if self.machine(bare).type == "EXPRESS":
            return refused(
                "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"
            )
        wanted = asked.get("statusFilter")
        found = [one for one in self.executions.values() if one.machine == bare and wanted in (None, one.status)]
        keys = ("input", "output", "error", "cause")
        return {"executions": [{k: v for k, v in self._described(one).items() if k not in keys} for one in found]}

    def _describe_state_machine_for_execution(self, asked: dict[str, Any]) -> Answer:
        started = self.executions[asked["executionArn"]]
        machine = self.machine(started.machine)
        return {
            "stateMachineArn": started.machine,
            "name": machine.name,
            "definition": started.definition,
            "roleArn": machine.roleArn,
            "updateDate": started.start,
        }

    def _get_execution_history(self, asked: dict[str, Any]) -> Answer:
        events = self.executions[asked["executionArn"]].events
        return {"events": [{**event, "timestamp": event["timestamp"].timestamp()} for event in events]}

    def _list_state_machine_versions(self, asked: dict[str, Any]) -> Answer:
        machine = self.machine(asked["stateMachineArn"])
        if machine is None:
            return refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{asked['stateMachineArn']}'")
        found = sorted(machine.versions.values(), key=lambda one: -one.version)
        return {
            "stateMachineVersions": [
                {"stateMachineVersionArn": one.arn, "creationDate": one.creation_date.timestamp()} for one in found
            ]
        }

    def _delete_state_machine_version(self, asked: dict[str, Any]) -> Answer:
        arn = asked["stateMachineVersionArn"]
        bare, _, number = arn.rpartition(":")
        machine = self.machine(bare)
        for alias in machine.aliases.values():
            if any(item["stateMachineVersionArn"] == arn for item in alias.routing_configuration):
                return refused("ConflictException", f"Version {arn} is referenced by alias {alias.arn}")
        machine.versions.pop(int(number), None)
        return {}
