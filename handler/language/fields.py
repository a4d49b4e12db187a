"""The language as tables: every object of a definition, its fields, what each holds, and what shuts out what.

Which fields a state's type has was measured on AWS for every type and field; `python -m tests.definitions` holds the
tables against AWS's verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from handler.language.comparisons import COMPARISONS
from handler.language.queries import (
    assignment,
    condition,
    constant,
    expression,
    literal,
    path,
    reference,
    template,
    timestamp,
    value,
    variable,
    words,
)
from handler.language.resources import is_activity, resource
from handler.language.shape import (
    JSONATA,
    JSONPATH,
    NAME,
    Alone,
    Check,
    Field,
    Scope,
    Shape,
    anything,
    array,
    flag,
    integer,
    number,
    one_of,
    place,
    text,
)

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
LABEL = 40
ALL = "States.ALL"
_LABEL_BARRED = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")
_SECONDS = 99_999_999
_BATCH_BYTES = 262_144


def _only(language: str, fields: Mapping[str, Check]) -> dict[str, Field]:
    return {name: Field(check, language) for name, check in fields.items()}


def _both(fields: Mapping[str, Check]) -> dict[str, Field]:
    return _only("", fields)


def _pairs(*names: str) -> tuple[Alone, ...]:
    return tuple(Alone((name, f"{name}Path")) for name in names)


# Retriers, catchers, choice rules


def _all_last(entries: Any, scope: Scope, where: str, key: str) -> None:
    if type(entries) is not list:
        return
    for index, entry in enumerate(entries):
        names = entry.get("ErrorEquals") if type(entry) is dict else None
        if type(names) is list and ALL in names and (len(names) > 1 or index < len(entries) - 1):
            location = place(where, f"{key}[{index}]") + "/ErrorEquals"
            scope.say("States.ALL must appear alone and at end of list", location)


def _handlers(shape: Shape, caught: bool) -> Check:
    every = array(shape.check, empty=True)

    def check(entries: Any, scope: Scope, where: str, key: str) -> None:
        every(entries, scope.within(caught=True) if caught else scope, where, key)
        _all_last(entries, scope, where, key)

    return check


RETRIER = Shape(
    _both(
        {
            "ErrorEquals": array(text),
            "IntervalSeconds": integer(0, _SECONDS),
            "MaxAttempts": integer(0, _SECONDS),
            "BackoffRate": number(1.0),
            "MaxDelaySeconds": integer(1, 31_622_400),
            "JitterStrategy": one_of("NONE", "FULL"),
            "Comment": text,
        }
    ),
    required=("ErrorEquals",),
)

CATCHER = Shape(
    _both({"ErrorEquals": array(text), "Next": text, "Assign": assignment, "Comment": text})
    | _only(JSONPATH, {"ResultPath": reference(null=True, roots=())})
    | _only(JSONATA, {"Output": template}),
    required=("ErrorEquals", "Next"),
)

SELECTORS = ("And", "Or", "Not", "Variable", "Condition")
_OPERANDS: dict[str, Check] = {
    "string": literal,
    "number": number(),
    "boolean": flag,
    "timestamp": timestamp,
    "path": reference(),
}


def _one_selector(rule: dict[str, Any], scope: Scope, here: str) -> None:
    chosen = [name for name in SELECTORS if name in rule]
    if len(chosen) != 1:
        scope.say(f"The object must have only one of the following fields, [{', '.join(SELECTORS)}]", here)
    compared = [name for name in rule if name in COMPARISONS]
    if "Variable" in rule and len(compared) != 1:
        which = "There should only be" if compared else "This object should have only"
        scope.say(f"{which} one of the following fields: [{', '.join(COMPARISONS)}]", here)
    elif "Variable" not in rule and chosen:
        for name in compared:
            scope.say(f"Field '{name}' is not supported", here)


def _nested(rule: Any, scope: Scope, where: str, key: str) -> None:
    PART.check(rule, scope, where, key)


_RULE: dict[str, Field] = (
    _both({"Comment": text})
    | _only(JSONPATH, {"And": array(_nested), "Or": array(_nested), "Not": _nested, "Variable": variable})
    | _only(JSONPATH, {name: _OPERANDS[operand] for name, operand in COMPARISONS.items()})
)
PART = Shape(_RULE, also=_one_selector)
RULE = Shape(
    _RULE | _both({"Next": text, "Assign": assignment}) | _only(JSONATA, {"Condition": condition, "Output": template}),
    required=("Next",),
    also=_one_selector,
)

# The parts of a Map


def _mode(config: dict[str, Any], scope: Scope, here: str) -> None:
    distributed = config.get("Mode") == "DISTRIBUTED"
    if distributed and "ExecutionType" not in config:
        scope.say("These fields are required: [ExecutionType]", here)
    if not distributed and "ExecutionType" in config:
        scope.say("Field 'ExecutionType' is not supported", here)
    if distributed and scope.express:
        scope.say(
            "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines", f"{here}/Mode"
        )


def _headers(config: dict[str, Any], scope: Scope, here: str) -> None:
    kind, header = config.get("InputType"), config.get("CSVHeaderLocation")
    if kind == "CSV" and header is None:
        scope.say("The field 'CSVHeaderLocation' is required but was missing", here)
    if kind != "CSV" and header is not None and type(kind) is str:
        scope.say("Field 'CSVHeaderLocation' is not supported", here)
    if header == "GIVEN" and "CSVHeaders" not in config:
        scope.say("These fields are required: [CSVHeaders]", here)


def _service(*calls: str) -> Check:
    """The Resource of a reader or writer: one of few integrations, whatever the partition."""

    def check(given: Any, scope: Scope, where: str, key: str) -> None:
        if type(given) is not str:
            scope.say("Expected value of type [STRING]", place(where, key))
        elif not (given.startswith("${") or (given.startswith("arn:") and given.endswith(calls))):
            scope.say("The field 'Resource' does not match any of the allowed values", place(where, key))

    return check


def _some(writer: dict[str, Any], scope: Scope, here: str) -> None:
    if "Resource" not in writer and "WriterConfig" not in writer:
        scope.say("These fields are required: [Resource]", here)


_PAYLOAD = _only(JSONPATH, {"Parameters": template}) | _only(JSONATA, {"Arguments": template})

READER_CONFIG = Shape(
    _both(
        {
            "InputType": one_of("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"),
            "Transformation": one_of("NONE", "LOAD_AND_FLATTEN"),
            "ManifestType": one_of("ATHENA_DATA", "S3_INVENTORY"),
            "CSVHeaderLocation": one_of("FIRST_ROW", "GIVEN"),
            "CSVHeaders": array(text),
            "CSVDelimiter": one_of("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
            "ItemsPointer": text,
            "MaxItems": value(integer(0, 100_000_000)),
        }
    )
    | _only(JSONPATH, {"MaxItemsPath": reference(roots=("$name",))}),
    alone=_pairs("MaxItems"),
    also=_headers,
)
READER = Shape(
    _both(
        {
            "Resource": _service(":states:::s3:getObject", ":states:::s3:listObjectsV2"),
            "ReaderConfig": READER_CONFIG.check,
        }
    )
    | _PAYLOAD,
    required=("Resource",),
)
WRITER_CONFIG = Shape(
    _both({"Transformation": one_of("NONE", "COMPACT", "FLATTEN"), "OutputType": one_of("JSON", "JSONL")}),
    required=("Transformation", "OutputType"),
)
WRITER = Shape(
    _both({"Resource": _service(":states:::s3:putObject"), "WriterConfig": WRITER_CONFIG.check}) | _PAYLOAD, also=_some
)
BATCHER = Shape(
    _both(
        {
            "MaxItemsPerBatch": value(integer(1)),
            "MaxInputBytesPerBatch": value(integer(1, _BATCH_BYTES)),
            "BatchInput": template,
        }
    )
    | _only(
        JSONPATH,
        {"MaxItemsPerBatchPath": reference(roots=("$name",)), "MaxInputBytesPerBatchPath": reference(roots=("$name",))},
    ),
    alone=_pairs("MaxItemsPerBatch", "MaxInputBytesPerBatch"),
)
PROCESSOR_CONFIG = Shape(
    _both({"Mode": one_of("INLINE", "DISTRIBUTED"), "ExecutionType": one_of("STANDARD", "EXPRESS")}), also=_mode
)


def _label(given: Any, scope: Scope, where: str, key: str) -> None:
    if type(given) is not str:
        scope.say("Expected value of type [STRING]", place(where, key))
    elif not given:
        scope.say("Value cannot be empty", place(where, key), "INVALID_LABEL_NAME")
    elif len(given) > LABEL:
        message = f"Invalid Label name: {given[:LABEL]}… exceeds the {LABEL}-character limit allowed by the service"
        scope.say(message, place(where, key), "INVALID_LABEL_NAME")
    elif _LABEL_BARRED.search(given):
        scope.say(f"Invalid Label name: {given!r} contains invalid characters", place(where, key), "INVALID_LABEL_NAME")


# States


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
BRANCH = Shape(_both(_CONTAINER), required=("States", "StartAt"))
PROCESSOR = Shape(_both(_CONTAINER | {"ProcessorConfig": PROCESSOR_CONFIG.check}), required=("States", "StartAt"))
MACHINE = Shape(
    _both(
        _CONTAINER
        | {
            "Version": one_of("1.0"),
            "QueryLanguage": one_of(JSONPATH, JSONATA),
            "TimeoutSeconds": integer(0, _SECONDS),
        }
    ),
    required=("States", "StartAt"),
)

_ANY = _both({"Type": anything, "Comment": text, "QueryLanguage": one_of(JSONPATH, JSONATA)})
_THROUGH = _only(JSONPATH, {"InputPath": path(null=True), "OutputPath": path(null=True)}) | _only(
    JSONATA, {"Output": template}
)
_ONWARD = _both({"Next": text, "End": flag, "Assign": assignment})
_RESULT = _only(JSONPATH, {"ResultPath": reference(null=True, roots=()), "Parameters": template})
_WORK = (
    _RESULT
    | _only(JSONPATH, {"ResultSelector": template})
    | _both({"Retry": _handlers(RETRIER, caught=False), "Catch": _handlers(CATCHER, caught=True)})
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


STATES: dict[str, Shape] = {
    "Pass": Shape(_ANY | _THROUGH | _ONWARD | _RESULT | _only(JSONPATH, {"Result": constant}), alone=(_LEAVE,)),
    "Task": Shape(
        _ANY
        | _THROUGH
        | _ONWARD
        | _WORK
        | _both(
            {
                "Resource": resource,
                "Credentials": template,
                "TimeoutSeconds": value(integer(1, _SECONDS)),
                "HeartbeatSeconds": value(integer(1, _SECONDS)),
            }
        )
        | _only(JSONPATH, {"TimeoutSecondsPath": reference(), "HeartbeatSecondsPath": reference()})
        | _only(JSONATA, {"Arguments": template}),
        required=("Resource",),
        alone=(*_pairs("TimeoutSeconds", "HeartbeatSeconds"), _LEAVE),
        also=_credentials,
    ),
    "Wait": Shape(
        _ANY
        | _THROUGH
        | _ONWARD
        | _both({"Seconds": value(integer(0, _SECONDS)), "Timestamp": value(timestamp)})
        | _only(JSONPATH, {"SecondsPath": reference(), "TimestampPath": reference()}),
        alone=(Alone(("SecondsPath", "Seconds", "TimestampPath", "Timestamp"), needed=True), _LEAVE),
    ),
    "Parallel": Shape(
        _ANY
        | _THROUGH
        | _ONWARD
        | _WORK
        | _both({"Branches": array(BRANCH.check)})
        | _only(JSONATA, {"Arguments": template}),
        required=("Branches",),
        alone=(_LEAVE,),
    ),
    "Map": Shape(
        _ANY
        | _THROUGH
        | _ONWARD
        | _WORK
        | _both(
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
                "Label": _label,
            }
        )
        | _only(
            JSONPATH,
            {
                "ItemsPath": reference(),
                "MaxConcurrencyPath": reference(roots=("$name",)),
                "ToleratedFailurePercentagePath": reference(roots=("$name",)),
                "ToleratedFailureCountPath": reference(roots=("$name",)),
            },
        )
        | _only(JSONATA, {"Items": expression}),
        alone=(
            Alone(("ItemProcessor", "Iterator"), needed=True),
            *_pairs("MaxConcurrency", "ToleratedFailurePercentage", "ToleratedFailureCount"),
            Alone(("ItemSelector", "Parameters")),
            _LEAVE,
        ),
    ),
    "Choice": Shape(
        _ANY | _THROUGH | _both({"Choices": array(RULE.check), "Default": text, "Assign": assignment}),
        required=("Choices",),
    ),
    "Succeed": Shape(_ANY | _THROUGH),
    "Fail": Shape(
        _ANY
        | _both({"Error": value(literal), "Cause": value(literal)})
        | _only(JSONPATH, {"ErrorPath": words, "CausePath": words}),
        alone=_pairs("Error", "Cause"),
    ),
}
