"""Who answers a Task: keys of `functions` in every way a Lambda may be written, tasks like @task, mocks."""

import gc
from typing import Any

import pytest
from pydantic import BaseModel

from monostep import InvalidDefinition, StateError, Workflow
from monostep.errors import Unsupported, UsageError
from monostep.tasks.registry import Task
from tests.engine.cases import ARN
from tests.engine.test_functions import machine, raising

INVOKE = "arn:aws:states:::lambda:invoke"
SQS = "arn:aws:states:::sqs:sendMessage"
CHARGE = {"Type": "TaskFn", "End": True}
ACCOUNT = "123456789012:function:f"
OTHER = "arn:aws:lambda:us-east-1:210987654321:function:f"


def echo(event: Any) -> Any:
    return event


def invoke(function: str, payload: Any = None) -> dict[str, Any]:
    parameters = {"FunctionName": function, "Payload": payload}
    return machine(T={"Type": "Task", "Resource": INVOKE, "Parameters": parameters, "End": True})


def direct(resource: str, **more: Any) -> dict[str, Any]:
    return machine(T={"Type": "Task", "Resource": resource, "End": True, **more})


@pytest.mark.parametrize(
    ("wanted", "key", "answers"),
    [
        ("f", "f", True),
        ("f", f"{ARN}f", True),
        ("f", ACCOUNT, True),
        ("f:prod", "f", True),
        ("f:prod", "f:prod", True),
        ("f:prod", f"{ARN}f:prod", True),
        ("f:$LATEST", "f", True),
        (f"{ARN}f", "f", True),
        (f"{ARN}f:7", f"{ARN}f", True),
        (f"{ARN}f:7", ACCOUNT, True),
        (ACCOUNT, f"{ARN}f", True),
        ("${LambdaArn}", "${LambdaArn}", True),
        ("f", "f:prod", False),
        ("f:prod", "f:test", False),
        (f"{ARN}f", OTHER, False),
        ("f", "g", False),
        ("${LambdaArn}", "LambdaArn", False),
    ],
)
def test_a_key_answers_a_lambda_however_it_is_written(wanted: str, key: str, answers: bool) -> None:
    machines = [invoke(wanted), *([direct(wanted)] if wanted.startswith(("arn:", "${")) else [])]
    for definition in machines:
        workflow = Workflow(definition, {key: echo})
        if answers:
            assert workflow.run().status == "SUCCEEDED"
        else:
            with pytest.raises(Unsupported):
                workflow.run()


def test_the_key_that_says_most_answers() -> None:
    functions = {"f": lambda _: "any", "f:prod": lambda _: "prod", f"{ARN}f": lambda _: "arn"}
    assert Workflow(direct(f"{ARN}f:prod"), functions).run().output == "prod"
    assert Workflow(direct(f"{ARN}f"), functions).run().output == "arn"


@pytest.mark.parametrize(
    "definition",
    [
        direct(f"{ARN}Charge", Parameters={"Task": "Charge", "Input": 1}),
        invoke("Charge", {"Task": "Charge", "Input": 1}),
        invoke(f"{ARN}Charge:7", {"Task": "Charge", "Input": 1}),
        machine(A={"Type": "Task", "Resource": f"{ARN}Charge", "Next": "Charge"}, Charge=CHARGE),
        machine(
            Charge=CHARGE | {"End": False, "Next": "A"}, A={"Type": "Task", "Resource": f"{ARN}Charge", "End": True}
        ),
    ],
    ids=["direct", "invoke", "by alias", "lambda then task", "task then lambda"],
)
def test_a_key_that_could_mean_both_is_refused(definition: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"functions\['Charge'\] could mean the Lambda or the task"):
        Workflow(definition, {"Charge": echo})


class Order(BaseModel):
    amount: int


def raised_by_one(order: Order) -> Order:
    return Order(amount=order.amount + 1)


def test_a_function_under_a_tasks_name_is_typed_like_a_task() -> None:
    workflow = Workflow(machine(Charge=CHARGE), {"Charge": raised_by_one})
    assert workflow.run({"amount": 1}).output == {"amount": 2}
    assert workflow.run({"amount": "x"}).error == "UnmarshalError"


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (lambda _: {1, 2}, "MarshalError"),
        (raising(SystemExit(2)), "SystemExit"),
        (raising(StateError("A.B", "c")), "A.B"),
    ],
    ids=["set", "exit", "named"],
)
def test_a_task_fails_as_it_does_in_the_lambda(function: Any, error: str) -> None:
    assert Workflow(machine(Charge=CHARGE), {"Charge": function}).run().error == error


def test_a_task_without_input_fails_as_it_does_in_the_lambda() -> None:
    execution = Workflow(direct("${LambdaArn}", Parameters={"Task": "Charge"}), {"Charge": echo}).run()
    assert execution.error == "UnmarshalError"


def test_events_without_a_task_go_whole_to_the_default_task() -> None:
    default = Task("take", echo)
    for definition in (direct("${LambdaArn}"), direct(INVOKE, Parameters={"FunctionName": "${F}", "Payload.$": "$"})):
        workflow = Workflow(definition, tasks={"Charge": Task("Charge", lambda _: "charged")}, default=default)
        outputs = [workflow.run(given).output for given in ({"a": 1}, {"Task": "Charge", "Input": {}})]
        assert [out.get("Payload", out) if isinstance(out, dict) else out for out in outputs] == [{"a": 1}, "charged"]


def test_lambda_invoke_may_be_answered_by_its_own_arn() -> None:
    workflow = Workflow(invoke("f", 1), {INVOKE: echo})
    assert workflow.run().output == {"FunctionName": "f", "Payload": 1}


@pytest.mark.parametrize("jsonata", [False, True])
def test_a_mocked_callback_sees_a_token_of_its_own(jsonata: bool) -> None:
    language = {"QueryLanguage": "JSONata"} if jsonata else {}
    ask = CHARGE | {"Resource": f"{INVOKE}.waitForTaskToken"}
    states = machine(M={"Type": "Map", "ItemProcessor": machine(Ask=ask), "End": True})
    tokens = Workflow(language | states).run([1, 2], mocks={"Ask": lambda given: given["Payload"]["TaskToken"]}).output
    assert len(set(tokens)) == 2
    assert all(isinstance(token, str) and len(token) > 40 for token in tokens)


def test_a_callback_nobody_answers_is_refused_with_what_would() -> None:
    workflow = Workflow(machine(Ask=CHARGE | {"Resource": f"{INVOKE}.waitForTaskToken"}), {"Ask": echo})
    with pytest.raises(Unsupported, match=r"lambda:invoke\.waitForTaskToken.*mocks=\{'Ask': f\} at /States/Ask"):
        workflow.run()


@pytest.mark.parametrize(
    ("keys", "cause"),
    [({"functions": {SQS: raising(StateError("Sqs.X", "why"))}}, "why"), ({}, None)],
    ids=["arn", "mock"],
)
def test_a_state_error_without_a_lambda_keeps_its_cause(keys: dict[str, Any], cause: str | None) -> None:
    definition = direct(SQS, Parameters={"QueueUrl": "q", "MessageBody": "b"})
    mocks = {} if keys else {"T": raising(StateError("Sqs.X", None))}
    execution = Workflow(definition, **keys).run(mocks=mocks)
    assert (execution.error, execution.cause) == ("Sqs.X", cause)


@pytest.mark.parametrize(
    ("mocks", "said"),
    [
        ({"Nope": echo}, r"mocks\['Nope'\]: the machine has no Task of that name; its Tasks: T"),
        ({"T": 5}, r"mocks\['T'\] is called with \(event\) or \(event, context\), and 5 cannot be called"),
        ({"T": lambda: 1}, r"mocks\['T'\] is called with \(event\) or \(event, context\), and takes \(\)"),
    ],
    ids=["unknown", "no function", "no argument"],
)
def test_a_mock_that_cannot_answer_is_refused(mocks: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Workflow(direct(f"{ARN}f")).run(mocks=mocks)


@pytest.mark.parametrize("workers", [-1, True, 1.5, "2"])
def test_workers_is_a_number_of_threads(workers: Any) -> None:
    with pytest.raises(UsageError, match="workers is a number of threads"):
        Workflow(machine(P={"Type": "Pass", "End": True})).run(workers=workers)


@pytest.mark.parametrize("collecting", [True, False])
def test_the_garbage_collector_is_left_as_it_was(collecting: bool) -> None:
    try:
        if not collecting:
            gc.disable()
        with pytest.raises(InvalidDefinition):
            Workflow({})
        assert gc.isenabled() is collecting
        Workflow({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        assert gc.isenabled() is collecting
    finally:
        gc.enable()
