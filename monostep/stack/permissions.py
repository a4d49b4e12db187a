"""What a workflow, and a repository of images, must be allowed: the statements for a stack, and their explanation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monostep.errors import UsageError
from monostep.stack.arns import arn, render
from monostep.stack.policy import Statement, derive
from monostep.stack.project import Machine
from monostep.stack.special import PLACE


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


def check_names(stack: str, machines: Sequence[Machine]) -> None:
    """UsageError where the stack's name makes a name that AWS does not take."""
    made = [(function_name(stack, key), 64) for machine in machines for key in machine.sizes]
    made += [(machine_name(stack, machine.name), 80) for machine in machines]
    for name, limit in made:
        if len(name) > limit:
            raise UsageError(f"{name} has {len(name)} letters, and AWS takes {limit}: --stack gives a shorter name")


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


def unscoped(statements: Sequence[Statement]) -> list[str]:
    """The notes: where `*` stands alone and why, and what the user has to add."""
    return [note for one in statements for note in one.notes]
