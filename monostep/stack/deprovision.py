"""The verb `deprovision`: delete the project's stack; one that is not there is success."""

from __future__ import annotations

import argparse

from monostep.stack import account as accounts
from monostep.stack import changes, screen
from monostep.stack.account import Account, Refused
from monostep.stack.project import stack_name
from monostep.stack.provision import removed, shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", metavar="NAME", help="the stack's name; the project's without it")
    parser.add_argument("--stage", metavar="STAGE", help="part of the name, as it was for `provision`")
    parser.add_argument("--user-scoped", action="store_true", help="with your user name in the stack's name")
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    accounts.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    name = stack_name(arguments.stack, arguments.stage, arguments.user_scoped)
    try:
        return deprovision(accounts.connect(arguments), name, arguments.yes)
    except Refused as error:
        screen.say(f"monostep: {error}")
        return 1


def deprovision(account: Account, name: str, yes: bool = False) -> int:
    """Exit code: 0 where there is no such stack any more."""
    if changes.clean(account, name):
        screen.say(f"{name} was a change set under review and nothing else: deleted")
    stack = changes.describe(account, name)
    if not stack.status:
        screen.say(f"there is no stack {name} in {account.region}")
        return shown(stack, {})
    if stack.busy:
        raise Refused(f"{name} is {stack.status}: wait until that is over")
    if not stack.owner:
        raise Refused(f"{name} was not made by `provision`: it has no tag {changes.OWNER}")
    if not screen.confirmed(f"Delete {name}, its machines, Lambdas and logs?", yes):
        screen.say("nothing was changed")
        return 1
    result = removed(account, stack)
    screen.summary(result._replace(stack=result.stack._replace(outputs={})))
    return shown(result.stack._replace(name=name, status="DELETE_COMPLETE", outputs={}), result.seconds)
