"""262,144 bytes pass everywhere, one more nowhere: the engine's bounds never let a document slip by."""

from typing import Any

import pytest

from monostep import Workflow
from tests.engine.cases import ARN
from tests.engine.test_functions import machine

LIMIT = 262_144
TASK = {"Type": "Task", "Resource": f"{ARN}f", "End": True}
PASS = {"Type": "Pass", "End": True}
REPEATED = "$.l[0,0]"
LONG = "k" * 5000


def jsonata(**states: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", **machine(**states)}


def text(size: int) -> str:
    """Of so many bytes as JSON."""
    return "x" * (size - 2)


def made(expression: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Pass", "Output": expression, "End": True, **more}


def twice(size: int) -> Any:
    """A list whose one item, written twice as a list, has so many bytes."""
    return {"l": [text((size - 3) // 2)]}


PADDED = "{% $pad('', $states.input, 'x') %}"
ITEM = machine(I={"Type": "Pass", "Next": "J"}, J=made("{% 1 %}"))
ROWS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    # what: machine, input for a size, result of the task for a size; the size is that of the largest document
    "a result": (machine(T=TASK), None, text),
    "a result of letters of two bytes": (machine(T=TASK), None, lambda size: "é" * (size // 2 - 1) + "x" * (size % 2)),
    "a merged result": (machine(T=TASK | {"ResultPath": "$.r"}), {"a": "y" * 999}, lambda size: text(size - 1012)),
    "a key of ResultPath": (
        machine(P=PASS | {"Result": 1, "ResultPath": f"$.{LONG}"}),
        lambda size: {"a": text(size - 5000 - 11)},
        None,
    ),
    "parameters": (
        machine(P=PASS | {"Parameters": {"a": "y" * 999, "b.$": "$"}}),
        lambda size: text(size - 1012),
        None,
    ),
    "a part repeated by a template": (
        machine(P=PASS | {"Parameters": {"a.$": "$.l[0,0]", "b": "y"}, "OutputPath": "$"}),
        lambda size: {"l": [text((size - 17) // 2)]},
        None,
    ),
    "InputPath of a Pass": (machine(P=PASS | {"InputPath": REPEATED}), twice, None),
    "OutputPath of a Pass": (machine(P=PASS | {"OutputPath": REPEATED}), twice, None),
    "InputPath of a Succeed": (machine(P={"Type": "Succeed", "InputPath": REPEATED}), twice, None),
    "OutputPath of a Wait": (
        machine(P={"Type": "Wait", "Seconds": 1, "OutputPath": REPEATED, "End": True}),
        twice,
        None,
    ),
    "InputPath of a Wait": (
        machine(P={"Type": "Wait", "Seconds": 1, "InputPath": REPEATED, "End": True}),
        twice,
        None,
    ),
    "InputPath of a Task": (machine(P=TASK | {"InputPath": REPEATED}), twice, lambda _size: 1),
    "the results of a Map": (
        machine(M={"Type": "Map", "ItemProcessor": machine(T=TASK), "End": True}),
        [1, 2],
        lambda size: text((size - 3) // 2),
    ),
    "what JSONata makes": (jsonata(P=made(PADDED)), lambda size: size - 2, None),
    "an item that JSONata makes": (
        jsonata(M={"Type": "Map", "Items": "{% [$pad('', $states.input, 'x')] %}", "ItemProcessor": ITEM, "End": True}),
        lambda size: size - 2,
        None,
    ),
    "a variable": (jsonata(P=made("{% 1 %}", Assign={"v": PADDED})), lambda size: size - 2, None),
    "arguments": (jsonata(T=TASK | {"Arguments": PADDED}), lambda size: size - 2, lambda _size: 1),
}


@pytest.mark.parametrize("what", ROWS)
@pytest.mark.parametrize(("size", "status"), [(LIMIT - 1, "SUCCEEDED"), (LIMIT, "SUCCEEDED"), (LIMIT + 1, "FAILED")])
def test_the_payload_limit_is_exact(what: str, size: int, status: str) -> None:
    definition, given, result = ROWS[what]
    document = given(size) if callable(given) else given or {}
    functions = {"f": lambda _event: result(size)} if result else {}
    execution = Workflow(definition, functions).run(document)
    assert execution.status == status
    assert execution.error == (None if status == "SUCCEEDED" else "States.DataLimitExceeded")
    assert Workflow(definition, functions, limits=False).run(document).status == "SUCCEEDED"
