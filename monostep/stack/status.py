"""A stack as it is now: its owner, whether it drifted, its outputs. The verb `status` shows it beside the release."""

from __future__ import annotations

import time
from typing import Any

from monostep.stack.account import Account
from monostep.stack.changes import POLL, describe


def status(account: Account, name: str, drift: bool = False) -> dict[str, Any]:
    """`{"stack", "status", "reason", "owner", "outputs", "drift"}` of a stack.

    `status` is None where there is no such stack, `owner` is "cloudformation", "deployer:PROJECT/CONFIG" or None;
    `drift` is None unless asked for (that takes a while): see `drifted`. Raises Refused with AWS's words.
    """
    stack = describe(account, name)
    there = bool(stack.status)
    return {
        "stack": name,
        "status": stack.status or None,
        "reason": stack.reason or None,
        "owner": stack.owner or None,
        "outputs": dict(stack.outputs),
        "drift": drifted(account, name) if drift and there else None,
    }


def drifted(account: Account, name: str) -> dict[str, Any]:
    """`{"status": "IN_SYNC" | "DRIFTED" | "UNKNOWN", "resources": [{"id", "type", "status", "properties"}]}`."""
    begun = account.call("cloudformation", "detect_stack_drift", StackName=name)["StackDriftDetectionId"]
    while True:
        found = account.call("cloudformation", "describe_stack_drift_detection_status", StackDriftDetectionId=begun)
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        time.sleep(POLL)
    if found["DetectionStatus"] == "DETECTION_FAILED" or found.get("StackDriftStatus") == "IN_SYNC":
        said = found.get("StackDriftStatus", "UNKNOWN") if found["DetectionStatus"] != "DETECTION_FAILED" else "UNKNOWN"
        return {"status": said, "resources": [], "reason": found.get("DetectionStatusReason")}
    drifts = account.call(
        "cloudformation",
        "describe_stack_resource_drifts",
        StackName=name,
        StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
    )["StackResourceDrifts"]
    resources = [
        {
            "id": one["LogicalResourceId"],
            "type": one["ResourceType"],
            "status": one["StackResourceDriftStatus"],
            "properties": [difference["PropertyPath"] for difference in one.get("PropertyDifferences", ())],
        }
        for one in drifts
    ]
    return {"status": found["StackDriftStatus"], "resources": resources, "reason": None}


def lines(found: dict[str, Any]) -> list[str]:
    """The same for a person."""
    if found["status"] is None:
        return [f"stack    {found['stack']}: there is none"]
    reason = f" ({found['reason']})" if found["reason"] else ""
    said = [f"stack    {found['stack']}: {found['status']}{reason}", f"owner    {found['owner'] or 'unknown'}"]
    said += [f"output   {name} = {value}" for name, value in sorted(found["outputs"].items())]
    if drift := found["drift"]:
        said.append(f"drift    {drift['status']}")
        for one in drift["resources"]:
            said.append(f"         {one['id']} ({one['type']}) {one['status']}: {', '.join(one['properties'])}")
    return said
