"""The linter against AWS's verdicts on 912 definitions."""

from __future__ import annotations

from tests.definitions import KNOWN, cases, disagreements
from tests.shared import needs_shared


@needs_shared
def test_the_disagreements_are_the_known_ones() -> None:
    assert {case["id"] for case in disagreements()} == set(KNOWN)


@needs_shared
def test_at_least_99_percent_of_the_verdicts_agree() -> None:
    assert len(disagreements()) <= len(cases()) / 100


@needs_shared
def test_no_valid_published_sample_is_rejected() -> None:
    assert not [case["id"] for case in disagreements() if case["authority"] == "sample" and case["valid"]]
