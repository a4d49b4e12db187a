"""Who answers each Task of a machine: the user's functions, the workflow's tasks, or nobody.

A key of `functions` is a Lambda's name or ARN (called with the event, as Lambda does), a task's name (called with its
Input) or any other resource's ARN. Decided once, before the run; only a FunctionName or a Task that is known during
the run is looked up then.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from monostep.calls import function as functions_
from monostep.calls.function import Context, Function, of_callable
from monostep.calls.resource import Resource, function_name, name_of, parse
from monostep.engine.frame import Frame
from monostep.engine.program import Answer, Binding
from monostep.errors import EvaluationError, StateError, TaskError, UnmarshalError, UsageError
from monostep.tasks import registry
from monostep.tasks.payload import failure, plain

Call = Callable[[Any, Context], Any]
_INVOKE = "invoke"


class Binder:
    """`tasks` maps a task's name to what is called with its Input; `default` takes events without a Task, whole."""

    def __init__(
        self,
        functions: Mapping[str, Callable[..., Any]],
        tasks: Mapping[str, Call],
        account: str,
        default: Call | None = None,
    ) -> None:
        self.functions = {key: of_callable(value, f"functions[{key!r}]") for key, value in functions.items()}
        self._given = functions
        self._lambdas = {key: found for key in functions if (found := name_of(key))}
        self._meant: dict[str, str] = {}
        self._typed: dict[str, Call] = {}
        self.tasks = dict(tasks)
        self.account = account
        self.default = default

    def __call__(self, name: str, state: Mapping[str, Any], location: str) -> Binding:
        resource = parse(state["Resource"])
        arguments = state.get("Arguments", state.get("Parameters"))
        refusal = self._refusal(name, resource, arguments)
        if resource.kind == "service":
            details = {"resource": resource.name + resource.pattern, "resourceType": resource.service}
            answer = self._by_arn(resource)
            if answer is None and (resource.service, resource.name, resource.pattern) == ("lambda", _INVOKE, ""):
                answer = self._invoke(arguments, location)
            return Binding("Task", details, resource.service, answer, refusal)
        family = "Activity" if resource.kind == "activity" else "LambdaFunction"
        answer = self._lambda(resource, arguments, location) if resource.kind == "lambda" else self._by_arn(resource)
        return Binding(family, {"resource": resource.text}, resource.text, answer, refusal)

    def _by_arn(self, resource: Resource) -> Answer | None:
        function = self.functions.get(resource.text)
        if function is None:
            return None
        only = function
        context = resource.name, resource.text
        return lambda given, _frame: functions_.call(only, given, Context(*context), verbatim=True)

    def _lambda(self, resource: Resource, arguments: Any, location: str) -> Answer | None:
        function = self._function(resource.text, arguments, location)
        if function is None:
            return None
        only, name, arn = function, resource.name, self._arn(resource.name)
        return lambda given, _frame: functions_.call(only, given, Context(name, arn))

    def _function(self, reference: str, event: Any, location: str) -> Function | None:
        """Who answers a Lambda that is known before the run; None where nobody does."""
        key = self._key(reference)
        task = event.get("Task") if isinstance(event, Mapping) else None
        if key is not None and key == task:
            raise self._ambiguous(key, location)
        if key is not None:
            self._mean(key, "Lambda", location)
            return self.functions[key]
        return self._router(reference, event, location)

    def _key(self, reference: str) -> str | None:
        """The key of `functions` for a Lambda in whatever way it is written: the same text, else the same alias, else
        what says most.
        """
        if reference in self.functions:
            return reference
        wanted = name_of(reference)
        keys = [key for key, known in self._lambdas.items() if wanted and known.answers(wanted)]
        return max(keys, key=lambda key: self._lambdas[key].detail, default=None)

    def _mean(self, key: str, meaning: str, location: str) -> None:
        if self._meant.setdefault(key, meaning) != meaning:
            raise self._ambiguous(key, location)

    def _ambiguous(self, key: str, location: str) -> UsageError:
        return UsageError(
            f"functions[{key!r}] could mean the Lambda or the task of that name at {location}: "
            f"use the Lambda's ARN as the key for the one, or mocks for the other"
        )

    def _router(self, reference: str, event: Any, location: str) -> Function | None:
        """The one Lambda: answers by the Task in the event; None where no task of that name is known before the run."""
        task = event.get("Task") if isinstance(event, Mapping) else None
        if isinstance(task, str) and not task.startswith("{%"):
            if task not in self.functions and task not in self.tasks:
                return None
            if task in self.functions:
                self._mean(task, "task", location)
            return self._route
        known = isinstance(event, Mapping) and {"Task", "Task.$"} & event.keys()
        ours = self.tasks or self.default
        return self._route if known or (ours and reference.startswith("${")) else None

    def _route(self, event: Any, context: Context) -> Any:
        """As monostep.tasks.runtime does it in the Lambda."""
        if not isinstance(event, Mapping) or "Task" not in event:
            if self.default is None:
                raise TaskError(f"no Task in the event, and no default task; {self._known()}")
            return self.default(event, context)
        call = self._task(event["Task"])
        if "Input" not in event:
            raise UnmarshalError(f'the event has a Task, {event["Task"]}, but no Input; a state sends "Input.$": "$"')
        try:
            return call(event["Input"], context)
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise StateError(*failure(error)) from error

    def _task(self, name: Any) -> Call:
        call = self.tasks.get(name) if isinstance(name, str) else None
        if isinstance(name, str) and name in self.functions:
            call = self._typed.get(name) or self._typed.setdefault(
                name, _as_task(name, self._given[name], self.functions[name])
            )
        if call is None:
            raise TaskError(f"no task {name!r}; {self._known()}")
        return call

    def _known(self) -> str:
        return f"known: {', '.join(sorted({*self.tasks, *self.functions}))}"

    def _invoke(self, arguments: Any, location: str) -> Answer | None:
        """lambda:invoke: the function by FunctionName, its event the Payload, its result wrapped as the API answers."""
        arguments = arguments if isinstance(arguments, Mapping) else {}
        fixed, payload = arguments.get("FunctionName"), arguments.get("Payload")
        if isinstance(fixed, str) and not fixed.startswith("{%"):
            function = self._function(fixed, payload, location)
            if function is None:
                return None
            only, name = function, function_name(fixed)
            return lambda given, _frame: _invoked(only, given, Context(name, self._arn(name)))
        router = self._router("", payload, location)

        def answer(given: Any, frame: Frame) -> tuple[Any, int]:
            if not isinstance(given, Mapping) or not isinstance(given.get("FunctionName"), str):
                raise frame.run.explain(frame, _nameless(given))
            wanted = given["FunctionName"]
            key = self._key(wanted)
            function = router if key is None else self.functions[key]
            if function is None:
                raise self._unknown(wanted)
            name = function_name(wanted)
            return _invoked(function, given, Context(name, self._arn(name)))

        return answer

    def _unknown(self, name: str) -> StateError:
        arn = self._arn(function_name(name))
        cause = f"Function not found: {arn} (Service: Lambda, Status Code: 404, Request ID: {uuid.uuid4()})"
        return StateError("Lambda.ResourceNotFoundException", cause)

    def _arn(self, name: str) -> str:
        return f"arn:aws:lambda:us-east-1:{self.account}:function:{name}"

    def _refusal(self, name: str, resource: Resource, arguments: Any) -> str:
        task = envelope(arguments).get("Task")
        if resource.service == "lambda" and not resource.pattern:
            if isinstance(task, str):
                mend = f"define it with @task, or pass functions={{{task!r}: f}} or mocks={{{name!r}: f}}"
                return f"No task {task!r}: {mend}"
            function = arguments.get("FunctionName") if isinstance(arguments, Mapping) else None
            if isinstance(function, str):
                return f"Nobody answers {function}: pass functions={{{function!r}: f}} or mocks={{{name!r}: f}}"
        return f"Nobody answers {resource.text}: pass functions={{{resource.text!r}: f}} or mocks={{{name!r}: f}}"


def envelope(arguments: Any) -> Mapping[str, Any]:
    if not isinstance(arguments, Mapping):
        return {}
    payload = arguments.get("Payload")
    return payload if isinstance(payload, Mapping) and "FunctionName" in arguments else arguments


def _as_task(name: str, given: Callable[..., Any], function: Function) -> Call:
    """What a key of `functions` answers as a task: typed input in, plain JSON out, as with @task."""
    if isinstance(given, FunctionType) and given.__code__.co_argcount:
        return registry.Task(name, given).call
    return lambda value, context: plain(function(value, context))


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
