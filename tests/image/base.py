"""A base image made of this machine's own Python, for a Docker engine that can reach no registry of images.

    python -m tests.image.base FOLDER      then: tar -C FOLDER -c . | docker import - monostep-base

In it: the interpreter under /usr/local, the shared libraries it and compiled wheels need, a shell, and what pip needs
to reach the same package index as it does here. Nothing else, least of all this machine's site-packages.
"""

from __future__ import annotations

import compileall
import configparser
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

LEFT_OUT = ("test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages", "config-*")
ALSO = r"lib(stdc\+\+|gcc_s|pthread|dl|rt|util|resolv|nss_\w+)\.so\.\d+"
PROGRAMS = {"sh": "bin/sh", "env": "usr/bin/env"}
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"


def make(root: Path) -> None:
    stdlib = Path(sysconfig.get_path("stdlib"))
    home = root / "usr/local/lib" / stdlib.name
    shutil.copytree(stdlib, home, ignore=shutil.ignore_patterns(*LEFT_OUT, "*.pth", "*.a"))
    python = put(Path(os.path.realpath(sys.executable)), root / "usr/local/bin" / stdlib.name)
    for name in ("python", "python3"):
        (python.parent / name).symlink_to(python.name)
    if pip := find_spec("pip"):
        shutil.copytree(Path(str(pip.origin)).parent, home / "pip")
    compileall.compile_dir(home, quiet=2, stripdir=root, prependdir="/")
    programs = [put(Path(str(shutil.which(name))), root / place) for name, place in PROGRAMS.items()]
    for library in {*needed([python, *programs, *home.rglob("*.so")]), *known()}:
        if not library.is_relative_to(root):
            put(library, root / library.relative_to("/"))
    settings(root)
    subprocess.run(["/sbin/ldconfig", "-r", root], check=True)


def put(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    return target


def needed(files: list[Path]) -> Iterator[Path]:
    """Every library that `ldd` names, the loader too, at the place where it is looked for."""
    said = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False).stdout
    yield from (Path(found) for found in set(re.findall(r"(/\S+\.so\S*)(?= \(0x)", said)))


def known() -> Iterator[Path]:
    """What compiled wheels and name look-ups load, whether the interpreter itself does or not."""
    said = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    native = "x86-64" if os.uname().machine == "x86_64" else "AArch64"
    for line in said.splitlines():
        if re.match(rf"\s+{ALSO} ", line) and native in line:
            yield Path(line.rpartition(" => ")[2])


def settings(root: Path) -> None:
    for folder in ("etc/ssl/certs", "tmp", "root", "var", "opt"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    (root / "etc/passwd").write_text(ACCOUNTS)
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/nsswitch.conf").write_text("hosts: files dns\n")
    here = dict(index())
    bundle = here.get("cert") or os.environ.get("SSL_CERT_FILE") or BUNDLE
    if Path(bundle).exists():
        put(Path(bundle), root / BUNDLE.lstrip("/"))
        here["cert"] = BUNDLE
    file = configparser.RawConfigParser()
    file["global"] = here
    with (root / "etc/pip.conf").open("w") as written:
        file.write(written)


def index() -> Iterator[tuple[str, str]]:
    """How pip reaches its index here, by file and environment; folders of this machine are left out."""
    said = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    for line in said.stdout.splitlines():
        name, _, value = line.partition("=")
        option = name.rpartition(".")[2]
        reached = " ".join(word for word in value.strip("'").split() if not word.startswith("file:"))
        if option in ("cert", "index-url", "extra-index-url", "trusted-host", "proxy", "default-timeout") and reached:
            yield ("timeout" if option == "default-timeout" else option), reached


if __name__ == "__main__":
    make(Path(sys.argv[1]))
