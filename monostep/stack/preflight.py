"""Before anything is made: who is asking, whether the image is there, where the template goes, what is allowed."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from monostep.errors import UsageError
from monostep.stack.account import Account, Refused
from monostep.stack.changes import BODY_LIMIT
from monostep.stack.options import IMAGE

NEEDED: dict[str, tuple[str, ...]] = {
    "cloudformation:{region}:{account}:stack/{stack}/0": (
        "cloudformation:CreateChangeSet",
        "cloudformation:DescribeStackEvents",
        "cloudformation:ExecuteChangeSet",
    ),
    "cloudwatch::{account}:dashboard/{stack}": ("cloudwatch:PutDashboard",),
    "cloudwatch:{region}:{account}:alarm:{stack}-alarm": ("cloudwatch:PutMetricAlarm",),
    "iam::{account}:role/{stack}-role": ("iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy"),
    "lambda:{region}:{account}:function:{stack}": ("lambda:CreateFunction", "lambda:PublishVersion"),
    "logs:{region}:{account}:log-group:/aws/lambda/{stack}": ("logs:CreateLogGroup",),
    "states:{region}:{account}:stateMachine:{stack}-machine": (
        "states:CreateStateMachine",
        "states:CreateStateMachineAlias",
        "states:PublishStateMachineVersion",
    ),
}
"""What making a stack takes, on what: on `*` IAM would deny whoever may touch only what is called like the stack."""
_INDEX = re.compile(r"(image\.index|manifest\.list)")


def identity(account: Account) -> dict[str, str]:
    """Account and ARN of the caller."""
    found = account.call("sts", "get_caller_identity")
    return {"account": found["Account"], "arn": found["Arn"]}


def image(account: Account, uri: str) -> None:
    """Refused unless the digest is in ECR, of this region, and is one image: Lambda takes no index."""
    parts = IMAGE.fullmatch(uri)
    assert parts is not None, uri
    if parts["region"] != account.region:
        raise Refused(
            f"the image is in {parts['region']} and the stack in {account.region}: Lambda takes one of its own"
        )
    try:
        found = account.call(
            "ecr",
            "describe_images",
            registryId=parts["account"],
            repositoryName=parts["repository"],
            imageIds=[{"imageDigest": parts["digest"]}],
        )
    except Refused as error:
        if error.code in ("ImageNotFoundException", "RepositoryNotFoundException"):
            raise Refused(f"{uri} is not in ECR: push it first (./build.sh image --push)", error.code) from None
        raise
    kind = found["imageDetails"][0].get("imageManifestMediaType", "")
    if _INDEX.search(kind):
        raise Refused(f"{uri} is an index of several images; Lambda takes one: build with --provenance=false")


def body(account: Account, text: str, bucket: str | None, stack: str) -> dict[str, Any]:
    """How the template is sent: in the request, or by the bucket where it is too large for that."""
    data = text.encode()
    if len(data) <= BODY_LIMIT:
        return {"TemplateBody": text}
    if not bucket:
        raise UsageError(f"the template has {len(data):,} bytes, over {BODY_LIMIT:,}: --bucket NAME takes it")
    found = account.call("s3", "get_bucket_location", Bucket=bucket).get("LocationConstraint") or "us-east-1"
    if found != account.region:
        raise Refused(f"the bucket {bucket} is in {found} and the stack in {account.region}")
    key = f"monostep/{stack}/{hashlib.sha256(data).hexdigest()}.json"
    account.call("s3", "put_object", Bucket=bucket, Key=key, Body=data, ContentType="application/json")
    suffix = "com.cn" if account.region.startswith("cn-") else "com"
    return {"TemplateURL": f"https://{bucket}.s3.{account.region}.amazonaws.{suffix}/{key}"}


def permissions(account: Account, arn: str, stack: str) -> tuple[list[str], str]:
    """The actions the caller is denied for a stack of that name, and a note on what IAM would not say."""
    assumed = re.fullmatch(r"(arn:[\w-]+):sts::(\d+):assumed-role/([^/]+)/.+", arn)
    source = f"{assumed[1]}:iam::{assumed[2]}:role/{assumed[3]}" if assumed else arn
    if source.endswith(":root"):
        return [], ""
    partition, number = source.split(":")[1], source.split(":")[4]
    denied: list[str] = []
    unsure: list[str] = []
    for place, actions in NEEDED.items():
        target = f"arn:{partition}:" + place.format(region=account.region, account=number, stack=stack)
        try:
            for one in _simulated(account, source, actions, target):
                if one["EvalDecision"] != "allowed":
                    (unsure if one.get("MissingContextValues") else denied).append(one["EvalActionName"])
        except Refused as error:
            return denied, f"your permissions could not be checked beforehand ({error})"
    return denied, f"IAM could not tell whether you may {', '.join(unsure)}" if unsure else ""


def _simulated(account: Account, source: str, actions: tuple[str, ...], target: str) -> list[dict[str, Any]]:
    found = account.pages(
        "iam",
        "simulate_principal_policy",
        "EvaluationResults",
        PolicySourceArn=source,
        ActionNames=list(actions),
        ResourceArns=[target],
    )
    return list(found)
