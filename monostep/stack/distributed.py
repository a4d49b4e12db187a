"""What a Distributed Map needs beside its tasks: to start itself, to read its items, to write its results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monostep.stack.arns import Given, arn, literal
from monostep.stack.special import PLACE, Grant, Scene


def grants(state: Mapping[str, Any], scene: Scene) -> Iterator[tuple[str, str, Grant]]:
    """Sid, part and grant of each statement; nothing for an inline Map."""
    processor = state.get("ItemProcessor", {})
    if processor.get("ProcessorConfig", {}).get("Mode") != "DISTRIBUTED":
        return
    executions = (
        arn(f"states:{PLACE}execution:{scene.name}:*"),
        arn(f"states:{PLACE}execution:{scene.name}/*"),
    )
    yield "MapRunStart", "map", Grant(("states:StartExecution",), (scene.machine,))
    yield "MapRunExecutions", "map", Grant(("states:DescribeExecution", "states:StopExecution"), executions)
    yield "MapRunRedrive", "map", Grant(("states:RedriveExecution",), executions[1:])
    if "ItemReader" in state:
        for kind, grant in _reader(state["ItemReader"]):
            yield f"MapItems{kind}", "machine", grant
    if "ResultWriter" in state:
        yield from (("MapResults", "machine", grant) for grant in _writer(state["ResultWriter"]))


def _reader(reader: Mapping[str, Any]) -> Iterator[tuple[str, Grant]]:
    given = Given(reader.get("Arguments", reader.get("Parameters")))
    config = reader.get("ReaderConfig", {})
    bucket, missing = _bucket(given)
    if reader.get("Resource", "").endswith(":listObjectsV2"):
        prefix = given.text("Prefix")
        condition = {"StringLike": {"s3:prefix": f"{literal(prefix)}*"}} if prefix else None
        yield "List", Grant(("s3:ListBucket",), (arn(f"s3:::{bucket}"),), condition, missing)
        if config.get("Transformation") == "LOAD_AND_FLATTEN":
            yield "Read", Grant(("s3:GetObject",), (arn(f"s3:::{bucket}/{literal(prefix or '')}*"),), missing=missing)
        return
    key = given.text("Key")
    missing += () if key else ("Key",)
    objects = [f"s3:::{bucket}/{literal(key) if key else '*'}"]
    if config.get("InputType") == "MANIFEST":  # the objects it lists lie wherever they are in their bucket
        objects = [f"s3:::{bucket}/*"]
    yield "Read", Grant(("s3:GetObject",), tuple(arn(one) for one in objects), missing=missing)


def _writer(writer: Mapping[str, Any]) -> Iterator[Grant]:
    given = Given(writer.get("Arguments", writer.get("Parameters")))
    if not given.opaque and not given.known and not given.dynamic:
        return
    bucket, missing = _bucket(given)
    prefix = (given.text("Prefix") or "").strip("/")
    missing += ("Prefix",) if given.is_dynamic("Prefix") else ()
    target = arn(f"s3:::{bucket}/{literal(prefix)}/*" if prefix else f"s3:::{bucket}/*")
    actions = ("s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")
    yield Grant(actions, (target,), missing=missing)


def _bucket(given: Given) -> tuple[str, tuple[str, ...]]:
    bucket = given.text("Bucket")
    return (literal(bucket), ()) if bucket else ("*", ("Bucket",))
