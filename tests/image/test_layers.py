"""The same commit gives the same layers, and a change of the code only a layer of code."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.image.checkout import checkout, commit
from tests.image.docker import BASE, ROOT, build, buildkit, docker, files, foreign, needs_docker, run

pytestmark = needs_docker
EMPTY = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""A layer without files, which BuildKit adds for a WORKDIR that is there."""
BUDGET = 25_000_000  # bytes over the base image


def base_layers() -> int:
    return len(json.loads(docker("inspect", "--format", "{{json .RootFS.Layers}}", BASE).stdout)) if BASE else 0


def test_a_build_from_scratch_elsewhere_gives_the_same_layers(built: dict[str, Any], tmp_path: Path) -> None:
    root = checkout(tmp_path / "elsewhere")
    for path in root.rglob("*"):
        if ".git" not in path.parts:
            path.chmod(0o700 if path.is_dir() else 0o660)
    (root / "handler/__pycache__").mkdir(exist_ok=True)
    (root / "handler/__pycache__/old.cpython-311.pyc").write_text("old")
    assert build("--tag", "monostep-again", root=root, extra=["--no-cache"])["layers"] == built["layers"]


@pytest.mark.skipif(not buildkit(), reason="no client that has BuildKit without a plugin; Debian 12's docker.io is one")
def test_buildkit_and_the_classic_builder_make_the_same_layers(built: dict[str, Any]) -> None:
    client = str(buildkit())
    base = [f"--build-arg=BASE_IMAGE={BASE}"] if BASE else []
    line = [
        client,
        "build",
        "--quiet",
        "--no-cache",
        "--network",
        "host",
        *base,
        "--tag",
        "monostep-buildkit",
        str(ROOT),
    ]
    subprocess.run(line, env={**os.environ, "DOCKER_BUILDKIT": "1"}, stdout=subprocess.DEVNULL, check=True)
    layers = json.loads(docker("inspect", "--format", "{{json .RootFS.Layers}}", "monostep-buildkit").stdout)
    assert [layer for layer in layers if layer != EMPTY] == built["layers"]


def test_a_changed_task_changes_one_layer(built: dict[str, Any], tmp_path: Path) -> None:
    root = checkout(tmp_path / "changed")
    (root / "handler/tasks.py").write_text((root / "handler/tasks.py").read_text() + "\n# changed\n")
    changed = build("--tag", "monostep-changed", root=root)
    differ = [
        index for index, pair in enumerate(zip(changed["layers"], built["layers"], strict=True)) if len({*pair}) > 1
    ]
    assert len(differ) == 1
    label = docker(
        "inspect", "--format", '{{index .Config.Labels "org.opencontainers.image.revision"}}', "monostep-changed"
    )
    assert label.stdout.strip() == f"{commit(root)}-dirty"


def test_the_layers_are_small_and_compiled(built: dict[str, Any]) -> None:
    history = docker(
        "history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", built["image_id"]
    )
    sizes = [int(line.split()[0]) for line in history.stdout.splitlines() if "COPY" in line][:2]
    assert len(sizes) == 2
    assert 0 < sum(sizes) <= BUDGET
    inside = files(built["image_id"], "/var/task")
    sources = {Path(name) for name in inside if name.endswith(".py")}
    compiled = {
        Path(name).parent.parent / f"{Path(name).name.split('.')[0]}.py" for name in inside if name.endswith(".pyc")
    }
    assert sources == compiled
    assert not [name for name, text in inside.items() if b"/out/" in text]


def test_the_other_architecture_needs_no_emulation() -> None:
    other, machine = ("arm64", b"\xb7\x00") if platform.machine() == "x86_64" else ("amd64", b"\x3e\x00")
    bases = {"BASE_IMAGE": foreign("monostep-foreign", other), "BUILD_IMAGE": BASE} if BASE else {}
    extra = [f"--build-arg={name}={value}" for name, value in bases.items()]
    made = build("--platform", f"linux/{other}", "--tag", "monostep-other", extra=extra)
    assert made["architecture"] == other
    libraries = [text for name, text in files("monostep-other", "/opt/monostep").items() if name.endswith(".so")]
    assert len(libraries) >= 5
    assert {text[18:20] for text in libraries} == {machine}


def test_the_deployer_brings_boto3_and_its_own_code(built: dict[str, Any]) -> None:
    build("--extras", "deployer", "--tag", "monostep-deployer")
    line = "import boto3, monostep.stack; print(boto3.__version__)"
    done = docker("run", "--rm", "--entrypoint", "python3", "monostep-deployer", "-c", line)
    wanted = (ROOT / "requirements-deployer.in").read_text().partition("boto3==")[2].split()[0]
    assert done.stdout.strip() == wanted
    assert '"StartAt"' in run("monostep-deployer", "json", "--workflow", "deployer").stdout
    without = run(built["image_id"], "deploy")
    assert (without.returncode, without.stdout) == (2, "")
    assert without.stderr.endswith("is not in this image; one built with --extras deployer has it\n")
