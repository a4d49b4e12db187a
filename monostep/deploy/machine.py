"""The state machine: its revisions, versions and alias (Step Functions Developer Guide: versions and aliases)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from monostep.deploy.aws import Aws, AwsError
from monostep.deploy.lock import Lease
from monostep.errors import StateError

VERSIONS, WARNING = 1000, 900
"""Versions a machine may have, and from how many on a deploy says so."""

Routing = dict[str, int]
"""Version ARN -> weight; of one or two versions, 100 together."""


class Machine(NamedTuple):
    arn: str
    definition: str
    role: str
    type: str


def look(aws: Aws, arn: str) -> Machine:
    """A machine's newest revision, or a version. AwsError."""
    found = aws.call("describe_state_machine", stateMachineArn=arn)
    return Machine(found["stateMachineArn"], found["definition"], found["roleArn"], found.get("type", "STANDARD"))


def routing(aws: Aws, alias_arn: str) -> Routing | None:
    """Where an alias leads, or None where it does not exist."""
    try:
        found = aws.call("describe_state_machine_alias", stateMachineAliasArn=alias_arn)
    except AwsError as error:
        if error.code in ("ResourceNotFound", "ResourceNotFoundException", "StateMachineDoesNotExist"):
            return None
        raise
    return {item["stateMachineVersionArn"]: item["weight"] for item in found["routingConfiguration"]}


def route(lease: Lease, alias_arn: str, wanted: Routing) -> None:
    lease.change("update_state_machine_alias", stateMachineAliasArn=alias_arn, routingConfiguration=_written(wanted))


def create_alias(lease: Lease, name: str, version: str) -> None:
    lease.change("create_state_machine_alias", name=name, routingConfiguration=_written({version: 100}))


def _written(wanted: Routing) -> list[dict[str, Any]]:
    return [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in wanted.items() if weight]


def publish(lease: Lease, arn: str, definition: str, description: str) -> str:
    """A new revision as a version; its ARN."""
    answer = lease.change(
        "update_state_machine",
        stateMachineArn=arn,
        definition=definition,
        publish=True,
        versionDescription=description,
    )
    version: str = answer["stateMachineVersionArn"]
    return version


def revise(lease: Lease, arn: str, definition: str) -> None:
    """A new revision, without a version."""
    lease.change("update_state_machine", stateMachineArn=arn, definition=definition)


def versions(aws: Aws, arn: str) -> list[str]:
    """ARNs, the newest first."""
    return [
        item["stateMachineVersionArn"]
        for item in paged(aws, "list_state_machine_versions", "stateMachineVersions", arn)
    ]


def aliases(aws: Aws, arn: str) -> list[str]:
    """ARNs."""
    found = paged(aws, "list_state_machine_aliases", "stateMachineAliases", arn)
    return [item["stateMachineAliasArn"] for item in found]


def running(aws: Aws, arn: str) -> list[dict[str, Any]]:
    """RUNNING executions of the machine, as ListExecutions gives them; of an Express one nobody knows."""
    try:
        return list(paged(aws, "list_executions", "executions", arn, statusFilter="RUNNING"))
    except AwsError as error:
        if error.code == "StateMachineTypeNotSupported":
            return []
        raise


def paged(aws: Aws, operation: str, field: str, arn: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        answer = aws.call(operation, stateMachineArn=arn, **parameters, **token)
        yield from answer[field]
        if not answer.get("nextToken"):
            return
        token = {"nextToken": answer["nextToken"]}


def named(definition: str, function: str) -> set[str]:
    """How a definition names a function: a version's number, `$LATEST` or an alias as qualifier, empty for none."""
    found: set[str] = set()
    for text, bare in _strings(json.loads(definition)):
        match = _function(function, bare).fullmatch(text)
        if match:
            found.add(match["qualifier"] or "")
    return found


def unpinned(definition: str, function: str) -> bool:
    """Whether a definition runs whatever code is newest."""
    return bool({"", "$LATEST"} & named(definition, function))


def pin(definition: str, function: str, version_arn: str, versions: bool = False) -> str:
    """The definition with the function's version in place of the bare function; with `versions`, of its versions too.

    BadReleaseError for one that names the function by an alias.
    """
    strange = [one for one in named(definition, function) if one not in ("", "$LATEST") and not one.isdigit()]
    if strange:
        raise StateError(
            "BadReleaseError", f"the machine names {function} by the alias {strange[0]}; let it name a version"
        )

    def pinned(value: Any, bare: bool) -> Any:
        if isinstance(value, str):
            match = _function(function, bare).fullmatch(value)
            return version_arn if match and (versions or match["qualifier"] in (None, "$LATEST")) else value
        if isinstance(value, dict):
            return {key: pinned(item, key == "FunctionName") for key, item in value.items()}
        if isinstance(value, list):
            return [pinned(item, False) for item in value]
        return value

    return json.dumps(pinned(json.loads(definition), False), ensure_ascii=False, indent=2)


def _function(name: str, bare: bool) -> re.Pattern[str]:
    whole = r"arn:[\w-]+:lambda:[\w-]+:\d+:function:"
    prefix = f"(?:{whole}|(?:\\d+:)?(?:function:)?)" if bare else whole
    return re.compile(f"{prefix}{re.escape(name)}(?::(?P<qualifier>[\\w$-]+))?")


def _strings(value: Any, bare: bool = False) -> Iterator[tuple[str, bool]]:
    if isinstance(value, str):
        yield value, bare
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(item, key == "FunctionName")
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def strings(definition: Any) -> Iterator[str]:
    """Every string of a definition."""
    return (text for text, _ in _strings(definition))
