"""OpenTelemetry's propagator and ours write one header."""

from typing import Any

import pytest
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context

import privacylib
from privacylib.testing import capture

HERE, THERE = "http://localhost:8080/x", "https://api.example/x"
POLICY: dict[str, Any] = {
    "labels": {"CONTACT": {}},
    "purposes": {"reply": {}},
    "assets": [{"match": "db://users", "labels": ["CONTACT"]}],
}


def ours(carrier: Any, to: str = HERE) -> None:
    with privacylib.scope("asking"), privacylib.zone("reply"):
        with privacylib.read("db://users"):
            pass
        privacylib.inject(carrier, to=to)


def theirs(carrier: Any, context: Context | None = None) -> None:
    W3CBaggagePropagator().inject(carrier, baggage.set_baggage("user", "7", context or Context()))


@pytest.mark.parametrize("carrier", [{}, {"Baggage": "a=b"}, {"baggage": "privacylib=old,a=b"}])
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_the_two_are_merged_whichever_writes_last(first: str, carrier: dict[str, str]) -> None:
    with capture(POLICY):
        headers = dict(carrier)
        for write in (ours, theirs) if first == "ours" else (theirs, ours):
            write(headers)
        context = privacylib.extract(headers)
    assert (context.labels, context.verified) == ({"CONTACT"}, True)
    values = [value for name, value in headers.items() if name.lower() == "baggage"]
    assert values[0].startswith("privacylib=2.")
    assert "user=7" in values[0].split(",")


def test_a_list_keeps_both() -> None:
    with capture(POLICY):
        headers: list[tuple[str, str]] = []
        ours(headers)
        found: dict[str, str] = {}
        theirs(found)
        context = privacylib.extract([*headers, *found.items()])
    assert (context.labels, context.verified) == ({"CONTACT"}, True)


def test_fault_48_what_came_in_does_not_go_on_to_others() -> None:
    with capture(POLICY):
        came: dict[str, str] = {}
        ours(came)
        context = W3CBaggagePropagator().extract(came, Context())
        headers: dict[str, str] = {}
        theirs(headers, context)
        assert headers == {"baggage": "user=7"}
        ours(headers, THERE)
        assert headers == {"baggage": "user=7"}
        only: dict[str, str] = {}
        W3CBaggagePropagator().inject(only, context)
        assert only == {}


def test_before_init_it_writes_as_it_always_does() -> None:
    headers: dict[str, str] = {}
    theirs(headers, baggage.set_baggage("privacylib", "x", Context()))
    assert headers == {"baggage": "privacylib=x,user=7"}
