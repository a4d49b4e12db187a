"""The Docker engine of these tests: the user's own, or the one that .ci/engine starts.

MONOSTEP_BASE_IMAGE names the base image; without it the Dockerfile's own is used, and the engine needs a network.
MONOSTEP_DOCKER=required makes a missing engine a failure.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
REQUIRED = os.environ.get("MONOSTEP_DOCKER") == "required"
BASE = os.environ.get("MONOSTEP_BASE_IMAGE")
CAGE = [
    *("--rm", "--init", "--network", "host", "--read-only", "--tmpfs", "/tmp", "--user", "993:990"),
    *("--memory", "256m", "--memory-swap", "256m", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
]
"""As Lambda runs it: nothing to write to but /tmp, no rights, 256 MB."""


def docker(*arguments: str, check: bool = True, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=timeout)
    assert not check or done.returncode == 0, f"docker {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
    return done


def missing() -> str | None:
    """Why there is no Docker here, or None."""
    try:
        done = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "docker is not installed"
    return None if done.returncode == 0 else f"no Docker engine answers: {done.stderr.strip()}"


needs_docker = pytest.mark.skipif(
    not REQUIRED and missing() is not None, reason="no Docker engine; .ci/engine starts one on Debian"
)


def build(
    *arguments: str, root: Path = ROOT, extra: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Any:
    """`./build.sh image`, with the interpreter of the tests; what it printed."""
    base = ["--build-arg", f"BASE_IMAGE={BASE}"] if BASE else []
    line = [sys.executable, "-m", "image", *arguments, "--", "--network", "host", *base, *extra]
    env = {**os.environ, "PYTHONPATH": str(root), **(environment or {})}
    done = subprocess.run(line, cwd=root, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def run(image: str, *arguments: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """One command in the cage, to its end."""
    return docker("run", *CAGE, *options, image, *arguments, check=False)


@contextmanager
def container(image: str, *arguments: str, options: Sequence[str] = ()) -> Iterator[str]:
    """A container in the cage for as long as it is wanted; its name."""
    name = f"monostep-{uuid.uuid4().hex[:12]}"
    docker("run", "-d", "--name", name, *CAGE, *options, image, *arguments)
    try:
        yield name
    finally:
        docker("kill", name, check=False)


def foreign(name: str, architecture: str) -> str:
    """An image of another architecture, with nothing in it: `docker import` makes only those of the engine's own."""
    layer = archive({"etc/hostname": b"foreign\n"})
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [f"{name}:latest"], "Layers": ["layer.tar"]}]
    image = archive(
        {
            "layer.tar": layer,
            "config.json": json.dumps(config).encode(),
            "manifest.json": json.dumps(manifest).encode(),
        }
    )
    subprocess.run(["docker", "load", "--quiet"], input=image, capture_output=True, check=True)
    return name


def archive(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def files(image: str, folder: str) -> dict[str, bytes]:
    """What a folder of an image holds, by path; nothing of it is run."""
    name = docker("create", image, "nothing").stdout.strip()
    try:
        copied = subprocess.run(["docker", "cp", f"{name}:{folder}", "-"], capture_output=True, check=True).stdout
    finally:
        docker("rm", name)
    with tarfile.open(fileobj=io.BytesIO(copied)) as tar:
        return {entry.name: body.read() for entry in tar if (body := tar.extractfile(entry))}


def buildkit() -> str | None:
    """A client that builds with the engine's own BuildKit, as those before Docker 23 do without a plugin."""
    for client in filter(None, map(shutil.which, ("docker", "/usr/bin/docker"))):
        done = subprocess.run([client, "version", "--format", "{{.Client.Version}}"], capture_output=True, text=True)
        if done.returncode == 0 and int(done.stdout.partition(".")[0]) < 23:
            return client
    return None
