"""The fuzz finds nothing, and finds what is planted."""

from __future__ import annotations

from typing import Any

import pytest

from monostep.deploy import lock, refusals
from monostep.deploy.release import decode
from tests.deploy import fuzz
from tests.deploy.world import World


def test_releases_at_random_are_taken_or_refused_as_they_must(world: World) -> None:
    fuzz.fuzz(world, 30, whole=True)


def lenient(document: Any) -> Any:
    """Unknown keys are ignored, as a model without `forbid` would."""
    if not isinstance(document, dict):
        return decode(document)
    known = decode.__globals__["Release"].model_fields
    return decode({key: value for key, value in document.items() if key in known})


def fragile(document: Any) -> Any:
    """Breaks on a release without metadata's expected shape, as the ancestor's panics did."""
    return {**document["metadata"]} and decode(document)


PLANTS = {
    "created_at is not looked at": (refusals, "check_window", lambda *_: None),
    "the copy in the bucket is not compared": (refusals, "_same", lambda *_: None),
    "a release runs twice": (lock, "once", lambda *_: None),
    "unknown keys are ignored": (refusals, "decode", lenient),
    "an unexpected exception": (refusals, "decode", fragile),
    "the image is not looked for": (refusals, "_code", lambda *_: "x86_64"),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_fault_is_found(world: World, plant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, replacement = PLANTS[plant]
    monkeypatch.setattr(module, name, replacement)
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        fuzz.fuzz(world, 300)
