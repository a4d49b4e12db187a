"""Tables of what only a Map has: where its items come from, in which portions, how they run and where results go."""

from __future__ import annotations

import re
from typing import Any

from monostep.language.checks import (
    JSONATA,
    JSONPATH,
    Check,
    Scope,
    Shape,
    array,
    both,
    integer,
    one_of,
    only,
    pairs,
    place,
    text,
)
from monostep.language.queries import reference
from monostep.language.values import template, value

LABEL = 40
"""Characters a label may have."""
BATCH_BYTES = 262_144

_LABEL_BARRED = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")


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
    if header is not None and kind in ("JSON", "JSONL", "PARQUET"):
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


def _destination(writer: dict[str, Any], scope: Scope, here: str) -> None:
    if "Resource" not in writer and "WriterConfig" not in writer:
        scope.say("These fields are required: [Resource]", here)
    elif "Resource" in writer and "Parameters" not in writer and "Arguments" not in writer:
        scope.say(f"These fields are required: [{'Arguments' if scope.jsonata else 'Parameters'}]", here)


_PAYLOAD = only(JSONPATH, {"Parameters": template}) | only(JSONATA, {"Arguments": template})

READER_CONFIG = Shape(
    both(
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
    | only(JSONPATH, {"MaxItemsPath": reference(roots=("$name",))}),
    alone=pairs("MaxItems"),
    also=_headers,
)
READER = Shape(
    both(
        {
            "Resource": _service(":states:::s3:getObject", ":states:::s3:listObjectsV2"),
            "ReaderConfig": READER_CONFIG.check,
        }
    )
    | _PAYLOAD,
    required=("Resource",),
)
WRITER_CONFIG = Shape(
    both({"Transformation": one_of("NONE", "COMPACT", "FLATTEN"), "OutputType": one_of("JSON", "JSONL")}),
    required=("Transformation", "OutputType"),
)
WRITER = Shape(
    both({"Resource": _service(":states:::s3:putObject"), "WriterConfig": WRITER_CONFIG.check}) | _PAYLOAD,
    also=_destination,
)
BATCHER = Shape(
    both(
        {
            "MaxItemsPerBatch": value(integer(1)),
            "MaxInputBytesPerBatch": value(integer(1, BATCH_BYTES)),
            "BatchInput": template,
        }
    )
    | only(
        JSONPATH,
        {"MaxItemsPerBatchPath": reference(roots=("$name",)), "MaxInputBytesPerBatchPath": reference(roots=("$name",))},
    ),
    alone=pairs("MaxItemsPerBatch", "MaxInputBytesPerBatch"),
)
PROCESSOR_CONFIG = Shape(
    both({"Mode": one_of("INLINE", "DISTRIBUTED"), "ExecutionType": one_of("STANDARD", "EXPRESS")}), also=_mode
)


def label(given: Any, scope: Scope, where: str, key: str) -> None:
    if type(given) is not str:
        scope.say("Expected value of type [STRING]", place(where, key))
    elif not given:
        scope.say("Value cannot be empty", place(where, key), "INVALID_LABEL_NAME")
    elif len(given) > LABEL:
        message = f"Invalid Label name: {given[:LABEL]}… exceeds the {LABEL}-character limit allowed by the service"
        scope.say(message, place(where, key), "INVALID_LABEL_NAME")
    elif _LABEL_BARRED.search(given):
        scope.say(f"Invalid Label name: {given!r} contains invalid characters", place(where, key), "INVALID_LABEL_NAME")
