"""handle: the events of tests/cases/lambda.json in this process, without awslambdaric around it."""

from __future__ import annotations

import json
import traceback
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import pytest

from monostep.errors import StateError
from monostep.tasks import runtime
from tests.lambda_api import ROOT

EVENTS = [case for case in json.loads((ROOT / "tests/cases/lambda.json").read_text()) if "event" in case]


@pytest.fixture(autouse=True)
def _probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests/parts")


def raised(event: object) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        runtime.handle(event, SimpleNamespace(aws_request_id="1"))
    return caught.value


@pytest.mark.parametrize("case", EVENTS, ids=itemgetter("case"))
def test_handle_answers_as_the_lambda_does(case: dict[str, Any]) -> None:
    if "errorType" in case:
        error = raised(case["event"])
        assert (type(error).__name__, str(error)) == (case["errorType"], case["errorMessage"])
    else:
        assert runtime.handle(case["event"], SimpleNamespace(aws_request_id="1")) == case["value"]


def test_a_named_error_is_still_a_state_error() -> None:
    error = raised({"Task": "Raise", "Workflow": "probe", "Input": "chosen"})
    assert isinstance(error, StateError)
    assert (error.error, error.cause) == ("Payment.Declined", "card expired")
    assert type(error.__cause__).__name__ == "Chosen"
    assert type(error) is type(raised({"Task": "Raise", "Workflow": "probe", "Input": "named"}))


def test_an_exception_that_can_be_sent_is_raised_itself() -> None:
    error = raised({"Task": "Raise", "Workflow": "probe", "Input": "own class"})
    assert type(error).__module__ == "workflows.probe.tasks"


@pytest.mark.parametrize("task", ["Raise", "RaiseLater"])
def test_nothing_of_the_projects_stands_between_the_caller_and_the_users_frames(task: str) -> None:
    error = raised({"Task": task, "Workflow": "probe", "Input": "named"})
    modules = [frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(error.__traceback__)]
    assert modules[-1] == "workflows.probe.tasks"
    assert modules[:-1] == [__name__, "monostep.tasks.runtime", "monostep.tasks.runtime"]


def test_a_missing_dependency_of_a_workflow_is_its_own_error(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "workflows/lacking").mkdir(parents=True)
    (tmp_path / "workflows/lacking/tasks.py").write_text("import stripe_of_nowhere\n")
    monkeypatch.syspath_prepend(tmp_path)
    error = raised({"Task": "A", "Workflow": "lacking", "Input": {}})
    assert isinstance(error, ModuleNotFoundError)
    assert str(error) == "No module named 'stripe_of_nowhere'"


def test_roll_die_repeats_itself_under_a_seed_and_ends() -> None:
    def game(seed: int) -> list[int]:
        document: object = {"seed": seed, "order": [7]}
        rolls: list[int] = []
        while not rolls or rolls[-1] <= 3:
            rolled = runtime.handle({"Task": "RollDie", "Input": document})
            rolls.append(rolled["roll"])
            document = rolled
        assert document == {"seed": seed, "order": [7], "sides": 6, "rolls": len(rolls), "roll": rolls[-1]}
        return rolls

    games = [game(seed) for seed in range(50)]
    assert games == [game(seed) for seed in range(50)]
    assert max(map(len, games)) > 3
    assert {roll for rolls in games for roll in rolls} == {1, 2, 3, 4, 5, 6}
