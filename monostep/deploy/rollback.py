"""The verb rollback: the deployer goes back to what an earlier release published; nothing is built anew."""

from __future__ import annotations

import argparse
from typing import Any

from monostep.deploy import client, deploy, events, machine, store
from monostep.deploy.client import Place
from monostep.deploy.record import Record
from monostep.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="RELEASE_ID", help="the release; without it the one before the current one")
    client.place_options(parser)
    parser.add_argument("--json", action="store_true", help="the result as JSON on stdout, and no live view")
    client.connection_options(parser)


@client.plainly
def run(arguments: argparse.Namespace) -> int:
    where = client.place(arguments, client.connect(arguments))
    target = chosen(where, arguments.to)
    found = store.read(where.aws, f"{target.release.folder}/machine.json")
    if found is None:
        raise UsageError(f"the machine of {target.release.release_id} is gone from {where.aws.bucket}")
    if client.missing_image(where, target.release.image_uri):
        client.say(f"warning: {target.release.image_uri} has left ECR; the Lambda version that has it still runs")
    text = found.body.decode()
    return events.ship(where, document_of(where, target, text), text, None, arguments.json)


def document_of(where: Place, target: Record, text: str) -> dict[str, Any]:
    kept = target.release.model_dump(include={"image_uri", "lambda_sha256", "health", "metadata"}, exclude_none=True)
    return deploy.checked({**kept, **deploy.identity(where, text), "rollback": target.release.release_id})


def chosen(where: Place, release_id: str | None) -> Record:
    """The record to go back to. UsageError where there is none."""
    live = [one for one in client.history(where) if one.status == "live" and one.machine_version]
    if release_id:
        found = [one for one in live if one.release.release_id == release_id]
    else:
        routing = machine.routing(where.aws, where.alias_arn) or {}
        current = max(routing, key=lambda arn: routing[arn], default=None)
        found = [one for one in live if one.machine_version != current]
    if not found:
        asked = release_id or "an earlier release"
        raise UsageError(f"{asked} was never live in {where.root}; `history` lists those that were")
    return found[0]
