"""Whatever the parameters are: a policy or a refusal, never wider than it says, never a name that grew wings."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monostep.stack.arns import Given, fill, literal, render
from monostep.stack.integrations import ROWS
from monostep.stack.policy import derive, document
from monostep.stack.special import SPECIALS
from tests.stack.policies import PLACE, machine

INTEGRATIONS = sorted({name for name in ROWS.keys() | SPECIALS.keys() if not name.startswith("aws-sdk:")})
KEYS = [
    "TableName",
    "Bucket",
    "Key",
    "Cluster",
    "TaskDefinition",
    "QueueUrl",
    "TopicArn",
    "FunctionName",
    "StateMachineArn",
    "JobName",
    "ClusterId",
    "Entries",
    "RoleArn",
    "Input",
    "Name",
    "Id",
    "ApiEndpoint",
    "ModelId",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["{% $x %}", "${Arn}", "arn:"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([*KEYS, *(f"{key}.$" for key in KEYS)])


@pytest.mark.parametrize("name", INTEGRATIONS)
@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["", ".sync"]), st.dictionaries(NAMES, VALUES, min_size=3) | VALUES)
def test_any_parameters_give_a_policy_without_wildcard_actions(name: str, how: str, parameters: Any) -> None:
    found = derive(machine(name + how, parameters), "m", {})
    text = json.dumps(document([one for one in found if one.actions]))
    assert len(json.loads(text)["Statement"]) == len([one for one in found if one.actions])
    for one in found:
        assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9]+", action) for action in one.actions)
        assert all(resource == "*" or resource.startswith(("arn:", "${")) for resource in one.resources), one
        assert "*" not in one.resources or one.notes


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_a_known_name_never_makes_a_wildcard(name: str) -> None:
    if name.startswith(("{%", "arn:", "${")):
        return
    found = fill("dynamodb:${Region}:${Account}:table/${TableName}", Given({"TableName": name}))
    assert "*" not in found.arns[0].rpartition("table/")[2]
    assert found.missing == []


@given(st.text(max_size=30))
def test_a_literal_has_the_length_of_its_text(text: str) -> None:
    assert len(literal(text)) == len(text)
    assert not set(literal(text)) & {"*"}


@given(st.text(max_size=30))
def test_rendering_fills_only_the_names_it_is_given(text: str) -> None:
    if "${AWS::" not in text:
        assert render(text, PLACE) == text
