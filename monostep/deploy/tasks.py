"""The deployer's task functions, one a state of machine.json; what each does lives in the module of its noun."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from monostep import task
from monostep.deploy import function, health, lock, machine, record, refusals
from monostep.deploy.aws import AwsError, current
from monostep.deploy.lock import Lease
from monostep.deploy.release import Release, Work, moment
from monostep.errors import StateError

DRY_RUN = {"dry_run": True}
"""The input that walks through the whole machine and touches nothing: the deployer's own smoke test."""
WAIT = 60
"""Seconds at most between two looks at the alarms, and two renewals of the lease."""


@contextmanager
def _failing(name: str) -> Iterator[None]:
    """Give a failed AWS call the error name of its state."""
    try:
        yield
    except AwsError as error:
        raise StateError("LockError" if error.code == "LeaseExpired" else name, str(error)) from error


def _lease(work: Work, release: Release, context: Any) -> Lease:
    aws = current(context).aim(release.aws_account_id, release.aws_region)
    return Lease(aws, release, work.token)


def _begin(work: Work, release: Release, context: Any) -> Lease:
    """What every state begins with: the lease renewed, nobody halting."""
    lease = _lease(work, release, context)
    lease.renew()
    lock.check_halt(lease.aws, release)
    started = moment(release.started_at or release.created_at) or 0.0
    if lease.aws.clock.now() > started + release.timeout:
        raise StateError("HaltError", f"the release's timeout of {release.timeout} s is over")
    return lease


@task
def Validate(document: object, context: Any) -> Work:
    if document == DRY_RUN:
        return Work(done=True)
    with _failing("BadReleaseError"):
        return refusals.validate(current(context), document)


@task
def Lock(work: Work, context: Any) -> Work:
    release = work.release
    if release is None:
        return work
    aws = current(context).aim(release.aws_account_id, release.aws_region)
    with _failing("LockError"):
        lock.check_user(aws, release.root)
        lease, gone = lock.take(aws, release)
        if gone:
            record.settle(lease, gone)
            lock.recovered(lease)
    return work.model_copy(update={"token": lease.token})


@task
def ValidateResources(work: Work, context: Any) -> Work:
    if work.release is None:
        return work
    with _failing("BadReleaseError"):
        return refusals.resources(_begin(work, work.release, context), work, work.release)


@task
def Deploy(work: Work, context: Any) -> Work:
    release = work.release
    if release is None:
        return work
    with _failing("DeployError"):
        lease = _begin(work, release, context)
        text = refusals.reread(lease.aws, work, release)
        kept = _adopted(lease, release, record.begin(lease.aws, release, lease.token))
        done = _back(lease, release, text) if release.rollback else _forth(lease, release, text)
        kept.but(lambda_version=done[0], machine_version=done[1]).save(lease.aws)
    before = max((kept.before.routing or {}).items(), key=lambda item: item[1], default=(None, 0))[0]
    return work.model_copy(update={"lambda_version": done[0], "machine_version": done[1], "before_version": before})


def _adopted(lease: Lease, release: Release, kept: record.Record) -> record.Record:
    """Pin what is there, if it is not: the code as a version, the machine to it, the alias on that."""
    before = kept.before
    loose = machine.unpinned(before.definition, release.lambda_name)
    if before.routing is not None and not loose:
        return kept
    arn = lease.aws.machine_arn(release.step_fn_name)
    definition = before.definition
    if loose:
        code = function.publish(lease, release.lambda_name)
        version = function.qualified(lease.aws, release.lambda_name, code.version)
        definition = machine.pin(definition, release.lambda_name, version)
    published = machine.publish(lease, arn, definition, f"before {release.release_id}")
    routing = before.routing
    if routing is None:
        machine.create_alias(lease, release.alias, published)
        routing = {published: 100}
    return kept.but(before=before.model_copy(update={"definition": definition, "routing": routing})).save(lease.aws)


def _forth(lease: Lease, release: Release, text: str) -> tuple[str, str]:
    """ARNs of the new versions of the Lambda and of the machine."""
    code = function.update(lease, release)
    arn = lease.aws.machine_arn(release.step_fn_name)
    return code, machine.publish(lease, arn, refusals.render(text, code), release.release_id)


def _back(lease: Lease, release: Release, text: str) -> tuple[str, str]:
    """ARNs of the versions an earlier release published, which are still what they were."""
    aws = lease.aws
    old = record.load(aws, f"{release.root}/{release.rollback}/record")
    if old is None or old.status != "live" or not old.lambda_version or not old.machine_version:
        raise StateError("DeployError", f"{release.rollback} was never live; there is nothing to go back to")
    code = function.look(aws, release.lambda_name, old.lambda_version.rpartition(":")[2])
    there = machine.look(aws, old.machine_version)
    if code.sha256 != release.digest or there.definition != refusals.render(text, old.lambda_version):
        raise StateError("DeployError", f"{old.machine_version} is not what {release.rollback} released")
    machine.revise(lease, aws.machine_arn(release.step_fn_name), there.definition)
    return old.lambda_version, old.machine_version


@task
def CheckHealth(work: Work, context: Any) -> Work:
    if work.release is None:
        return work
    with _failing("HealthError"):
        health.check(_begin(work, work.release, context), work, work.release)
    return work.model_copy(update={"smoked": True})


@task
def Shift(work: Work, context: Any) -> Work:
    release = work.release
    if release is None or work.machine_version is None:
        return work
    with _failing("DeployError"):
        lease = _begin(work, release, context)
        now, interval = lease.aws.clock.now(), release.strategy.interval
        left = int(work.since + interval - now + 0.999) if work.step else 0
        if left > 0:
            return work.model_copy(update={"wait": min(left, WAIT)})
        weight = release.strategy.steps[work.step]
        done = weight == 100
        wanted = {work.machine_version: 100}
        if not done and work.before_version not in (None, work.machine_version):
            wanted = {work.machine_version: weight, str(work.before_version): 100 - weight}
        machine.route(lease, record.alias_arn(lease.aws, release), wanted)
        if done:
            _live(lease, release)
    return work.model_copy(update={"step": work.step + 1, "since": now, "wait": min(interval, WAIT), "done": done})


def _live(lease: Lease, release: Release) -> None:
    kept = record.load(lease.aws, record.key(release))
    if kept is None:
        raise StateError("DeployError", "the release's record is gone")
    kept.but(status="live").save(lease.aws)


@task
def Rollback(work: Work, context: Any) -> Work:
    release = work.release
    if release is None:
        return work
    with _failing("DeployError"):
        lease = _lease(work, release, context)
        lease.renew()
        kept = record.load(lease.aws, record.key(release))
        if kept is not None and kept.status != "rolled back":
            record.restore(lease, kept)
    return work


@task
def ReleaseLock(work: Work, context: Any) -> Work:
    if work.release is not None:
        lock.give(_lease(work, work.release, context).aws, work.release)
    return work


@task
def ReleaseLockFailure(work: Work, context: Any) -> Work:
    return ReleaseLock(work, context)
