"""Definition -> builder code -> machine, for every valid one in ../shared: `python -m tests.build.roundtrip`.

Prints how many come back as equal JSON, how many of those to the order of the last key, and what ruff and mypy find in
the code.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monostep.build.source import source
from tests.definitions import cases

ROOT = Path(__file__).resolve().parents[2]


def definitions() -> dict[str, dict[str, Any]]:
    """The valid and undisputed ones, by module names."""
    return {f"case_{index}": case["definition"] for index, case in enumerate(cases()) if case["valid"]}


def written(definition: Mapping[str, Any], folder: Path, name: str = "case") -> Path:
    """The file with the code for a definition."""
    file = folder / f"{name}.py"
    file.write_text(source(definition), encoding="utf-8")
    return file


def yielded(file: Path) -> dict[str, Any]:
    """What `machine()` of a file returns, as JSON."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: dict[str, Any] = module.machine().model_dump()
    return made


def ruff(*arguments: str) -> str:
    """What ruff finds, with the project's own settings; empty where nothing."""
    line = [sys.executable, "-m", "ruff", *arguments, "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    ran = subprocess.run(line, capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


def mypy(folder: str) -> str:
    """What mypy --strict finds in the files of a folder; empty where nothing."""
    line = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), folder]
    ran = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


def main() -> None:
    every = definitions()
    with tempfile.TemporaryDirectory() as place:
        back = {name: yielded(written(one, Path(place), name)) for name, one in every.items()}
        findings = ruff("check", place) + ruff("format", "--check", place) + mypy(place)
    equal = [name for name, one in every.items() if back[name] == one]
    same = [name for name in equal if json.dumps(back[name]) == json.dumps(every[name])]
    print(f"equal JSON      {len(equal)}/{len(every)}  {100 * len(equal) / len(every):.2f} %")
    print(f"order kept too  {len(same)}/{len(every)}  {100 * len(same) / len(every):.2f} %")
    print(findings or "ruff, mypy      no finding, and nothing to format")
    for name in every.keys() - set(equal):
        print("differs:", name)


if __name__ == "__main__":
    main()
