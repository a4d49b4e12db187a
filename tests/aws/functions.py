"""Lambda, in front of moto's: versions that stay what they were, revisions, states.

moto keeps $LATEST and the tags. It lacks, and this adds:

* PublishVersion freezes code and configuration, and "doesn't publish a version if the function's configuration and code
  haven't changed since the last version" (API PublishVersion): it answers with that version.
* UpdateFunctionCode with Publish "has the same effect as calling PublishVersion separately"; RevisionId: "only update
  the function if the revision ID matches the ID that's specified", else PreconditionFailedException (HTTP 412); DryRun
  validates "without modifying the function code" (API UpdateFunctionCode).
* A function being updated has LastUpdateStatus InProgress and refuses another update with ResourceConflictException; a
  new version of an image is Pending before it is Active (Developer Guide: Lambda function states).
* An image that is not in ECR is refused with InvalidParameterValueException (API UpdateFunctionCode, Errors).
* GetFunction: Code.ResolvedImageUri is the image by digest, CodeSha256 its hex digits (API FunctionCodeLocation).
* DeleteFunction with a Qualifier deletes that version only; ListVersionsByFunction lists $LATEST and the versions.
"""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from tests.aws.reply import Forward, answered, refused

PATH = re.compile(r"/2015-03-31/functions(?:/(?P<name>[^/]+)(?P<rest>/code|/versions)?)?/?")
Code = Callable[[Any, Any], Any]


@dataclass
class Extra:
    """What moto does not keep of a function."""

    revision: str = field(default_factory=lambda: str(uuid.uuid4()))
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Number -> GetFunction's answer, frozen."""
    count: int = 0
    updating: int = 0
    """How many looks from now the update is under way."""
    pending: dict[str, int] = field(default_factory=dict)


class Functions:
    def __init__(self) -> None:
        self.extras: dict[str, Extra] = {}
        self.code: dict[str, Code] = {}
        """CodeSha256 -> what runs; anything else answers with its event."""
        self.external: dict[str, Code] = {}
        """ARN -> what runs, for Lambdas that are nowhere else."""
        self.delay = 0
        """Looks that an update and a new version take to be ready."""
        self.broken: set[str] = set()
        """CodeSha256 of images that Lambda cannot make ready."""

    def answer(self, request: Request, body: bytes, forward: Forward) -> Response | None:
        found = PATH.fullmatch(request.path)
        if not found:
            return None
        if found["name"] is None:
            return self._create(body, forward) if request.method == "POST" else None
        name = unquote(found["name"]).rpartition("function:")[2].split(":")[0]
        extra = self.extras.get(name)
        if extra is None:
            return None
        asked = json.loads(body) if body else {}
        version = request.args.get("Qualifier")
        if found["rest"] == "/code":
            return self._update(extra, asked, forward)
        if found["rest"] == "/versions":
            return self._publish(extra, asked, request) if request.method == "POST" else self._list(extra, request)
        if request.method == "DELETE" and version:
            return self._delete(extra, version)
        return self._get(extra, version, forward) if request.method == "GET" else None

    def _create(self, body: bytes, forward: Forward) -> Response:
        answer = forward()
        if answer.status_code < 300:
            self.extras[json.loads(body)["FunctionName"]] = Extra()
        return answer

    def _get(self, extra: Extra, version: str | None, forward: Forward) -> Response:
        if version in (None, "$LATEST"):
            answer = forward()
            return answered(self._latest(extra, answer)) if answer.status_code < 300 else answer
        frozen = extra.versions.get(str(version))
        if frozen is None:
            return refused("ResourceNotFoundException", f"Function not found: {version}", 404)
        shown = copy.deepcopy(frozen)
        self._state(shown["Configuration"], "State", "Pending", "Active", extra.pending, str(version))
        return answered(shown)

    def _state(self, shown: dict[str, Any], name: str, now: str, then: str, left: dict[str, int], key: str) -> None:
        if left.get(key, 0) > 0:
            left[key] -= 1
            shown[name] = now
        elif shown["CodeSha256"] in self.broken:
            shown |= {name: "Failed", "StateReason": "The image cannot be used"}
        else:
            shown[name] = then

    def _latest(self, extra: Extra, answer: Response) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(answer.get_data())
        configuration = shown["Configuration"]
        configuration["RevisionId"] = extra.revision
        left = {"": extra.updating}
        self._state(configuration, "LastUpdateStatus", "InProgress", "Successful", left, "")
        extra.updating = left[""]
        if "ImageUri" in shown["Code"]:
            uri = shown["Code"]["ImageUri"]
            shown["Code"]["ResolvedImageUri"] = f"{re.split('[@:]', uri)[0]}@sha256:{configuration['CodeSha256']}"
        return shown

    def _update(self, extra: Extra, asked: dict[str, Any], forward: Forward) -> Response:
        if asked.get("RevisionId") not in (None, extra.revision):
            return refused("PreconditionFailedException", "The RevisionId provided does not match the latest", 412)
        if extra.updating > 0:
            return refused("ResourceConflictException", "An update is in progress", 409)
        extras = ("RevisionId", "Publish", "DryRun")
        plain = {key: value for key, value in asked.items() if key not in extras or (key == "DryRun" and value)}
        answer = forward(json.dumps(plain).encode())
        if answer.status_code >= 300 or (asked.get("DryRun") and not _there(asked.get("ImageUri"))):
            return refused("InvalidParameterValueException", f"Source image {asked.get('ImageUri')} does not exist")
        configuration = json.loads(answer.get_data())
        if asked.get("DryRun"):
            return answered({**configuration, "RevisionId": extra.revision})
        extra.revision = str(uuid.uuid4())
        uri = asked.get("ImageUri")
        code: dict[str, Any] = {}
        if uri:
            code = {
                "ImageUri": uri,
                "ResolvedImageUri": f"{re.split('[@:]', uri)[0]}@sha256:{configuration['CodeSha256']}",
            }
        shown = {"Configuration": {**configuration, "RevisionId": extra.revision}, "Code": code}
        if asked.get("Publish"):
            shown = self._freeze(extra, shown)
        extra.updating = self.delay
        return answered({**shown["Configuration"], "LastUpdateStatus": "InProgress"})

    def _publish(self, extra: Extra, asked: dict[str, Any], request: Request) -> Response:
        shown = self._now(request)
        if asked.get("RevisionId") not in (None, extra.revision):
            return refused("PreconditionFailedException", "The RevisionId provided does not match the latest", 412)
        if asked.get("CodeSha256") not in (None, shown["Configuration"]["CodeSha256"]):
            return refused("InvalidParameterValueException", "CodeSHA256 does not match the function's")
        return answered(self._freeze(extra, shown)["Configuration"], 201)

    def _now(self, request: Request) -> dict[str, Any]:
        """$LATEST, as moto has it."""
        from moto.awslambda.models import lambda_backends

        name = unquote(request.path.split("/")[-2])
        region = re.search(r"/([a-z0-9-]+)/lambda/", request.headers["Authorization"])
        assert region is not None
        shown: dict[str, Any] = lambda_backends["123456789012"][region[1]].get_function(name).get_code()
        if "ImageUri" in shown["Code"]:
            uri = re.split("[@:]", shown["Code"]["ImageUri"])[0]
            shown["Code"]["ResolvedImageUri"] = f"{uri}@sha256:{shown['Configuration']['CodeSha256']}"
        return shown

    def _freeze(self, extra: Extra, shown: dict[str, Any]) -> dict[str, Any]:
        """The version that is $LATEST now: the last one, where nothing changed since."""
        last = extra.versions.get(str(extra.count))
        if last and last["Configuration"]["CodeSha256"] == shown["Configuration"]["CodeSha256"]:
            return last
        extra.count += 1
        version = str(extra.count)
        frozen = copy.deepcopy(shown)
        configuration = frozen["Configuration"]
        arn = configuration["FunctionArn"].replace(":$LATEST", "")
        configuration |= {"Version": version, "FunctionArn": f"{arn}:{version}", "LastUpdateStatus": "Successful"}
        frozen.pop("Tags", None)
        extra.versions[version] = frozen
        extra.pending[version] = self.delay
        return frozen

    def _list(self, extra: Extra, request: Request) -> Response:
        latest = {**self._now(request)["Configuration"], "Version": "$LATEST"}
        return answered({"Versions": [latest, *(one["Configuration"] for one in extra.versions.values())]})

    def _delete(self, extra: Extra, version: str) -> Response:
        if extra.versions.pop(version, None) is None:
            return refused("ResourceNotFoundException", f"Function not found: {version}", 404)
        return Response(status=204)

    def digest(self, arn: str) -> str | None:
        """CodeSha256 of what an ARN with a version's number runs; None where that version does not exist."""
        name, _, version = arn.partition(":function:")[2].partition(":")
        frozen = self.extras[name].versions.get(version) if name in self.extras else None
        return frozen["Configuration"]["CodeSha256"] if frozen else None

    def run(self, arn: str, account: str, region: str) -> Code:
        """What invoking an ARN runs, qualified or not."""
        if arn in self.external:
            return self.external[arn]
        from moto.awslambda.models import lambda_backends

        name, _, version = arn.partition(":function:")[2].partition(":")

        def invoke(event: Any, context: Any) -> Any:
            sha = self.digest(arn) if version.isdigit() else None
            if sha is None:
                sha = lambda_backends[account][region].get_function(name).code_sha_256
            return self.code.get(sha, lambda event, _context: event)(event, context)

        return invoke


def _there(uri: str | None) -> bool:
    """Whether moto's ECR has an image: it does not look in a dry run."""
    from moto.ecr.models import ecr_backends

    if uri is None:
        return True
    registry, _, path = uri.partition("/")
    name, _, digest = path.partition("@")
    repository = ecr_backends[registry[:12]][registry.split(".")[3]].repositories.get(name)
    return repository is not None and any(image.get_image_digest() == digest for image in repository.images)
