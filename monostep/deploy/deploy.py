"""The verb deploy: upload a release, start the deployer, follow it; exit 1 unless it succeeds."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monostep.deploy import client, events
from monostep.deploy.client import Place
from monostep.deploy.release import TIMEOUT, Release, new_id, stamp
from monostep.errors import UsageError
from monostep.verbs.command import given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    release_options(parser)
    parser.add_argument("--json", action="store_true", help="the result as JSON on stdout, and no live view")


def release_options(parser: argparse.ArgumentParser) -> None:
    code = parser.add_mutually_exclusive_group(required=True)
    code.add_argument("--image", metavar="URI", help="the image in ECR, by digest")
    code.add_argument("--zip", metavar="FILE", help="the code of a Lambda that takes a zip")
    client.place_options(parser)
    parser.add_argument("--workflow", metavar="NAME", help="a folder of workflows/; without it the default workflow")
    parser.add_argument("--steps", metavar="10,50,100", default="100", help="weights of the alias on the new version")
    parser.add_argument("--interval", metavar="SECONDS", type=int, default=0, help="between two steps")
    parser.add_argument("--health", metavar="INPUT", help="a smoke execution's input")
    parser.add_argument("--alarm", metavar="NAME", action="append", default=[], help="must not be in ALARM; repeatable")
    parser.add_argument("--adopt", action="store_true", help="even while unpinned executions are under way")
    parser.add_argument("--timeout", metavar="SECONDS", type=int, help=f"{TIMEOUT} and the intervals without it")
    parser.add_argument("--metadata", metavar="KEY=VALUE", action="append", default=[], help="a note; repeatable")
    client.connection_options(parser)


@client.plainly
def run(arguments: argparse.Namespace) -> int:
    where = client.place(arguments, client.connect(arguments))
    text = client.source(arguments)
    document, archive = document_of(arguments, where, text)
    return events.ship(where, document, text, archive, arguments.json)


def document_of(arguments: argparse.Namespace, where: Place, text: str) -> tuple[dict[str, Any], bytes | None]:
    """The release that the options describe, and the zip. UsageError where it makes no sense."""
    steps, archive = _steps(arguments.steps), None
    code: dict[str, Any] = {"image_uri": arguments.image}
    if arguments.zip:
        try:
            archive = Path(arguments.zip).read_bytes()
        except OSError as error:
            raise UsageError(f"{arguments.zip}: {error.strerror}") from None
        code = {"lambda_sha256": hashlib.sha256(archive).hexdigest()}
    health: dict[str, Any] = {"alarms": arguments.alarm}
    if arguments.health is not None:
        health["input"] = given(arguments.health)
    timeout = arguments.timeout or TIMEOUT + arguments.interval * (len(steps) - 1)
    document = {
        **identity(where, text),
        **code,
        "timeout": timeout,
        "strategy": {"steps": steps, "interval": arguments.interval},
        "health": health,
        "adopt": arguments.adopt,
        "metadata": dict(_pair(one) for one in arguments.metadata),
    }
    return checked(document), archive


def identity(where: Place, text: str) -> dict[str, Any]:
    """What every release of this place has."""
    now = where.aws.clock.now()
    return {
        "aws_account_id": where.aws.target[0],
        "aws_region": where.aws.target[1],
        "release_id": new_id(now),
        "project_name": where.project,
        "config_name": where.config,
        "bucket": where.aws.bucket,
        "created_at": stamp(now),
        "lambda_name": where.function,
        "step_fn_name": where.machine,
        "alias": where.alias,
        "state_machine_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def checked(document: dict[str, Any]) -> dict[str, Any]:
    try:
        Release.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(f"{'.'.join(str(part) for part in first['loc']) or 'release'}: {first['msg']}") from None
    return document


def _steps(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--steps {text}: weights with commas between them, like 10,50,100") from None


def _pair(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not found:
        raise UsageError(f"--metadata {text}: KEY=VALUE")
    return key, value
