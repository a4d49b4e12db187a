"""YOURS: the task functions of the workflow hello."""

from __future__ import annotations

from monostep import task


@task
def Hello(document: dict[str, object]) -> dict[str, object]:  # noqa: ARG001
    return {"Greeting": "Hello World"}
