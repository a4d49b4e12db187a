"""A TestState request, read and checked: what is not as AWS wants it is refused here, in AWS's words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from monostep.errors import InvalidDefinition, InvalidRequest
from monostep.language.inject import expand
from monostep.language.lint.verdict import lint, rejection
from monostep.language.text.reading import plain, read
from monostep.teststate.mocks import check_result

NAME = "StateName"
"""What AWS calls the state in the context object and in locations."""
LEVELS = ("INFO", "DEBUG", "TRACE")
PARAMETERS: Mapping[str, type | Mapping[str, Any]] = {
    "stateName": str,
    "inspectionLevel": str,
    "mock": {"result": str, "errorOutput": {"error": str, "cause": str}, "fieldValidationMode": str},
    "context": str,
    "variables": str,
    "stateConfiguration": {
        "retrierRetryCount": int,
        "mapIterationFailureCount": int,
        "errorCausedByState": str,
        "mapItemReaderData": str,
    },
    "roleArn": str,
    "revealSecrets": bool,
}
WITHOUT_MOCK = "[Task, Wait, Pass, Succeed, Fail, Choice]"
MOCKABLE = ("Task", "Map", "Parallel")
CONTEXT: Mapping[str, tuple[str, ...]] = {
    "Execution": ("Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"),
    "State": ("Name", "EnteredTime", "RetryCount"),
    "StateMachine": ("Id", "Name"),
    "Task": ("Token",),
}
"""The context object's fields, and theirs."""


class Request(NamedTuple):
    """`texts` is what the caller wrote for the input and the mocked result, by identity: AWS shows it unchanged."""

    state: Mapping[str, Any]
    language: str
    level: str
    document: Any
    mock: Mapping[str, Any] | None
    """`result`, parsed, or `error` and `cause`."""
    context: Mapping[str, Any] | None
    variables: Mapping[str, Any]
    configuration: Mapping[str, Any]
    role: str | None
    texts: Mapping[int, tuple[Any, str]]

    @property
    def kind(self) -> str:
        return str(self.state["Type"])


def prepare(definition: Any, input: Any, request: Mapping[str, Any]) -> Request:
    """Raises InvalidRequest and InvalidDefinition."""
    _check_parameters(request)
    state, language = _state(definition, request.get("stateName"))
    texts: dict[int, tuple[Any, str]] = {}
    document = _document(input, "input", texts)
    configuration = dict(request.get("stateConfiguration") or {})
    given = request.get("mock")
    _check_support(state, given, configuration, request)
    if configuration.get("mapItemReaderData") is not None:
        configuration["mapItemReaderData"] = _document(configuration["mapItemReaderData"], "mapItemReaderData", {})
    mock = None if given is None else _mock(state, given, texts)
    if mock is None and state["Type"] == "Task" and not request.get("roleArn"):
        raise InvalidRequest("RoleArn must be specified when testing a Task state")
    return Request(
        state,
        language,
        request.get("inspectionLevel") or "INFO",
        document,
        mock,
        _context(request.get("context"), state),
        _variables(request.get("variables")),
        configuration,
        request.get("roleArn"),
        texts,
    )


def _check_parameters(request: Mapping[str, Any]) -> None:
    """In boto3's words: it refuses these before AWS sees them."""
    _check_fields(request, PARAMETERS, "input")
    if request.get("stateName") == "":
        raise InvalidRequest("Invalid length for parameter stateName, value: 0, valid min length: 1")
    if (request.get("inspectionLevel") or "INFO") not in LEVELS:
        raise InvalidRequest(f"inspectionLevel is one of {', '.join(LEVELS)}, not {request['inspectionLevel']!r}")


def _check_fields(given: Mapping[str, Any], known: Mapping[str, Any], name: str) -> None:
    for key, value in given.items():
        wanted = known.get(key)
        if wanted is None:
            raise InvalidRequest(f"Unknown parameter in {name}: {key!r}, must be one of: {', '.join(known)}")
        kind = wanted if isinstance(wanted, type) else dict
        if value is None:
            continue
        if type(value) is not kind:
            shown = f"value: {value!r:.80}, type: {type(value)}, valid types: {kind}"
            raise InvalidRequest(f"Invalid type for parameter {key}, {shown}")
        if isinstance(value, dict):
            _check_fields(value, wanted, key)
        elif isinstance(value, int) and value < 0:
            raise InvalidRequest(f"Invalid value for parameter {key}, value: {value}, valid min value: 0")


def _document(given: Any, name: str, texts: dict[int, tuple[Any, str]]) -> Any:
    if not isinstance(given, str):
        given = json.dumps(given)
    try:
        value = json.loads(given)
    except ValueError as error:
        raise InvalidRequest(f"{name} is not JSON: {error}") from None
    texts[id(value)] = (value, given)
    return value


def _state(definition: Any, name: str | None) -> tuple[Mapping[str, Any], str]:
    """The state, TaskFn expanded, and its query language."""
    document, found = read(definition) if isinstance(definition, str) else (definition, [])
    found = found or plain(document)
    machine = document if name is not None or found or not isinstance(document, dict) else _around(document)
    if name is not None and not found and isinstance(document, dict):
        wanted = next(_named(document, name), None)
        if wanted is None:
            raise InvalidRequest("State not found in definition")
    found = found or lint(machine)
    if name is None:  # a state alone may lead to itself
        found = [diagnostic for diagnostic in found if diagnostic.code != "MISSING_END_STATE"]
    if any(diagnostic.severity == "ERROR" for diagnostic in found):
        raise InvalidDefinition(rejection(found), found)
    machine = expand(machine)
    state = next(_named(machine, NAME if name is None else name))
    return state, state.get("QueryLanguage", machine.get("QueryLanguage", "JSONPath"))


def _around(state: dict[str, Any]) -> dict[str, Any]:
    """A machine of the one state, with stand-ins for where it leads."""
    targets = [state, *_dicts(state.get("Choices")), *_dicts(state.get("Catch"))]
    names = [one.get(key) for one in targets for key in ("Next", "Default")]
    stubs = {name: {"Type": "Succeed"} for name in names if isinstance(name, str) and name != NAME}
    return {"StartAt": NAME, "States": {NAME: state, **stubs}}


def _dicts(items: Any) -> Iterator[dict[str, Any]]:
    yield from (item for item in items if isinstance(item, dict)) if isinstance(items, list) else ()


def _named(container: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The states of this name, at any depth, as far as the definition is one."""
    states = container.get("States")
    for key, state in states.items() if isinstance(states, dict) else ():
        if not isinstance(state, dict):
            continue
        if key == name:
            yield state
        inner = [state.get("ItemProcessor"), state.get("Iterator"), *_dicts(state.get("Branches"))]
        for child in _dicts(inner):
            yield from _named(child, name)


def _check_support(
    state: Mapping[str, Any],
    mock: Mapping[str, Any] | None,
    configuration: Mapping[str, Any],
    request: Mapping[str, Any],
) -> None:
    kind = state["Type"]
    if mock is None:
        for key in configuration:
            field = key[:1].upper() + key[1:]
            raise InvalidRequest(f"TestState does not support {field} when a mock is not specified.")
        if kind in ("Map", "Parallel"):
            raise InvalidDefinition(
                f"TestState API does not support Map or Parallel states. Supported state types include: {WITHOUT_MOCK}"
            )
        return
    if kind not in MOCKABLE:
        raise InvalidRequest(f"State type '{kind}' is not supported when a mock is specified")
    if request.get("revealSecrets"):
        raise InvalidRequest("TestState does not support RevealSecrets when a mock is specified.")


def _mock(
    state: Mapping[str, Any], given: Mapping[str, Any], texts: dict[int, tuple[Any, str]]
) -> Mapping[str, Any] | None:
    if "result" in given and "errorOutput" in given:
        raise InvalidRequest("A test mock should have only one of the following fields: [result, errorOutput].")
    if "errorOutput" in given:
        return dict(given["errorOutput"])
    if "result" not in given:
        raise InvalidRequest("A test mock should have one of the following fields: [result, errorOutput].")
    try:
        result = json.loads(given["result"])
    except (TypeError, ValueError):
        raise InvalidRequest("Mocked result must be valid JSON") from None
    texts[id(result)] = (result, given["result"])
    check_result(state, result, given.get("fieldValidationMode") or "STRICT")
    return {"result": result}


def _context(given: str | None, state: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if given is None:
        return None
    context = _document(given, "context", {})
    for problem in _context_problems(context, state):
        raise InvalidRequest(f"Invalid Context object provided: {problem}")
    found: Mapping[str, Any] = context
    return found


def _context_problems(context: Any, state: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(context, dict):
        yield "Context object must be a JSON object"
        return
    for name, part in context.items():
        if name == "Map":
            yield "'Map' field is not supported when mocking a Context object"
        elif name not in CONTEXT:
            yield f"Field '{name}' is not allowed"
        elif not isinstance(part, dict):
            yield f"Field '{name}' must be an object"
        else:
            yield from _part_problems(name, part)
    pattern = str(state.get("Resource", ""))
    if "Task" in context and not pattern.endswith((".sync", ".sync:2", ".waitForTaskToken")):
        yield (
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' "
            "service integration pattern"
        )


def _part_problems(name: str, part: Mapping[str, Any]) -> Iterator[str]:
    for field, value in part.items():
        if field not in CONTEXT[name]:
            yield f"Field '{field}' is not allowed"
        elif field in ("RetryCount", "RedriveCount"):
            if type(value) is not int:
                yield f"Field '{field}' must be a number"
        elif field != "Input" and not isinstance(value, str):
            yield f"Field '{field}' must be a string"


def _variables(given: str | None) -> Mapping[str, Any]:
    if given is None:
        return {}
    variables = _document(given, "variables", {})
    if not isinstance(variables, dict):
        raise InvalidRequest("variables is not a JSON object")
    return variables
