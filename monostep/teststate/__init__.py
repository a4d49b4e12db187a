"""TestState: one state, one input, and what AWS would answer.

Requests and responses have the shapes of boto3's `test_state`, but that `output` is parsed JSON, as everywhere here.
The state runs in the engine under AWS's own name for it, `StateName`, and its retriers and catchers are asked
afterwards: the answer is a verdict (RETRIABLE, CAUGHT_ERROR), not a second attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from monostep.teststate.inspection import inspect
from monostep.teststate.request import prepare
from monostep.teststate.trial import attempt


def test_state(
    *,
    definition: Mapping[str, Any] | str,
    input: Any = "{}",  # noqa: PT028
    functions: Mapping[str, Callable[..., Any]] | None = None,  # noqa: PT028
    **request: Any,
) -> dict[str, Any]:
    """What AWS's TestState answers: status, output, error, cause, nextState and, above INFO, inspectionData.

    `definition` is a state, or with `stateName` a machine; `request` holds AWS's other parameters (mock, context,
    variables, inspectionLevel, stateConfiguration, roleArn, revealSecrets). `functions` answers a Task without a mock.
    Raises InvalidRequest or InvalidDefinition in AWS's words, Unsupported for a Task that nobody answers.
    """
    asked = prepare(definition, input, request)
    trial, verdict = attempt(asked, functions or {})
    answer: dict[str, Any] = {"status": verdict.status}
    if trial.status == "SUCCEEDED":
        answer["output"] = trial.output
    told = {"error": verdict.error, "cause": verdict.cause, "nextState": trial.next_state}
    answer |= {key: value for key, value in told.items() if value is not None}
    if asked.level != "INFO":
        answer["inspectionData"] = inspect(asked, trial, verdict)
    return answer


test_state.__test__ = False  # type: ignore[attr-defined]  # pytest takes functions of this name for tests
