"""Build the container image: `./build.sh [image] [--platform linux/arm64] [--tag T] [--extras deployer] [--push REPO]`.

Prints one line of JSON, {"image_id", "layers", "architecture", "digest"}; what docker says goes to stderr. What comes
after `--` is docker's: `-- --network host --build-arg BASE_IMAGE=python:3.13-slim`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from image import check
from monostep import definition
from monostep.errors import InvalidDefinition, UsageError

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = ("linux/amd64", "linux/arm64")
EPOCH = "315532800"


class Refused(Exception):
    """One clear line for the person who builds; `code` is the exit code."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


def main(argv: Sequence[str]) -> int:
    try:
        own, _, others = _split(argv)
        print(json.dumps(build(_parser().parse_args(own), others)))
    except Refused as refused:
        print(f"monostep: {refused}", file=sys.stderr)
        return refused.code
    except (InvalidDefinition, UsageError) as error:
        print(f"monostep: {error}", file=sys.stderr)
        return 1
    return 0


def build(options: argparse.Namespace, others: Sequence[str] = ()) -> dict[str, object]:
    """Check, build, push where asked; what was built."""
    labels = {"REVISION": revision(), "MACHINES": json.dumps(machines(), separators=(",", ":"))}
    host = engine()
    modern = os.environ.get("DOCKER_BUILDKIT") != "0" and docker("buildx", "version", check=False).returncode == 0
    line = command(options, host, modern, labels, others)
    said = subprocess.run(line, cwd=ROOT, stdout=sys.stderr, env={**os.environ, "DOCKER_BUILDKIT": str(int(modern))})
    if said.returncode:
        raise Refused(f"docker did not build the image (exit {said.returncode})", 1)
    return describe(options.tag, push(options.tag, options.push) if options.push else None)


def command(
    options: argparse.Namespace, host: str, modern: bool, labels: Mapping[str, str], others: Sequence[str] = ()
) -> list[str]:
    """docker's command line: a single-platform image without attestations, for Lambda takes no index.

    The classic builder's own --platform would hold for the build stage too; the Dockerfile tells each stage apart.
    """
    platform = options.platform or host
    arguments = {
        "BUILD_PLATFORM": host,
        "TARGET_PLATFORM": platform,
        "TARGETARCH": platform.rpartition("/")[2],
        "EXTRAS": options.extras,
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", EPOCH),
        **labels,
    }
    start = ["build"]
    if modern:
        start = ["buildx", "build", "--load", "--provenance=false", "--sbom=false", f"--platform={platform}"]
    given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    return ["docker", *start, *given, f"--tag={options.tag}", *others, str(ROOT)]


def machines() -> dict[str, str]:
    """The digest of each workflow's machine, the default one's under ""; Refused if one should not go into an image."""
    found = check.workflows(ROOT)
    wrong = [(folder, one) for name, folder in found.items() for one in check.findings(name, folder)]
    for folder, one in wrong:
        place = folder / (definition.CODE if definition.is_code(folder) else definition.TEXT)
        print(f"monostep: {place.relative_to(ROOT)}: {one}", file=sys.stderr)
    if wrong:
        raise Refused("no image is built of a machine that does not fit its functions", 1)
    return {name or "": check.digest(name, folder) for name, folder in found.items()}


def revision() -> str:
    """The commit, marked where the files differ from it."""
    if not shutil.which("git"):
        raise Refused("git is needed: the image is labelled with its commit")
    said = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    if said.returncode:
        raise Refused(f"{ROOT} is no git checkout with a commit, and the image is labelled with its commit")
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True)
    return said.stdout.strip() + ("-dirty" if changed.stdout else "")


def engine() -> str:
    """The platform of the engine that builds."""
    if not shutil.which("docker"):
        raise Refused("docker is needed to build the image, and there is none on PATH")
    said = docker("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}", check=False)
    if said.returncode:
        why = (said.stderr.strip().splitlines() or ["no answer"])[0]
        raise Refused(f"no Docker engine answers; start one, or name it with DOCKER_HOST ({why})")
    return said.stdout.strip()


def push(tag: str, repository: str) -> str:
    """Push under the commit's name unless `repository` has a tag of its own; the manifest's digest."""
    target = repository if ":" in repository.rpartition("/")[2] else f"{repository}:{revision()[:12]}"
    docker("tag", tag, target)
    if subprocess.run(["docker", "push", target], stdout=sys.stderr, check=False).returncode:
        raise Refused(f"docker could not push {target}", 1)
    name = target.rpartition(":")[0]
    digests: list[str] = json.loads(docker("inspect", "--format", "{{json .RepoDigests}}", target).stdout)
    return next(one.rpartition("@")[2] for one in digests if one.startswith(f"{name}@"))


def describe(tag: str, digest: str | None) -> dict[str, object]:
    built = json.loads(docker("inspect", "--type", "image", tag).stdout)[0]
    return {
        "image_id": built["Id"],
        "layers": built["RootFS"]["Layers"],
        "architecture": built["Architecture"],
        "digest": digest,
    }


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    said = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if check and said.returncode:
        raise Refused(f"docker {arguments[0]}: {said.stderr.strip()}", 1)
    return said


def _split(argv: Sequence[str]) -> tuple[list[str], str, list[str]]:
    own = list(argv)
    return (own[: own.index("--")], "--", own[own.index("--") + 1 :]) if "--" in own else (own, "", [])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./build.sh image",
        description="Build the container image; one line of JSON says what was built.",
        epilog="Further arguments of docker build come after --, as in: -- --build-arg BASE_IMAGE=python:3.13-slim",
    )
    parser.add_argument("--platform", choices=PLATFORMS, help="the Lambda's; the engine's own without it")
    parser.add_argument("--tag", default="monostep", help="a name for the image; monostep without it")
    parser.add_argument("--extras", choices=["", "deployer"], default="", help="deployer: add boto3")
    parser.add_argument("--push", metavar="REPO", help="push there, and print the digest")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
