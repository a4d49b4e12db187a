"""Who answers each Task of a machine: the user's functions, the workflow's tasks, or nobody.

A key of `functions` is a Lambda's name or ARN (called with the event, as Lambda does), a task's name (called with its
Input) or any other resource's ARN. Decided once, before the run; only a FunctionName or a Task that is known during
the run is looked up then.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from handler.calls import function as functions_
from handler.calls.function import Context, Function, of_callable
from handler.calls.resource import Resource, function_name, parse
from handler.engine.frame import Frame
from handler.engine.run import Answer
from handler.engine.tasks import Binding
from handler.errors import EvaluationError, StateError, TaskError, UsageError

Call = Callable[[Any, Context], Any]
_INVOKE = "invoke"


class Binder:
    """`tasks` maps a task's name to what is called with its Input."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]], tasks: Mapping[str, Call], account: str) -> None:
        self.functions = {key: of_callable(value) for key, value in functions.items()}
        self.tasks = dict(tasks)
        self.account = account
        self.used: set[str] = set()

    def __call__(self, name: str, state: Mapping[str, Any], location: str) -> Binding:
        resource = parse(state["Resource"])
        arguments = state.get("Arguments", state.get("Parameters"))
        self._refuse_ambiguous(resource, arguments, location)
        if resource.kind == "service":
            details = {"resource": resource.name + resource.pattern, "resourceType": resource.service}
            invoke = resource.service == "lambda" and resource.name == _INVOKE
            answer = self._invoke(arguments) if invoke and resource.pattern == "" else self._by_arn(resource)
            return Binding("Task", details, resource.service, answer, self._refusal(name, resource, arguments))
        family = "Activity" if resource.kind == "activity" else "LambdaFunction"
        answer = self._lambda(resource, arguments) if resource.kind == "lambda" else self._by_arn(resource)
        details = {"resource": resource.text}
        return Binding(family, details, resource.text, answer, self._refusal(name, resource, arguments))

    def _refuse_ambiguous(self, resource: Resource, arguments: Any, location: str) -> None:
        task = envelope(arguments).get("Task")
        names = {resource.text, resource.name}
        if isinstance(task, str) and task in self.functions and task in names:
            raise UsageError(
                f"functions[{task!r}] could mean the Lambda or the task of that name at {location}: "
                f"use the Lambda's ARN as the key for the one, or mocks for the other"
            )

    def _by_arn(self, resource: Resource) -> Answer | None:
        function = self._find(resource.text)
        return None if function is None else self._answer(function, resource.name, resource.text)

    def _find(self, key: str) -> Function | None:
        found = self.functions.get(key)
        if found is not None:
            self.used.add(key)
        return found

    def _lambda(self, resource: Resource, arguments: Any) -> Answer | None:
        function = self._find(resource.text) or self._find(resource.name)
        function = function or self._router(arguments)
        return None if function is None else self._answer(function, resource.name, self._arn(resource.name))

    def _router(self, event: Any) -> Function | None:
        """The one Lambda: answers by the Task in the event; None where no task of that name is known before the run."""
        if not isinstance(event, Mapping) or not ({"Task", "Task.$"} & event.keys()):
            return None
        calls = {**self.tasks, **self.functions}
        task = event.get("Task")
        if isinstance(task, str) and not task.startswith("{%"):
            found = calls.get(task)
            if found is None:
                return None
            self.used.add(task)
            only = found
            return lambda event, context: only(event.get("Input"), context)
        return lambda event, context: _route(calls, event)(event.get("Input"), context)

    def _answer(self, function: Function, name: str, arn: str) -> Answer:
        def answer(given: Any, _frame: Frame) -> tuple[Any, int]:
            return functions_.call(function, given, Context(name, arn))

        return answer

    def _invoke(self, arguments: Any) -> Answer | None:
        """lambda:invoke: the function by FunctionName, its event the Payload, its result wrapped as the API answers."""
        arguments = arguments if isinstance(arguments, Mapping) else {}
        fixed = arguments.get("FunctionName")
        if isinstance(fixed, str) and not fixed.startswith("{%"):
            function = self._by_name(fixed, arguments.get("Payload"))
            if function is None:
                return None
            only, name = function, function_name(fixed)
            return lambda given, _frame: _invoked(only, given, Context(name, self._arn(name)))
        router = self._router(arguments.get("Payload"))

        def answer(given: Any, frame: Frame) -> tuple[Any, int]:
            if not isinstance(given, Mapping) or not isinstance(given.get("FunctionName"), str):
                raise frame.run.explain(frame, _nameless(given))
            name = given["FunctionName"]
            function = self._by_name(name, None) or router
            if function is None:
                raise self._unknown(name)
            return _invoked(function, given, Context(function_name(name), self._arn(function_name(name))))

        return answer

    def _by_name(self, name: Any, payload: Any) -> Function | None:
        if not isinstance(name, str):
            return None
        return self._find(name) or self._find(function_name(name)) or self._router(payload)

    def _unknown(self, name: Any) -> StateError:
        arn = self._arn(function_name(str(name)))
        cause = f"Function not found: {arn} (Service: Lambda, Status Code: 404, Request ID: {uuid.uuid4()})"
        return StateError("Lambda.ResourceNotFoundException", cause)

    def _arn(self, name: str) -> str:
        return f"arn:aws:lambda:us-east-1:{self.account}:function:{name}"

    def _refusal(self, name: str, resource: Resource, arguments: Any) -> str:
        task = envelope(arguments).get("Task")
        if resource.service == "lambda" and isinstance(task, str):
            return f"No task {task!r}: define it with @task, or pass functions={{{task!r}: f}} or mocks={{{name!r}: f}}"
        return f"Nobody answers {resource.text}: pass functions={{{resource.text!r}: f}} or mocks={{{name!r}: f}}"


def envelope(arguments: Any) -> Mapping[str, Any]:
    if not isinstance(arguments, Mapping):
        return {}
    payload = arguments.get("Payload")
    return payload if isinstance(payload, Mapping) and "FunctionName" in arguments else arguments


def _route(calls: Mapping[str, Call], event: Any) -> Call:
    task = event.get("Task")
    found = calls.get(task) if isinstance(task, str) else None
    if found is None:
        raise TaskError(f"no task {task!r}; known: {', '.join(sorted(calls))}")
    return found


def _invoked(function: Function, given: Any, context: Context) -> tuple[Any, int]:
    """Lambda's Invoke response as Step Functions shows it."""
    payload, bound = functions_.call(function, _event(given.get("Payload")), context, compact=True)
    length = str(functions_.length(payload))
    headers = {
        "Connection": "keep-alive",
        "Content-Length": length,
        "Content-Type": "application/json",
        "Date": functions_.http_date(),
        "X-Amz-Executed-Version": "$LATEST",
        "x-amzn-Remapped-Content-Length": "0",
        "x-amzn-RequestId": context.aws_request_id,
        "X-Amzn-Trace-Id": _trace_id(),
    }
    result = {
        "ExecutedVersion": "$LATEST",
        "Payload": payload,
        "SdkHttpMetadata": {
            "AllHttpHeaders": {key: [value] for key, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": context.aws_request_id},
        "StatusCode": 200,
    }
    return result, bound + 2048


def _nameless(given: Any) -> EvaluationError:
    shown = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    problem = "[The field 'FunctionName' is required but was missing]"
    return EvaluationError("States.Runtime", f"The Parameters '{shown}' could not be used to start the Task: {problem}")


def _trace_id() -> str:
    root, parent = uuid.uuid4().hex, uuid.uuid4().hex
    return f"root=1-{root[:8]}-{root[8:]};parent={parent[:16]};sampled=0"


def _event(payload: Any) -> Any:
    """A Payload that is text is the JSON itself; none is an empty object."""
    if payload is None:
        return {}
    if not isinstance(payload, str):
        return payload
    try:
        return json.loads(payload)
    except ValueError as error:
        cause = f"Could not parse request body into json: Could not parse payload into json: {error}"
        raise StateError("Lambda.InvalidRequestContentException", cause) from None
