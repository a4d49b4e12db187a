"""A machine.py in place of machine.json, or beside it: loaded, printed, run, linted, and refused in one line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from monostep import InvalidDefinition, Workflow, definition
from monostep.errors import UsageError
from monostep.verbs import command, lint
from monostep.verbs.command import main

TASKS = """\
from monostep import task


@task
def Greet(value: dict[str, str]) -> str:
    return f"Hello {value['name']}"
"""
CODE = """\
from tasks import Greet

from monostep.build import Machine, build, step


def machine() -> Machine:
    return build(step(Greet), Comment="by code")
"""
ONE = "from monostep.build import Pass, build\n\n\ndef machine():\n    return build(Pass('A'))\n"
MADE = {"Comment": "by code", "StartAt": "Greet", "States": {"Greet": {"Type": "TaskFn", "End": True}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "machine.py").write_text(CODE)
    return tmp_path


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder as the project whose verbs are called."""
    monkeypatch.setattr(command, "ROOT", str(folder))
    monkeypatch.setattr(lint, "ROOT", folder)
    monkeypatch.chdir(folder)
    return folder


def test_a_workflow_is_loaded_from_code(folder: Path) -> None:
    assert Workflow.load(folder).run({"name": "you"}).output == "Hello you"
    assert Workflow.load(folder).run({"name": "again"}).output == "Hello again"
    assert "tasks" not in sys.modules


def test_json_prints_what_the_code_makes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["json", "arn:aws:lambda:us-east-1:123456789012:function:f"]) == 0
    state = json.loads(capsys.readouterr().out)["States"]["Greet"]
    assert (state["Type"], state["Resource"]) == ("Task", "arn:aws:lambda:us-east-1:123456789012:function:f")
    assert project.is_dir()


def test_exec_runs_it_and_lint_checks_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exec", '{"name": "you"}']) == 0
    assert json.loads(capsys.readouterr().out) == "Hello you"
    assert main(["lint"]) == 0
    (project / "machine.py").write_text(CODE.replace("step(Greet)", "step(Greet, InputPath='no')"))
    assert main(["lint"]) == 1
    assert "machine.py" in capsys.readouterr().out
    assert main(["exec", '{"name": "you"}']) == 1
    assert "/States/Greet/InputPath" in capsys.readouterr().err


def test_a_workflow_of_code_is_known_by_its_folder(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = project / "workflows" / "other"
    other.mkdir(parents=True)
    (other / "machine.py").write_text(ONE)
    assert main(["json", "--workflow", "other"]) == 0
    assert json.loads(capsys.readouterr().out)["StartAt"] == "A"
    assert main(["json", "--workflow", "nobody"]) == 2
    assert "there are: other" in capsys.readouterr().err


def test_two_sources_must_say_the_same(folder: Path) -> None:
    (folder / "machine.json").write_text(json.dumps(MADE))
    assert Workflow.load(folder).run({"name": "you"}).output == "Hello you"
    (folder / "machine.json").write_text(json.dumps(MADE | {"Comment": "by hand"}))
    with pytest.raises(UsageError, match=r"machine\.json and machine\.py differ"):
        Workflow.load(folder)


def test_without_any_source_it_is_said_what_a_workflow_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a machine\.json or machine\.py"):
        Workflow.load(tmp_path)


FAILING: list[tuple[str, str, str]] = [
    (
        "an error has its line",
        "def machine():\n    return 1 / 0\n",
        "machine.py:2: ZeroDivisionError: division by zero",
    ),
    ("a typo has its line", "def machine(:\n", "machine.py:1: SyntaxError"),
    ("no machine()", "x = 1\n", "it has no function machine() that returns the machine"),
    ("no machine", "def machine():\n    return None\n", "machine() returned None, not what build(…) returns"),
    ("no JSON", "def machine():\n    return {'StartAt': {1}}\n", "is not JSON"),
    (
        "a condition's truth",
        "from monostep.build import path\n\n\ndef machine():\n    return 1 < path('$.a') < 3\n",
        "machine.py:5: TypeError: a condition has no truth",
    ),
    (
        "a state nothing leads to",
        "from monostep.build import Pass, build\n\n\ndef machine():\n    Pass('B')\n    return build(Pass('A'))\n",
        "nothing leads to Pass 'B'",
    ),
    (
        "a wrong structure",
        ONE.replace("    return build(Pass('A'))", "    a = Pass('A')\n    a >> a\n    return build(a)"),
        "Nothing leaves the loop A",
    ),
]


@pytest.mark.parametrize(("code", "said"), [row[1:] for row in FAILING], ids=[row[0] for row in FAILING])
def test_code_that_fails_is_refused_in_one_line(
    code: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "machine.py").write_text(code)
    with pytest.raises(InvalidDefinition):
        definition.text(project, lambda: None)
    assert main(["json"]) == 1
    told = capsys.readouterr()
    assert said in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)


def test_beside_a_machine_json_some_module_of_that_name_is_no_source(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "machine.json").write_text(json.dumps(MADE))
    (folder / "machine.py").write_text("raise RuntimeError('not for import')\n")
    assert Workflow.load(folder).run({"name": "you"}).output == "Hello you"
    assert main(["json", "--workflow", "deployer"]) == 0
    assert json.loads(capsys.readouterr().out)["StartAt"] == "Validate"
