"""inspectionData: what the document was at each step of its way through the state.

Which steps are shown depends on the state's type, as recorded: a Parallel shows no effective input, nor does a Pass
with a Result; a JSONata state shows its input and a Task's Arguments. Each step is worked out anew, with the same
random numbers; the first that fails is the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from monostep.documents import text
from monostep.engine.flow import prepare, settle
from monostep.engine.frame import Frame
from monostep.engine.history import each
from monostep.errors import StateError
from monostep.teststate.request import Request
from monostep.teststate.trial import SEED, Trial, Verdict

_ENTRY = ("afterInputPath",)
_EXIT = ("afterResultSelector", "afterResultPath")
STEPS: Mapping[str, tuple[str, ...]] = {
    "Pass": (*_ENTRY, "afterParameters", *_EXIT),
    "Task": (*_ENTRY, "afterParameters", "result", *_EXIT),
    "Parallel": _EXIT,
    "Map": (*_ENTRY, "afterItemsPath", *_EXIT),
    **dict.fromkeys(("Choice", "Wait", "Succeed", "Fail"), _ENTRY),
}
JSONATA_STEPS: Mapping[str, tuple[str, ...]] = {"Task": ("afterArguments", "result")}


class Missing(Exception):
    """The state did not get so far."""


def inspect(asked: Request, trial: Trial, verdict: Verdict) -> dict[str, Any]:
    """Texts by AWS's names, a Map's numbers and errorDetails."""
    found: dict[str, Any] = {"input": asked.document}
    if asked.language == "JSONata":
        steps = JSONATA_STEPS.get(asked.kind, ())
    elif asked.kind == "Pass" and "Result" in asked.state:
        steps = ("result", *_EXIT)
    else:
        steps = STEPS[asked.kind]
    found.update(_walk(asked, trial, steps))
    if trial.frame.variables:
        found["variables"] = trial.frame.variables
    shown: dict[str, Any] = {key: _written(value, asked) for key, value in found.items()}
    shown |= trial.facts
    if verdict.details:
        shown["errorDetails"] = dict(verdict.details)
    return shown


def _walk(asked: Request, trial: Trial, steps: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    trial.__dict__["random"] = Random(SEED)
    probe = Frame(trial, asked.document, 0, variables=asked.variables)
    probe.entered, probe.token = trial.frame.entered, trial.frame.token
    for step in steps:
        try:
            yield step, READERS[step](asked, trial, probe)
        except (StateError, Missing):
            return


def _written(value: Any, asked: Request) -> str:
    """What the caller wrote himself is shown as written."""
    known = asked.texts.get(id(value))
    return known[1] if known is not None else text(value)


def _entry(*fields: str) -> Callable[[Request, Trial, Frame], Any]:
    def read(asked: Request, _trial: Trial, probe: Frame) -> Any:
        given = {field: asked.state[field] for field in fields if field in asked.state}
        arguments, _ = prepare(given, asked.language)
        return asked.document if arguments is None else arguments(asked.document, probe)

    return read


def _result(asked: Request, trial: Trial, probe: Frame) -> Any:
    if asked.mock is not None:
        if "result" in asked.mock and trial.failure is None:
            return asked.mock["result"]
        raise Missing
    if asked.kind == "Pass":
        return (
            asked.state["Result"] if "Result" in asked.state else _entry("InputPath", "Parameters")(asked, trial, probe)
        )
    for kind, _, _, a, b in each(trial.events):
        if kind.endswith("Succeeded") and not kind.startswith("Execution"):
            return b if kind == "TaskSucceeded" else a
    raise Missing


def _exit(*fields: str) -> Callable[[Request, Trial, Frame], Any]:
    def read(asked: Request, trial: Trial, probe: Frame) -> Any:
        result = _result(asked, trial, probe)
        shape = settle({field: asked.state[field] for field in fields if field in asked.state}, asked.language).shape
        return result if shape is None else shape(asked.document, result, probe)

    return read


def _items(_asked: Request, trial: Trial, _probe: Frame) -> Any:
    if trial.items is None:
        raise Missing
    return trial.items


READERS: Mapping[str, Callable[[Request, Trial, Frame], Any]] = {
    "afterInputPath": _entry("InputPath"),
    "afterParameters": _entry("InputPath", "Parameters"),
    "afterArguments": _entry("Arguments"),
    "afterItemsPath": _items,
    "result": _result,
    "afterResultSelector": _exit("ResultSelector"),
    "afterResultPath": _exit("ResultSelector", "ResultPath"),
}
