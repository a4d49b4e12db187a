"""The verb `policy`: what IAM must allow, as JSON for IAM or as text that explains each statement."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monostep.errors import UsageError
from monostep.stack.arns import render
from monostep.stack.permissions import ecr, explained, filled, of_machine, refused, unscoped
from monostep.stack.policy import Statement, document
from monostep.stack.project import Size, machine, stack_name
from monostep.workflow.run import ROOT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "workflow", nargs="?", metavar="WORKFLOW", help="a folder of workflows/, deployer or ecr; or the default one"
    )
    parser.add_argument("--text", action="store_true", help="explain each statement instead of printing JSON")
    parser.add_argument("--strict", action="store_true", help="refuse what is not known before the run")
    parser.add_argument("--pass-role", action="append", default=[], metavar="ARN", help="a role integrations may pass")
    parser.add_argument("--express", action="store_true", help="the workflow is an Express one")
    parser.add_argument("--tracing", action="store_true", help="with X-Ray")
    parser.add_argument("--no-logging", action="store_true", help="without log deliveries")
    parser.add_argument("--stack", metavar="NAME", help="the stack whose machines and Lambdas are meant")
    parser.add_argument("--stage", metavar="STAGE", help="part of the stack's name, as for `template`")
    parser.add_argument("--region", default=os.environ.get("AWS_REGION"), metavar="REGION", help="fills in the ARNs")
    parser.add_argument("--account", default=os.environ.get("AWS_ACCOUNT_ID"), metavar="ID", help="fills them in too")
    parser.add_argument("--partition", default="aws", metavar="NAME", help="aws, aws-cn or aws-us-gov")


def run(arguments: argparse.Namespace) -> int:
    stack = stack_name(arguments.stack, arguments.stage, False)
    places = _places(arguments)
    if arguments.workflow == "ecr":
        return _print(filled(ecr(stack), places), places)
    if arguments.workflow == "deployer":
        from monostep.deploy import needs

        return _print(filled(needs.policies(), places), places)
    folder = _folder(arguments.workflow)
    express = [arguments.workflow or "machine"] if arguments.express else []
    found = of_machine(
        machine(folder, Size(512, 60), express),
        stack,
        arguments.pass_role,
        logging=not arguments.no_logging,
        tracing=arguments.tracing,
    )
    return _show(found, arguments, places)


def _show(statements: Sequence[Statement], arguments: argparse.Namespace, places: Mapping[str, str]) -> int:
    complaints = [render(line, places) for line in refused(statements)]
    if arguments.strict and complaints:
        for complaint in complaints:
            print(f"monostep: {complaint}", file=sys.stderr)
        print("monostep: --strict: give these as constants, or leave --strict out", file=sys.stderr)
        return 1
    if arguments.text:
        print(render(explained(statements), places))
        return 0
    for line in [*complaints, *unscoped(statements)]:
        print(f"monostep: {line}", file=sys.stderr)
    return _print(filled(document([one for one in statements if one.actions]), places), places)


def _print(value: Any, places: Mapping[str, str]) -> int:
    print(json.dumps(value, indent=2))
    if len(places) < 3:
        print("monostep: --region and --account fill in ${AWS::Region} and ${AWS::AccountId}", file=sys.stderr)
    return 0


def _places(arguments: argparse.Namespace) -> dict[str, str]:
    given = {
        "AWS::Partition": arguments.partition,
        "AWS::Region": arguments.region,
        "AWS::AccountId": arguments.account,
    }
    return {name: value for name, value in given.items() if value}


def _folder(name: str | None) -> Path:
    if name is None:
        return ROOT
    known = sorted(path.parent.name for path in ROOT.glob("workflows/*/machine.json"))
    if name not in known:
        raise UsageError(f"no workflow {name!r}; there are: {', '.join([*known, 'deployer', 'ecr'])}")
    return ROOT / "workflows" / name
