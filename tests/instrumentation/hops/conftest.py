"""One policy for all hops, and what was seen under it."""

from collections.abc import Iterator

import pytest

from privacylib.testing import Capture, capture
from tests.instrumentation.hops.work import POLICY


@pytest.fixture
def seen() -> Iterator[Capture]:
    with capture(POLICY) as seen:
        yield seen


@pytest.fixture
def enforced() -> Iterator[Capture]:
    with capture(POLICY, mode="enforce") as seen:
        yield seen
