"""A checkout of the project as it stands, to change and to build."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.image.docker import ROOT

CONTEXT = (
    "handler",
    "monostep",
    "workflows",
    "image",
    "machine.json",
    "Dockerfile",
    ".dockerignore",
    "requirements.txt",
)


def checkout(root: Path, git: bool = True) -> Path:
    """A copy of what an image is made of, committed."""
    root.mkdir(parents=True)
    for name in (*CONTEXT, "requirements.txt", "requirements-deployer.txt", ".gitignore"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    if git:
        run(root, "init", "-q")
        run(root, "add", "-A")
        run(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "All")
    return root


def commit(root: Path) -> str:
    return run(root, "rev-parse", "HEAD").strip()


def run(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout
