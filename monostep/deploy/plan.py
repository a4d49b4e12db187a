"""The verb plan: what a deploy would change, call by call, without changing anything."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from monostep.deploy import client, deploy, machine, refusals
from monostep.deploy import function as functions
from monostep.deploy.client import PROTECTED, Place
from monostep.deploy.release import Release
from monostep.language.inject import PLACEHOLDER
from monostep.verbs.command import show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    deploy.release_options(parser)


@client.plainly
def run(arguments: argparse.Namespace) -> int:
    where = client.place(arguments, client.connect(arguments))
    text = client.source(arguments)
    document, _ = deploy.document_of(arguments, where, text)
    show(plan(where, Release.model_validate(document), text))
    return 0


def plan(where: Place, release: Release, text: str) -> dict[str, Any]:
    """The differences, the calls in their order, whom they meet, and what to know before."""
    aws = where.aws
    there = machine.look(aws, where.machine_arn)
    routing = machine.routing(aws, where.alias_arn)
    code = functions.look(aws, where.function)
    current = machine.look(aws, max(routing, key=lambda arn: routing[arn])).definition if routing else there.definition
    loose = machine.unpinned(there.definition, where.function)
    return {
        "alias": where.alias_arn,
        "machine": list(differences(_plain(current, where.function), _plain(text, where.function))),
        "calls": [*_adoption(where, routing, loose), *_calls(where, release, code, routing)],
        "running": [one["executionArn"] for one in machine.running(aws, where.machine_arn)],
        "unpinned": refusals.unpinned_executions(aws, where.machine_arn, where.function) if loose else [],
        "warnings": list(_warnings(where, release, code)),
        "note": PROTECTED,
    }


def _plain(definition: str, function: str) -> Any:
    """A definition with the function's ARN, whatever its version, as the placeholder it was written with."""
    return json.loads(machine.pin(definition, function, PLACEHOLDER, versions=True))


def differences(old: Any, new: Any, at: str = "") -> Iterator[str]:
    """`+ /States/Pay`, `- /States/Old`, `~ /States/Pay/TimeoutSeconds: 3 -> 5`"""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            if key not in new:
                yield f"- {at}/{key}"
            elif key not in old:
                yield f"+ {at}/{key}"
            else:
                yield from differences(old[key], new[key], f"{at}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{at}[{index}]")
    elif old != new:
        yield f"~ {at}: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _adoption(where: Place, routing: machine.Routing | None, loose: bool) -> Iterator[str]:
    if loose:
        yield f"PublishVersion: the code that {where.function} runs now becomes a version"
    if loose or routing is None:
        yield f"UpdateStateMachine: {where.machine} as it is now, pinned to that code, becomes a version"
    if routing is None:
        yield f"CreateStateMachineAlias: {where.alias} leads to that version"


def _calls(where: Place, release: Release, code: functions.Function, routing: machine.Routing | None) -> Iterator[str]:
    same = ", which it is already" if code.sha256 == release.digest else ""
    yield f"UpdateFunctionCode: {where.function} from {code.sha256[:12]} to {release.digest[:12]}{same}; a version"
    yield f"UpdateStateMachine: {where.machine} names that version of the Lambda; a version"
    if release.health.input is not None:
        yield "StartExecution: a smoke execution of that version"
    leads = ", ".join(f"{arn.rpartition(':')[2]} ({weight} %)" for arn, weight in (routing or {}).items())
    for step in release.strategy.steps:
        yield f"UpdateStateMachineAlias: {where.alias} leads to it with {step} %" + (f", now {leads}" if leads else "")


def _warnings(where: Place, release: Release, code: functions.Function) -> Iterator[str]:
    if client.missing_image(where, code.image):
        yield f"{code.image}, which runs now, has left ECR: $LATEST could not be put back, the versions can"
    if release.image_uri and client.missing_image(where, release.image_uri):
        yield f"{release.image_uri} is not in ECR"
    count = len(machine.versions(where.aws, where.machine_arn))
    if count >= machine.WARNING:
        yield f"{where.machine} has {count} of {machine.VERSIONS:,} versions; `prune` makes room"
