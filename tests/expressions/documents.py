"""Documents and paths for property tests: small ones whose names and paths meet often."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=3)
)

names = st.sampled_from(["a", "b", "c d", "0"])

documents: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=12,
)

PATHS = [
    "$",
    "$.a",
    "$.a.b",
    "$['c d'][0]",
    "$[-1].a",
    "$.*",
    "$[*].a",
    "$..a",
    "$..[0]",
    "$..*",
    "$['a','b']",
    "$[0,1]",
    "$[-2:]",
    "$[:1]",
    "$[0:2].a",
    "$[?(@.a)]",
    "$[?(@.a == @.b)]",
    "$..[?(@.a > 0 || @.b != null)]",
    "$.a[?(@ == $.b)]",
]
