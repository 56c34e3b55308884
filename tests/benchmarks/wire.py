"""Time inject + extract beside OpenTelemetry's own propagators:  python -m tests.benchmarks.wire."""

import sys
import timeit
from collections.abc import Callable

from opentelemetry import baggage, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from privacylib.model import PolicyContext, Zone
from privacylib.model.policy import Label, Policy, Purpose
from privacylib.propagation import Keyring, Propagator

ROUNDS, CALLS = 7, 10_000
HOST_HEADERS = {"accept": "*/*", "user-agent": "benchmark"}
CONTEXT = PolicyContext(
    labels=frozenset({"CONTACT.EMAIL", "INTERACTION"}),
    zone=Zone(("assistant.reply",), frozenset({"CONTACT", "INTERACTION"})),
    correlation_key="4bf92f3577b34da6a3ce929d0e0e4736",
)


def ours() -> Callable[[], object]:
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
    return there_and_back


def opentelemetry() -> Callable[[], object]:
    """Propagate a trace and one baggage entry as long as our member, unsigned."""
    span = trace.SpanContext(int(CONTEXT.correlation_key, 16), 5, False, trace.TraceFlags(1))
    context = trace.set_span_in_context(trace.NonRecordingSpan(span), Context())
    context = baggage.set_baggage("member", "x" * 160, context)
    traces, entries = TraceContextTextMapPropagator(), W3CBaggagePropagator()

    def there_and_back() -> Context:
        headers = dict(HOST_HEADERS)
        traces.inject(headers, context)
        entries.inject(headers, context)
        return entries.extract(headers, traces.extract(headers, Context()))

    assert baggage.get_baggage("member", there_and_back())
    return there_and_back


def main() -> None:
    """Print microseconds for each, the best of several alternating rounds, and their ratio."""
    pair = {"privacylib": ours(), "opentelemetry": opentelemetry()}
    best = dict.fromkeys(pair, float("inf"))
    for _ in range(ROUNDS):
        for name, call in pair.items():
            best[name] = min(best[name], timeit.timeit(call, number=CALLS) / CALLS * 1e6)
    for name, microseconds in best.items():
        sys.stdout.write(f"{name:14} {microseconds:6.2f} µs\n")
    sys.stdout.write(f"{'ratio':14} {best['privacylib'] / best['opentelemetry']:6.2f}\n")


if __name__ == "__main__":
    main()
