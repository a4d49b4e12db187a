"""What is looked at before an image is built: that each machine is one, and that its states and functions meet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from monostep.definition import text, there
from monostep.language.diagnostic import Diagnostic
from monostep.language.inject import expand
from monostep.language.lint.advice import advise
from monostep.language.lint.verdict import lint
from monostep.language.text.reading import read
from monostep.tasks import registry
from monostep.workflow.run import load_tasks

REFUSED = {"FUNCTION_WITHOUT_TASK"}
"""Codes of our own that stop a build beside every ERROR: one image holds a machine and its functions, no others."""


def workflows(root: Path) -> dict[str | None, Path]:
    """The folders of a project's workflows by name; the default one is None."""
    found: dict[str | None, Path] = {None: root} if there(root) else {}
    return found | {path.name: path for path in sorted(root.glob("workflows/*")) if there(path)}


def findings(name: str | None, folder: Path) -> Iterator[Diagnostic]:
    """Whatever keeps this workflow out of an image."""
    machine, found = read(text(folder, lambda: load_tasks(folder)))
    if not found:
        found = [*lint(machine), *advise(machine, functions(folder), name)]
    yield from (one for one in found if one.severity == "ERROR" or one.code in REFUSED)


def functions(folder: Path) -> Mapping[str, object]:
    module = load_tasks(folder)
    return registry.tasks(module) if module else {}


def digest(name: str | None, folder: Path) -> str:
    """Of the machine's text as `python -m handler json` prints it: a deployed machine is known by it."""
    import json

    machine = expand(read(text(folder, lambda: load_tasks(folder)))[0], name)
    printed = json.dumps(machine, ensure_ascii=False, indent=2)
    return f"sha256:{hashlib.sha256(printed.encode()).hexdigest()}"
