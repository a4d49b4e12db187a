"""A complete stack for all workflows of the project, in CloudFormation, SAM or Terraform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monostep.errors import UsageError
from monostep.stack import cloudformation
from monostep.stack.options import Options
from monostep.stack.permissions import of_machine, refused, unscoped
from monostep.stack.project import Machine

FORMATS = ("cloudformation", "sam", "terraform")


def made(format: str, machines: Sequence[Machine], chosen: Options, stack: str) -> dict[str, Any]:
    """The stack in one of FORMATS; `stack` names it where the format has no stacks (Terraform)."""
    if format == "cloudformation":
        return cloudformation.template(machines, chosen)
    if chosen.deployer:
        raise UsageError(f"--deployer and --format {format}: the deployer takes over a CloudFormation stack")
    if format == "sam":
        from monostep.stack.sam import template as serverless

        return serverless(machines, chosen)
    from monostep.stack.terraform import template as terraform

    return terraform(machines, chosen, stack)


def remarks(machines: Sequence[Machine], chosen: Options) -> list[str]:
    """What the policies of the stack leave wide, and what they miss."""
    if chosen.role:
        return []
    found = [
        (machine.name, of_machine(machine, "stack", chosen.pass_roles, tracing=chosen.tracing)) for machine in machines
    ]
    lines = [f"{name}{line}" for name, statements in found for line in refused(statements)]
    missing = [note for _, statements in found for note in unscoped(statements) if "--pass-role" in note]
    return [*lines, *dict.fromkeys(missing)]
