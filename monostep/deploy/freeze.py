"""The verbs lock, unlock and halt: a person's say, with a name and a reason.

They are objects in the bucket: who may write there may say so.
"""

from __future__ import annotations

import argparse

from monostep.deploy import client, lock, store
from monostep.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reason", nargs="?", metavar="REASON", help="why; needed by lock and halt")
    parser.add_argument("--user", metavar="NAME", help="who; the caller's own name without it")
    client.place_options(parser)
    client.connection_options(parser)


@client.plainly
def run(arguments: argparse.Namespace) -> int:
    if arguments.verb != "unlock" and not arguments.reason:
        raise UsageError(f"{arguments.verb} needs a REASON: whoever is stopped by it wants to know")
    where = client.place(arguments, client.connect(arguments))
    aws, user = where.aws, client.user(arguments, client.home(client.connect(arguments)))
    if arguments.verb == "lock":
        store.write_json(aws, f"{where.root}/user-lock", {"user": user, "lock_reason": arguments.reason})
        client.say(f"{where.root} is locked; a deploy under way goes on, `halt` ends it")
    elif arguments.verb == "unlock":
        aws.call("delete_object", Bucket=aws.bucket, Key=f"{where.root}/user-lock")
        client.say(f"{where.root} is not locked by a person")
    else:
        held = lock.look(aws, where.root)
        if held.id is None or held.release_id is None:
            client.say(f"no deploy of {where.root} is under way")
            return 1
        halt = {"release_id": held.release_id, "user": user, "reason": arguments.reason}
        store.write_json(aws, f"{where.root}/halt", halt)
        client.say(f"{held.release_id} rolls back at its next state")
    return 0
