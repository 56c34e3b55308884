"""Entering and leaving a zone."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import baggage, context

import privacylib
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.settings import PURPOSE, governed
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side

__all__ = ["ROWS"]

_variable: ContextVar[object] = ContextVar("bench", default=None)


@contextmanager
def zone() -> Generator[Work]:
    """A zone inside a scope."""
    inner = privacylib.zone(purpose=PURPOSE, labels={"CONTACT"})

    def run(times: int) -> None:
        with privacylib.scope("bench"):
            for _ in range(times):
                with inner:
                    pass

    with governed():
        yield Work(run)


@contextmanager
def variable() -> Generator[Work]:
    """A context variable that is set and reset."""

    def run(times: int) -> None:
        for _ in range(times):
            token = _variable.set(1)
            _variable.reset(token)

    yield Work(run)


@contextmanager
def entry() -> Generator[Work]:
    """One entry of OpenTelemetry's baggage."""

    def run(times: int) -> None:
        for _ in range(times):
            token = context.attach(baggage.set_baggage("purpose", PURPOSE))
            context.detach(token)

    yield Work(run)


ROWS = (
    Timed(
        "zone", "entering and leaving a zone", side(zone),
        (
            Against("ContextVar set + reset", side(variable), Goal(ratio=6, most=1.5)),
            Against("OpenTelemetry baggage", side(entry), Goal()),
        ),
        times=10_000,
    ),
)  # fmt: skip
