"""What a Task's Resource names, read from its ARN."""

from __future__ import annotations

import re
from typing import NamedTuple

_LAMBDA = re.compile(r"arn:[\w-]+:lambda:([\w-]+):(\d*):function:([\w$-]+|\$\{[^}]+\})(?::([\w$-]+))?")
_ACTIVITY = re.compile(r"arn:[\w-]+:states:([\w-]+):(\d*):activity:(.+)")
_SERVICE = re.compile(r"arn:[\w-]+:states:[\w-]*:\d*:(?!activity:)(aws-sdk:)?([\w-]+):([\w]+)((?:\.[\w:]+)?)")
_PLACEHOLDER = re.compile(r"\$\{[A-Za-z0-9_.:-]+\}")


class Resource(NamedTuple):
    """`kind` is lambda, activity, service or other; `name` the function's, the activity's or the action's."""

    kind: str
    text: str
    service: str = ""
    name: str = ""
    pattern: str = ""
    """"", ".sync", ".sync:2" or ".waitForTaskToken"."""


def parse(text: str) -> Resource:
    if found := _LAMBDA.fullmatch(text):
        return Resource("lambda", text, "lambda", found[3])
    if _PLACEHOLDER.fullmatch(text):
        return Resource("lambda", text, "lambda", text)
    if found := _ACTIVITY.fullmatch(text):
        return Resource("activity", text, "", found[3])
    if found := _SERVICE.fullmatch(text):
        return Resource("service", text, (found[1] or "") + found[2], found[3], found[4])
    return Resource("other", text)


def function_name(text: str) -> str:
    """The bare name in any way Lambda lets one write a function: name, name:alias, partial or full ARN."""
    if found := _LAMBDA.fullmatch(text):
        return found[3]
    parts = text.split(":")
    if "function" in parts[:-1]:
        return parts[parts.index("function") + 1]
    return parts[0]
