"""Fixtures for every test, and how Hypothesis runs."""

import os

import pytest
from hypothesis import settings

from tests import servers

# No deadline: machines are shared. In CI the same commit tries the same examples, so that it ends the same way twice.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture
def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    return servers.free_port()
