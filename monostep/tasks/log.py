"""One line of JSON for each event the Lambda answers, where its log format is JSON (AWS_LAMBDA_LOG_FORMAT).

No payloads, unless MONOSTEP_LOG_PAYLOADS is set: what is in them is for the user to show.
"""

from __future__ import annotations

import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LEVELS = {"TRACE": 0, "DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "FATAL": 50, "CRITICAL": 50}
NAMED = ("Workflow", "Task", "Execution", "State")
"""Keys of the event that the line repeats; its own words for the first two are workflow and task."""
NAME_LIMIT = 1024  # characters
PAYLOAD_LIMIT = 65_536  # characters of JSON text; a larger payload is only counted


class Log:
    """Writes a line for each event of `level` and above."""

    def __init__(self, level: int, payloads: bool) -> None:
        self._level, self._payloads = level, payloads

    def write(self, event: Any, context: Any, began: float, result: bytes | None, error_type: str | None) -> None:
        """`began` is time.perf_counter's; either the result or the type of the error is None."""
        level = "ERROR" if error_type else "INFO"
        if LEVELS[level] < self._level:
            return
        line: dict[str, object] = {"timestamp": _timestamp(), "level": level}
        line["requestId"] = getattr(context, "aws_request_id", None)
        line |= _names(event)
        line["duration"] = round((time.perf_counter() - began) * 1000, 3)
        if error_type:
            line["errorType"] = error_type
        if self._payloads:
            line["input"] = _payload(event)
            line["output"] = _payload(json.loads(result)) if result else None
        sys.stdout.write(json.dumps(line) + "\n")


def _timestamp() -> str:
    now = time.time()
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now % 1 * 1000):03}Z"


def _names(event: Any) -> dict[str, object]:
    if not isinstance(event, dict):
        return {}
    found = {key: event[key][:NAME_LIMIT] for key in NAMED if isinstance(event.get(key), str)}
    return {key.lower() if key in NAMED[:2] else key: name for key, name in found.items()}


def _payload(value: Any) -> Any:
    try:
        size = len(json.dumps(value))
    except (ValueError, RecursionError):
        return None
    return value if size <= PAYLOAD_LIMIT else f"{size:,} characters"


def settings() -> Log | None:
    """The log that the Lambda's environment asks for; None in any format but JSON."""
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() != "JSON":
        return None
    level = LEVELS.get(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO").upper(), LEVELS["INFO"])
    return Log(level, bool(os.environ.get("MONOSTEP_LOG_PAYLOADS")))
