"""moto's interpreter as a peer: a line {definition, input} in, a line {seconds, output} out.

Timed from StartExecution until DescribeExecution says that it ended, asked every millisecond.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from typing import Any

import boto3
from moto import mock_aws

ROLE = "arn:aws:iam::123456789012:role/bench"


def run(client: Any, case: dict[str, Any]) -> dict[str, Any]:
    definition = json.dumps(case["definition"])
    machine = client.create_state_machine(name=uuid.uuid4().hex, definition=definition, roleArn=ROLE)["stateMachineArn"]
    given = json.dumps(case["input"])
    started = time.perf_counter()
    arn = client.start_execution(stateMachineArn=machine, input=given)["executionArn"]
    while (found := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.001)
    seconds = time.perf_counter() - started
    if found["status"] != "SUCCEEDED":
        return {"error": str(found.get("cause") or found.get("error"))[:200]}
    return {"seconds": seconds, "output": json.loads(found["output"])}


def main() -> None:
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("stepfunctions", region_name="us-east-1")
        for line in sys.stdin:
            try:
                answer = run(client, json.loads(line))
            except Exception as error:
                answer = {"error": repr(error)[:200]}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
