"""A Step Functions endpoint as a peer: moto's or ministack's server on a free port of this machine, through boto3.

Timed from StartExecution until DescribeExecution says that it ended, asked every millisecond.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from typing import Any

import boto3
from botocore.config import Config

ROLE = "arn:aws:iam::123456789012:role/bench"
CONFIGURATION = "/moto-api/config"


def served(name: str) -> str:
    """The address of a server that is ended with this process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["-m", "moto.server", "-p", str(port)] if name == "moto" else ["-m", "ministack"]
    environment = os.environ | {"GATEWAY_PORT": str(port), "EDGE_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        if process.poll() is not None:
            raise SystemExit(f"{name} does not start")
        time.sleep(0.1)
    return f"http://127.0.0.1:{port}"


def client(name: str) -> Any:
    address = served(name)
    if name == "moto":
        import urllib.request

        body = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
        urllib.request.urlopen(address + CONFIGURATION, body).close()
    return boto3.client(
        "stepfunctions", region_name="us-east-1", endpoint_url=address, config=Config(parameter_validation=False)
    )


def run(stepfunctions: Any, case: dict[str, Any]) -> dict[str, Any]:
    definition = json.dumps(case["definition"])
    name = uuid.uuid4().hex
    machine = stepfunctions.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
    document = json.dumps(case["input"])
    started = time.perf_counter()
    arn = stepfunctions.start_execution(stateMachineArn=machine, input=document)["executionArn"]
    while (execution := stepfunctions.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.001)
    seconds = time.perf_counter() - started
    if execution["status"] != "SUCCEEDED":
        return {"error": str(execution.get("cause") or execution.get("error"))[:200]}
    return {"seconds": seconds, "output": json.loads(execution["output"])}


def main() -> None:
    stepfunctions = client(sys.argv[1])
    for line in sys.stdin:
        case = json.loads(line)
        try:
            answer = {"error": "it has no Lambda functions"} if case["tasks"] else run(stepfunctions, case)
        except Exception as error:
            answer = {"error": repr(error)[:200]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
