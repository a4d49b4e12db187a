"""The verbs as a person meets them: real processes, what they print where, how they exit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import artifact

ROOT = Path(__file__).resolve().parent.parent


def handler(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "handler", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_json_prints_the_expanded_machine_in_the_order_of_the_file() -> None:
    code, out, _ = handler("json")
    machine = json.loads(out)
    assert code == 0
    assert list(machine["States"]) == ["RollDie", "CheckRoll", "TryAgainShortly", "Success"]
    assert machine["States"]["RollDie"]["Resource"] == "${LambdaArn}"
    assert machine["States"]["RollDie"]["Parameters"] == {"Task": "RollDie", "Input.$": "$"}


def test_json_fills_in_the_arn_and_names_the_workflow() -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f:7"
    code, out, _ = handler("json", arn, "--workflow", "hello")
    state = json.loads(out)["States"]["Hello"]
    assert (code, state["Resource"], state["Parameters"]["Workflow"]) == (0, arn, "hello")


def test_json_imports_nothing_heavy() -> None:
    script = (
        "import sys, json; from monostep.verbs import command; command.main(['json']); "
        "heavy = {'pydantic', 'jsonpath_ng', 'botocore', 'jlens', 'yaml', 'asyncio'} & set(sys.modules); "
        "print(sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_exec_reads_stdin_and_files(tmp_path: Path) -> None:
    file = tmp_path / "in.json"
    file.write_text('{"sides": 6, "seed": 1}')
    assert handler("exec", "-", stdin='{"sides": 6, "seed": 1}') == handler("exec", f"file://{file}")


def test_exec_writes_the_history(tmp_path: Path) -> None:
    code, _, _ = handler("exec", '{"seed": 1}', "--history", str(tmp_path / "history.json"))
    events = json.loads((tmp_path / "history.json").read_text())["events"]
    assert code == 0
    assert [events[0]["type"], events[-1]["type"]] == ["ExecutionStarted", "ExecutionSucceeded"]


def test_trace_tells_the_states_on_stderr() -> None:
    code, out, err = handler("exec", '{"seed": 1}', "--trace")
    assert code == 0
    assert json.loads(out)["roll"] == 4
    assert [line.split()[1] for line in err.splitlines()] == ["RollDie", "CheckRoll", "Success", "succeeded"]


def test_tasks_lists_names_signatures_and_states() -> None:
    code, out, _ = handler("tasks")
    (row,) = json.loads(out)
    assert (code, row["name"], row["states"]) == (0, "RollDie", ["RollDie"])
    assert row["signature"] == "(game: Game) -> Game"


def test_invoke_goes_through_the_lambdas_router() -> None:
    assert handler("invoke", "Hello", "--workflow", "hello") == (0, '{"Greeting": "Hello World"}\n', "")
    code, out, err = handler("invoke", "Nope")
    assert (code, out) == (1, "")
    assert json.loads(err)["errorType"] == "TaskError"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["exec", "{bad"], 2, "monostep: the input is not JSON: Expecting property name"),
        (["exec", "file:///no/such"], 2, "monostep: /no/such: No such file or directory"),
        (["exec", "--workflow", "nope"], 2, "monostep: no workflow 'nope'; there are: hello"),
        (["exec", "--workflow", "../hello"], 2, "monostep: no workflow '../hello'"),
        (["exec", '{"sides": "x"}'], 1, '{"error": "UnmarshalError"'),
        (["bogus"], 2, "usage: python -m handler"),
        (["exec", "--bogus"], 2, "usage: python -m handler exec"),
        ([], 2, "This is the Lambda's entry point"),
    ],
)
def test_wrong_use_gets_a_clear_line_and_its_exit_code(arguments: list[str], code: int, said: str) -> None:
    got, out, err = handler(*arguments)
    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("given", "said"),
    [("[" * 100_000, "stdin is nested too deeply"), ('"' + "x" * 300_000 + '"', "the input has 300,002 bytes")],
    ids=["deep", "large"],
)
def test_a_hostile_input_gets_a_clear_line(given: str, said: str) -> None:
    code, out, err = handler("exec", "-", stdin=given)
    assert (code, out) == (2, "")
    assert said in err


def test_help_lists_every_verb() -> None:
    from monostep.verbs import command

    code, out, _ = handler("--help")
    assert code == 0
    assert all(f"  {verb} " in out for verb in [*command.VERBS, *command.MORE])


@pytest.mark.parametrize(
    ("machine", "line"),
    [
        (
            '{"StartAt": "A",\n "States": {"A": {"Type": "Pass", "Next": "B"}}}',
            "machine.json:2:35: error MISSING_TRANSITION_TARGET",
        ),
        ('{\n  "StartAt": }', "machine.json:2:15: error INVALID_JSON_DESCRIPTION"),
    ],
    ids=["dangling", "not json"],
)
def test_exec_of_a_refused_machine_says_where(machine: str, line: str, tmp_path: Path) -> None:
    artifact.copy(tmp_path, tasks="")
    (tmp_path / "machine.json").write_text(machine)
    done = subprocess.run(
        [sys.executable, "-m", "handler", "exec"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(line)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nosuchmodule\n", "monostep: ModuleNotFoundError: No module named 'nosuchmodule' ("),
        ("def x(:\n", "monostep: SyntaxError: invalid syntax (tasks.py, line 1) ("),
        ("\n1 / 0\n", "monostep: ZeroDivisionError: division by zero ("),
    ],
    ids=["missing module", "syntax", "error"],
)
def test_tasks_that_cannot_be_imported_get_one_line(source: str, said: str, tmp_path: Path) -> None:
    artifact.copy(tmp_path, tasks="")
    (tmp_path / "machine.json").write_text((ROOT / "machine.json").read_text())
    (tmp_path / "handler" / "tasks.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "handler", "exec"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1
    assert "tasks.py:" in done.stderr
