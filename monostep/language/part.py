"""What the models share: ASL's own names, nothing unknown, nothing changed once made, and the order of the keys kept.

Pydantic prints fields in the order of their class and with their defaults. A definition that was read must be printed
as it was written, so each part remembers the order it was given its fields in and prints those only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)


class Part(BaseModel):
    """One object of a definition. `model_dump()` gives it back, key by key, in its order."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    _order: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        made = read(data)
        if isinstance(data, Mapping):
            made._order = tuple(data)
        return made

    @model_serializer(mode="wrap")
    def _print(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written = write(self)
        return {name: written[name] for name in self.given()}

    def given(self) -> Iterator[str]:
        """The names of the fields it has, in the order they were given; those added by `model_copy` come last."""
        names = self.model_fields_set
        yield from (name for name in self._order if name in names)
        yield from (name for name in type(self).model_fields if name in names and name not in self._order)
