"""The account that the caller's credentials open: clients when they are needed, failures as one clear line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from monostep.errors import UsageError


class Refused(Exception):
    """AWS, or this project's own check, said no: one line for the person at the keyboard (exit 1)."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Account:
    """Clients of one session. `session` stands in for boto3's in tests."""

    def __init__(
        self,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
        session: Any = None,
    ) -> None:
        self._endpoint = endpoint_url
        self._clients: dict[str, Any] = {}
        self._session = session or _session(region, profile)
        self.region: str = self._session.region_name or ""
        if not self.region:
            raise UsageError("no region: --region, AWS_REGION or the profile must name one")

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self._endpoint)
        return self._clients[service]

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One call's answer; Refused with AWS's words."""
        with spoken(f"{service}:{operation}"):
            answer: dict[str, Any] = getattr(self.client(service), operation)(**parameters)
            return answer

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
        """The items of every page of a list, one after another."""
        with spoken(f"{service}:{operation}"):
            for page in self.client(service).get_paginator(operation).paginate(**parameters):
                yield from page.get(key, ())


def _session(region: str | None, profile: str | None) -> Any:
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise UsageError("boto3 is not installed: pip install boto3 (the image has it with EXTRAS=deployer)") from None
    try:
        return boto3.Session(region_name=region or os.environ.get("AWS_REGION"), profile_name=profile)
    except BotoCoreError as error:
        raise UsageError(str(error)) from None


@contextmanager
def spoken(what: str) -> Iterator[None]:
    """botocore's failures as Refused."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        found = error.response.get("Error", {})
        raise Refused(f"{what}: {found.get('Message') or error}", found.get("Code", "")) from None
    except BotoCoreError as error:
        raise Refused(f"{what}: {error}", type(error).__name__) from None
    except ResponseParserError:
        raise Refused(f"{what}: what answered is not AWS", "ResponseParserError") from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--region", metavar="REGION", help="without it AWS_REGION, or the profile's")
    parser.add_argument("--profile", metavar="NAME", help="a profile of the AWS configuration")
    parser.add_argument("--endpoint-url", metavar="URL", help="another endpoint, for tests")


def connect(arguments: argparse.Namespace) -> Account:
    return Account(arguments.region, arguments.profile, arguments.endpoint_url)
