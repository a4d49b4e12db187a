"""Whether the new version works: a smoke execution of it, and the alarms."""

from __future__ import annotations

import json
from typing import Any

from monostep.deploy.lock import Lease
from monostep.deploy.release import Release, Work
from monostep.errors import StateError

POLL = 5


def check(lease: Lease, work: Work, release: Release) -> None:
    """HealthError unless the smoke execution succeeds (once a release) and no alarm is in ALARM."""
    if release.health.input is not None and not work.smoked and work.machine_version:
        _smoke(lease, release, work.machine_version, work.express)
    if release.health.alarms:
        _alarms(lease, release)


def _smoke(lease: Lease, release: Release, version: str, express: bool) -> None:
    asked = {
        "stateMachineArn": version,
        "name": f"smoke-{release.release_id}",
        "input": json.dumps(release.health.input),
    }
    if express:
        _judge(lease.change("start_sync_execution", **asked))
        return
    arn = lease.change("start_execution", **asked)["executionArn"]
    clock = lease.aws.clock
    end = clock.now() + release.health.timeout
    while True:
        found = lease.aws.call("describe_execution", executionArn=arn)
        if found["status"] != "RUNNING":
            _judge(found)
            return
        if clock.now() > end:
            raise StateError("HealthError", f"the smoke execution {arn} runs on after {release.health.timeout} s")
        clock.sleep(POLL)
        lease.renew()


def _judge(found: dict[str, Any]) -> None:
    if found["status"] != "SUCCEEDED":
        said = f"{found.get('error', '')}: {found.get('cause', '')}"[:1000]
        raise StateError("HealthError", f"the smoke execution {found['executionArn']} {found['status']}: {said}")


def _alarms(lease: Lease, release: Release) -> None:
    answer = lease.aws.call(
        "describe_alarms", AlarmNames=release.health.alarms, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    found = [one for kind in ("MetricAlarms", "CompositeAlarms") for one in answer.get(kind, [])]
    loud = sorted(one["AlarmName"] for one in found if one["StateValue"] == "ALARM")
    if loud:
        raise StateError("HealthError", f"in ALARM: {', '.join(loud)[:500]}")
