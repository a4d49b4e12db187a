"""The verb bootstrap: a release with the caller's own credentials, of the deployer itself or where there is none yet.

No lock, no record: for a Lambda and a machine that nobody uses yet. It expects both to exist and creates the alias.
"""

from __future__ import annotations

import argparse
from typing import Any

from monostep.deploy import client, deploy, function, machine, refusals
from monostep.deploy.client import PROTECTED, Place
from monostep.deploy.lock import Lease
from monostep.deploy.release import Release
from monostep.verbs.command import show


class Free(Lease):
    """No lease: a person vouches for being alone."""

    def renew(self) -> None:
        pass


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--image", metavar="URI", required=True, help="the image in ECR, by digest")
    client.place_options(parser)
    parser.add_argument("--workflow", metavar="NAME", help="a folder of workflows/, or deployer")
    client.connection_options(parser)


@client.plainly
def run(arguments: argparse.Namespace) -> int:
    where = client.place(arguments, client.connect(arguments))
    text = client.source(arguments)
    document = deploy.checked({**deploy.identity(where, text), "image_uri": arguments.image})
    show(bootstrap(where, Release.model_validate(document), text))
    return 0


def bootstrap(where: Place, release: Release, text: str) -> dict[str, Any]:
    """Code, machine, alias, in this order; a dry run of the first proves image and permission before."""
    lease = Free(where.aws, release, 0)
    refusals.fit(release, text.encode())
    asked = {"FunctionName": where.function, "ImageUri": release.image_uri, "DryRun": True}
    where.aws.call("update_function_code", **asked)
    code = function.update(lease, release)
    version = machine.publish(lease, where.machine_arn, refusals.render(text, code), release.release_id)
    if machine.routing(where.aws, where.alias_arn) is None:
        machine.create_alias(lease, where.alias, version)
    else:
        machine.route(lease, where.alias_arn, {version: 100})
    return {"alias": where.alias_arn, "machine_version": version, "lambda_version": code, "note": PROTECTED}
