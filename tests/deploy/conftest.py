from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws.server import serving
from tests.deploy.world import World


@pytest.fixture(scope="package")
def aws() -> Iterator[World]:
    """One server and its clients for all tests here."""
    with serving() as server:
        yield World(server)


@pytest.fixture
def world(aws: World) -> World:
    """Image A runs under the alias."""
    return aws.build()
