"""A copy of the project with other tasks: what a user of the repository makes of it."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]

PLAIN_TASKS = """\
import sys
from monostep import task

@task
def Echo(value: dict) -> dict:
    return value

@task
def Modules(value):
    return sorted(sys.modules)

@task.default
def Other(event):
    return ["default", event]
"""


def copy(folder: Path, tasks: str | None = PLAIN_TASKS) -> Path:
    """The project under `folder` with `tasks` as its handler/tasks.py, or with none."""
    shutil.copytree(ROOT / "handler", folder / "handler", ignore=shutil.ignore_patterns("__pycache__", "tasks.py"))
    shutil.copytree(ROOT / "monostep", folder / "monostep", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "workflows", folder / "workflows", ignore=shutil.ignore_patterns("__pycache__"))
    if tasks is not None:
        (folder / "handler" / "tasks.py").write_text(tasks)
    return folder
