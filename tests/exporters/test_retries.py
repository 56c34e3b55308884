"""When an exporter is asked again: at random, within bounds, and not before it said."""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from hypothesis import given
from hypothesis import strategies as st

from privacylib.exporters.retries import BUDGET, LONGEST, LONGEST_ASKED, REFILL, SHORTEST, Retries, asked_to_wait


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_fault_18_waits_are_jittered_and_bounded() -> None:
    retries = Retries()
    waits = [retries.failed() for _ in range(2000)]
    assert max(waits) <= LONGEST
    assert max(waits[-1000:]) > LONGEST * 0.8
    assert min(waits[-1000:]) < LONGEST * 0.2
    assert waits[0] <= 2 * SHORTEST


def test_after_a_success_it_begins_anew() -> None:
    retries = Retries(uniform=lambda _, most: most)
    assert [retries.failed() for _ in range(3)] == [1, 2, 4]
    retries.succeeded()
    assert retries.failed() == 1


@given(st.floats(0, 10_000), st.integers(0, 20))
def test_fault_18_no_wait_is_shorter_than_what_was_asked_for(asked: float, failures: int) -> None:
    clock = Clock()
    retries = Retries(clock)
    for _ in range(failures):
        retries.failed()
    assert retries.failed(asked) >= min(asked, LONGEST_ASKED)
    assert retries.seconds == pytest.approx(min(asked, LONGEST_ASKED))
    clock.now += LONGEST_ASKED
    assert retries.seconds == 0


def test_the_budget_ends_and_fills_up_again() -> None:
    clock = Clock()
    retries = Retries(clock)
    assert sum(retries.spend() for _ in range(1000)) == BUDGET
    clock.now += 10
    assert sum(retries.spend() for _ in range(1000)) == 10 * REFILL


def test_an_exporter_asks_by_attribute_header_or_retry_info() -> None:
    silent, now = object(), datetime.now(timezone.utc)
    info = RetryInfo(retry_delay=Duration(seconds=7, nanos=500_000_000)).SerializeToString()
    grpc_like = SimpleNamespace(trailing_metadata=lambda: (("a", "b"), ("google.rpc.retryinfo-bin", info)))
    http_like = SimpleNamespace(response=SimpleNamespace(headers={"Retry-After": "9"}))
    later = SimpleNamespace(retry_after=format_datetime(now + timedelta(seconds=60)))
    assert asked_to_wait(SimpleNamespace(retry_after=3), silent) == 3  # pyright: ignore[reportArgumentType]
    assert asked_to_wait(None, SimpleNamespace(retry_after="4")) == 4
    assert asked_to_wait(grpc_like, silent) == 7.5  # pyright: ignore[reportArgumentType]
    assert asked_to_wait(http_like, silent) == 9  # pyright: ignore[reportArgumentType]
    assert 50 < (asked_to_wait(later, silent) or 0) <= 60  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("told", [None, "soon", -1, float("nan"), float("inf"), True, b"\xff"])
def test_what_makes_no_sense_is_not_heard(told: object) -> None:
    assert asked_to_wait(None, SimpleNamespace(retry_after=told)) is None
    broken = SimpleNamespace(trailing_metadata=lambda: (("google.rpc.retryinfo-bin", told),))
    assert asked_to_wait(broken, object()) in (None, 0)  # pyright: ignore[reportArgumentType]
