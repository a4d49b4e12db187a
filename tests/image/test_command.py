"""`./build.sh image` before docker has a part in it, and what it asks of docker."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from image.__main__ import command
from tests.image.checkout import checkout
from tests.image.docker import ROOT

IDLE = "\n\nfrom monostep import task\n\n\n@task\ndef Idle(value: object) -> object:\n    return value\n"
CODED = 'def machine():\n    return {"StartAt": "A", "States": {"A": {"Type": "TaskFn", "End": True}}}\n'


def refused(root: Path, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "image", "--tag", "monostep-refused"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def path(folder: Path, *programs: str) -> str:
    """A PATH with nothing else on it."""
    folder.mkdir()
    for program in programs:
        (folder / program).symlink_to(str(shutil.which(program)))
    return str(folder)


def test_a_function_that_no_state_uses_is_refused(tmp_path: Path) -> None:
    root = checkout(tmp_path / "it")
    with (root / "handler/tasks.py").open("a") as tasks:
        tasks.write(IDLE)
    code, said = refused(root)
    assert code == 1
    assert "machine.json: FUNCTION_WITHOUT_TASK" in said
    assert said.endswith("monostep: no image is built of a machine that does not fit its functions\n")


def test_a_state_without_a_function_is_refused(tmp_path: Path) -> None:
    root = checkout(tmp_path / "it")
    machine = root / "workflows/hello/machine.json"
    machine.write_text(machine.read_text().replace('"Hello"', '"Hullo"'))
    code, said = refused(root)
    assert code == 1
    assert "workflows/hello/machine.json: TASK_WITHOUT_FUNCTION" in said
    (root / "workflows/hello/tasks.py").unlink()
    assert "TASK_WITHOUT_FUNCTION" in refused(root)[1]


def test_a_machine_in_code_is_looked_at_too(tmp_path: Path) -> None:
    root = checkout(tmp_path / "it")
    (root / "workflows/coded").mkdir()
    (root / "workflows/coded/machine.py").write_text(CODED)
    assert "workflows/coded/machine.py: TASK_WITHOUT_FUNCTION" in refused(root)[1]
    (root / "workflows/coded/machine.py").write_text("def machine():\n    return 1 / 0\n")
    code, said = refused(root)
    assert code == 1
    assert "ZeroDivisionError" in said


def test_a_machine_that_aws_rejects_is_refused(tmp_path: Path) -> None:
    root = checkout(tmp_path / "it")
    (root / "machine.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Task"}}}')
    code, said = refused(root)
    assert code == 1
    assert "machine.json: SCHEMA_VALIDATION_FAILED" in said


def test_without_docker_it_says_so(tmp_path: Path) -> None:
    root = checkout(tmp_path / "it")
    assert refused(root, PATH=path(tmp_path / "bin", "git")) == (
        2,
        "monostep: docker is needed to build the image, and there is none on PATH\n",
    )


def test_without_an_engine_it_says_so(tmp_path: Path) -> None:
    root = checkout(tmp_path / "it")
    bin = path(tmp_path / "bin", "git", "false")
    Path(bin, "docker").symlink_to(str(shutil.which("false")))
    code, said = refused(root, PATH=bin)
    assert code == 2
    assert said == "monostep: no Docker engine answers; start one, or name it with DOCKER_HOST (no answer)\n"


def test_outside_a_checkout_it_says_so(tmp_path: Path) -> None:
    code, said = refused(checkout(tmp_path / "it", git=False))
    assert code == 2
    assert "is no git checkout with a commit, and the image is labelled with its commit" in said


def test_buildkit_makes_one_image_without_attestations() -> None:
    options = argparse.Namespace(platform="linux/arm64", tag="t", extras="deployer")
    line = command(options, "linux/amd64", modern=True, labels={"REVISION": "abc"}, others=["--network", "host"])
    assert line == [
        *("docker", "buildx", "build", "--load", "--provenance=false", "--sbom=false", "--platform=linux/arm64"),
        *("--build-arg=BUILD_PLATFORM=linux/amd64", "--build-arg=TARGET_PLATFORM=linux/arm64"),
        *("--build-arg=TARGETARCH=arm64", "--build-arg=EXTRAS=deployer", "--build-arg=SOURCE_DATE_EPOCH=315532800"),
        *("--build-arg=REVISION=abc", "--tag=t", "--network", "host", str(ROOT)),
    ]


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
