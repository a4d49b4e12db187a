"""What the deployer itself needs: its policies, derived from the table of its AWS calls, and its stack.

Its Lambda may change only what carries the tag DeployWith=step-deployer, and touch no bucket but its own (the
ancestor's Deny). In other accounts it acts as the role `step-deployer-assumed` there, whose policy is `assumed`.
`client` is for those who start deploys: what they may do is upload a release and start the machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monostep.deploy.aws import CALLS, NAME
from monostep.language.inject import expand
from monostep.stack import cloudformation
from monostep.stack.actions import look_up
from monostep.stack.arns import Given, arn, of_action, unique
from monostep.stack.cloudformation import sub
from monostep.stack.options import Options
from monostep.stack.policy import LOGGING
from monostep.stack.project import Machine, Size
from monostep.stack.special import PLACE
from monostep.tasks.registry import DEPLOYER

TAGGED = {"aws:ResourceTag/DeployWith": NAME}
CHANGED = ("lambda:UpdateFunctionCode", "lambda:PublishVersion", "states:UpdateStateMachine")
"""The actions that change what runs: only on what says that the deployer may."""
BUCKET = f"{NAME}-${{AWS::AccountId}}"
TABLE = f"{NAME}-locks"
ASSUMED = f"{NAME}-assumed"
SIZE = Size(512, 900)
_OWN: Mapping[str, tuple[str, ...]] = {
    "s3:ListBucket": (f"s3:::{BUCKET}",),
    **dict.fromkeys(("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject"), (f"s3:::{BUCKET}/*",)),
    **dict.fromkeys(
        ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"), (f"dynamodb:{PLACE}table/{TABLE}",)
    ),
    "sts:AssumeRole": (f"iam::*:role/{ASSUMED}",),
    "iam:PassRole": ("iam::${Account}:role/step/*",),
    "iam:SimulatePrincipalPolicy": ("iam::${Account}:role/step/*",),
}
"""What is narrower than all of the account and region."""


def policies() -> dict[str, Any]:
    """`lambda`, `assumed`, `machine` and `client`: the policy documents of each role."""
    home = _actions(home=True)
    target = _actions(home=False)
    own = [*_statements(home), *_statements(target), _denied()]
    return {
        "lambda": _document(own),
        "assumed": _document(_statements(target)),
        "machine": _document(_machine_statements()),
        "client": _document(_client_statements()),
    }


def _actions(home: bool) -> list[str]:
    return unique(name for call in CALLS.values() if call.home == home and not call.verb for name in call.actions)


def _statements(actions: Sequence[str]) -> list[dict[str, Any]]:
    """A statement for each set of resources, under the tag where the action changes what runs."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for name in actions:
        condition = json.dumps(_condition(name))
        groups.setdefault((tuple(_resources(name)), condition), []).append(name)
    found = []
    for (resources, condition), names in groups.items():
        statement = {"Sid": _sid(names), "Effect": "Allow", "Action": names, "Resource": list(resources)}
        if condition != "null":
            statement["Condition"] = json.loads(condition)
        found.append(statement)
    return found


def _resources(name: str) -> list[str]:
    if name in _OWN:
        return [arn(text) for text in _OWN[name]]
    action = look_up(name)
    assert action is not None, f"{name} is no action of AWS's reference"
    return of_action(action, Given(None)).arns


def _condition(name: str) -> Any:
    if name in CHANGED:
        return {"StringEquals": TAGGED}
    if name == "iam:PassRole":
        return {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
    return None


def _sid(names: Sequence[str]) -> str:
    service, _, action = names[0].partition(":")
    return f"{service.title()}{action}"


def _denied() -> dict[str, Any]:
    resources = [arn(f"s3:::{BUCKET}"), arn(f"s3:::{BUCKET}/*")]
    return {"Sid": "NoOtherBucket", "Effect": "Deny", "Action": "s3:*", "NotResource": resources}


def _machine_statements() -> list[dict[str, Any]]:
    function = arn(f"lambda:{PLACE}function:{NAME}")
    return [
        _allow("LambdaInvoke", ["lambda:InvokeFunction"], [function, f"{function}:*"]),
        _allow("Logging", list(LOGGING), ["*"]),
    ]


def _client_statements() -> list[dict[str, Any]]:
    machine = arn(f"states:{PLACE}stateMachine:{NAME}")
    executions = arn(f"states:{PLACE}execution:{NAME}:*")
    return [
        _allow("Upload", ["s3:PutObject"], [arn(f"s3:::{BUCKET}/*")]),
        _allow("Start", ["states:StartExecution"], [machine, f"{machine}:*"]),
        _allow("Follow", ["states:DescribeExecution", "states:GetExecutionHistory"], [executions]),
    ]


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    taken: dict[str, int] = {}
    for one in statements:
        taken[one["Sid"]] = taken.get(one["Sid"], 0) + 1
        if taken[one["Sid"]] > 1:
            one["Sid"] += str(taken[one["Sid"]])
    return {"Version": "2012-10-17", "Statement": statements}


def template(options: Options) -> dict[str, Any]:
    """The deployer's own stack, by CloudFormation: bucket, table, Lambda, machine with alias, and their roles.

    `options.image` is one built with EXTRAS=deployer; with `options.deployer` the deployer can deploy itself. In every
    other account the role `step-deployer-assumed` is made by hand, of `policy deployer`'s `assumed`.
    """
    chosen = options._replace(size=SIZE, function_role=None, role=None)
    machine = Machine(NAME, "STANDARD", _definition(), {"LambdaArn": SIZE})
    made = cloudformation.template([machine], chosen)
    resources = made["Resources"]
    name = next(key for key, one in resources.items() if one["Type"] == "AWS::StepFunctions::StateMachine")
    resources["Function"]["Properties"]["FunctionName"] = NAME
    resources["FunctionLogs"]["Properties"]["LogGroupName"] = f"/aws/lambda/{NAME}"
    resources[name]["Properties"]["StateMachineName"] = NAME
    found = policies()
    own = _subbed(found["lambda"]["Statement"])
    resources["FunctionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"] += own
    policy = resources[f"{name}Role"]["Properties"]["Policies"][0]["PolicyDocument"]
    policy["Statement"] = _subbed(found["machine"]["Statement"])
    made["Description"] = "Monostep: the deployer"
    made["Resources"] = {"Bucket": _bucket(), "BucketPolicy": _encrypted(), "Locks": _table(), **resources}
    made["Outputs"]["BucketName"] = {"Description": "Where releases go", "Value": {"Ref": "Bucket"}}
    return made


def _definition() -> Any:
    text = (Path(__file__).parent / "machine.json").read_text("utf-8")
    return expand(json.loads(text), DEPLOYER)


def _subbed(value: Any) -> Any:
    if isinstance(value, str):
        return sub(value)
    if isinstance(value, Mapping):
        return {key: _subbed(item) for key, item in value.items()}
    return [_subbed(item) for item in value]


def _bucket() -> dict[str, Any]:
    every = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    encryption = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    properties = {
        "BucketName": sub(BUCKET),
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": dict.fromkeys(every, True),
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    }
    return {"Type": "AWS::S3::Bucket", **cloudformation.KEEP, "Properties": properties}


def _encrypted() -> dict[str, Any]:
    """Nobody speaks to the bucket in the clear."""
    statement = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": _subbed([arn(f"s3:::{BUCKET}"), arn(f"s3:::{BUCKET}/*")]),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": policy}}


def _table() -> dict[str, Any]:
    properties = {
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    return {"Type": "AWS::DynamoDB::Table", **cloudformation.KEEP, "Properties": properties}
