"""What a Task's Resource names, read from its ARN."""

from __future__ import annotations

import re
from typing import NamedTuple

_LAMBDA = re.compile(r"arn:[\w-]+:lambda:([\w-]+):(\d*):function:([\w$-]+|\$\{[^}]+\})(?::([\w$-]+))?")
_FUNCTION = re.compile(
    r"(?:arn:[\w-]+:lambda:([\w-]*):)?(?:(\d*):(?=function:))?(?:function:)?([\w-]+|\$\{[^}]+\})(?::([\w$-]+))?"
)
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


class Name(NamedTuple):
    """A Lambda function as one may write it: name, partial or full ARN, with an alias or a version."""

    region: str | None
    account: str | None
    name: str
    alias: str | None

    def answers(self, wanted: Name) -> bool:
        """Whether what goes by this name may answer for another; what a name does not say fits anything."""
        return self.name == wanted.name and all(
            mine is None or mine == theirs or (theirs is None and mine is not self.alias)
            for mine, theirs in zip(self, wanted, strict=True)
        )

    @property
    def detail(self) -> tuple[bool, int]:
        return self.alias is not None, sum(part is not None for part in self)


def name_of(text: str) -> Name | None:
    found = _FUNCTION.fullmatch(text)
    if found is None:
        return None
    region, account, name, alias = (part or None for part in found.groups())
    return Name(region, account, name or "", None if alias == "$LATEST" else alias)


def function_name(text: str) -> str:
    """The bare name."""
    found = name_of(text)
    return found.name if found else text
