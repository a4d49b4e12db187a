"""CloudFormation's change sets: made, read, told apart from no change at all, applied."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from monostep.stack.account import Account, Refused

BODY_LIMIT = 51_200  # bytes of a template in the request itself; a larger one lies in a bucket
POLL = 2.0  # seconds
_NOTHING = ("didn't contain changes", "no updates are to be performed")
"""How CloudFormation says, in a FAILED change set, that there is nothing to do."""


class Stack(NamedTuple):
    """A stack as it is; `status` is empty where there is none."""

    name: str
    id: str = ""
    status: str = ""
    reason: str = ""
    tags: Mapping[str, str] = {}
    parameters: Sequence[str] = ()
    outputs: Mapping[str, str] = {}

    @property
    def owner(self) -> str:
        return self.tags.get(OWNER, "")

    @property
    def busy(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


OWNER = "monostep:owner"
"""The stack's tag that says who releases it."""


def describe(account: Account, name: str) -> Stack:
    """The stack of that name or id; one without a status where there is none (or it is deleted)."""
    try:
        found = account.call("cloudformation", "describe_stacks", StackName=name)["Stacks"][0]
    except Refused as error:
        if error.code == "ValidationError" and "does not exist" in str(error):
            return Stack(name)
        raise
    if found["StackStatus"] == "DELETE_COMPLETE" and not name.startswith("arn:"):
        return Stack(name)
    return Stack(
        found["StackName"],
        found.get("StackId", ""),
        found["StackStatus"],
        found.get("StackStatusReason", ""),
        {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
        [one["ParameterKey"] for one in found.get("Parameters", ())],
        {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
    )


def create(
    account: Account,
    stack: Stack,
    template: Mapping[str, str],
    parameters: Sequence[Mapping[str, Any]],
    tags: Mapping[str, str],
) -> tuple[str, list[dict[str, Any]] | None]:
    """The change set's id, and its changes; None where there is nothing to change.

    `template` is {"TemplateBody": …} or {"TemplateURL": …}. Raises Refused with the reason of one that failed.
    """
    try:
        made = account.call(
            "cloudformation",
            "create_change_set",
            StackName=stack.name,
            ChangeSetName=f"monostep-{datetime.now(UTC):%Y%m%dT%H%M%S}",
            ChangeSetType="UPDATE" if stack.status else "CREATE",
            Capabilities=["CAPABILITY_IAM"],
            Parameters=list(parameters),
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            **template,
        )
    except Refused as error:
        if _says_nothing(str(error)):
            return "", None
        raise
    found = _finished(account, made["Id"], stack.name)
    if found["Status"] != "FAILED":
        return made["Id"], found["Changes"]
    reason = found.get("StatusReason", "")
    discard(account, made["Id"], stack)
    if _says_nothing(reason):
        return made["Id"], None
    raise Refused(f"the change set failed: {reason}")


def _says_nothing(reason: str) -> bool:
    return any(words in reason.lower() for words in _NOTHING)


def _finished(account: Account, change_set: str, stack: str) -> dict[str, Any]:
    while True:
        found = account.call("cloudformation", "describe_change_set", ChangeSetName=change_set, StackName=stack)
        if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        time.sleep(POLL)
    changes = list(found.get("Changes", ()))
    token = found.get("NextToken")
    while token:
        page = account.call(
            "cloudformation", "describe_change_set", ChangeSetName=change_set, StackName=stack, NextToken=token
        )
        changes += page.get("Changes", ())
        token = page.get("NextToken")
    return {**found, "Changes": changes}


def discard(account: Account, change_set: str, stack: Stack) -> None:
    """Delete a change set, and the empty stack that making the first one leaves behind."""
    account.call("cloudformation", "delete_change_set", ChangeSetName=change_set, StackName=stack.name)
    if not stack.status:
        clean(account, stack.name)


def clean(account: Account, name: str) -> bool:
    """Delete a stack that is nothing but a change set under review; whether there was one."""
    stack = describe(account, name)
    if stack.status != "REVIEW_IN_PROGRESS":
        return False
    account.call("cloudformation", "delete_stack", StackName=stack.id or name)
    while describe(account, stack.id or name).status not in ("", "DELETE_COMPLETE"):
        time.sleep(POLL)
    return True


def rows(changes: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Action, logical id, type and what of it changes: a line for each change."""
    found = []
    for one in changes:
        change = one.get("ResourceChange", {})
        action = change.get("Action", "?")
        if change.get("Replacement") in ("True", "Conditional"):
            action = "Replace" if change["Replacement"] == "True" else "Replace?"
        found.append((action, change.get("LogicalResourceId", ""), change.get("ResourceType", ""), targets(change)))
    return sorted(found, key=lambda row: (row[2], row[1]))


def targets(change: Mapping[str, Any]) -> str:
    """The properties that change, as CloudFormation names them."""
    names = {
        detail.get("Target", {}).get("Name") or detail.get("Target", {}).get("Attribute", "")
        for detail in change.get("Details", ())
    }
    return ", ".join(sorted(name for name in names if name))
