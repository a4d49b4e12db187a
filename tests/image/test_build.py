"""The image, built by a real Docker engine and run as Lambda runs it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import Any

import pytest

from tests.image.docker import ROOT, docker, needs_docker, run

pytestmark = needs_docker
Built = dict[str, Any]


def printed(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "handler", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def digest(*arguments: str) -> str:
    return f"sha256:{hashlib.sha256(printed(*arguments).rstrip().encode()).hexdigest()}"


def test_it_says_what_was_built(built: Built) -> None:
    seen = json.loads(docker("inspect", built["image_id"]).stdout)[0]
    assert built == {
        "image_id": seen["Id"],
        "layers": seen["RootFS"]["Layers"],
        "architecture": seen["Architecture"],
        "digest": None,
    }
    labels = seen["Config"]["Labels"]
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert labels["org.opencontainers.image.revision"].removesuffix("-dirty") == head.strip()
    assert json.loads(labels["monostep.machines"]) == {
        "": digest("json"),
        "hello": digest("json", "--workflow", "hello"),
    }
    assert (seen["Config"]["User"], seen["Config"]["Cmd"]) == ("993:990", None)


@pytest.mark.parametrize("arguments", [["json"], ["json", "--workflow", "hello"], ["tasks"], ["lint"]])
def test_a_verb_prints_in_the_container_what_it_prints_here(built: Built, arguments: list[str]) -> None:
    done = run(built["image_id"], *arguments)
    assert (done.returncode, done.stdout) == (0, printed(*arguments))


def test_exec_runs_the_machine_in_the_container(built: Built) -> None:
    done = run(built["image_id"], "exec", '{"seed": 3}')
    assert (done.returncode, done.stdout) == (0, printed("exec", '{"seed": 3}'))


def test_without_arguments_it_is_the_lambda(built: Built) -> None:
    done = run(built["image_id"])
    assert (done.returncode, done.stdout) == (2, "")
    assert "AWS_LAMBDA_RUNTIME_API is not set" in done.stderr


def test_the_runtime_client_is_there(built: Built) -> None:
    """awslambdaric hides its absence until the first poll."""
    done = docker("run", "--rm", "--entrypoint", "python3", built["image_id"], "-c", "import runtime_client")
    assert (done.stdout, done.stderr) == ("", "")


def test_the_image_holds_the_code_and_what_it_needs_and_nothing_else(built: Built) -> None:
    script = "import os; print(os.getuid(), sorted(os.listdir('.')), 'boto3' in os.listdir('/opt/monostep'))"
    done = docker("run", "--rm", "--entrypoint", "python3", built["image_id"], "-c", script)
    assert done.stdout == "993 ['handler', 'machine.json', 'monostep', 'workflows'] False\n"
