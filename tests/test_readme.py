"""The README's snippets run: console lines as a person would type them, Python blocks as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import usage

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
CONSOLE = [
    part for kind, body in BLOCKS if kind == "console" for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
]
PYTHON = [body for kind, body in BLOCKS if kind == "python"]


def pattern(shown: str) -> str:
    """`…` stands for anything."""
    return ".*?".join(re.escape(part) for part in shown.split("…"))


@pytest.mark.parametrize("typed", CONSOLE, ids=[part.splitlines()[0] for part in CONSOLE])
def test_console_line_prints_what_the_readme_shows(typed: str) -> None:
    command, *shown = typed.splitlines()
    assert command.startswith("python -m handler ")
    line = command.replace("python", f"'{sys.executable}'", 1)
    done = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    got = done.stdout + done.stderr + (f"[exit {done.returncode}]\n" if done.returncode else "")
    assert re.fullmatch(pattern("\n".join(shown).strip()), got.strip(), re.DOTALL), got


@pytest.mark.parametrize("snippet", PYTHON, ids=range(len(PYTHON)))
def test_python_snippet_runs(snippet: str, tmp_path: Path) -> None:
    file = tmp_path / "snippet.py"
    file.write_text(snippet, "utf-8")
    done = subprocess.run(
        [sys.executable, str(file)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_verb_and_option_is_in_the_readme() -> None:
    assert usage.section() in README, "run python -m tests.usage --write"
