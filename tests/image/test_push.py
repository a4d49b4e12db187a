"""--push, to a registry on this machine."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.image.docker import REQUIRED, ROOT, build, needs_docker
from tests.local.serving import until

SERVER = shutil.which("docker-registry")
pytestmark = [
    needs_docker,
    pytest.mark.skipif(not REQUIRED and not SERVER, reason="no docker-registry; .ci/engine installs it on Debian"),
]
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "config.yml").write_text(CONFIG.format(folder=tmp_path / "data", port=port))
    assert SERVER, "docker-registry is not installed"
    process = subprocess.Popen(
        [SERVER, "serve", tmp_path / "config.yml"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        until(lambda: listens(port))
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def manifest(registry: str, reference: str) -> tuple[str, Any]:
    address = f"http://{registry}/v2/team/monostep/manifests/{reference}"
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": MANIFEST})) as answer:
        return answer.headers["Docker-Content-Digest"], json.load(answer)


def test_what_is_pushed_is_one_image_and_its_digest_is_told(registry: str, built: dict[str, Any]) -> None:
    pushed = build("--tag", "monostep-test", "--push", f"{registry}/team/monostep")
    assert pushed["layers"] == built["layers"]
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    digest, document = manifest(registry, head[:12])
    assert digest == pushed["digest"]
    assert document["mediaType"] == MANIFEST
    assert document["config"]["digest"] == pushed["image_id"]
    assert manifest(registry, pushed["digest"]) == (digest, document)


def test_a_tag_of_ones_own_is_used(registry: str) -> None:
    pushed = build("--tag", "monostep-test", "--push", f"{registry}/team/monostep:release-7")
    assert manifest(registry, "release-7")[0] == pushed["digest"]
