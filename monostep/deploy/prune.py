"""The verb prune: delete versions that nothing needs any longer, with the caller's credentials.

Needed is what an alias leads to, what a RUNNING execution was started with, what the last N releases published, and
what a record under way would roll back to. Of the Lambda's versions only those that this project released are ever
deleted, and none that any machine of the account names: one Lambda may serve several.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from monostep.deploy import client, lock, machine
from monostep.deploy.aws import Aws, AwsError
from monostep.deploy.client import Place
from monostep.errors import UsageError
from monostep.verbs.command import show

KEEP = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", metavar="N", type=int, default=KEEP, help=f"releases to keep; {KEEP} without it")
    parser.add_argument("--dry-run", action="store_true", help="only tell")
    client.place_options(parser)
    client.connection_options(parser)


@client.plainly
def run(arguments: argparse.Namespace) -> int:
    if arguments.keep < 1:
        raise UsageError("--keep 1 at least: the release that runs is needed")
    where = client.place(arguments, client.connect(arguments))
    if lock.look(where.aws, where.root).id is not None:
        client.say(f"a deploy of {where.root} is under way; prune when it is over")
        return 1
    show(prune(where, arguments.keep, arguments.dry_run))
    return 0


def prune(where: Place, keep: int, dry_run: bool = False) -> dict[str, Any]:
    """The ARNs deleted, and those that AWS would not let go, with its reason."""
    aws = where.aws
    kept = machines_needed(where, keep)
    doomed = [arn for arn in machine.versions(aws, where.machine_arn) if arn not in kept]
    deleted, refused = [], {}
    for arn in doomed:
        try:
            if not dry_run:
                aws.call("delete_state_machine_version", stateMachineVersionArn=arn)
            deleted.append(arn)
        except AwsError as error:
            refused[arn] = str(error)
    for arn in functions_unneeded(where, keep, set(doomed)):
        try:
            if not dry_run:
                aws.call("delete_function", FunctionName=where.function, Qualifier=arn.rpartition(":")[2])
            deleted.append(arn)
        except AwsError as error:
            refused[arn] = str(error)
    return {"deleted": deleted, "refused": refused, "dry_run": dry_run}


def machines_needed(where: Place, keep: int) -> set[str]:
    """ARNs of the machine's versions that must stay."""
    needed: set[str] = set()
    for alias in machine.aliases(where.aws, where.machine_arn):
        needed |= set(machine.routing(where.aws, alias) or {})
    for execution in machine.running(where.aws, where.machine_arn):
        if "stateMachineVersionArn" in execution:
            needed.add(execution["stateMachineVersionArn"])
    for one in _recent(where, keep):
        needed |= {*([one.machine_version] if one.machine_version else []), *(one.before.routing or {})}
    return needed


def _recent(where: Place, keep: int) -> list[Any]:
    """The last N live releases, and whatever is not settled."""
    found = client.history(where)
    live = [one for one in found if one.status == "live"][:keep]
    return live + [one for one in found if one.status == "deploying"]


def functions_unneeded(where: Place, keep: int, doomed: set[str]) -> list[str]:
    """ARNs of the Lambda's versions that this project released and nothing names any longer."""
    released = {one.lambda_version for one in client.history(where) if one.lambda_version}
    released -= {one.lambda_version for one in _recent(where, keep)}
    if not released:
        return []
    for definition in definitions(where.aws, where.machine_arn, doomed):
        released = {arn for arn in released if f'"{arn}"' not in definition}
    listed = where.aws.call("list_versions_by_function", FunctionName=where.function)["Versions"]
    there = {where.aws.function_arn(where.function) + ":" + one["Version"] for one in listed}
    return sorted(released & there)


def definitions(aws: Aws, own: str, doomed: set[str]) -> Iterator[str]:
    """Every definition of the account and region that may still run, those of the doomed versions apart."""
    token: dict[str, str] = {}
    while True:
        answer = aws.call("list_state_machines", **token)
        for found in answer["stateMachines"]:
            yield from _definitions(aws, found["stateMachineArn"], own, doomed)
        if not answer.get("nextToken"):
            return
        token = {"nextToken": answer["nextToken"]}


def _definitions(aws: Aws, arn: str, own: str, doomed: set[str]) -> Iterator[str]:
    yield machine.look(aws, arn).definition
    for version in machine.versions(aws, arn):
        if version not in doomed:
            yield machine.look(aws, version).definition
    for execution in machine.running(aws, arn) if arn == own else []:
        asked = {"executionArn": execution["executionArn"]}
        yield aws.call("describe_state_machine_for_execution", **asked)["definition"]
