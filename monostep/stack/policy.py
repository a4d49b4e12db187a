"""The execution role's policy, derived from the machine: a statement for each integration, as narrow as can be known.

A parameter that only the run knows widens its statement to all of the account and region, and the statement says so;
`strict` refuses it. `*` stands alone only where AWS has no resource-level permission, with the reason beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from monostep.calls.resource import parse
from monostep.errors import Unsupported
from monostep.stack import distributed
from monostep.stack.actions import look_up, of_sdk
from monostep.stack.arns import Given, arn, fill, given_arn, of_action, unique
from monostep.stack.integrations import CONDITIONS, FILLED_CONDITIONS, PATTERNS, ROWS, SERVICE_ROLES, UNSCOPED
from monostep.stack.special import PLACE, SAME, SPECIALS, Grant, Scene, function, rule

LOGGING = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
TRACING = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)
PRINCIPALS = {"ecs": "ecs-tasks", "emr-containers": "emr-containers", "sfn": "states"}
_INNER = re.compile(r"\$\{[^}]*\}")
_ROLE = re.compile(r"arn:[\w-]+:iam::\d*:role/.+|\$\{\w*Role\w*\}")


class Statement(NamedTuple):
    """`users` are the locations of the states that need it; `notes` explain, `broad` is what strict refuses. `part`
    is "map" for what must be a policy of its own, because it names the machine itself.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Any] | None = None
    users: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    broad: tuple[str, ...] = ()
    part: str = "machine"


def derive(
    machine: Mapping[str, Any],
    name: str,
    functions: Mapping[str, str],
    pass_roles: Sequence[str] = (),
    logging: bool = False,
    tracing: bool = False,
) -> list[Statement]:
    """The statements a machine of plain ASL needs.

    `name` is the machine's own, `functions` gives the unqualified ARN for each placeholder of a Lambda (LambdaArn),
    `pass_roles` the roles that integrations may hand on. Raises Unsupported, with its location, for an integration
    without known actions.
    """
    scene = Scene(name, functions)
    found: list[Statement] = []
    for location, state in walk(machine):
        if state.get("Type") == "Task":
            found += _of_task(location, state, scene, pass_roles)
        elif state.get("Type") == "Map":
            found += [_statement(sid, grant, location, part) for sid, part, grant in distributed.grants(state, scene)]
    if logging:
        found.append(_fixed("Logging", LOGGING, "logging: log deliveries take no resources"))
    if tracing:
        found.append(_fixed("Tracing", TRACING, "tracing: X-Ray's write calls take no resources"))
    return _merged(found)


def walk(machine: Mapping[str, Any], location: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every state at every depth, with its location."""
    for name, state in machine.get("States", {}).items():
        place = f"{location}/States/{name}"
        yield place, state
        for key in ("ItemProcessor", "Iterator"):
            if key in state:
                yield from walk(state[key], f"{place}/{key}")
        for index, branch in enumerate(state.get("Branches", ())):
            yield from walk(branch, f"{place}/Branches[{index}]")


def document(statements: Iterable[Statement]) -> dict[str, Any]:
    """The policy as IAM takes it."""
    return {"Version": "2012-10-17", "Statement": [_plain(statement) for statement in statements]}


def _plain(statement: Statement) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": list(statement.actions),
        "Resource": list(statement.resources),
    }
    if statement.condition:
        plain["Condition"] = statement.condition
    return plain


def _of_task(location: str, state: Mapping[str, Any], scene: Scene, pass_roles: Sequence[str]) -> list[Statement]:
    credentials = state.get("Credentials")
    if credentials is not None:
        return [_assumed(location, credentials)]
    text = state["Resource"]
    resource = parse(_INNER.sub("0", text) if text.startswith("arn:") else text)
    given = Given(state.get("Arguments", state.get("Parameters")))
    if resource.kind == "lambda":
        grants, sid = [Grant(("lambda:InvokeFunction",), function(text, scene))], "LambdaInvoke"
    elif resource.kind == "activity":
        return []
    elif resource.kind == "service":
        grants = _of_service(resource.service, resource.name, resource.pattern, given, scene, location)
        grants += _passed(resource.service, resource.name, state, grants, pass_roles)
        sid = _sid(resource.service, resource.name)
    else:
        raise Unsupported(f"policy: the resource {text!r} is no integration that is known", location)
    return [_statement(sid + grant.kind, grant, location) for grant in grants]


def _of_service(service: str, name: str, pattern: str, given: Given, scene: Scene, location: str) -> list[Grant]:
    integration = SAME.get(f"{service}:{name}", f"{service}:{name}")
    if special := SPECIALS.get(integration):
        return special(given, pattern, scene)
    if integration.startswith("aws-sdk:"):
        actions = of_sdk(service.removeprefix("aws-sdk:"), name, location)
        return [_granted(action.name, given) for action in actions]
    row = ROWS.get(integration)
    if row is None:
        raise Unsupported(f"policy: no IAM actions are known for the integration {integration}", location)
    grants = _together([_granted(action, given) for action in row.call.split()])
    if pattern.startswith(".sync"):
        jobs = [_granted(action, given)._replace(missing=(), kind="Job") for action in row.job.split()]
        grants += _together(jobs)
        grants += [rule(row.rule)] if row.rule else []
    if integration in SERVICE_ROLES:
        grants.append(_service_role(*SERVICE_ROLES[integration]))
    return grants


def _granted(name: str, given: Given) -> Grant:
    """One action on what the parameters say of its resources."""
    action = look_up(name)
    assert action is not None, name
    if patterns := PATTERNS.get(action.name):
        found = [fill(pattern, given) for pattern in patterns]
        arns = unique(one for each in found for one in each.arns)
        missing = unique(one for each in found for one in each.missing)
    elif action.name == "sagemaker:ListTags":
        arns, missing = _tagged(given), []
    else:
        arns, missing = of_action(action, given)
    condition: dict[str, Any] | None = CONDITIONS.get(action.name)
    if action.name in FILLED_CONDITIONS:
        key, parameter = FILLED_CONDITIONS[action.name]
        value = given.text(parameter)
        condition = {"StringEquals": {key: value}} if value else None
        missing = missing if value else [*missing, parameter]
    return Grant((action.name,), tuple(arns), condition, tuple(missing))


def _tagged(given: Given) -> list[str]:
    """sagemaker:ListTags on the job that is made: each create call names its own kind of job."""
    for action, patterns in PATTERNS.items():
        found = re.search(r"\$\{(\w+)\}\*$", patterns[0])
        if found and action.startswith("sagemaker:Create") and _speaks(given, found[1]):
            return fill(patterns[0], given).arns
    return [arn(f"sagemaker:{PLACE}*")]


def _speaks(given: Given, name: str) -> bool:
    return name.lower() in given.known or name.lower() in given.dynamic


def _together(grants: list[Grant]) -> list[Grant]:
    """Grants on the same resources under the same condition, as one."""
    groups: dict[Any, list[Grant]] = {}
    for grant in grants:
        groups.setdefault((grant.resources, str(grant.condition), grant.kind), []).append(grant)
    return [
        group[0]._replace(
            actions=tuple(unique(action for one in group for action in one.actions)),
            missing=tuple(unique(name for one in group for name in one.missing)),
        )
        for group in groups.values()
    ]


def _passed(
    service: str, name: str, state: Mapping[str, Any], grants: list[Grant], pass_roles: Sequence[str]
) -> list[Grant]:
    """iam:PassRole for the roles among the parameters, else for those the user lists."""
    row = ROWS.get(f"{service}:{name}")
    if row is not None:
        principal = row.passes
    else:
        wants = any((action := look_up(one)) and action.passes_role for grant in grants for one in grant.actions)
        short = service.removeprefix("aws-sdk:")
        principal = f"{PRINCIPALS.get(short, short)}.amazonaws.com" if wants else ""
    if not principal:
        return []
    roles = unique(_roles(state.get("Arguments", state.get("Parameters")))) or list(pass_roles)
    condition = {"StringEquals": {"iam:PassedToService": principal}}
    if not roles:
        return [Grant((), (), condition, kind="PassRole")]
    return [Grant(("iam:PassRole",), tuple(roles), condition, kind="PassRole")]


def _roles(value: Any) -> Iterator[str]:
    if isinstance(value, str) and _ROLE.fullmatch(value):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _roles(item)
    elif isinstance(value, list):
        for item in value:
            yield from _roles(item)


def _service_role(principal: str, name: str) -> Grant:
    target = arn(f"iam::${{Account}}:role/aws-service-role/{principal}/{name}*")
    condition = {"StringLike": {"iam:AWSServiceName": principal}}
    return Grant(("iam:CreateServiceLinkedRole",), (target,), condition, kind="ServiceRole")


def _assumed(location: str, credentials: Any) -> Statement:
    """A state with Credentials acts as another role, whose own policy decides the rest."""
    role = given_arn(Given(credentials), "RoleArn")
    if role:
        return _statement("AssumeRole", Grant(("sts:AssumeRole",), (role,)), location)
    everything = (arn("iam::${Account}:role/*"),)
    return _statement("AssumeRole", Grant(("sts:AssumeRole",), everything, missing=("RoleArn",)), location)


def _statement(sid: str, grant: Grant, location: str, part: str = "machine") -> Statement:
    broad = tuple(f"{name} is not known before the run: {', '.join(grant.resources)}" for name in grant.missing)
    notes = []
    if "*" in grant.resources:
        reason = UNSCOPED.get(grant.actions[0], "AWS's reference lists no resource for it")
        notes.append(f"{grant.actions[0]} takes no resource: {reason}")
    if not grant.actions:
        notes.append("no role to pass is known; if the call passes one, give it by --pass-role ARN")
    return Statement(sid, grant.actions, grant.resources, grant.condition, (location,), tuple(notes), broad, part)


def _fixed(sid: str, actions: tuple[str, ...], note: str) -> Statement:
    return Statement(sid, actions, ("*",), None, (), (note,))


def _sid(service: str, name: str) -> str:
    words = re.split(r"[^A-Za-z0-9]", service.removeprefix("aws-sdk:"))
    return "".join(word[:1].upper() + word[1:] for word in [*words, name])


def _merged(statements: list[Statement]) -> list[Statement]:
    """One statement for each integration and condition, its resources those of every state that uses it."""
    groups: dict[Any, list[Statement]] = {}
    for one in statements:
        groups.setdefault((one.sid, one.actions, str(one.condition), one.part), []).append(one)
    taken: dict[str, int] = {}
    merged = []
    for group in groups.values():
        first = group[0]
        taken[first.sid] = taken.get(first.sid, 0) + 1
        merged.append(
            first._replace(
                sid=first.sid + (str(taken[first.sid]) if taken[first.sid] > 1 else ""),
                resources=tuple(unique(arn for one in group for arn in one.resources)),
                users=tuple(unique(user for one in group for user in one.users)),
                notes=tuple(unique(note for one in group for note in one.notes)),
                broad=tuple(unique(note for one in group for note in one.broad)),
            )
        )
    return merged
