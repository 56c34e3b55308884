"""Servers that live as long as the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.integrations import databases
from tests.integrations.databases import Server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with databases.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with databases.mariadb() as server:
        yield server
