"""What was there before a release changed anything, and what became of it: the memory that rollback works from.

It is written before the first change, so whoever finds it (Rollback, or the next deploy after a holder that went away)
can put things back without having seen how far they came: it looks at what is, and changes what differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from monostep.deploy import function, machine, store
from monostep.deploy.aws import Aws
from monostep.deploy.lock import Lease
from monostep.deploy.release import Release
from monostep.errors import StateError

Status = Literal["deploying", "live", "rolled back"]


class Before(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    routing: dict[str, int] | None
    """Of the alias; None where there was none."""
    definition: str
    sha256: str
    image: str | None
    configuration: dict[str, Any]


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    release: Release
    status: Status
    before: Before
    lambda_version: str | None = None
    machine_version: str | None = None
    token: int = 0
    """The lease's: what tells the order of two releases of one second."""
    note: str = ""

    @property
    def order(self) -> tuple[str, int]:
        return self.release.started_at or self.release.created_at, self.token

    def save(self, aws: Aws) -> Record:
        store.write(aws, key(self.release), self.model_dump_json().encode())
        return self

    def but(self, **changes: Any) -> Record:
        return self.model_copy(update=changes)


def key(release: Release) -> str:
    return f"{release.folder}/record"


def load(aws: Aws, at: str) -> Record | None:
    """The record at a key, or None. DeployError for one that cannot be read."""
    found = store.read(aws, at)
    if found is None:
        return None
    try:
        return Record.model_validate_json(found.body)
    except ValidationError as error:
        raise StateError("DeployError", f"the record {at} cannot be read: {error.error_count()} problems") from None


def begin(aws: Aws, release: Release, token: int) -> Record:
    """Write down what there is, before anything changes."""
    code = function.look(aws, release.lambda_name)
    there = machine.look(aws, aws.machine_arn(release.step_fn_name))
    before = Before(
        routing=machine.routing(aws, alias_arn(aws, release)),
        definition=there.definition,
        sha256=code.sha256,
        image=code.image,
        configuration=dict(code.configuration),
    )
    return Record(release=release, status="deploying", before=before, token=token).save(aws)


def alias_arn(aws: Aws, release: Release) -> str:
    return f"{aws.machine_arn(release.step_fn_name)}:{release.alias}"


def restore(lease: Lease, record: Record) -> None:
    """Make everything what it was before: the alias first, for its callers are who counts."""
    aws, release, before = lease.aws, record.release, record.before
    alias = alias_arn(aws, release)
    if before.routing is not None and machine.routing(aws, alias) != before.routing:
        machine.route(lease, alias, before.routing)
    arn = aws.machine_arn(release.step_fn_name)
    if machine.look(aws, arn).definition != before.definition:
        machine.revise(lease, arn, before.definition)
    note = function.restore(lease, release.lambda_name, before.sha256, before.image)
    record.but(status="rolled back", note=note or "").save(aws)


def settle(lease: Lease, release_ids: Iterable[str]) -> None:
    """Clean up after holders that went away: finish what was live already, put back the rest."""
    for release_id in release_ids:
        record = load(lease.aws, f"{lease.release.root}/{release_id}/record")
        if record is None or record.status != "deploying":
            continue
        alias = machine.routing(lease.aws, alias_arn(lease.aws, record.release))
        if record.machine_version and alias == {record.machine_version: 100}:
            record.but(status="live", note=f"finished by {lease.release.release_id}").save(lease.aws)
        else:
            restore(lease, record)
