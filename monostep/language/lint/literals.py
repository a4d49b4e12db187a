"""Literals that look like secrets: a definition is read by many, logged and kept in version control.

Found by their own shape (keys of AWS and others), or by the name of the field that holds them. What is looked up,
filled in or a reference to a secret is none, nor is a value that says itself that it stands for something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from monostep.language.lint.survey import Finding, Survey

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")),
    ("a GitHub token", re.compile(r"\bgh[pousr]_[0-9A-Za-z]{36}\b|\bgithub_pat_[0-9A-Za-z_]{40,}")),
    ("a Slack token", re.compile(r"(?<![\w-])xox[abposr]-[0-9A-Za-z-]{10,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_[0-9A-Za-z]{16,}")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("a signed token", re.compile(r"(?<![\w.-])eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}")),
    ("a password in a URL", re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@${}]{1,64}:[^\s/@${}]{1,64}@")),
)
_NAME = re.compile(
    r"(?:pass(?:word|wd|phrase)|(?:^|[a-z_-])secret(?:$|[_-]?(?:key|value|string|access))"
    r"|api[_-]?key|(?:secret|private|access)[_-]?key|(?:auth|access|bearer|refresh|api)[_-]?token|client[_-]?secret"
    r"|^authorization)(?!.*(?:id|name|arn|path|length|policy|version|type|enabled|authentication)$)",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"""\s*(?:
    \{%.*%\} | .*\$\{.*\}.* | \{\{resolve:.*\}\}.* | \$.* | States\..*\(.*\) | arn:.* | <.*> | \*+ | x+
  | .{0,3} | (?-i:[A-Z][A-Z0-9_]{2,}) | .*(?:example|changeme|placeholder|redacted|dummy|your[-_ ]).* | true | false
  )\s*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_LONGEST = 200
"""Characters of a field's name, and of a value told by it."""
_SKIPPED = ("Comment", "Next", "StartAt", "Default", "Type", "ErrorEquals", "Error", "Cause")


def secrets(survey: Survey) -> Iterator[Finding]:
    ahead: list[tuple[Any, str, str]] = [(survey.machine, "", "")]
    while ahead:
        value, key, location = ahead.pop()
        if isinstance(value, dict):
            items = ((item, name, f"{location}/{name}") for name, item in value.items() if name not in _SKIPPED)
            ahead.extend(reversed(list(items)))
        elif isinstance(value, list):
            numbered = ((item, key, f"{location}[{index}]") for index, item in enumerate(value))
            ahead.extend(reversed(list(numbered)))
        elif isinstance(value, str):
            what = _secret(key, value)
            if what:
                yield f"This looks like {what}: keep it in Secrets Manager or an EventBridge connection", location


def _secret(key: str, value: str) -> str | None:
    for what, shape in _SHAPES:
        found = shape.search(value)
        if found and "EXAMPLE" not in found[0]:
            return what
    named = len(key) <= _LONGEST and len(value) <= _LONGEST and not key.endswith(".$") and _NAME.search(key)
    if not named or _HARMLESS.fullmatch(value):
        return None
    return f"a secret in {key:.80}"
