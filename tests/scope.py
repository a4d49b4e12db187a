"""A scope made of two dicts, for tests of expressions."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass(frozen=True)
class Surroundings:
    context: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)


NOWHERE = Surroundings()


@dataclass(frozen=True)
class Seeded(Surroundings):
    random: Random = field(default_factory=Random)
