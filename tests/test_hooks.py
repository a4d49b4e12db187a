"""The pre-commit hook: which files it takes, and that what it installs is what the project pins."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from monostep.verbs.command import MORE

ROOT = Path(__file__).resolve().parent.parent
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
FILES = [
    ("machine.json", True),
    ("workflows/hello/machine.json", True),
    ("flow.asl.json", True),
    ("flows/flow.asl.yaml", True),
    ("flow.asl.yml", True),
    ("package.json", False),
    ("slot-machine.json", False),
    ("machine.json.bak", False),
    ("flow.yaml", False),
]


@pytest.mark.parametrize(("path", "taken"), FILES)
def test_the_hook_takes_definitions_and_nothing_else(path: str, taken: bool) -> None:
    assert bool(re.search(HOOKS[0]["files"], path)) is taken


def test_the_hook_runs_a_verb_by_the_script_that_is_installed() -> None:
    script, verb = HOOKS[0]["entry"].split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, function = project["scripts"][script].partition(":")
    assert callable(getattr(import_module(module), function))
    assert verb in MORE


def test_the_hook_installs_what_the_project_pins() -> None:
    pins = {
        line.strip()
        for name in ("requirements.in", "requirements-test.in")
        for line in (ROOT / name).read_text("utf-8").splitlines()
        if "==" in line
    }
    assert set(HOOKS[0]["additional_dependencies"]) <= pins
