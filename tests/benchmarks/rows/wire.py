"""Inject and extract a signed context."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from opentelemetry import baggage, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from privacylib.model import PolicyContext, Zone
from privacylib.model.policy import Label, Policy, Purpose
from privacylib.propagation import Keyring, Propagator
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side

__all__ = ["ROWS"]

HOST_HEADERS = {"accept": "*/*", "user-agent": "benchmark"}
CONTEXT = PolicyContext(
    labels=frozenset({"CONTACT.EMAIL", "INTERACTION"}),
    zone=Zone(("assistant.reply",), frozenset({"CONTACT", "INTERACTION"})),
    correlation_key="4bf92f3577b34da6a3ce929d0e0e4736",
)
AS_LONG = "x" * 160
"""One entry of baggage as long as our member, unsigned."""


def _repeated(there_and_back: Callable[[], object]) -> Work:
    def run(times: int) -> None:
        for _ in range(times):
            there_and_back()

    return Work(run)


@contextmanager
def ours() -> Generator[Work]:
    """Labels, purposes and a zone, signed and verified."""
    policy = Policy(
        labels={name: Label() for name in ("CONTACT", "CONTACT.EMAIL", "INTERACTION")},
        purposes={"assistant.reply": Purpose()},
    )
    propagator = Propagator(policy, Keyring.of(("k1", b"0123456789abcdef0123456789abcdef")))

    def there_and_back() -> PolicyContext:
        headers = dict(HOST_HEADERS)
        propagator.inject(headers, CONTEXT, span=5, pair=7, endpoint="http://localhost:8080/users/{id}")
        return propagator.extract(headers, peer="127.0.0.1")

    assert there_and_back().verified
    yield _repeated(there_and_back)


@contextmanager
def opentelemetry(entries: str) -> Generator[Work]:
    """A trace and entries of baggage."""
    span = trace.SpanContext(int(CONTEXT.correlation_key, 16), 5, False, trace.TraceFlags(1))
    context = trace.set_span_in_context(trace.NonRecordingSpan(span), Context())
    for number in range(int(entries)):
        context = baggage.set_baggage(f"member{number}", AS_LONG if entries == "1" else "value", context)
    traces, bags = TraceContextTextMapPropagator(), W3CBaggagePropagator()

    def there_and_back() -> Context:
        headers = dict(HOST_HEADERS)
        traces.inject(headers, context)
        bags.inject(headers, context)
        return bags.extract(headers, traces.extract(headers, Context()))

    assert baggage.get_baggage("member0", there_and_back())
    yield _repeated(there_and_back)


ROWS = (
    Timed(
        "wire", "inject + extract of a signed context", side(ours),
        (
            Against("OpenTelemetry, 1 entry as long", side(opentelemetry, "1"), Goal(ratio=2)),
            Against("OpenTelemetry, 5 short entries", side(opentelemetry, "5"), Goal(ratio=2)),
        ),
        times=2_000,
    ),
)  # fmt: skip
