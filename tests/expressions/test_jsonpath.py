"""Paths against Jayway's recorded answers."""

from __future__ import annotations

import pytest

from monostep.expressions.paths import PathError, compile_path
from tests.jsonpath import KNOWN, answer, expected, load
from tests.scope import NOWHERE
from tests.shared import needs_shared


@needs_shared
def test_every_path_answers_as_jayway_does_but_for_the_known_ones() -> None:
    wrong = {case["id"] for case in load() if answer(case) != expected(case)}
    assert wrong == KNOWN.keys()


@needs_shared
def test_every_miss_is_told_in_jayways_words() -> None:
    missing = [case for case in load() if case.get("jayway_error") == "NOT_FOUND"]
    assert missing
    for case in missing:
        with pytest.raises(PathError) as miss:
            compile_path(case["query"]).evaluate(case["document"], NOWHERE)
        assert str(miss.value) == case["jayway_message"], case["id"]
