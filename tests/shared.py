"""Where the reference data lies: MONOSTEP_SHARED, or `shared` beside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("MONOSTEP_SHARED") or ROOT.parent / "shared")

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference data at {SHARED}; set MONOSTEP_SHARED")
