"""Tasks that a process does not always survive."""

from __future__ import annotations

import os
import signal
import sys
import time

from monostep import task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@task
def Sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


@task
def Kill(number: int) -> None:
    os.kill(os.getpid(), number)
    signal.pause()


@task
def Leave(code: int) -> None:
    os._exit(code)


@task
def Allocate(megabytes: int) -> int:
    held = [bytearray(os.urandom(1) * 1_048_576) for _ in range(megabytes)]
    return len(held)


@task
def Say(words: list[str]) -> None:
    print(*words)
    print(*words, file=sys.stderr)


@task
def Touch(path: str) -> str:
    with open(path, "a") as file:
        file.write("x")
    return path


@task
def Told(value: object, context: Any) -> dict[str, object]:
    client = context.client_context
    return {
        "is": type(value).__name__,
        "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis() > 0,
        "custom": client.custom if client else None,
        "name": context.function_name,
    }
