"""The reference data beside the project: tests that read it skip, saying so, where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("MONOSTEP_SHARED") or Path(__file__).parents[2] / "shared")

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED} (MONOSTEP_SHARED)")
