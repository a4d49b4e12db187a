"""One finding about a definition, in AWS's shape (ValidateStateMachineDefinition's diagnostics)."""

from __future__ import annotations

from typing import NamedTuple


class Diagnostic(NamedTuple):
    severity: str
    """ERROR (AWS rejects the machine) or WARNING."""
    code: str
    """AWS's code, SCHEMA_VALIDATION_FAILED and so on; our own rules carry names of their own."""
    message: str
    location: str = ""
    """`/States/Pay/Retry[0]`: names in it are not escaped; empty where AWS gives none."""

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location}" if self.location else f"{self.code}: {self.message}"
