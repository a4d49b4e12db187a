"""What lies in the bucket: the release, its machine, its record; the user's lock and the halt beside them.

<account>/<project>/<config>/user-lock            a person's freeze: {"user", "lock_reason"}
<account>/<project>/<config>/halt                 the release that shall end: {"release_id", "user", "reason"}
<account>/<project>/<config>/<release_id>/release, machine.json, lambda.zip, record
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from monostep.deploy.aws import Aws, AwsError

LIMIT = 8_000_000
"""Bytes of a document; a definition has at most 1 MB, a record holds one."""


class Found(NamedTuple):
    body: bytes
    version_id: str | None


def read(aws: Aws, key: str, version_id: str | None = None) -> Found | None:
    """An object of the bucket, or None where there is none."""
    version = {"VersionId": version_id} if version_id else {}
    try:
        answer = aws.call("get_object", Bucket=aws.bucket, Key=key, **version)
    except AwsError as error:
        if error.code in ("NoSuchKey", "NoSuchVersion", "404"):
            return None
        raise
    found = answer.get("VersionId")
    return Found(answer["Body"], None if found in (None, "null") else found)


def write(aws: Aws, key: str, body: bytes) -> str | None:
    """Put an object; its VersionId."""
    version: str | None = aws.call("put_object", Bucket=aws.bucket, Key=key, Body=body).get("VersionId")
    return version


def read_json(aws: Aws, key: str) -> dict[str, Any] | None:
    """A JSON object, or None where there is none or where it is something else."""
    found = read(aws, key)
    return None if found is None else document(found)


def document(found: Found) -> dict[str, Any] | None:
    """The JSON object that was found, or None where it is something else."""
    if len(found.body) > LIMIT:
        return None
    try:
        document = json.loads(found.body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def write_json(aws: Aws, key: str, document: Any) -> None:
    write(aws, key, json.dumps(document, ensure_ascii=False).encode())
