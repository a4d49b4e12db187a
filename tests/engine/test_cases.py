import pytest

from tests.engine.cases import CASES, execute, load


@pytest.mark.parametrize("name", CASES)
def test_execution_is_as_the_case_says(name: str) -> None:
    case = load(CASES[name])
    execution = execute(case)
    got = {"events": [event["type"] for event in execution.history]}
    got |= {key: getattr(execution, key) for key in case["expect"] if key != "events"}
    assert {key: got[key] for key in case["expect"]} == case["expect"]
