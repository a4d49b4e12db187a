"""The language as tables: every object of a definition, its fields, what each holds, and what shuts out what.

Which fields a state's type has was measured on AWS for every type and field; `python -m tests.definitions` holds the
tables against AWS's verdicts.
"""

from __future__ import annotations

from typing import Any

from monostep.language.checks import (
    JSONATA,
    JSONPATH,
    NAME,
    SECONDS,
    Alone,
    Scope,
    Shape,
    anything,
    array,
    both,
    flag,
    integer,
    number,
    one_of,
    only,
    pairs,
    place,
    text,
)
from monostep.language.entries import CATCHER, RETRIER, RULE, handlers
from monostep.language.maps import BATCHER, PROCESSOR_CONFIG, READER, WRITER, label
from monostep.language.queries import path, reference, words
from monostep.language.resources import is_activity, resource
from monostep.language.values import assignment, constant, expression, literal, template, timestamp, value

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")


def _states(given: Any, scope: Scope, where: str, key: str) -> None:
    if type(given) is not dict:
        scope.say("Expected value of type [OBJECT]", place(where, key))
        return
    here = place(where, key)
    for name, state in given.items():
        _state(state, scope, here, name)


def _state(state: Any, scope: Scope, where: str, name: str) -> None:
    here = place(where, name)
    if len(name) > NAME:
        message = f"Invalid State name: {name[:NAME]}… exceeds the {NAME}-character limit allowed by the service"
        scope.say(message, here, "INVALID_STATE_NAME")
    if type(state) is not dict:
        scope.say("Expected value of type [OBJECT]", here)
        return
    kind = state.get("Type")
    shape = STATES.get(kind) if type(kind) is str else None
    if shape is None:
        _typeless(state, scope, here)
        return
    declared = state.get("QueryLanguage", scope)
    jsonata = scope.machine_jsonata if declared is scope else declared != JSONPATH
    mixed = scope.machine_jsonata and not jsonata
    if mixed:
        scope.say("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", here)
    shape.inspect(state, scope if jsonata is scope.jsonata else scope.within(jsonata=jsonata), here, mixed)


def _typeless(state: dict[str, Any], scope: Scope, here: str) -> None:
    if "Type" not in state:
        scope.say("These fields are required: [Type]", here)
    elif type(state["Type"]) is not str:
        scope.say("Expected value of type [STRING]", f"{here}/Type")
    else:
        scope.say(f"The field 'Type' should have one of these values: [{', '.join(TYPES)}]", f"{here}/Type")


_CONTAINER = {"StartAt": text, "States": _states, "Comment": text}
BRANCH = Shape(both(_CONTAINER), required=("States", "StartAt"))
PROCESSOR = Shape(both(_CONTAINER | {"ProcessorConfig": PROCESSOR_CONFIG.check}), required=("States", "StartAt"))
MACHINE = Shape(
    both(
        _CONTAINER
        | {
            "Version": one_of("1.0"),
            "QueryLanguage": one_of(JSONPATH, JSONATA),
            "TimeoutSeconds": integer(0, SECONDS),
        }
    ),
    required=("States", "StartAt"),
)

_ANY = both({"Type": anything, "Comment": text, "QueryLanguage": one_of(JSONPATH, JSONATA)})
_THROUGH = only(JSONPATH, {"InputPath": path(null=True), "OutputPath": path(null=True)}) | only(
    JSONATA, {"Output": template}
)
_ONWARD = both({"Next": text, "End": flag, "Assign": assignment})
_RESULT = only(JSONPATH, {"ResultPath": reference(null=True, roots=()), "Parameters": template})
_WORK = (
    _RESULT
    | only(JSONPATH, {"ResultSelector": template})
    | both({"Retry": handlers(RETRIER, caught=False), "Catch": handlers(CATCHER, caught=True)})
)
_LEAVE = Alone(("Next", "End"), needed=True)


def _credentials(task: dict[str, Any], scope: Scope, here: str) -> None:
    given = task.get("Credentials", task)
    if given is task:
        return
    if is_activity(task.get("Resource")):
        scope.say("The field 'Credentials' is not supported for activities", f"{here}/Credentials")
    elif type(given) is dict:
        if "RoleArn" not in given and (scope.jsonata or "RoleArn.$" not in given):
            scope.say("The field 'RoleArn' is required but was missing", f"{here}/Credentials")
    elif not (scope.jsonata and type(given) is str):
        scope.say("Expected value of type [OBJECT]", f"{here}/Credentials")


def _task(task: dict[str, Any], scope: Scope, here: str) -> None:
    """Specification, Task State: "HeartbeatSeconds MUST be smaller than TimeoutSeconds", where both are numbers."""
    _credentials(task, scope, here)
    heartbeat, timeout = task.get("HeartbeatSeconds"), task.get("TimeoutSeconds")
    if type(heartbeat) is int and type(timeout) is int and heartbeat >= timeout:
        scope.say("HeartbeatSeconds must be smaller than TimeoutSeconds", f"{here}/HeartbeatSeconds")


STATES: dict[str, Shape] = {
    "Pass": Shape(_ANY | _THROUGH | _ONWARD | _RESULT | only(JSONPATH, {"Result": constant}), alone=(_LEAVE,)),
    "Task": Shape(
        _ANY
        | _THROUGH
        | _ONWARD
        | _WORK
        | both(
            {
                "Resource": resource,
                "Credentials": template,
                "TimeoutSeconds": value(integer(1, SECONDS)),
                "HeartbeatSeconds": value(integer(1, SECONDS)),
            }
        )
        | only(JSONPATH, {"TimeoutSecondsPath": reference(), "HeartbeatSecondsPath": reference()})
        | only(JSONATA, {"Arguments": template}),
        required=("Resource",),
        alone=(*pairs("TimeoutSeconds", "HeartbeatSeconds"), _LEAVE),
        also=_task,
    ),
    "Wait": Shape(
        _ANY
        | _THROUGH
        | _ONWARD
        | both({"Seconds": value(integer(0, SECONDS)), "Timestamp": value(timestamp)})
        | only(JSONPATH, {"SecondsPath": reference(), "TimestampPath": reference()}),
        alone=(Alone(("SecondsPath", "Seconds", "TimestampPath", "Timestamp"), needed=True), _LEAVE),
    ),
    "Parallel": Shape(
        _ANY
        | _THROUGH
        | _ONWARD
        | _WORK
        | both({"Branches": array(BRANCH.check)})
        | only(JSONATA, {"Arguments": template}),
        required=("Branches",),
        alone=(_LEAVE,),
    ),
    "Map": Shape(
        _ANY
        | _THROUGH
        | _ONWARD
        | _WORK
        | both(
            {
                "ItemProcessor": PROCESSOR.check,
                "Iterator": PROCESSOR.check,
                "ItemSelector": template,
                "ItemReader": READER.check,
                "ItemBatcher": BATCHER.check,
                "ResultWriter": WRITER.check,
                "MaxConcurrency": value(integer(0)),
                "ToleratedFailurePercentage": value(number(0.0, 100.0)),
                "ToleratedFailureCount": value(integer(0)),
                "Label": label,
            }
        )
        | only(
            JSONPATH,
            {
                "ItemsPath": reference(),
                "MaxConcurrencyPath": reference(roots=("$name",)),
                "ToleratedFailurePercentagePath": reference(roots=("$name",)),
                "ToleratedFailureCountPath": reference(roots=("$name",)),
            },
        )
        | only(JSONATA, {"Items": expression}),
        alone=(
            Alone(("ItemProcessor", "Iterator"), needed=True),
            *pairs("MaxConcurrency", "ToleratedFailurePercentage", "ToleratedFailureCount"),
            Alone(("ItemSelector", "Parameters")),
            _LEAVE,
        ),
    ),
    "Choice": Shape(
        _ANY | _THROUGH | both({"Choices": array(RULE.check), "Default": text, "Assign": assignment}),
        required=("Choices",),
    ),
    "Succeed": Shape(_ANY | _THROUGH),
    "Fail": Shape(
        _ANY
        | both({"Error": value(literal), "Cause": value(literal)})
        | only(JSONPATH, {"ErrorPath": words, "CausePath": words}),
        alone=pairs("Error", "Cause"),
    ),
}
