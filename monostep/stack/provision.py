"""The verb `provision`: the project's stack, made or changed by a change set with the caller's credentials.

A stack has one owner. CloudFormation's stacks hold versions and aliases, and `provision` releases them; the deployer's
(--deployer) hold neither, and here only what surrounds its releases is changed: code and definition stay as they are.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from monostep.errors import UsageError
from monostep.stack import account as accounts
from monostep.stack import changes, options, preflight, screen
from monostep.stack.account import Account, Refused
from monostep.stack.changes import OWNER, Stack
from monostep.stack.cloudformation import template
from monostep.stack.options import Options
from monostep.stack.permissions import check_names
from monostep.stack.progress import Result, follow, seen
from monostep.stack.template import remarks

STUCK = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
"""What a first creation that failed leaves: nothing but deletion helps."""
RELEASED = {"Code", "DefinitionString", "DefinitionSubstitutions"}
"""What of a stack the deployer releases."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_arguments(parser)
    accounts.add_arguments(parser)
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the stack")
    parser.add_argument("--bucket", metavar="NAME", help="for a template over 51,200 bytes")
    parser.add_argument("--yes", action="store_true", help="apply without asking")


def run(arguments: argparse.Namespace) -> int:
    chosen = options.parse(arguments)
    name = options.name(arguments)
    parameters = options.pairs("--parameter", arguments.parameter)
    machines = options.workflows(arguments, chosen)
    check_names(name, machines)
    made = template(machines, chosen)
    for line in remarks(machines, chosen):
        screen.say(f"monostep: {line}")
    try:
        account = accounts.connect(arguments)
        return provision(account, name, made, chosen, parameters, arguments.bucket, arguments.yes)
    except Refused as error:
        screen.say(f"monostep: {error}")
        return 1


def provision(
    account: Account,
    name: str,
    made: dict[str, Any],
    chosen: Options,
    parameters: Mapping[str, str],
    bucket: str | None = None,
    yes: bool = False,
) -> int:
    """Exit code: 0 where the stack is now as the template says, 1 where it failed or the person said no."""
    who = verified(account, chosen, name)
    screen.say(f"{name} in {who['account']}, {account.region}, as {who['arn']}")
    stack = ready(account, name, chosen, yes)
    if stack.status and chosen.deployer:
        made = kept(account, stack, made)
    sent = preflight.body(account, json.dumps(made, ensure_ascii=False), bucket, name)
    tags = {OWNER: chosen.owner, **chosen.tags}
    change_set, found = changes.create(account, stack, sent, values(made, stack, parameters), tags)
    if found is None:
        screen.say("no change: the stack is as the template says")
        return shown(stack, {})
    screen.say(screen.table(changes.rows(found)))
    try:
        agreed = allowed(found, chosen) and screen.confirmed(f"Apply these {len(found)} changes to {name}?", yes)
    except BaseException:
        changes.discard(account, change_set, stack)
        raise
    if not agreed:
        changes.discard(account, change_set, stack)
        screen.say("nothing was changed")
        return 1
    result = applied(account, name, change_set)
    screen.summary(result)
    if not result.good:
        raise Refused(screen.failure(result))
    return shown(result.stack, result.seconds)


def verified(account: Account, chosen: Options, name: str) -> dict[str, str]:
    """The caller, where the image is there and IAM denies nothing that is needed."""
    who = preflight.identity(account)
    preflight.image(account, chosen.image)
    denied, note = preflight.permissions(account, who["arn"], name)
    if denied:
        raise Refused(
            f"{who['arn']} may not {', '.join(dict.fromkeys(denied))}: ask for them, or use another --profile"
        )
    if note:
        screen.say(f"monostep: {note}")
    return who


def ready(account: Account, name: str, chosen: Options, yes: bool) -> Stack:
    """The stack that can be changed, or one without a status that can be made; leftovers are cleaned away."""
    if changes.clean(account, name):
        screen.say(f"{name} was a change set under review and nothing else: deleted")
    stack = changes.describe(account, name)
    if stack.busy:
        raise Refused(f"{name} is {stack.status}: wait until that is over")
    if stack.status and stack.owner != chosen.owner:
        owner = stack.owner or "somebody else: it has no tag " + OWNER
        raise Refused(
            f"{name} is released by {owner}, and this is a template for {chosen.owner}: "
            "one stack has one owner; take another --stack, or deprovision it first"
        )
    if stack.status == "UPDATE_ROLLBACK_FAILED":
        raise Refused(f"{name} is {stack.status}: aws cloudformation continue-update-rollback --stack-name {name}")
    if stack.status in STUCK:
        screen.say(f"{name} is {stack.status}: its first creation failed, and it can only be deleted")
        if not screen.confirmed(f"Delete {name}?", yes):
            raise Refused(f"{name} stays {stack.status}")
        removed(account, stack)
        return Stack(name)
    return stack


def kept(account: Account, stack: Stack, made: dict[str, Any]) -> dict[str, Any]:
    """The template with the code and the definitions the stack was made with: releasing is the deployer's."""
    body = account.call("cloudformation", "get_template", StackName=stack.name)["TemplateBody"]
    old = (json.loads(body) if isinstance(body, str) else body).get("Resources", {})
    resources = {}
    for name, resource in made["Resources"].items():
        before = old.get(name, {}).get("Properties", {})
        same = {key: before[key] for key in RELEASED & before.keys() & resource["Properties"].keys()}
        resources[name] = {**resource, "Properties": {**resource["Properties"], **same}}
    return {**made, "Resources": resources}


def allowed(found: Sequence[Mapping[str, Any]], chosen: Options) -> bool:
    """True, unless a change would undo what the deployer released: Refused."""
    changed = [one.get("ResourceChange", {}) for one in found] if chosen.deployer else []
    for change in [one for one in changed if one.get("Action") == "Modify"]:
        name = change.get("LogicalResourceId")
        touched = set(changes.targets(change).split(", ")) & RELEASED
        if touched:
            raise Refused(f"{name}: {', '.join(sorted(touched))} would change; the deployer releases these: `deploy`")
        if change.get("ResourceType", "").endswith("StateMachine"):
            screen.say(f"monostep: {name} gets its first definition back, what the alias runs stays: deploy again")
    return True


def values(made: Mapping[str, Any], stack: Stack, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    """The stack's parameters: as given, else as the stack has them; UsageError names those that are neither."""
    wanted = made.get("Parameters", {})
    if strangers := sorted(parameters.keys() - wanted.keys()):
        raise UsageError(f"--parameter {', '.join(strangers)}: the template has {', '.join(wanted) or 'none'}")
    if missing := [name for name in wanted if name not in parameters and name not in stack.parameters]:
        raise UsageError(f"the machines have placeholders: {' '.join(f'--parameter {name}=…' for name in missing)}")
    return [
        {"ParameterKey": name, "ParameterValue": parameters[name]}
        if name in parameters
        else {"ParameterKey": name, "UsePreviousValue": True}
        for name in wanted
    ]


def applied(account: Account, name: str, change_set: str) -> Result:
    stack = changes.describe(account, name)
    known = seen(account, stack.id or name)
    account.call("cloudformation", "execute_change_set", ChangeSetName=change_set, StackName=name)
    return follow(account, stack.id or name, known, screen.event)


def removed(account: Account, stack: Stack) -> Result:
    """The stack deleted; Refused with the first resource that would not go."""
    known = seen(account, stack.id)
    account.call("cloudformation", "delete_stack", StackName=stack.id)
    result = follow(account, stack.id, known, screen.event)
    if result.stack.status not in ("", "DELETE_COMPLETE"):
        raise Refused(screen.failure(result))
    return result


def shown(stack: Stack, seconds: Mapping[str, float]) -> int:
    """The result on stdout, for a program."""
    found = {"stack": stack.name, "status": stack.status, "outputs": dict(stack.outputs), "seconds": dict(seconds)}
    json.dump(found, sys.stdout, indent=2 if sys.stdout.isatty() else None)
    print()
    return 0
