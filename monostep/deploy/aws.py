"""Every AWS call the deployer makes: one table, and one way to make it.

The table is what a policy is derived from (`actions`), and what decides how a call is made: a read is tried three
times, a change exactly once, because a change whose answer was lost may have happened. A change under the lock is sent
only while the permit lasts: the time up to which the lease was seen to be ours, checked again when botocore is about
to write to the socket.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from monostep.errors import StateError

NAME = "step-deployer"
"""The deployer's own name: of its Lambda, its table (-locks), its bucket (-<account>), its role (-assumed)."""
READS = 3
"""Attempts of a read."""
FETCH_LIMIT = 1_000_000
"""Bytes of an image's configuration."""


class Call(NamedTuple):
    service: str
    actions: tuple[str, ...]
    """IAM actions it needs."""
    change: bool = False
    """Changes what runs: made once, and only under the lock."""
    home: bool = False
    """Made with the deployer's own credentials; the others with those of the account it deploys to."""
    seconds: int = 10
    """Until it is given up."""
    verb: str = ""
    """The client's verb that alone makes it, with the caller's credentials; empty where the deployer makes it too."""


CALLS: Mapping[str, Call] = {
    # s3:ListBucket, or S3 says 403 instead of 404 of an object that is not there
    "get_object": Call("s3", ("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"), home=True),
    "put_object": Call("s3", ("s3:PutObject",), home=True),
    "get_item": Call("dynamodb", ("dynamodb:GetItem",), home=True),
    "put_item": Call("dynamodb", ("dynamodb:PutItem",), home=True),
    "update_item": Call("dynamodb", ("dynamodb:UpdateItem",), home=True),
    "assume_role": Call("sts", ("sts:AssumeRole",), home=True),
    "get_function": Call("lambda", ("lambda:GetFunction", "lambda:ListTags")),
    "update_function_code": Call(
        "lambda", ("lambda:UpdateFunctionCode", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"), True, seconds=60
    ),
    "publish_version": Call("lambda", ("lambda:PublishVersion",), True, seconds=30),
    "describe_state_machine": Call("stepfunctions", ("states:DescribeStateMachine",)),
    "list_tags_for_resource": Call("stepfunctions", ("states:ListTagsForResource",)),
    "list_state_machine_versions": Call("stepfunctions", ("states:ListStateMachineVersions",)),
    "update_state_machine": Call(
        "stepfunctions", ("states:UpdateStateMachine", "states:PublishStateMachineVersion"), True, seconds=30
    ),
    "describe_state_machine_alias": Call("stepfunctions", ("states:DescribeStateMachineAlias",)),
    "create_state_machine_alias": Call("stepfunctions", ("states:CreateStateMachineAlias",), True, seconds=20),
    "update_state_machine_alias": Call("stepfunctions", ("states:UpdateStateMachineAlias",), True, seconds=20),
    "start_execution": Call("stepfunctions", ("states:StartExecution",), True, seconds=20),
    "start_sync_execution": Call("stepfunctions", ("states:StartSyncExecution",), True, seconds=300),
    "describe_execution": Call("stepfunctions", ("states:DescribeExecution",)),
    "list_executions": Call("stepfunctions", ("states:ListExecutions",)),
    "describe_state_machine_for_execution": Call("stepfunctions", ("states:DescribeStateMachineForExecution",)),
    "describe_alarms": Call("cloudwatch", ("cloudwatch:DescribeAlarms",)),
    "simulate_principal_policy": Call("iam", ("iam:SimulatePrincipalPolicy",)),
    "batch_get_image": Call("ecr", ("ecr:BatchGetImage",)),
    "get_download_url_for_layer": Call("ecr", ("ecr:GetDownloadUrlForLayer",)),
    "get_caller_identity": Call("sts", (), home=True, verb="any"),
    "list_objects_v2": Call("s3", ("s3:ListBucket",), home=True, verb="history"),
    "delete_object": Call("s3", ("s3:DeleteObject",), home=True, verb="unlock"),
    "get_execution_history": Call("stepfunctions", ("states:GetExecutionHistory",), home=True, verb="deploy"),
    "list_state_machines": Call("stepfunctions", ("states:ListStateMachines",), verb="prune"),
    "list_state_machine_aliases": Call("stepfunctions", ("states:ListStateMachineAliases",), verb="prune"),
    "list_versions_by_function": Call("lambda", ("lambda:ListVersionsByFunction",), verb="prune"),
    "delete_function": Call("lambda", ("lambda:DeleteFunction",), True, verb="prune"),
    "delete_state_machine_version": Call("stepfunctions", ("states:DeleteStateMachineVersion",), True, verb="prune"),
}


class AwsError(StateError):
    """A call that failed: `code` is AWS's, or the name of botocore's exception where no answer came."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__("AwsError", f"{operation}: {code}: {message}")
        self.code = code


class Clock:
    """The real one. Seconds since the epoch."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


Fetch = Callable[[str], bytes]


class Aws:
    """AWS as one account of one region sees it, from the deployer's own account.

    `account` is the deployer's; `aim` names the one that is deployed to. Clients are made when they are first needed.
    """

    def __init__(
        self,
        account: str,
        region: str,
        partition: str = "aws",
        name: str = NAME,
        clock: Clock | None = None,
        session: Any = None,
        endpoint_url: str | None = None,
        caller: bool = False,
    ) -> None:
        self.account, self.region, self.partition, self.name = account, region, partition, name
        self.clock = clock or Clock()
        self.session = session
        self.endpoint_url = endpoint_url
        self.caller = caller
        """A person's credentials, which may do all of it: no role is assumed, no lock is held."""
        self.until = 0.0
        """The permit: changes may be sent up to this moment."""
        self.target = (account, region)
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._lock = threading.RLock()

    @property
    def bucket(self) -> str:
        return f"{self.name}-{self.account}"

    @property
    def table(self) -> str:
        return f"{self.name.lower()}-locks"

    def aim(self, account: str, region: str) -> Aws:
        self.target = (account, region)
        return self

    def function_arn(self, name: str) -> str:
        return f"arn:{self.partition}:lambda:{self.target[1]}:{self.target[0]}:function:{name}"

    def machine_arn(self, name: str) -> str:
        return f"arn:{self.partition}:states:{self.target[1]}:{self.target[0]}:stateMachine:{name}"

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer of one call. Raises AwsError."""
        call = CALLS[operation]
        for attempt in range(1, (1 if call.change or operation.endswith("_item") else READS) + 1):
            try:
                return self._once(call, operation, parameters)
            except AwsError as error:
                if not _passing(error.code) or attempt == READS or call.change or operation.endswith("_item"):
                    raise
                self.clock.sleep(2**attempt)
        raise AssertionError("unreachable")

    def _once(self, call: Call, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(self._client(call), operation)(**parameters)
            if "Body" in answer:
                answer["Body"] = answer["Body"].read()
            return answer
        except ClientError as error:
            shown = error.response.get("Error", {})
            raise AwsError(operation, shown.get("Code", "Unknown"), shown.get("Message", "")) from None
        except BotoCoreError as error:
            raise AwsError(operation, type(error).__name__, str(error)) from None

    def _client(self, call: Call) -> Any:
        account, region = (self.account, self.region) if call.home else self.target
        key = (call.service, account, f"{region}:{call.seconds}")
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._connect(call, account, region)
            return self._clients[key]

    def _connect(self, call: Call, account: str, region: str) -> Any:
        import boto3
        from botocore.config import Config

        session = self.session or boto3.Session()
        keys = {} if account == self.account or self.caller else self._assumed(account)
        client = session.client(
            call.service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            config=Config(
                connect_timeout=5,
                read_timeout=call.seconds,
                retries={"total_max_attempts": 1},
                inject_host_prefix=self.endpoint_url is None,
            ),
            **keys,
        )
        client.meta.events.register_last("before-send", self._permitted)
        return client

    def _assumed(self, account: str) -> dict[str, str]:
        role = f"arn:{self.partition}:iam::{account}:role/{self.name}-assumed"
        found = self.call("assume_role", RoleArn=role, RoleSessionName=self.name)["Credentials"]
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }

    def _permitted(self, event_name: str, **_: Any) -> None:
        """botocore's last hook before the socket: a change whose permit has run out is not sent."""
        operation = event_name.rpartition(".")[2]
        call = CHANGES.get(operation)
        if call and not self.caller and self.clock.now() + call.seconds > self.until:
            raise AwsError(operation, "LeaseExpired", "the lock's lease does not outlast this call; nothing was sent")

    def forget(self) -> None:
        """Let go of assumed roles, whose credentials last an hour."""
        with self._lock:
            self._clients = {key: client for key, client in self._clients.items() if key[1] == self.account}

    def fetch(self, url: str) -> bytes:
        """What a presigned URL gives, up to FETCH_LIMIT bytes."""
        from urllib.request import urlopen

        try:
            with urlopen(url, timeout=10) as answer:
                return bytes(answer.read(FETCH_LIMIT + 1))
        except OSError as error:
            raise AwsError("fetch", type(error).__name__, str(error)) from None


def _camel(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))


CHANGES: Mapping[str, Call] = {_camel(name): call for name, call in CALLS.items() if call.change}
_PASSING = ("Throttl", "TooManyRequests", "InternalError", "InternalServer", "ServiceUnavailable", "ServiceException")


def _passing(code: str) -> bool:
    """Whether a failure may be gone on the next attempt: no answer, throttling, a failure of AWS's own."""
    return (
        code.startswith(_PASSING)
        or code.endswith(("ConnectionError", "TimeoutError", "ConnectionClosedError"))
        or (code.isdigit() and code.startswith("5"))
    )


_used: ContextVar[Aws | None] = ContextVar("aws", default=None)


@contextmanager
def using(aws: Aws) -> Iterator[Aws]:
    """Let the tasks called inside use these clients and this clock."""
    token = _used.set(aws)
    try:
        yield aws
    finally:
        _used.reset(token)


def current(context: Any) -> Aws:
    """The clients of this invocation: those of `using`, or new ones for the Lambda whose context this is."""
    used = _used.get()
    if used is not None:
        return used
    parts = context.invoked_function_arn.split(":")
    import boto3

    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    return Aws(parts[4], parts[3], parts[1], context.function_name, session=boto3.Session(), endpoint_url=endpoint)
