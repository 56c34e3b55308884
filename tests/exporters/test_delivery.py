"""Spans that no exporter takes are found, and all others arrive, while an outage gives nothing up."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext

from privacylib.exporters.delivery import BATCH, TRIES, Delivery, NotTaken
from privacylib.exporters.retries import Retries


class Choosy(SpanExporter):
    """Take no batch that holds one of some spans."""

    def __init__(self, poison: Sequence[int] = (), up: Callable[[], bool] = lambda: True) -> None:
        self.poison = set(poison)
        self.up = up
        self.calls: list[list[int]] = []
        self.arrived: list[int] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        ids = [span.context.span_id for span in spans if span.context]
        self.calls.append(ids)
        if not self.up():
            raise ConnectionError
        if self.poison & set(ids):
            raise ValueError("canary")
        self.arrived += ids
        return SpanExportResult.SUCCESS


def batch(count: int) -> list[ReadableSpan]:
    return [ReadableSpan("x", SpanContext(1, number, is_remote=False)) for number in range(1, count + 1)]


def delivered(exporter: SpanExporter, spans: Sequence[ReadableSpan], tries: int = 200) -> list[int]:
    """Deliver as a lane does, without its waits; return the outcasts."""
    now = iter(range(0, 10**9, 100)).__next__  # much time passes between two calls: the budget is another test's
    delivery = Delivery(exporter, Retries(lambda: float(now())))
    for _ in range(tries):
        with suppress(NotTaken):
            return [each.span.context.span_id for each in delivery.deliver(spans) if each.span.context]
    raise AssertionError


@given(st.integers(2, 600), st.sets(st.integers(1, 600), max_size=6))
def test_fault_19_all_but_the_poisoned_arrive(count: int, poison: set[int]) -> None:
    present = {number for number in poison if number <= count}
    if len(present) == count:
        return
    exporter = Choosy(sorted(poison))
    assert set(delivered(exporter, batch(count))) == present
    assert set(exporter.arrived) == set(range(1, count + 1)) - present


def test_fault_19_one_of_500_is_found_in_few_calls() -> None:
    exporter = Choosy([250])
    assert delivered(exporter, batch(500)) == [250]
    assert len(exporter.calls) < 35
    assert len(exporter.arrived) <= 500 + 3  # those by which it was seen that others are taken
    assert exporter.calls.count([250]) == TRIES


def test_a_span_alone_is_given_up_only_beside_others() -> None:
    exporter = Choosy([1])
    with pytest.raises(AssertionError):
        delivered(exporter, batch(1))
    delivery = Delivery(exporter, Retries())
    assert not delivery.deliver(batch(3)[1:])
    with pytest.raises(NotTaken):
        delivery.deliver(batch(1))
    assert [each.cause for each in delivery.deliver(batch(1))] == ["ValueError"]


def test_an_outage_gives_nothing_up_and_costs_two_calls_a_wait() -> None:
    exporter = Choosy(up=lambda: False)
    with pytest.raises(AssertionError):
        delivered(exporter, batch(500), tries=50)
    assert len(exporter.calls) <= 2 * 50


@given(st.integers(1, 80))
def test_an_outage_in_the_middle_of_the_search_gives_no_good_span_up(first: int) -> None:
    exporter = Choosy([7])
    exporter.up = lambda: not first <= len(exporter.calls) < first + 40
    assert delivered(exporter, batch(100)) == [7]
    assert set(exporter.arrived) == set(range(1, 101)) - {7}


def test_a_moments_failure_is_not_looked_into() -> None:
    exporter = Choosy()
    exporter.up = lambda: len(exporter.calls) > 1
    assert delivered(exporter, batch(500)) == []
    assert [len(call) for call in exporter.calls] == [500, 500]


def test_fault_18_who_asks_to_wait_is_not_asked_again() -> None:
    class Busy(Choosy):
        retry_after = 30.0

    exporter = Busy(up=lambda: False)
    delivery = Delivery(exporter, Retries(lambda: 0.0))
    for _ in range(3):
        with pytest.raises(NotTaken) as failure:
            delivery.deliver(batch(4))
        assert failure.value.wait >= 30
    assert len(exporter.calls) == 3


def test_a_search_beyond_the_budget_goes_on_where_it_stood() -> None:
    exporter = Choosy(range(1, BATCH, 2))
    clock = [0.0]
    delivery = Delivery(exporter, Retries(lambda: clock[0]))
    for _ in range(200):
        with suppress(NotTaken):
            assert len(delivery.deliver(batch(BATCH))) == BATCH // 2
            return
        clock[0] += 60
    raise AssertionError
