"""One call for every integration: the resource it names, and whether its parameters are AWS's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monostep.language import services
from monostep.language.checks import Scope
from monostep.language.diagnostic import Diagnostic
from monostep.language.lint import parameters
from monostep.language.lint.survey import Survey
from monostep.language.resources import resource

ARN = "arn:aws:states:::"


def integration(service: str, fields: Mapping[str, Any], what: str) -> str:
    """The ARN of a call with these fields; TypeError for what AWS does not have."""
    arn = ARN + service.removeprefix(ARN)
    if found := list(_findings(arn, fields)):
        raise TypeError(f"{what}: {'; '.join(finding.message for finding in found)}")
    return arn


def known(arn: str, fields: Mapping[str, Any]) -> bool:
    """Whether `call` would take it, wherever it is run."""
    return arn.startswith(ARN) and services.available() and not any(True for _ in _findings(arn, fields))


def _findings(arn: str, fields: Mapping[str, Any]) -> Iterator[Diagnostic]:
    found: list[Diagnostic] = []
    resource(arn, Scope(found, express=False, machine_jsonata=False, jsonata=False), "", "Resource")
    yield from found
    if found:
        return
    language = "JSONata" if "Arguments" in fields else "JSONPath"
    task = {"QueryLanguage": language, **fields, "Type": "Task", "Resource": arn, "End": True}
    survey = Survey({"StartAt": "Call", "States": {"Call": task}})
    yield from (finding for finding in parameters.inspect(survey) if finding.severity == "ERROR")
