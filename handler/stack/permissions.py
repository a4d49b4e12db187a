"""The verb `policy`: what IAM must allow, as JSON for IAM or as text that explains each statement."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handler.errors import UsageError
from handler.stack.arns import arn, render
from handler.stack.policy import Statement, derive, document
from handler.stack.project import Machine, Size, machine, stack_name
from handler.stack.special import PLACE
from handler.workflow import ROOT


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
    parser.add_argument("--region", default=os.environ.get("AWS_REGION"), metavar="REGION")
    parser.add_argument("--account", default=os.environ.get("AWS_ACCOUNT_ID"), metavar="ID")
    parser.add_argument("--partition", default="aws", metavar="NAME", help="aws, aws-cn or aws-us-gov")


def run(arguments: argparse.Namespace) -> int:
    stack = stack_name(arguments.stack, arguments.stage, False)
    places = _places(arguments)
    if arguments.workflow == "ecr":
        return _print(filled(ecr(stack), places), places)
    if arguments.workflow == "deployer":
        from handler.stack.deployer import statements

        return _show(statements(stack), arguments, places)
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


def of_machine(
    machine: Machine, stack: str, pass_roles: Sequence[str] = (), logging: bool = True, tracing: bool = False
) -> list[Statement]:
    """The statements of one workflow in the stack of that name."""
    functions = {key: arn(f"lambda:{PLACE}function:{function_name(stack, key)}") for key in machine.sizes}
    return derive(machine.definition, machine_name(stack, machine.name), functions, pass_roles, logging, tracing)


def function_name(stack: str, placeholder: str) -> str:
    """The one Lambda is called like the stack; those of another size add it."""
    suffix = placeholder.removeprefix("LambdaArn").lower()
    return f"{stack}-{suffix}" if suffix else stack


def machine_name(stack: str, workflow: str) -> str:
    return f"{stack}-{workflow}"


def ecr(stack: str) -> dict[str, Any]:
    """The policy of an image repository that lets Lambda pull (Lambda guide, "Amazon ECR permissions")."""
    source = arn(f"lambda:{PLACE}function:{stack}*")
    statement = {
        "Sid": "LambdaPull",
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        "Condition": {"StringLike": {"aws:sourceArn": source}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def explained(statements: Sequence[Statement]) -> str:
    """For a person: what each statement allows, for which states, and why it is as wide as it is."""
    return "\n\n".join("\n".join(_lines(statement)) for statement in statements)


def _lines(statement: Statement) -> list[str]:
    lines = [statement.sid]
    lines += [f"  allow  {action}" for action in statement.actions]
    lines += [f"  on     {resource}" for resource in statement.resources]
    if statement.condition:
        lines.append(f"  when   {json.dumps(statement.condition)}")
    lines += [f"  for    {user}" for user in statement.users]
    lines += [f"  note   {note}" for note in statement.notes]
    lines += [f"  WIDE   {note}" for note in statement.broad]
    if statement.part == "map":
        lines.append("  note   a policy of its own in templates: it names the machine that it belongs to")
    return lines


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """`${AWS::Region}` and its like replaced in every text."""
    if isinstance(value, str):
        return render(value, names)
    if isinstance(value, Mapping):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, names) for item in value]
    return value


def refused(statements: Sequence[Statement]) -> list[str]:
    """What --strict refuses, a line each."""
    return [
        f"{', '.join(one.users) or one.sid}: {', '.join(one.actions)}: {note}"
        for one in statements
        for note in one.broad
    ]


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


def unscoped(statements: Sequence[Statement]) -> list[str]:
    """The notes: where `*` stands alone and why, and what the user has to add."""
    return [note for one in statements for note in one.notes]


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
