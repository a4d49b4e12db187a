"""What a stack is made of beside its machines: the options `template` and `provision` share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import NamedTuple

from monostep.errors import UsageError
from monostep.stack.project import Machine, Size, machines, stack_name

IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<repository>[a-z0-9][a-z0-9._/-]*)@(?P<digest>sha256:[0-9a-f]{64})"
)
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
_CONFIG = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+")


class Options(NamedTuple):
    """`deployer` is (project, config) where the deployer releases the stack, None where CloudFormation does."""

    image: str
    size: Size
    stage: str | None = None
    architecture: str = "x86_64"
    tracing: bool = False
    role: str | None = None
    function_role: str | None = None
    deployer: tuple[str, str] | None = None
    alarm_topic: str | None = None
    retention: int = 30
    pass_roles: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        return self.image.rpartition("@sha256:")[2]

    @property
    def owner(self) -> str:
        """Who releases the stack; the other refuses it."""
        return f"deployer:{'/'.join(self.deployer)}" if self.deployer else "cloudformation"

    @property
    def tags(self) -> dict[str, str]:
        tags = dict(self.labels) | ({"Stage": self.stage} if self.stage else {})
        if self.deployer:
            project, config = self.deployer
            tags |= {"ProjectName": project, "ConfigName": config, "DeployWith": "step-deployer"}
        return tags

    @property
    def path(self) -> str:
        """Of the roles: the deployer takes only machines whose role lies in its project's path."""
        return f"/step/{'/'.join(self.deployer)}/" if self.deployer else "/"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--image", metavar="URI", help="the pushed image by digest: …amazonaws.com/repository@sha256:…")
    parser.add_argument("--stack", metavar="NAME", help="the stack's name; the project's without it")
    parser.add_argument("--stage", metavar="STAGE", help="becomes part of the name, and a tag")
    parser.add_argument("--user-scoped", action="store_true", help="with your user name in the stack's name")
    parser.add_argument("--memory", type=int, default=512, metavar="MB", help="of the Lambda; 512 without it")
    parser.add_argument("--timeout", type=int, default=60, metavar="SECONDS", help="of the Lambda; 60 without it")
    parser.add_argument("--architecture", choices=("x86_64", "arm64"), default="x86_64", help="the image's")
    parser.add_argument("--express", action="append", default=[], metavar="WORKFLOW", help="as an Express workflow")
    parser.add_argument("--tracing", action="store_true", help="with X-Ray")
    parser.add_argument("--role", metavar="ARN", help="the machines' role, where you bring your own")
    parser.add_argument("--function-role", metavar="ARN", help="the Lambda's role, where you bring your own")
    parser.add_argument("--pass-role", action="append", default=[], metavar="ARN", help="a role integrations may pass")
    parser.add_argument("--deployer", metavar="PROJECT/CONFIG", help="released by the deployer, not by CloudFormation")
    parser.add_argument("--alarm-topic", metavar="ARN", help="the SNS topic that alarms tell")
    parser.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="of all that takes tags")
    parser.add_argument(
        "--retention", type=int, default=30, choices=RETENTIONS, metavar="DAYS", help="of the logs; 30 without it"
    )


def parse(arguments: argparse.Namespace) -> Options:
    """The options of a command line; UsageError for what makes no sense."""
    if not arguments.image:
        raise UsageError("--image URI@sha256:… is needed: the image as it was pushed (build.sh prints it)")
    if not IMAGE.fullmatch(arguments.image):
        raise UsageError(
            f"--image {arguments.image}: name it by digest, ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:…; "
            "a tag may change under a running execution"
        )
    if not (128 <= arguments.memory <= 10_240 and 1 <= arguments.timeout <= 900):
        raise UsageError("a Lambda has 128 to 10240 MB and 1 to 900 seconds")
    for arn in (arguments.role, arguments.function_role, *arguments.pass_role):
        if arn and not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/\S+", arn):
            raise UsageError(f"{arn!r} is not the ARN of a role")
    return Options(
        image=arguments.image,
        size=Size(arguments.memory, arguments.timeout),
        stage=arguments.stage,
        architecture=arguments.architecture,
        tracing=arguments.tracing,
        role=arguments.role,
        function_role=arguments.function_role,
        deployer=_deployer(arguments.deployer),
        alarm_topic=arguments.alarm_topic,
        retention=arguments.retention,
        pass_roles=tuple(arguments.pass_role),
        labels=tuple(pairs("--tag", arguments.tag).items()),
    )


def pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` texts as a mapping."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise UsageError(f"{option} {text}: NAME=VALUE")
        found[name] = value
    return found


def _deployer(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    if not _CONFIG.fullmatch(text):
        raise UsageError(f"--deployer {text}: PROJECT/CONFIG, as the release names them")
    project, _, config = text.rpartition("/")
    return project, config


def workflows(arguments: argparse.Namespace, options: Options) -> list[Machine]:
    return machines(options.size, arguments.express)


def name(arguments: argparse.Namespace) -> str:
    return stack_name(arguments.stack, arguments.stage, arguments.user_scoped)
