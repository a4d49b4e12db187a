"""The ancestors' examples: built as they were meant, printed, linted, and run where that can be done in-process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monostep import Workflow, lint
from monostep.language.inject import expand
from tests.build import examples
from tests.build.examples import EXAMPLES
from tests.build.roundtrip import written, yielded

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "cases" / "build.json").read_text("utf-8"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_printed_as_it_was_meant(name: str, tmp_path: Path) -> None:
    made = EXAMPLES[name]().model_dump()
    assert json.dumps(made) == json.dumps(GOLDEN[name])
    assert lint(made) == lint(expand(made)) == []
    assert yielded(written(made, tmp_path)) == made


def test_the_die_is_rolled_until_it_shows_more_than_three() -> None:
    execution = Workflow(EXAMPLES["roll_die"](), functions={"RollDie": examples.RollDie}).run({})
    assert execution.output == {"roll": 4}
    assert execution.path == ["RollDie", *["CheckRoll", "TryAgainShortly", "RollDie"] * 3, "CheckRoll", "Success"]
    assert execution.elapsed == 9


def test_hello_greets_and_fails_by_name() -> None:
    workflow = Workflow(EXAMPLES["hello_world"]().model_dump(), functions={"Hello": examples.Hello})
    assert workflow.run({"Name": "World"}).output == {"Greeting": "Hello World"}
    failed = workflow.run({})
    assert (failed.status, failed.error, failed.path) == ("FAILED", "HelloFailed", ["Hello", "HelloFailed"])


def test_map_and_parallel_do_both() -> None:
    functions = {"ApplyCallback": examples.ApplyCallback, "Count": examples.Count}
    workflow = Workflow(EXAMPLES["map_and_parallel"]().model_dump(), functions=functions)
    execution = workflow.run({"detail": {"shipped": [{"id": 1}, {"id": 2}]}})
    applied = [{"id": 1, "applied": True}, {"id": 2, "applied": True}]
    assert execution.output == {"count": 2, "items": applied}


@pytest.mark.parametrize("fails", [False, True])
def test_a_service_without_a_lambda_runs_on_answers(fails: bool) -> None:
    sent: list[Any] = []

    def run_task(parameters: Any) -> Any:
        if fails:
            raise RuntimeError("no capacity")
        return {"Tasks": [], "Cluster": parameters["Cluster"]}

    functions = {
        "arn:aws:states:::ecs:runTask.sync": run_task,
        "arn:aws:states:::sns:publish": lambda parameters: sent.append(parameters["Message"]),
    }
    execution = Workflow(EXAMPLES["servicefull"]().model_dump(), functions=functions).run({})
    assert execution.status == "SUCCEEDED"
    assert sent == ["Fargate task failed" if fails else "Fargate task succeeded"]
