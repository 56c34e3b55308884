"""The world of the flow rules, in one mode or in each."""

from collections.abc import Iterator

import pytest

from privacylib.testing import Capture, capture
from tests.runtime.world import MODES, POLICY, enforced, expected


@pytest.fixture(autouse=True)
def _recorded() -> Iterator[None]:
    """Look for the denials that a test expected, where they are only recorded."""
    yield
    expected()


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """Return each mode in turn."""
    return str(request.param)


@pytest.fixture
def seen(mode: str) -> Iterator[Capture]:
    """Record under the policy of the world, in each mode."""
    with capture(POLICY, mode=mode) as captured:
        yield captured


@pytest.fixture
def observed() -> Iterator[Capture]:
    """Record under the policy of the world, in observe."""
    with capture(POLICY) as captured:
        yield captured


@pytest.fixture
def strict() -> Iterator[Capture]:
    """Record under the policy of the world, in enforce."""
    with enforced() as captured:
        yield captured
