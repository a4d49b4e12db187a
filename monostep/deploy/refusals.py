"""All that a release can be refused for before anything changes; each refusal is a BadReleaseError that says what."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from monostep.deploy import function as functions
from monostep.deploy import lock, machine, store
from monostep.deploy.aws import FETCH_LIMIT, Aws, AwsError
from monostep.deploy.lock import Lease
from monostep.deploy.release import IMAGE, SERVER, Release, Work, bad, check_window, decode, stamp
from monostep.errors import Unsupported
from monostep.language.inject import expand, substitute
from monostep.language.lint.verdict import lint
from monostep.language.text.reading import read

DEFINITION_LIMIT = 1_048_576
"""Bytes of a definition (Step Functions quotas)."""
MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
)
ARCHITECTURES: Mapping[str, str] = {"amd64": "x86_64", "arm64": "arm64"}
"""Of an image -> of a function."""
_LEFT = re.compile(r"\$\{[A-Za-z0-9_.:-]+\}")


def validate(aws: Aws, document: Any) -> Work:
    """The release in an execution's input, as the server sees it."""
    release = decode(document)
    if release.bucket != aws.bucket:
        raise bad(f"bucket is {release.bucket}; this deployer's is {aws.bucket}")
    aws.aim(release.aws_account_id, release.aws_region)
    check_window(release, aws.clock.now())
    _same(aws, release, document)
    version_id = check_machine(aws, release)
    architecture = None if release.rollback else _code(aws, release)
    now = stamp(aws.clock.now())
    release = release.model_copy(update={"uuid": str(uuid.uuid4()), "started_at": now})
    lock.once(aws, release)
    return Work(release=release, machine_version_id=version_id, architecture=architecture)


def _same(aws: Aws, release: Release, document: Mapping[str, Any]) -> None:
    stored = store.read_json(aws, f"{release.folder}/release")
    if stored is None:
        raise bad(f"there is no {release.folder}/release in {release.bucket}; upload it before the execution starts")
    one, other = ({k: v for k, v in side.items() if k not in SERVER} for side in (stored, document))
    if json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True):
        names = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
        raise bad(f"the release differs from its copy in {release.bucket} in {', '.join(names)[:200]}")


def check_machine(aws: Aws, release: Release) -> str:
    """The VersionId of the release's machine, which is whole and fit."""
    found = store.read(aws, f"{release.folder}/machine.json")
    if found is None:
        raise bad(f"there is no {release.folder}/machine.json in {release.bucket}")
    if found.version_id is None:
        raise bad(f"{release.bucket} keeps no versions: turn on versioning, so that Deploy reads what Validate read")
    _whole(release, found.body)
    fit(release, found.body)
    return found.version_id


def _whole(release: Release, body: bytes) -> None:
    sha = hashlib.sha256(body).hexdigest()
    if sha != release.state_machine_sha256:
        raise bad(f"machine.json has SHA-256 {sha}, and the release says {release.state_machine_sha256}")


def fit(release: Release, body: bytes) -> None:
    """The machine is one that AWS takes, and whose Lambda can be pinned. BadReleaseError."""
    if len(body) > DEFINITION_LIMIT:
        raise bad(f"machine.json has {len(body):,} bytes; a definition has at most {DEFINITION_LIMIT:,}")
    try:
        text = body.decode()
        errors = [one for one in lint(text) if one.severity == "ERROR"]
    except (UnicodeDecodeError, RecursionError) as error:
        raise bad(f"machine.json cannot be read: {type(error).__name__}") from None
    if errors:
        raise bad(f"machine.json is refused: {'; '.join(str(one) for one in errors[:3])[:2000]}")
    definition = render(text, "${LambdaArn}")
    ways = machine.named(definition, release.lambda_name)
    if ways:
        raise bad(f"machine.json names {release.lambda_name} itself; only ${{LambdaArn}} is pinned to the new version")
    rest = {place for one in machine.strings(json.loads(definition)) for place in _LEFT.findall(one)} - {"${LambdaArn}"}
    if rest:
        raise bad(f"machine.json has placeholders that nobody fills: {', '.join(sorted(rest))[:500]}")


def render(text: str, lambda_arn: str) -> str:
    """The definition as it is deployed, naming one version of the Lambda."""
    try:
        machine = expand(read(text)[0])
    except Unsupported as error:
        raise bad(f"machine.json is refused: {error}") from None
    return json.dumps(substitute(machine, {"LambdaArn": lambda_arn}), ensure_ascii=False, indent=2)


def reread(aws: Aws, work: Work, release: Release) -> str:
    """The text of the machine that Validate read."""
    found = store.read(aws, f"{release.folder}/machine.json", work.machine_version_id)
    if found is None:
        raise bad("machine.json, as Validate read it, is gone from the bucket")
    _whole(release, found.body)
    return found.body.decode()


def _code(aws: Aws, release: Release) -> str | None:
    """The architecture of the release's code, which is there; a zip's is not known."""
    if release.image_uri is None:
        found = store.read(aws, f"{release.folder}/lambda.zip")
        if found is None:
            raise bad(f"there is no {release.folder}/lambda.zip in {release.bucket}")
        sha = hashlib.sha256(found.body).hexdigest()
        if sha != release.lambda_sha256:
            raise bad(f"lambda.zip has SHA-256 {sha}, and the release says {release.lambda_sha256}")
        return None
    return image_architecture(aws, release.image_uri)


def image_architecture(aws: Aws, uri: str) -> str:
    """x86_64 or arm64. BadReleaseError where the image is not in ECR, or is an index of several."""
    found = IMAGE.fullmatch(uri)
    assert found is not None
    if found["region"] != aws.target[1]:
        raise bad(f"the image is in {found['region']}; Lambda takes one from its own region, {aws.target[1]}")
    manifest = _manifest(aws, found["account"], found["repository"], found["digest"])
    if manifest is None:
        raise bad(f"{uri} is not in ECR")
    if "config" not in manifest:
        raise bad(f"{found['digest']} is an index of several images; Lambda takes one: give that image's own digest")
    where = aws.call(
        "get_download_url_for_layer",
        registryId=found["account"],
        repositoryName=found["repository"],
        layerDigest=manifest["config"]["digest"],
    )
    blob = aws.fetch(where["downloadUrl"])
    if len(blob) > FETCH_LIMIT or f"sha256:{hashlib.sha256(blob).hexdigest()}" != manifest["config"]["digest"]:
        raise bad(f"the configuration of {found['digest']} is not what its manifest says")
    said = json.loads(blob).get("architecture")
    if said not in ARCHITECTURES:
        raise bad(f"the image is made for {said}; Lambda runs {' and '.join(ARCHITECTURES)}")
    return ARCHITECTURES[said]


def _manifest(aws: Aws, registry: str, repository: str, digest: str) -> dict[str, Any] | None:
    try:
        answer = aws.call(
            "batch_get_image",
            registryId=registry,
            repositoryName=repository,
            imageIds=[{"imageDigest": digest}],
            acceptedMediaTypes=list(MANIFESTS),
        )
    except AwsError as error:
        if error.code == "RepositoryNotFoundException":
            return None
        raise
    images = answer.get("images") or []
    return json.loads(images[0]["imageManifest"]) if images else None


def in_ecr(aws: Aws, uri: str | None) -> bool:
    """Whether an image by digest is still in ECR."""
    found = IMAGE.fullmatch(uri or "")
    return found is not None and _manifest(aws, found["account"], found["repository"], found["digest"]) is not None


def resources(lease: Lease, work: Work, release: Release) -> Work:
    """The Lambda and the machine are this project's, and fit for the release."""
    aws = lease.aws
    arn = aws.machine_arn(release.step_fn_name)
    function = _there(lambda: functions.look(aws, release.lambda_name), f"Lambda {release.lambda_name}")
    there = _there(lambda: machine.look(aws, arn), f"state machine {release.step_fn_name}")
    tags = {tag["key"]: tag["value"] for tag in aws.call("list_tags_for_resource", resourceArn=arn)["tags"]}
    _tagged(f"Lambda {release.lambda_name}", function.tags, release)
    _tagged(f"state machine {release.step_fn_name}", tags, release)
    _package(function, work, release)
    _role(aws, there, release)
    _alarms(aws, release.health.alarms)
    _adoptable(aws, there, release)
    count = len(machine.versions(aws, arn))
    warnings = list(work.warnings)
    if count >= machine.WARNING:
        warnings.append(f"{release.step_fn_name} has {count} of {machine.VERSIONS:,} versions; `prune` makes room")
    return work.model_copy(update={"express": there.type == "EXPRESS", "warnings": warnings})


def _there(look: Any, what: str) -> Any:
    try:
        return look()
    except AwsError as error:
        if error.code in ("ResourceNotFoundException", "StateMachineDoesNotExist"):
            raise bad(f"there is no {what}; the deployer changes resources, it makes none") from None
        raise


def _tagged(what: str, tags: Mapping[str, str], release: Release) -> None:
    wanted = {"ProjectName": release.project_name, "ConfigName": release.config_name, "DeployWith": "step-deployer"}
    for tag, value in wanted.items():
        if tags.get(tag) != value:
            raise bad(f"the tag {tag} of {what} is {tags.get(tag)!r}; the release needs {value!r}")


def _package(function: functions.Function, work: Work, release: Release) -> None:
    package = "Image" if release.image_uri else "Zip"
    if function.package != package:
        raise bad(f"Lambda {release.lambda_name} takes {function.package}, and the release brings {package}")
    if work.architecture and work.architecture != function.architecture:
        raise bad(f"the image is {work.architecture}, and Lambda {release.lambda_name} runs {function.architecture}")


def _role(aws: Aws, there: machine.Machine, release: Release) -> None:
    path = f"/step/{release.project_name}/{release.config_name}/"
    found = there.role.partition(":role")[2].rpartition("/")[0] + "/"
    if found != path:
        raise bad(f"the role of {release.step_fn_name} has the path {found}; the release needs {path}")
    version = f"{aws.function_arn(release.lambda_name)}:1"
    answer = aws.call(
        "simulate_principal_policy",
        PolicySourceArn=there.role,
        ActionNames=["lambda:InvokeFunction"],
        ResourceArns=[version],
    )
    if any(one["EvalDecision"] != "allowed" for one in answer["EvaluationResults"]):
        raise bad(
            f"{there.role} may not invoke versions of {release.lambda_name}: "
            f"allow lambda:InvokeFunction on {aws.function_arn(release.lambda_name)}:*"
        )


def _alarms(aws: Aws, names: list[str]) -> None:
    if not names:
        return
    answer = aws.call("describe_alarms", AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    found = {one["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for one in answer.get(kind, [])}
    if missing := sorted(set(names) - found):
        raise bad(f"there is no alarm {', '.join(missing)[:500]}")


def _adoptable(aws: Aws, there: machine.Machine, release: Release) -> None:
    if release.adopt or not machine.unpinned(there.definition, release.lambda_name):
        return
    if loose := unpinned_executions(aws, there.arn, release.lambda_name):
        raise bad(
            f"executions that run whatever code is newest are under way: {', '.join(loose[:20])[:1500]}; "
            "wait for them, or set adopt"
        )


def unpinned_executions(aws: Aws, arn: str, function: str) -> list[str]:
    """ARNs of RUNNING executions that would meet new code."""
    found = []
    for execution in machine.running(aws, arn):
        started = aws.call("describe_state_machine_for_execution", executionArn=execution["executionArn"])
        if machine.unpinned(started["definition"], function):
            found.append(execution["executionArn"])
    return found
