"""The Lambda: what it runs, and a new version of it (Lambda Developer Guide: versions; image digests)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NamedTuple

from monostep.deploy.aws import Aws, AwsError
from monostep.deploy.lock import Lease
from monostep.deploy.release import Release
from monostep.errors import StateError

PATIENCE = 600
"""Seconds that Lambda may take to make a version ready."""
POLL = 5


class Function(NamedTuple):
    arn: str
    version: str
    sha256: str
    """CodeSha256 as hex digits: of an image its digest's."""
    image: str | None
    """By digest."""
    revision: str | None
    architecture: str
    package: str
    state: str
    update: str
    reason: str
    tags: Mapping[str, str]
    configuration: Mapping[str, Any]


KEPT = ("MemorySize", "Timeout", "Architectures", "Role", "PackageType", "LastModified")
"""Of the configuration, what a record tells; environment variables may be secrets."""


def look(aws: Aws, name: str, version: str | None = None) -> Function:
    """The function, or one of its versions. AwsError."""
    qualifier = {"Qualifier": version} if version else {}
    answer = aws.call("get_function", FunctionName=name, **qualifier)
    found = answer["Configuration"]
    return Function(
        found["FunctionArn"],
        found["Version"],
        _hex(found.get("CodeSha256", "")),
        answer.get("Code", {}).get("ResolvedImageUri"),
        found.get("RevisionId"),
        (found.get("Architectures") or ["x86_64"])[0],
        found.get("PackageType", "Zip"),
        found.get("State", "Active"),
        found.get("LastUpdateStatus", "Successful"),
        found.get("StateReason") or found.get("LastUpdateStatusReason") or "",
        answer.get("Tags", {}),
        {key: found[key] for key in KEPT if key in found},
    )


def _hex(sha: str) -> str:
    """Lambda gives an image's digest as hex digits, a zip's SHA-256 in base 64."""
    if len(sha) == 64:
        return sha
    try:
        return base64.b64decode(sha, validate=True).hex()
    except (binascii.Error, ValueError):
        return sha


def idle(lease: Lease, name: str, version: str | None = None) -> Function:
    """Wait until nothing is under way with the function, or a version of it, for better or worse. DeployError."""
    clock = lease.aws.clock
    end = clock.now() + PATIENCE
    while True:
        function = look(lease.aws, name, version)
        if function.state != "Pending" and function.update != "InProgress":
            return function
        if clock.now() > end:
            how = f"{function.state}, {function.update}"
            raise StateError("DeployError", f"{function.arn} is {how} after {PATIENCE} s")
        clock.sleep(POLL)
        lease.renew()


def ready(lease: Lease, name: str, version: str | None = None) -> Function:
    """Wait until the function, or a version of it, is active. DeployError."""
    function = idle(lease, name, version)
    if "Failed" in (function.state, function.update):
        raise StateError("DeployError", f"Lambda could not make {function.arn} ready: {function.reason}")
    return function


def publish(lease: Lease, name: str) -> Function:
    """$LATEST as a version: the last one, where nothing has changed since."""
    latest = ready(lease, name)
    answer = lease.change("publish_version", FunctionName=name, CodeSha256=_sent(latest), RevisionId=latest.revision)
    return ready(lease, name, answer["Version"])


def _sent(function: Function) -> str:
    if function.package == "Image":
        return function.sha256
    return base64.b64encode(bytes.fromhex(function.sha256)).decode()


def update(lease: Lease, release: Release) -> str:
    """The release's code as a version; its ARN, once it is active and proven to be that code. DeployError."""
    name = release.lambda_name
    latest = idle(lease, name)
    answer = lease.change(
        "update_function_code",
        FunctionName=name,
        Publish=True,
        RevisionId=latest.revision,
        **_source(lease.aws, release),
    )
    version = answer["Version"]
    if version == "$LATEST":
        version = publish(lease, name).version
    function = ready(lease, name, version)
    resolved = function.image is None or function.image.rpartition(":")[2] == release.digest
    if function.sha256 != release.digest or not resolved:
        raise StateError("DeployError", f"{function.arn} runs {function.sha256}, not the release's {release.digest}")
    return qualified(lease.aws, name, version)


def _source(aws: Aws, release: Release) -> dict[str, str]:
    if release.image_uri:
        return {"ImageUri": release.image_uri}
    return {"S3Bucket": aws.bucket, "S3Key": f"{release.folder}/lambda.zip"}


def qualified(aws: Aws, name: str, version: str) -> str:
    return f"{aws.function_arn(name)}:{version}"


def restore(lease: Lease, name: str, sha256: str, image: str | None) -> str | None:
    """Make $LATEST what it was; a warning where that cannot be. Nothing pinned depends on it."""
    latest = idle(lease, name)
    if latest.sha256 == sha256:
        return None
    if image is None:
        return f"$LATEST of {name} keeps the new code: a zip's old one is not in reach"
    try:
        lease.change("update_function_code", FunctionName=name, ImageUri=image, RevisionId=latest.revision)
    except AwsError as error:
        if error.code != "InvalidParameterValueException":
            raise
        return f"$LATEST of {name} keeps the new code: {image} has left ECR"
    ready(lease, name)
    return None
