"""Accounts to test with: the scripted CloudFormation, and the few other answers that `provision` wants first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import ClientError

from monostep.stack.account import Account
from tests.aws.cloudformation import CloudFormation, Script, serving

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
CALLER = "arn:aws:sts::123456789012:assumed-role/dev/jane"


class Answers:
    """A client of anything but CloudFormation: operations to answers, an exception where it is one."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.asked.append((operation, parameters))
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, operation: str) -> Any:
        return Pages(self, operation)


class Pages:
    def __init__(self, client: Answers, operation: str) -> None:
        self.client, self.operation = client, operation

    def paginate(self, **parameters: Any) -> list[Any]:
        return [getattr(self.client, self.operation)(**parameters)]


def failing(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


GOOD: dict[str, Any] = {
    "get_caller_identity": {"Account": "123456789012", "Arn": CALLER},
    "describe_images": {"imageDetails": [{"imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json"}]},
    "simulate_principal_policy": {"EvaluationResults": [{"EvalActionName": "a:B", "EvalDecision": "allowed"}]},
}


class Session:
    """boto3's, as far as an Account needs it."""

    region_name = "us-east-1"

    def __init__(self, url: str, answers: Mapping[str, Any]) -> None:
        self.url = url
        self.others = Answers(answers)

    def client(self, service: str, endpoint_url: str | None = None) -> Any:
        if service != "cloudformation":
            return self.others
        return boto3.client("cloudformation", region_name="us-east-1", endpoint_url=endpoint_url or self.url, **KEYS)


@contextmanager
def scripted(script: Script, answers: Mapping[str, Any] | None = None) -> Iterator[tuple[Account, CloudFormation]]:
    """An account in which one stack does what the script says."""
    cloud = CloudFormation(script)
    with serving(cloud) as url:
        yield Account(session=Session(url, GOOD | dict(answers or {}))), cloud
