"""The verbs status and history: what runs, who holds the lock, what was released."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from handler.cli import show
from handler.deploy import client, lock, store
from handler.deploy.client import Place
from handler.deploy.release import stamp


def add_arguments(parser: argparse.ArgumentParser) -> None:
    client.place_options(parser)
    parser.add_argument("--json", action="store_true", help="JSON even on a terminal")
    client.connection_options(parser)


def run(arguments: argparse.Namespace) -> int:
    where = client.place(arguments, client.connect(arguments))
    if arguments.verb == "history":
        rows = releases(where)
        if arguments.json or not sys.stdout.isatty():
            show(rows)
        else:
            for row in rows:
                print(f"{row['release_id']}  {row['status']:11}  {row['machine_version'] or ''}  {row['code'] or ''}")
        return 0
    show(status(where))
    return 0


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
