"""The model of a whole machine: `Machine.model_validate(definition)` reads one, `.model_dump()` prints it again.

Printing what was read gives the same document, the order of its keys included. What the models cannot hold they refuse
with its location (pydantic's ValidationError, `loc`); whether AWS would take it is the linter's business.
"""

from __future__ import annotations

from monostep.language.part import Part
from monostep.language.states import Language, State


class Machine(Part):
    StartAt: str
    States: dict[str, State]
    Comment: str | None = None
    Version: str | None = None
    QueryLanguage: Language | None = None
    TimeoutSeconds: int | None = None
