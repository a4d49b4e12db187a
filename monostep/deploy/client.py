"""The client's side: who calls, what is meant, and the documents the verbs share.

Every verb works with the caller's own credentials. `deploy` and `rollback` only upload and start the deployer; what
changes anything there is the deployer. Names or ARNs are taken everywhere; project and configuration default to the
Lambda's tags.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from monostep.deploy import function as functions
from monostep.deploy import machine, record, refusals
from monostep.deploy.aws import NAME, Aws, AwsError
from monostep.deploy.record import Record
from monostep.deploy.release import root
from monostep.errors import InvalidDefinition, StateError, UsageError

ALIAS = "live"
PROTECTED = "only callers of the alias are protected: whoever starts the bare machine runs its newest revision"
_ARN = re.compile(
    r"arn:(?P<partition>[\w-]+):(?:lambda|states):(?P<region>[\w-]+):(?P<account>\d{12}):\w+:(?P<name>[\w-]+)"
)


class Place(NamedTuple):
    """What a verb is about."""

    aws: Aws
    function: str
    machine: str
    project: str
    config: str
    alias: str

    @property
    def root(self) -> str:
        return root(self.aws.target[0], self.project, self.config)

    @property
    def machine_arn(self) -> str:
        return self.aws.machine_arn(self.machine)

    @property
    def alias_arn(self) -> str:
        return f"{self.machine_arn}:{self.alias}"


def connection_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("AWS")
    group.add_argument("--region", metavar="REGION", help="without it AWS_REGION, or the profile's")
    group.add_argument("--profile", metavar="NAME", help="a profile of the AWS configuration")
    group.add_argument("--endpoint-url", metavar="URL", help="another endpoint, for tests")
    group.add_argument("--deployer", metavar="NAME", default=NAME, help=f"the deployer; {NAME} without it")


def place_options(parser: argparse.ArgumentParser, required: bool = True) -> None:
    group = parser.add_argument_group("what is deployed")
    group.add_argument("--lambda", dest="function", metavar="NAME", required=required, help="the Lambda, name or ARN")
    group.add_argument("--step", metavar="NAME", help="the state machine, name or ARN; the Lambda's name without it")
    group.add_argument("--project", metavar="NAME", help="ProjectName; the Lambda's tag without it")
    group.add_argument("--config", metavar="NAME", help="ConfigName; the Lambda's tag without it")
    group.add_argument("--alias", metavar="NAME", default=ALIAS, help=f"the alias that callers use; {ALIAS} without it")


def connect(arguments: argparse.Namespace) -> Aws:
    """AWS with the caller's credentials. UsageError without boto3, a region or credentials."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise UsageError("this verb needs boto3: pip install boto3") from None
    try:
        made = boto3.Session(profile_name=arguments.profile, region_name=arguments.region)
    except BotoCoreError as error:
        raise UsageError(str(error)) from None
    region = arguments.region or made.region_name or os.environ.get("AWS_REGION")
    if not region:
        raise UsageError("no region: give --region, or set AWS_REGION")
    aws = Aws("", region, "aws", arguments.deployer, None, made, arguments.endpoint_url, caller=True)
    found = _answer(lambda: aws.call("get_caller_identity"))
    aws.account, aws.partition = found["Account"], found["Arn"].split(":")[1]
    return aws.aim(found["Account"], region)


def home(aws: Aws) -> Aws:
    """The account and region of the deployer itself, whatever is aimed at."""
    own = Aws(aws.account, aws.region, aws.partition, aws.name, aws.clock, aws.session, aws.endpoint_url, caller=True)
    return own.aim(aws.account, aws.region)


def _answer(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except AwsError as error:
        raise UsageError(str(error)) from None


def place(arguments: argparse.Namespace, aws: Aws) -> Place:
    """The Lambda, the machine, the project. UsageError where they cannot be known."""
    name = _aim(aws, arguments.function)
    step = _aim(aws, arguments.step) if arguments.step else name
    project, config = arguments.project, arguments.config
    if not project or not config:
        tags = _answer(lambda: functions.look(aws, name)).tags
        project, config = project or tags.get("ProjectName"), config or tags.get("ConfigName")
    if not project or not config:
        raise UsageError(f"Lambda {name} has no tags ProjectName and ConfigName: give --project and --config")
    return Place(aws, name, step, project, config, arguments.alias)


def _aim(aws: Aws, name: str) -> str:
    found = _ARN.match(name)
    if found:
        aws.aim(found["account"], found["region"])
        return found["name"]
    if not re.fullmatch(r"[\w-]{1,80}", name):
        raise UsageError(f"{name!r} is neither a name nor an ARN")
    return name


def history(where: Place) -> list[Record]:
    """The records of this project and configuration, the newest first."""
    keys = _listed(where.aws, f"{where.root}/release-")
    found = [one for one in (_readable(where.aws, f"{key}record") for key in keys) if one is not None]
    return sorted(found, key=lambda one: one.order, reverse=True)


def _listed(aws: Aws, prefix: str) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        answer = aws.call("list_objects_v2", Bucket=aws.bucket, Prefix=prefix, Delimiter="/", **token)
        yield from (item["Prefix"] for item in answer.get("CommonPrefixes", []))
        if not answer.get("IsTruncated"):
            return
        token = {"ContinuationToken": answer["NextContinuationToken"]}


def _readable(aws: Aws, key: str) -> Record | None:
    try:
        return record.load(aws, key)
    except StateError:
        return None


def plainly(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """What AWS refuses is one line and exit 1."""

    def verb(arguments: argparse.Namespace) -> int:
        try:
            return run(arguments)
        except StateError as error:
            say(f"monostep: {error}")
            return 1

    return verb


def user(arguments: argparse.Namespace, aws: Aws) -> str:
    name: str = arguments.user or aws.call("get_caller_identity")["Arn"].rpartition("/")[2]
    return name


def source(arguments: argparse.Namespace) -> str:
    """The machine to deploy, as plain ASL with its placeholder. InvalidDefinition where it cannot be read."""
    from monostep.language.inject import expand
    from monostep.language.lint.verdict import rejection
    from monostep.language.text.reading import read
    from monostep.verbs import command

    document, found = read(command.source(arguments.workflow))
    if found:
        raise InvalidDefinition(rejection(found), found)
    return json.dumps(expand(document, arguments.workflow), ensure_ascii=False, indent=2)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def shown(where: Place) -> dict[str, Any]:
    """The alias: where it leads, and what runs there."""
    routing = machine.routing(where.aws, where.alias_arn)
    versions = []
    for arn, weight in sorted((routing or {}).items(), key=lambda item: -item[1]):
        definition = machine.look(where.aws, arn).definition
        names = sorted(machine.named(definition, where.function))
        versions.append({"version": arn, "weight": weight, "lambda": [_code(where, name) for name in names]})
    return {"alias": where.alias_arn, "exists": routing is not None, "versions": versions, "note": PROTECTED}


def _code(where: Place, version: str) -> dict[str, Any]:
    try:
        found = functions.look(where.aws, where.function, version or None)
    except AwsError as error:
        return {"version": version, "missing": str(error)}
    return {"version": found.arn, "sha256": found.sha256, "image": found.image}


def missing_image(where: Place, uri: str | None) -> bool:
    return uri is not None and not refusals.in_ecr(where.aws, uri)
