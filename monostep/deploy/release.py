"""What is asked for (Release) and how far it has come (Work): the documents that travel through the machine.

Strict: an unknown key is refused, so that a misspelled option cannot be ignored. Everything that has a length has a
limit.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monostep.errors import StateError

WINDOW_BACK, WINDOW_AHEAD = 10 * 24 * 3600, 120
"""Seconds: how old a release may be, and how far ahead the caller's clock."""
ONCE_KEPT = 30 * 24 * 3600
"""Seconds that a release_id is remembered: longer than the window."""
RELEASE_LIMIT = 100_000
"""Bytes of a release."""
TIMEOUT = 600
"""Seconds a deploy may take, its intervals apart."""
IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[a-z0-9]+(?:[._/-][a-z0-9]+)*)@(?P<digest>sha256:[0-9a-f]{64})"
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def bad(cause: str) -> StateError:
    """A release that is refused."""
    return StateError("BadReleaseError", cause)


def _text(pattern: str, most: int) -> Any:
    return Field(pattern=f"^(?:{pattern})$", max_length=most)


Name = Annotated[str, _text(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", 64)]
Project = Annotated[str, _text(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", 100)]
ReleaseId = Annotated[str, _text(r"release-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[A-Za-z]{7}", 40)]
Sha = Annotated[str, _text(r"[0-9a-f]{64}", 64)]
Moment = Annotated[str, _text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|\+00:00)", 40)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Strategy(_Model):
    """The alias's weight on the new version, step by step; `interval` seconds lie between two steps."""

    steps: list[Annotated[int, Field(ge=1, le=100)]] = Field(default=[100], min_length=1, max_length=20)
    interval: int = Field(default=0, ge=0, le=3600)

    @model_validator(mode="after")
    def _rises(self) -> Strategy:
        if self.steps != sorted(set(self.steps)) or self.steps[-1] != 100:
            raise ValueError("steps rise, and the last is 100")
        return self


class Health(_Model):
    """`input` starts a smoke execution on the new version; none of the `alarms` may be in ALARM."""

    input: Any = None
    alarms: list[Annotated[str, Field(min_length=1, max_length=255)]] = Field(default=[], max_length=100)
    timeout: int = Field(default=300, ge=1, le=600)


class Release(_Model):
    aws_account_id: Annotated[str, _text(r"\d{12}", 12)]
    aws_region: Annotated[str, _text(r"[a-z]{2}(?:-[a-z]+)+-\d", 30)]
    release_id: ReleaseId
    project_name: Project
    config_name: Name
    bucket: Annotated[str, _text(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", 63)]
    created_at: Moment
    timeout: int = Field(default=TIMEOUT, ge=1, le=200_000)
    metadata: dict[Annotated[str, Field(max_length=128)], Annotated[str, Field(max_length=1024)]] = Field(
        default={}, max_length=50
    )
    lambda_name: Annotated[str, _text(r"[A-Za-z0-9_-]+", 64)]
    step_fn_name: Annotated[str, _text(r"[A-Za-z0-9_-]+", 80)]
    image_uri: Annotated[str, Field(max_length=512)] | None = None
    lambda_sha256: Sha | None = None
    state_machine_sha256: Sha
    alias: Annotated[str, _text(r"[A-Za-z_][A-Za-z0-9_.-]*", 80)] = "live"
    strategy: Strategy = Strategy()
    health: Health = Health()
    adopt: bool = False
    rollback: ReleaseId | None = None
    """Go back to what this release published: nothing is built anew."""
    uuid: Annotated[str, Field(max_length=64)] | None = None
    started_at: Moment | None = None

    @model_validator(mode="after")
    def _one_code(self) -> Release:
        if (self.image_uri is None) == (self.lambda_sha256 is None):
            raise ValueError("a release has an image_uri or a lambda_sha256, one of them")
        if self.image_uri is not None and not IMAGE.fullmatch(self.image_uri):
            raise ValueError(
                "image_uri names an image in ECR by its digest, <account>.dkr.ecr.<region>.amazonaws.com/"
                "<repository>@sha256:<64 hex digits>; a tag may move"
            )
        if self.timeout <= self.strategy.interval * (len(self.strategy.steps) - 1):
            raise ValueError("timeout is shorter than the intervals of strategy together")
        return self

    @property
    def root(self) -> str:
        """Prefix of all that belongs to this project and configuration, in the bucket and in the table."""
        return root(self.aws_account_id, self.project_name, self.config_name)

    @property
    def folder(self) -> str:
        return f"{self.root}/{self.release_id}"

    @property
    def digest(self) -> str:
        """What CodeSha256 shall be: of an image the hex digest."""
        return self.image_uri.rpartition(":")[2] if self.image_uri else self.lambda_sha256 or ""


class Work(_Model):
    """A release under way: what each state hands to the next."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    release: Release | None = None
    """None in a dry run, which walks through the machine and touches nothing."""
    machine_version_id: str | None = None
    """Of the machine in S3, as Validate read it."""
    architecture: str | None = None
    express: bool = False
    token: int = 0
    lambda_version: str | None = None
    """ARN."""
    machine_version: str | None = None
    """ARN."""
    before_version: str | None = None
    """ARN of what the alias points at beside the new version while weights shift."""
    smoked: bool = False
    step: int = 0
    since: float = 0.0
    """When the last step was made."""
    wait: int = 0
    done: bool = False
    warnings: list[str] = []


def root(account: str, project: str, config: str) -> str:
    return f"{account}/{project}/{config}"


def decode(document: Any) -> Release:
    """The release in an execution's input, strictly. BadReleaseError."""
    if not isinstance(document, Mapping):
        raise bad("the input is not a release: an object is needed")
    if len(json.dumps(document)) > RELEASE_LIMIT:
        raise bad(f"the release has more than {RELEASE_LIMIT:,} bytes")
    try:
        return Release.model_validate({key: value for key, value in document.items() if key not in SERVER})
    except ValidationError as error:
        raise bad(_said(error)) from None


SERVER = ("uuid", "started_at")
"""Set by the server, whatever the client says."""


def _said(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    said = [f"{'.'.join(str(part) for part in one['loc']) or 'release'}: {one['msg']}" for one in found[:5]]
    return "; ".join(said)[:2000]


def check_window(release: Release, now: float) -> None:
    created = moment(release.created_at)
    if created is None:
        raise bad(f"created_at is no date: {release.created_at}")
    if created < now - WINDOW_BACK:
        raise bad(f"created_at {release.created_at} is older than 10 days; make a new release")
    if created > now + WINDOW_AHEAD:
        raise bad(f"created_at {release.created_at} lies in the future; check the clock that made it")


def moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def stamp(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id(now: float, chance: random.Random | None = None) -> str:
    """`release-<UTC time>-<7 random letters>`"""
    chosen = "".join((chance or random.SystemRandom()).choice(LETTERS) for _ in range(7))
    return f"release-{stamp(now).replace(':', '-')}-{chosen}"
