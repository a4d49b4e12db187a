from __future__ import annotations

from typing import Any

import pytest

from tests.image.docker import build


@pytest.fixture(scope="session")
def built() -> dict[str, Any]:
    """What building the project as it stands printed."""
    result: dict[str, Any] = build("--tag", "monostep-test")
    return result
