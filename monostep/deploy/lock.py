"""One deploy at a time: a lease on one DynamoDB item, with a fencing token.

    key      <account>/<project>/<config>/lock
    id       the holder's uuid; absent when nobody holds it
    token    counts the holders; never goes back
    expires  seconds since the epoch
    recover  releases whose holders went away: whoever is next cleans up after them first

The item is taken, renewed and given back by conditional writes only. Each change is made directly after a renewal that
succeeded, and only if the lease outlasts the call (see aws). The ancestor's lock was deleted on release and had no end:
a deployer that died locked everybody out, and one that was late could not know that it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from monostep.deploy import store
from monostep.deploy.aws import Aws, AwsError
from monostep.deploy.release import ONCE_KEPT, Release, bad, stamp
from monostep.errors import StateError

LEASE = 420
"""Seconds; more than the longest call that changes something, and its margin."""
SKEW = 30
"""Seconds that two clocks may differ."""
CONDITION = "ConditionalCheckFailedException"


class Lease:
    """Our hold of the lock: what every change goes through."""

    def __init__(self, aws: Aws, release: Release, token: int) -> None:
        self.aws, self.release, self.token = aws, release, token

    def renew(self) -> None:
        """Have the lease for LEASE seconds more. LockError if it is not ours any longer."""
        now = self.aws.clock.now()
        try:
            self.aws.call(
                "update_item",
                TableName=self.aws.table,
                Key={"key": {"S": f"{self.release.root}/lock"}},
                UpdateExpression="SET expires = :end",
                ConditionExpression="id = :id AND #token = :token AND expires > :now",
                ExpressionAttributeNames={"#token": "token"},
                ExpressionAttributeValues={
                    ":id": {"S": self.release.uuid},
                    ":token": {"N": str(self.token)},
                    ":now": _number(now),
                    ":end": _number(now + LEASE),
                },
            )
        except AwsError as error:
            self.aws.until = 0.0
            if error.code == CONDITION:
                raise StateError("LockError", f"the lock was lost: token {self.token} is not the holder's") from None
            raise StateError("LockError", f"the lock could not be renewed: {error}") from None
        self.aws.until = now + LEASE - SKEW

    def change(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """A call that changes something, fenced."""
        self.renew()
        return self.aws.call(operation, **parameters)


class Held(NamedTuple):
    id: str | None
    release_id: str | None
    token: int
    expires: float
    recover: Sequence[str]


def look(aws: Aws, root: str) -> Held:
    """The lock as it is."""
    item = aws.call("get_item", TableName=aws.table, Key={"key": {"S": f"{root}/lock"}}, ConsistentRead=True)
    found = item.get("Item", {})
    return Held(
        found.get("id", {}).get("S"),
        found.get("release_id", {}).get("S"),
        int(found.get("token", {}).get("N", "0")),
        float(found.get("expires", {}).get("N", "0")),
        found.get("recover", {}).get("SS", []),
    )


def check_user(aws: Aws, root: str) -> None:
    """LockExistsError where a person has locked this configuration; whatever the object says, it locks."""
    found = store.read(aws, f"{root}/user-lock")
    if found is None or not found.body:
        return
    held = store.document(found) or {}
    by, why = str(held.get("user"))[:200], str(held.get("lock_reason"))[:500]
    raise StateError("LockExistsError", f"deploys are locked by {by}: {why}; `unlock` ends it")


def take(aws: Aws, release: Release) -> tuple[Lease, Sequence[str]]:
    """The lease, and the releases to clean up after. LockExistsError, LockError."""
    held = look(aws, release.root)
    now = aws.clock.now()
    if held.id is not None and held.expires > now:
        until = stamp(held.expires)
        raise StateError("LockExistsError", f"{held.release_id} holds the lock of {release.root} until {until}")
    gone = sorted({*held.recover, *([held.release_id] if held.id is not None and held.release_id else [])})
    try:
        _write(aws, release, held, now, gone)
    except AwsError as error:
        if error.code == CONDITION:
            raise StateError("LockExistsError", f"another deploy of {release.root} was faster") from None
        raise StateError("LockError", f"the lock could not be taken: {error}") from None
    aws.until = now + LEASE - SKEW
    return Lease(aws, release, held.token + 1), gone


def _write(aws: Aws, release: Release, held: Held, now: float, gone: Sequence[str]) -> None:
    values: dict[str, Any] = {
        ":id": {"S": release.uuid},
        ":release": {"S": release.release_id},
        ":token": {"N": str(held.token + 1)},
        ":end": _number(now + LEASE),
    }
    condition = "attribute_not_exists(#token)"
    if held.token:
        condition = "#token = :seen AND expires = :until"
        values |= {":seen": {"N": str(held.token)}, ":until": _number(held.expires)}
    change = "SET id = :id, release_id = :release, #token = :token, expires = :end"
    if gone:
        change += ", recover = :gone"
        values[":gone"] = {"SS": gone}
    aws.call(
        "update_item",
        TableName=aws.table,
        Key={"key": {"S": f"{release.root}/lock"}},
        UpdateExpression=change,
        ConditionExpression=condition,
        ExpressionAttributeNames={"#token": "token"},
        ExpressionAttributeValues=values,
    )


def recovered(lease: Lease) -> None:
    """There is nobody left to clean up after."""
    _own(lease.aws, lease.release, "REMOVE recover")


def give(aws: Aws, release: Release) -> bool:
    """Give the lock back if it is ours; whether it was."""
    aws.until = 0.0
    try:
        _own(aws, release, "REMOVE id, release_id SET expires = :zero", {":zero": _number(0)})
    except AwsError as error:
        if error.code == CONDITION:
            return False
        raise StateError("LockError", f"the lock could not be given back: {error}") from None
    return True


def _own(aws: Aws, release: Release, change: str, values: dict[str, dict[str, str]] | None = None) -> None:
    aws.call(
        "update_item",
        TableName=aws.table,
        Key={"key": {"S": f"{release.root}/lock"}},
        UpdateExpression=change,
        ConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"S": release.uuid}, **(values or {})},
    )


def once(aws: Aws, release: Release) -> None:
    """Remember that this release_id has run. BadReleaseError if it has before."""
    now = aws.clock.now()
    try:
        aws.call(
            "put_item",
            TableName=aws.table,
            Item={
                "key": {"S": f"{release.folder}/once"},
                "id": {"S": release.uuid},
                "expires_at": _number(now + ONCE_KEPT),
            },
            ConditionExpression="attribute_not_exists(#key)",
            ExpressionAttributeNames={"#key": "key"},
        )
    except AwsError as error:
        if error.code == CONDITION:
            raise bad(f"{release.release_id} has run before; a release runs once") from None
        raise


def check_halt(aws: Aws, release: Release) -> None:
    """HaltError where a person halts this release, or its time is up."""
    halt = store.read_json(aws, f"{release.root}/halt")
    if halt is not None and halt.get("release_id") == release.release_id:
        raise StateError("HaltError", f"halted by {str(halt.get('user'))[:200]}: {str(halt.get('reason'))[:500]}")


def _number(value: float) -> dict[str, str]:
    return {"N": str(int(value))}
