"""The verb `template`: the stack of all workflows of the project, or what the deployer itself needs."""

from __future__ import annotations

import argparse
import json
import sys

from monostep.stack import options
from monostep.stack.permissions import check_names
from monostep.stack.template import FORMATS, made, remarks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", choices=("deployer",), help="what the deployer itself needs")
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="cloudformation without it")
    options.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    chosen = options.parse(arguments)
    if arguments.what == "deployer":
        from monostep.deploy import needs

        print(json.dumps(needs.template(chosen), indent=2, ensure_ascii=False))
        return 0
    machines = options.workflows(arguments, chosen)
    stack = options.name(arguments)
    check_names(stack, machines)
    print(json.dumps(made(arguments.format, machines, chosen, stack), indent=2, ensure_ascii=False))
    for line in remarks(machines, chosen):
        print(f"monostep: {line}", file=sys.stderr)
    return 0
