"""What botocore knows of the services that a Task calls: their names, their actions, the shapes of their parameters.

Step Functions names a service of `aws-sdk` by its service id, as the AWS SDK for Java does (`CloudWatch Logs` is
`cloudwatchlogs`); botocore names its folders otherwise, so the ids are read from the first bytes of each model, in
60 ms for all 440 of them. The optimised integrations have names of their own, a small table. botocore is imported by
the first look-up and may be absent: it is no part of the Lambda.
"""

from __future__ import annotations

import functools
import gzip
import re
from pathlib import Path
from typing import Any, NamedTuple

OPTIMISED = {
    ("states", ""): "stepfunctions",
    ("elasticmapreduce", ""): "emr",
    ("bedrock", "invokeModel"): "bedrock-runtime",
}
"""The optimised integrations that botocore knows by another name; an empty action stands for all of them."""

ACTIONS = {("elasticmapreduce", "createCluster"): "RunJobFlow"}

UNMODELLED = {
    "apigateway": ("invoke",),
    "bedrockagentcore": ("invokeHarness",),
    "eks": ("call", "runJob"),
    "elasticmapreduce": (
        "addStep",
        "cancelStep",
        "modifyInstanceFleetByName",
        "modifyInstanceGroupByName",
        "setClusterTerminationProtection",
        "terminateCluster",
    ),
    "http": ("invoke",),
}
"""Optimised integrations whose parameters are Step Functions' own: botocore has no model of them."""

_HEAD = 4096
_SERVICE_ID = re.compile(rb'"serviceId"\s*:\s*"([^"]+)"')
_PLACEHOLDER = r"\$\{[^}]*\}"
_RESOURCE = re.compile(
    rf"arn:(?:[^:$]|{_PLACEHOLDER})+:states:(?:[^:$]|{_PLACEHOLDER})*:(?:[^:$]|{_PLACEHOLDER})*:"
    r"(aws-sdk:)?(?!activity:)([A-Za-z0-9-]+):([A-Za-z][A-Za-z0-9]*)(?:\.sync(?::2)?|\.waitForTaskToken)?"
)

Shape = dict[str, Any]


class Call(NamedTuple):
    """A Resource taken apart: `sdk` tells `aws-sdk:dynamodb:getItem` from `dynamodb:getItem`."""

    sdk: bool
    service: str
    action: str

    def __str__(self) -> str:
        return f"{'aws-sdk:' * self.sdk}{self.service}:{self.action}"


class Operation(NamedTuple):
    """What an action takes and gives: the shapes of its input and output and every shape of the service by name."""

    input: Shape
    output: Shape
    shapes: dict[str, Shape]


def call(resource: Any) -> Call | None:
    """The call that a Resource makes, if it is one that botocore may know."""
    found = _RESOURCE.fullmatch(resource) if isinstance(resource, str) else None
    if found is None or (found[1] is None and found[3] in UNMODELLED.get(found[2], ())):
        return None
    return Call(found[1] is not None, found[2], found[3])


def available() -> bool:
    """Whether botocore is installed."""
    try:
        import botocore.loaders  # noqa: F401
    except ImportError:
        return False
    return True


def folder(asked: Call) -> str | None:
    """botocore's name for the service of a call; None where it knows of none."""
    if asked.sdk:
        return _ids().get(asked.service.lower())
    named = OPTIMISED.get((asked.service, asked.action)) or OPTIMISED.get((asked.service, ""))
    return named or (asked.service if asked.service in _folders() else None)


def names() -> list[str]:
    """The services of `aws-sdk`."""
    return sorted(_ids())


def actions(service: str) -> list[str]:
    """The actions of a botocore folder, as Step Functions writes them."""
    return [_lowered(name) for name in _model(service)["operations"]]


def operation(asked: Call, service: str) -> Operation | None:
    """The action of a call; None where the service has none of that name."""
    model = _model(service)
    wanted = ACTIONS.get((asked.service, asked.action)) or asked.action[:1].upper() + asked.action[1:]
    found = model["operations"].get(wanted) or _spelt(model["operations"], asked.action)
    if found is None:
        return None
    shapes: dict[str, Shape] = model["shapes"]
    taken, given = (
        shapes[found[key]["shape"]] if key in found else {"type": "structure"} for key in ("input", "output")
    )
    return Operation(taken, given, shapes)


def _spelt(operations: dict[str, Any], action: str) -> Any:
    return next((one for name, one in operations.items() if _lowered(name) == action), None)


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


@functools.cache
def _loader() -> Any:
    from botocore.loaders import Loader

    return Loader()


@functools.cache
def _folders() -> frozenset[str]:
    return frozenset(_loader().list_available_services("service-2"))


@functools.cache
def _model(service: str) -> dict[str, Any]:
    model: dict[str, Any] = _loader().load_service_model(service, "service-2")
    return model


@functools.cache
def _ids() -> dict[str, str]:
    """`cloudwatchlogs` -> `logs`; `Service` at the end of an id is left out, as the SDK for Java does."""
    found: dict[str, str] = {}
    for service in sorted(_folders()):
        plain = re.sub("[^a-z0-9]", "", (_service_id(service) or service).lower())
        found.setdefault(plain.removesuffix("service"), service)
    return found


def _service_id(service: str) -> str | None:
    version = _loader().determine_latest_version(service, "service-2")
    for root in _loader().search_paths:
        for suffix, opened in ((".json.gz", gzip.open), (".json", open)):
            path = Path(root, service, version, f"service-2{suffix}")
            if path.is_file():
                with opened(path, "rb") as file:
                    head = _SERVICE_ID.search(file.read(_HEAD))
                return head[1].decode() if head else None
    return None
