"""What the Dockerfile's build stage runs: one folder for each layer of the image, the same bytes for the same commit.

    python layers.py requirements /out/requirements [EXTRAS] [ARCHITECTURE]
    python layers.py code         /out/code         [EXTRAS]

Python and not a RUN full of shell, because a small base image has neither find nor touch. Imports nothing of ours: the
layer of requirements is made before the code is there, or every change of a task would install them again.
"""

from __future__ import annotations

import compileall
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode

LIBRARIES = "opt/monostep"
TASK_ROOT = "var/task"
CODE = ("handler", "monostep", "workflows", "machine.json", "machine.py")
DEPLOYER = ("deploy", "stack", "verbs/policy.py", "verbs/template.py")
"""What of monostep/ only the deployer's image holds."""
EPOCH = 315532800  # 1980-01-01: the first day a zip file knows
MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "x86_64": "x86_64", "aarch64": "aarch64"}
PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-compile", "--no-deps"]
PINNED = ["--require-hashes", "--only-binary=:all:", "--disable-pip-version-check", "--root-user-action=ignore"]


def requirements(out: Path, extras: str = "", architecture: str = "") -> None:
    """Install the pinned wheels, for another architecture too: nothing of them is run."""
    folder = out / LIBRARIES
    listed = f"requirements-{extras}.txt" if extras else "requirements.txt"
    if not Path(listed).exists():
        raise SystemExit(f"EXTRAS={extras}: there is no {listed}")
    machine = MACHINES[architecture or platform.machine()]
    wheels = [] if machine == platform.machine() else [f"--platform={tag}" for tag in tags(machine)]
    subprocess.run([*PIP, *PINNED, *wheels, f"--target={folder}", "-r", listed], check=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    (out / TASK_ROOT).mkdir(parents=True)  # so that WORKDIR finds it, and makes no layer with a time of its own
    finish(out)


def tags(machine: str) -> Iterator[str]:
    """The wheels that fit the C library of this base image, which is the other architecture's too."""
    name, version = platform.libc_ver()
    if name != "glibc":
        raise SystemExit(f"wheels for {machine} are chosen for glibc, and this base image has {name or 'another libc'}")
    yield f"manylinux2014_{machine}"
    yield from (f"manylinux_2_{minor}_{machine}" for minor in range(int(version.split(".")[1]), 16, -1))


def code(out: Path, extras: str = "") -> None:
    folder = out / TASK_ROOT
    folder.mkdir(parents=True)
    left = () if extras == "deployer" else {f"monostep/{part}" for part in DEPLOYER}
    for name in filter(os.path.exists, CODE):
        if name == "monostep":
            shutil.copytree(name, folder / name, ignore=lambda at, names: {n for n in names if f"{at}/{n}" in left})
        elif os.path.isdir(name):
            shutil.copytree(name, folder / name)
        else:
            shutil.copy2(name, folder / name)
    finish(out)


def finish(out: Path) -> None:
    """Compile, for Lambda's file system is read-only; then the same owner, mode and time for all."""
    for cache in sorted(out.rglob("__pycache__")):
        shutil.rmtree(cache)
    compileall.compile_dir(
        out, quiet=1, stripdir=out, prependdir="/", invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    moment = int(os.environ.get("SOURCE_DATE_EPOCH") or EPOCH)
    for path in [*sorted(out.rglob("*"), reverse=True), out]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (moment, moment), follow_symlinks=False)


def main(kind: str, out: str, *options: str) -> None:
    {"requirements": requirements, "code": code}[kind](Path(out), *options)


if __name__ == "__main__":
    main(*sys.argv[1:])
