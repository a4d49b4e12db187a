"""What a Task's Resource may be: an ARN, and for the integrations, a service, an action and a pattern AWS offers.

The table is AWS's own, of the optimised integrations (Developer Guide, "Integrating optimized services"). Any action of
`aws-sdk` passes here: which of them exist is botocore's knowledge and checked where that is at hand.
"""

from __future__ import annotations

import re
from typing import Any

from monostep.language.checks import Scope, place

SYNC = ".sync"
SYNC2 = ".sync:2"
TOKEN = ".waitForTaskToken"

_CALL: tuple[str, ...] = ("",)
_JOB = ("", SYNC)
_CALLBACK = ("", TOKEN)
_ALL = ("", SYNC, TOKEN)

INTEGRATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "apigateway": {"invoke": _CALLBACK},
    "athena": {
        "startQueryExecution": _JOB,
        "stopQueryExecution": _CALL,
        "getQueryExecution": _CALL,
        "getQueryResults": _CALL,
    },
    "batch": {"submitJob": _JOB},
    "bedrock": {"invokeModel": _CALLBACK, "createModelCustomizationJob": _ALL},
    "bedrockagentcore": {"invokeHarness": _CALL},
    "codebuild": {
        "startBuild": _JOB,
        "stopBuild": _CALL,
        "batchDeleteBuilds": _CALL,
        "batchGetReports": _CALL,
        "startBuildBatch": _JOB,
        "stopBuildBatch": _CALL,
        "retryBuildBatch": _JOB,
        "deleteBuildBatch": _CALL,
    },
    "databrew": {"startJobRun": _JOB},
    "dynamodb": {"getItem": _CALL, "putItem": _CALL, "updateItem": _CALL, "deleteItem": _CALL},
    "ecs": {"runTask": _ALL},
    "eks": {
        "call": _CALL,
        "runJob": _ALL,
        "createCluster": _JOB,
        "deleteCluster": _JOB,
        "createFargateProfile": _JOB,
        "deleteFargateProfile": _JOB,
        "createNodegroup": _JOB,
        "deleteNodegroup": _JOB,
    },
    "elasticmapreduce": {
        "createCluster": _JOB,
        "terminateCluster": _JOB,
        "addStep": _JOB,
        "cancelStep": _CALL,
        "setClusterTerminationProtection": _CALL,
        "modifyInstanceFleetByName": _CALL,
        "modifyInstanceGroupByName": _CALL,
    },
    "emr-containers": {"createVirtualCluster": _CALL, "deleteVirtualCluster": _JOB, "startJobRun": _JOB},
    "emr-serverless": {
        "createApplication": _JOB,
        "startApplication": _JOB,
        "stopApplication": _JOB,
        "deleteApplication": _JOB,
        "startJobRun": _JOB,
        "cancelJobRun": _JOB,
    },
    "events": {"putEvents": _CALLBACK},
    "glue": {"startJobRun": _JOB},
    "http": {"invoke": _CALL},
    "lambda": {"invoke": _CALLBACK},
    "mediaconvert": {"createJob": _JOB},
    "sagemaker": {
        "createEndpoint": _CALL,
        "createEndpointConfig": _CALL,
        "createHyperParameterTuningJob": _JOB,
        "createLabelingJob": _JOB,
        "createModel": _CALL,
        "createProcessingJob": _JOB,
        "createTrainingJob": _JOB,
        "createTransformJob": _JOB,
        "updateEndpoint": _CALL,
    },
    "sns": {"publish": _CALLBACK},
    "sqs": {"sendMessage": _CALLBACK},
    "states": {"startExecution": ("", SYNC, SYNC2, TOKEN)},
}

_ARN = re.compile(r"arn:[^:\s]+:[a-z0-9-]+:[^:\s]*:[^:\s]*:\S(?:.*\S)?", re.DOTALL)
_PATTERN = re.compile(r"(.*?)(\.sync:2|\.sync|\.waitForTaskToken)?", re.DOTALL)
_SDK = re.compile(r"aws-sdk:[A-Za-z0-9-]+:[A-Za-z][A-Za-z0-9]*")
_FUNCTION = re.compile(r"function:[A-Za-z0-9_.-]+(?::(?:\$LATEST(?:\.PUBLISHED)?|[A-Za-z0-9_-]+))?")
_ACTIVITY = re.compile(r"activity:[^:\s]+")
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


def resource(value: Any, scope: Scope, where: str, key: str) -> None:
    """The check of a Task's Resource. A `${Name}` is filled in later: at its beginning it stands for any ARN, within
    it for any text.
    """
    if type(value) is not str:
        scope.say("Expected value of type [STRING]", place(where, key))
        return
    arn = _PLACEHOLDER.sub("x", value) if "${" in value else value
    if arn is not value and value.startswith("${") and arn.startswith("x"):
        return
    if not _ARN.fullmatch(arn):
        scope.say("Value is not a valid resource ARN", place(where, key))
        return
    service, _, _, name = arn.split(":", 5)[2:]
    if not _offered(service, name, arn is not value):
        scope.say(
            f"The resource provided {value} is not recognized. The value is not a valid resource ARN, "
            "or the resource is not available in this region.",
            place(where, key),
        )
    elif scope.express and service == "states":
        _express(name, scope, place(where, key))


def is_activity(value: Any) -> bool:
    return type(value) is str and ":activity:" in value and value.startswith("arn:")


def pattern(name: str) -> tuple[str, str]:
    """`sqs:sendMessage.waitForTaskToken` -> (`sqs:sendMessage`, `.waitForTaskToken`)."""
    found = _PATTERN.fullmatch(name)
    return (found[1], found[2] or "") if found else (name, "")


def _offered(service: str, name: str, filled: bool) -> bool:
    if service == "lambda":
        return _FUNCTION.fullmatch(name) is not None
    if service != "states" or (filled and name == "x"):
        return True
    action, how = pattern(name)
    if action.startswith("aws-sdk:"):
        return _SDK.fullmatch(action) is not None and how in _CALLBACK
    integration, _, call = action.partition(":")
    if integration in INTEGRATIONS:
        return how in INTEGRATIONS[integration].get(call, ())
    return _ACTIVITY.fullmatch(name) is not None


def _express(name: str, scope: Scope, location: str) -> None:
    how = pattern(name)[1]
    if how:
        asked = TOKEN if how == TOKEN else SYNC
        scope.say(
            f"Express state machine does not support '{asked}' service integration" + " " * (how == TOKEN), location
        )
    elif name.startswith("activity:"):
        scope.say("Express state machine does not support Activity ARN", location)
