"""Integrations that no row describes: what they may touch depends on the shape of their parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from monostep.stack.arns import Given, arn, fill, given_arn, is_arn, is_expression, literal, unique

PLACE = "${Region}:${Account}:"


class Grant(NamedTuple):
    """Actions on resources. `missing` names the parameters that, known before the run, would have narrowed them;
    `kind` tells the grants of one integration apart (and ends the Sid).
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Any] | None = None
    missing: tuple[str, ...] = ()
    kind: str = ""


class Scene(NamedTuple):
    """What a grant may depend on beside the parameters: the machine's own name, and its functions by placeholder."""

    name: str
    functions: Mapping[str, str]

    @property
    def machine(self) -> str:
        return arn(f"states:{PLACE}stateMachine:{self.name}")


Special = Callable[[Given, str, Scene], list[Grant]]


def rule(name: str) -> Grant:
    """The managed rule by which `.sync` hears that a job has ended."""
    actions = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
    return Grant(actions, (arn(f"events:{PLACE}rule/{name}"),), kind="Rule")


def function(text: str, scene: Scene, qualifier: str = "") -> tuple[str, ...]:
    """The ARNs that allow a Lambda and, unless one is named, all its versions and aliases."""
    found = re.fullmatch(r"\$\{([A-Za-z0-9_.:-]+)\}", text)
    if found:
        base = scene.functions.get(found[1], text)
        return (base, f"{base}:*") if not qualifier else (f"{base}:{qualifier}",)
    head, _, tail = text.rpartition("function:")
    name, _, own = tail.partition(":")
    qualifier = qualifier or own
    if head.startswith("arn:"):
        base = f"{head}function:{name}"
    else:
        account = head.rstrip(":")
        base = arn(f"lambda:${{Region}}:{account or '${Account}'}:function:{literal(name)}")
    return (f"{base}:{qualifier}",) if qualifier else (base, f"{base}:*")


def _lambda(given: Given, _pattern: str, scene: Scene) -> list[Grant]:
    name = given.text("FunctionName")
    if name is None:
        everything = (arn(f"lambda:{PLACE}function:*"),)
        return [Grant(("lambda:InvokeFunction",), everything, missing=("FunctionName",))]
    return [Grant(("lambda:InvokeFunction",), function(name, scene, given.text("Qualifier") or ""))]


def _execution(given: Given, pattern: str, _scene: Scene) -> list[Grant]:
    target = given.text("StateMachineArn")
    found = fill(f"states:{PLACE}stateMachine:${{StateMachineName}}", given)
    grants = [Grant(("states:StartExecution",), tuple(found.arns), missing=tuple(found.missing))]
    if pattern.startswith(".sync"):
        head, _, name = (target or "").partition(":stateMachine:")
        if head.startswith("arn:") and name:
            executions = f"{head}:execution:{name.split(':')[0]}:*"
        else:
            executions = arn(f"states:{PLACE}execution:*")
        grants.append(Grant(("states:DescribeExecution", "states:StopExecution"), (executions,), kind="Job"))
        grants.append(rule("StepFunctionsGetEventsForStepFunctionsExecutionRule"))
    return grants


def _events(given: Given, _pattern: str, _scene: Scene) -> list[Grant]:
    entries = given.known.get("entries")
    names: list[str] = []
    missing = () if isinstance(entries, list) else ("Entries",)
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, Mapping) or is_expression(entry.get("EventBusName")) or "EventBusName.$" in entry:
            missing = ("EventBusName",)
        else:
            names.append(str(entry.get("EventBusName", "default")))
    buses = ["*"] if missing else names
    arns = [bus if is_arn(bus) else arn(f"events:{PLACE}event-bus/{bus if missing else literal(bus)}") for bus in buses]
    return [Grant(("events:PutEvents",), tuple(unique(arns)), missing=missing)]


def _sns(given: Given, _pattern: str, _scene: Scene) -> list[Grant]:
    if "phonenumber" in given.known or "phonenumber" in given.dynamic:
        return [Grant(("sns:Publish",), ("*",))]
    target = given_arn(given, "TopicArn", "TargetArn")
    if target is None:
        missing = "TargetArn" if given.is_dynamic("TargetArn") and not given.opaque else "TopicArn"
        return [Grant(("sns:Publish",), (arn(f"sns:{PLACE}*"),), missing=(missing,))]
    return [Grant(("sns:Publish",), (target,))]


def _http(given: Given, _pattern: str, scene: Scene) -> list[Grant]:
    method, endpoint = given.text("Method"), given.text("ApiEndpoint")
    condition: dict[str, dict[str, str]] = {}
    if method:
        condition.setdefault("StringEquals", {})["states:HTTPMethod"] = method
    if endpoint:
        condition.setdefault("StringEquals", {})["states:HTTPEndpoint"] = endpoint
    missing = () if endpoint else ("ApiEndpoint",)
    authentication = given.below("Authentication")
    connection = given_arn(authentication, "ConnectionArn") or given_arn(
        given.below("InvocationConfig"), "ConnectionArn"
    )
    secrets = "secretsmanager:${Region}:${Account}:secret:events!connection/"
    parts = connection.split("/") if connection else []
    secret = f"{parts[1]}/*" if len(parts) > 1 else "*"
    return [
        Grant(("states:InvokeHTTPEndpoint",), (scene.machine,), condition or None, missing),
        Grant(
            ("events:RetrieveConnectionCredentials",),
            (connection or arn(f"events:{PLACE}connection/*"),),
            missing=() if connection else ("ConnectionArn",),
            kind="Connection",
        ),
        Grant(
            ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"), (arn(secrets + secret),), kind="Secret"
        ),
    ]


def _apigateway(given: Given, _pattern: str, _scene: Scene) -> list[Grant]:
    if given.text("AuthType") in (None, "NO_AUTH") and not given.is_dynamic("AuthType"):
        return []
    endpoint, missing = given.text("ApiEndpoint"), []
    api = (endpoint or "*").split(".")[0]
    if "${" in api or endpoint is None:
        api = "*"
        missing.append("ApiEndpoint")
    stage = literal(given.text("Stage") or "*")
    method = given.text("Method") or "*"
    path = literal((given.text("Path") or "*").lstrip("/")) or "*"
    missing += [name for name in ("Stage", "Method", "Path") if given.is_dynamic(name)]
    target = arn(f"execute-api:{PLACE}{api}/{stage}/{method}/{path}").replace("?/", "*/")
    return [Grant(("execute-api:Invoke",), (target,), missing=tuple(missing))]


def _athena(given: Given, pattern: str, _scene: Scene) -> list[Grant]:
    found = fill(f"athena:{PLACE}workgroup/${{WorkGroupName}}", given)
    job = ("athena:StopQueryExecution", "athena:GetQueryExecution") if pattern else ()
    context = given.below("QueryExecutionContext")
    catalogs = fill(f"athena:{PLACE}datacatalog/${{Catalog}}", context).arns
    glue = tuple(arn(f"glue:{PLACE}{part}") for part in ("catalog", "database/*", "table/*", "userDefinedFunction/*"))
    return [
        Grant(
            ("athena:StartQueryExecution", *job, "athena:GetDataCatalog"),
            (*found.arns, *catalogs),
            missing=tuple(found.missing),
        ),
        *_data(given),
        Grant(_GLUE, glue, missing=("the tables that the query reads",), kind="Catalog"),
        Grant(("lakeformation:GetDataAccess",), ("*",), kind="Lake"),
    ]


def _data(given: Given) -> list[Grant]:
    """Which objects a query reads only its text and the catalog know; where its results go a parameter may say."""
    unknown = ("the buckets that the query reads",)
    place = given.below("ResultConfiguration").text("OutputLocation")
    found = re.fullmatch(r"s3://([^/]+)/?(.*)", place or "")
    if not found:
        return [Grant((*_S3_READ, *_S3_WRITE, "s3:CreateBucket"), (arn("s3:::*"),), missing=unknown, kind="Data")]
    bucket, prefix = literal(found[1]), literal(found[2].rstrip("/"))
    target = (arn(f"s3:::{bucket}"), arn(f"s3:::{bucket}/{prefix}/*" if prefix else f"s3:::{bucket}/*"))
    return [
        Grant(_S3_READ, (arn("s3:::*"),), missing=unknown, kind="Data"),
        Grant(_S3_WRITE, target, kind="Results"),
    ]


def _query(action: str) -> Special:
    def grants(_given: Given, _pattern: str, _scene: Scene) -> list[Grant]:
        found = [Grant((action,), (arn(f"athena:{PLACE}workgroup/*"),))]
        if action == "athena:GetQueryResults":
            found.append(
                Grant(("s3:GetObject",), (arn("s3:::*"),), missing=("the bucket of the results",), kind="Data")
            )
        return found

    return grants


def _model(given: Given, _pattern: str, _scene: Scene) -> list[Grant]:
    model = given.text("ModelId")
    missing = () if model else ("ModelId",)
    if model is None:
        arns = [arn("bedrock:${Region}::foundation-model/*"), arn(f"bedrock:{PLACE}provisioned-model/*")]
    elif is_arn(model):
        arns = [model]
    elif found := re.fullmatch(r"(?:us|eu|apac|us-gov|jp|au|ca|global)\.(.+)", model):
        arns = [arn(f"bedrock:{PLACE}inference-profile/{model}"), arn(f"bedrock:*::foundation-model/{found[1]}")]
    else:
        arns = [arn(f"bedrock:${{Region}}::foundation-model/{literal(model)}")]
    grants = [Grant(("bedrock:InvokeModel",), tuple(arns), missing=missing)]
    for name, action in (("Input", "s3:GetObject"), ("Output", "s3:PutObject")):
        if (uri := given.below(name).text("S3Uri")) and uri.startswith("s3://"):
            grants.append(Grant((action,), (arn(f"s3:::{literal(uri[5:])}"),), kind=name))
        elif given.below(name).is_dynamic("S3Uri"):
            grants.append(Grant((action,), (arn("s3:::*"),), missing=(f"{name}.S3Uri",), kind=name))
    return grants


def _copy(given: Given, _pattern: str, _scene: Scene) -> list[Grant]:
    source = given.text("CopySource")
    read = arn(f"s3:::{literal(source.partition('?')[0].lstrip('/'))}" if source else "s3:::*")
    written = fill("s3:::${BucketName}/${ObjectName}", given)
    return [
        Grant(("s3:GetObject",), (read,), missing=() if source else ("CopySource",)),
        Grant(("s3:PutObject",), tuple(written.arns), missing=tuple(written.missing), kind="Target"),
    ]


def _kubernetes(_given: Given, _pattern: str, _scene: Scene) -> list[Grant]:
    return []


_S3_READ = ("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket")
_S3_WRITE = (
    "s3:AbortMultipartUpload",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
_GLUE = (
    *(f"glue:{verb}Database" for verb in ("Create", "Get", "Update", "Delete")),
    "glue:GetDatabases",
    *(f"glue:{verb}Table" for verb in ("Create", "Update", "Get", "Delete", "BatchDelete")),
    "glue:GetTables",
    *(
        f"glue:{verb}Partition"
        for verb in ("BatchCreate", "Create", "Update", "Get", "BatchGet", "Delete", "BatchDelete")
    ),
    "glue:GetPartitions",
)

SPECIALS: dict[str, Special] = {
    "apigateway:invoke": _apigateway,
    "athena:startQueryExecution": _athena,
    "athena:stopQueryExecution": _query("athena:StopQueryExecution"),
    "athena:getQueryExecution": _query("athena:GetQueryExecution"),
    "athena:getQueryResults": _query("athena:GetQueryResults"),
    "bedrock:invokeModel": _model,
    "eks:call": _kubernetes,
    "eks:runJob": _kubernetes,
    "events:putEvents": _events,
    "http:invoke": _http,
    "lambda:invoke": _lambda,
    "sns:publish": _sns,
    "states:startExecution": _execution,
    "aws-sdk:s3:copyObject": _copy,
}
"""`eks:call` and `eks:runJob` need nothing of IAM: the cluster's own RBAC lets the role in."""
SAME = {
    "aws-sdk:athena:getQueryExecution": "athena:getQueryExecution",
    "aws-sdk:athena:getQueryResults": "athena:getQueryResults",
    "aws-sdk:athena:startQueryExecution": "athena:startQueryExecution",
    "aws-sdk:athena:stopQueryExecution": "athena:stopQueryExecution",
    "aws-sdk:bedrockruntime:converse": "bedrock:invokeModel",
    "aws-sdk:bedrockruntime:invokeModel": "bedrock:invokeModel",
    "aws-sdk:eventbridge:putEvents": "events:putEvents",
    "aws-sdk:lambda:invoke": "lambda:invoke",
    "aws-sdk:sns:publish": "sns:publish",
}
"""Calls through the SDK that need what the optimised integration needs."""
