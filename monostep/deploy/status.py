"""The verbs status and history: what runs, who holds the lock, what was released, and the stack around it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from monostep.deploy import client, lock, store
from monostep.deploy import function as functions
from monostep.deploy.client import Place
from monostep.deploy.release import stamp
from monostep.errors import UsageError
from monostep.verbs.command import show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    client.place_options(parser, required=False)
    parser.add_argument("--stack", metavar="NAME", help="the stack; the one in the Lambda's tags without it")
    parser.add_argument("--drift", action="store_true", help="look whether the stack drifted, which takes a while")
    parser.add_argument("--json", action="store_true", help="JSON even on a terminal")
    client.connection_options(parser)


@client.plainly
def run(arguments: argparse.Namespace) -> int:
    if arguments.function is None:
        if arguments.verb == "history" or not arguments.stack:
            raise UsageError("give --lambda, or to status a --stack")
        show({"stack": stack(arguments, arguments.stack)})
        return 0
    where = client.place(arguments, client.connect(arguments))
    if arguments.verb == "history":
        rows = releases(where)
        if arguments.json or not sys.stdout.isatty():
            show(rows)
        else:
            for row in rows:
                print(f"{row['release_id']}  {row['status']:11}  {row['machine_version'] or ''}  {row['code'] or ''}")
        return 0
    name = arguments.stack or functions.look(where.aws, where.function).tags.get("aws:cloudformation:stack-name")
    show({**status(where), "stack": stack(arguments, name) if name else None})
    return 0


def stack(arguments: argparse.Namespace, name: str) -> dict[str, Any]:
    """The stack, its owner and its drift. UsageError in AWS's words."""
    from monostep.stack.account import Account, Refused
    from monostep.stack.status import status as look

    try:
        return look(Account(arguments.region, arguments.profile, arguments.endpoint_url), name, arguments.drift)
    except Refused as error:
        raise UsageError(str(error)) from None


def releases(where: Place) -> list[dict[str, Any]]:
    """One row a release that changed something, the newest first."""
    return [
        {
            "release_id": one.release.release_id,
            "status": one.status,
            "created_at": one.release.created_at,
            "machine_version": one.machine_version,
            "lambda_version": one.lambda_version,
            "code": one.release.image_uri or one.release.lambda_sha256,
            "rollback": one.release.rollback,
            "note": one.note,
            "metadata": one.release.metadata,
        }
        for one in client.history(where)
    ]


def status(where: Place) -> dict[str, Any]:
    """The alias, the release it runs, the locks, the halt."""
    held = lock.look(where.aws, where.root)
    found = client.shown(where)
    names = {version["version"] for version in found["versions"]}
    live = [one.release.release_id for one in client.history(where) if one.machine_version in names]
    holder = {"release_id": held.release_id, "until": stamp(held.expires), "token": held.token} if held.id else None
    return {
        **found,
        "project": where.project,
        "config": where.config,
        "release_id": live[0] if live else None,
        "lock": holder,
        "user_lock": store.read_json(where.aws, f"{where.root}/user-lock"),
        "halt": store.read_json(where.aws, f"{where.root}/halt"),
    }
