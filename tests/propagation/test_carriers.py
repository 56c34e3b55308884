"""Carriers of every shape, well formed and not."""

import json
from collections.abc import Callable
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import PolicyContext
from privacylib.propagation.carriers import merged, presented, trace_of
from tests.growing import LINEAR, growth
from tests.propagation.worlds import CONTEXT, HERE, NOW, OTHER_TRACE, TRACE, injected, member, propagator
from tests.strategies import contexts, foreign_members, header_names, header_values

CASES = Path(__file__).parent / "cases"
HEAD = f"{TRACE}{7:016x}{int(NOW):08x}"


def of_http_client(headers: dict[str, str]) -> HTTPMessage:
    message = HTTPMessage()
    for name, value in headers.items():
        message[name] = value
    return message


SHAPES: dict[str, Callable[[dict[str, str]], Any]] = {
    "dict": dict,
    "upper case": lambda h: {name.upper(): value for name, value in h.items()},
    "lists of values": lambda h: {name.title(): [value] for name, value in h.items()},
    "http.client": of_http_client,
    "pairs": lambda h: list(h.items()),
    "gRPC": lambda h: tuple(h.items()),
    "ASGI": lambda h: [(name.encode(), value.encode()) for name, value in h.items()],
    "Kafka": lambda h: [(name, value.encode()) for name, value in h.items()],
    "bytearray": lambda h: {name.encode(): bytearray(value.encode()) for name, value in h.items()},
    "among others": lambda h: [("content-type", b"x"), ("x", None), *h.items(), ("baggage", "a=b")],
    "properties": lambda h: [("baggage", "a=b"), ("bAgGaGe", f"c=d ,\t{h['baggage']}  ; p=1 , e=f")],
}


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["case"]) for case in json.loads((CASES / name).read_text())]


def inject(carrier: Any) -> None:
    assert propagator().inject(carrier, CONTEXT, span=5, pair=7, endpoint=HERE)


@pytest.mark.parametrize("case", cases("traceparent.json"))
def test_traceparent(case: dict[str, str]) -> None:
    assert trace_of(case["value"]) == case["trace"]
    context = propagator().extract({"traceparent": case["value"]}, peer=None)
    assert context == PolicyContext(correlation_key=case["trace"])


@pytest.mark.parametrize("case", cases("baggage.json"))
def test_baggage(case: dict[str, Any]) -> None:
    lines = [line.replace("{head}", HEAD).replace("{mac}", "0" * 32) for line in case["lines"]]
    context = propagator().extract([("baggage", line) for line in lines], peer=None)
    assert context.unknown == case["unknown"]
    assert not context.verified


@given(contexts)
def test_what_is_injected_is_extracted(context: PolicyContext) -> None:
    assert propagator().extract(injected(context), peer=None) == context


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_shape_of_carrier_is_read(shape: Any) -> None:
    found = propagator().extract(shape(injected()), peer=None)
    assert found == CONTEXT


@given(st.lists(st.tuples(header_names, header_values)) | st.dictionaries(header_names, header_values))
def test_no_header_ever_raises(carrier: Any) -> None:
    assert not propagator().extract(carrier, peer=None).verified
    assert not propagator().response(carrier, pair=7).verified


@pytest.mark.parametrize("carrier", [[()], [None], [1], ["ab"], ["baggage"], [("baggage",)], [(1, 2)], {1: 2}])
def test_what_is_no_header_is_passed_over(carrier: Any) -> None:
    assert propagator().extract(carrier, peer=None) == PolicyContext()


@given(foreign_members, foreign_members, st.booleans())
def test_foreign_members_survive(first: list[str], second: list[str], ours: bool) -> None:
    lines = [",".join(first), ",".join([*second, *(["privacylib=old;x=y"] if ours else [])])]
    assert merged(lines, "new") == ",".join(["privacylib=new", *first, *second])
    assert merged(lines, None) == ",".join([*first, *second])


@given(foreign_members)
def test_several_baggage_headers_become_one(foreign: list[str]) -> None:
    carrier: list[Any] = [("Accept", "*/*"), *(("Baggage", one) for one in foreign), ("x", "y")]
    inject(carrier)
    found = [value for name, value in carrier if name.lower() == "baggage"]
    assert found == [",".join([f"privacylib={member()}", *foreign])]
    assert propagator().extract(carrier, peer=None) == CONTEXT


def test_injecting_again_replaces_what_was_there() -> None:
    headers = injected(PolicyContext(correlation_key=OTHER_TRACE, pair=3))
    inject(headers)
    assert headers == injected()


def test_foreign_members_stay_whole_beyond_what_everybody_passes_on() -> None:
    headers = {"baggage": "a=" + "x" * 8180}
    inject(headers)
    assert headers["baggage"] == f"privacylib={member()},a=" + "x" * 8180
    assert propagator().extract(headers, peer=None) == CONTEXT


@pytest.mark.parametrize("endpoint", [HERE, "https://api.example/x"])
def test_what_the_host_sends_is_kept_however_much_it_is(endpoint: str) -> None:
    foreign = [("baggage", f"a{i}=" + "x" * 1000) for i in range(100)]
    carrier = [*foreign, ("baggage", "privacylib=old")]
    allowed = propagator().inject(carrier, CONTEXT, span=5, pair=7, endpoint=endpoint)
    ours = [f"privacylib={member()}"] if allowed else []
    assert dict(carrier)["baggage"] == ",".join([*ours, *(value for _, value in foreign)])


def test_a_traceparent_of_the_same_trace_is_kept() -> None:
    headers = {"TraceParent": f"00-{TRACE}-00f067aa0ba902b7-00"}
    inject(headers)
    assert headers["TraceParent"] == f"00-{TRACE}-00f067aa0ba902b7-00"
    assert "traceparent" not in headers


@pytest.mark.parametrize("there", [f"00-{OTHER_TRACE}-00f067aa0ba902b7-01", "rubbish", ""])
def test_any_other_traceparent_is_replaced(there: str) -> None:
    headers = {"Traceparent": there}
    inject(headers)
    assert headers == injected()


def test_the_signed_trace_counts() -> None:
    headers = injected() | {"traceparent": f"00-{OTHER_TRACE}-00f067aa0ba902b7-01"}
    assert propagator().extract(headers, peer=None).correlation_key == TRACE


def test_two_traceparents_say_nothing() -> None:
    lines = [("traceparent", injected()["traceparent"])] * 2
    assert propagator().extract(lines, peer=None).correlation_key == ""


def test_bytes_stay_bytes() -> None:
    asgi: list[Any] = [(b"content-type", b"text/plain")]
    kafka: list[Any] = [("id", b"1")]
    inject(asgi)
    inject(kafka)
    assert dict(asgi)[b"baggage"] == f"privacylib={member()}".encode()
    assert dict(kafka)["traceparent"] == injected()["traceparent"].encode()


def test_a_child_process_finds_context_in_its_environment() -> None:
    environ = {"PATH": "/bin", "BAGGAGE": "a=b"}
    propagator().inject(environ, CONTEXT, span=5, pair=7, endpoint="process://child", kind="process")
    assert sorted(environ) == ["BAGGAGE", "PATH", "TRACEPARENT"]
    assert environ["BAGGAGE"].endswith(",a=b")
    assert propagator(now=NOW + 3600).extract(environ, peer=None) == CONTEXT


@pytest.mark.parametrize("line", ["a=b", "privacylib=1", "privacylib=" + "1" * 100_000, "privacylib" * 10])
@pytest.mark.parametrize("count", [1_000, 100_000])
def test_fault_49_a_thousand_header_lines_are_bounded_work(line: str, count: int) -> None:
    lines = [("baggage", line)] * count
    assert propagator().extract(lines, peer=None).unknown == "too-large"
    assert len(presented(lines).baggage) <= 64
    assert growth(lambda size: [propagator().extract(lines[:size], peer=None) for _ in range(5)], count // 8) < LINEAR


@pytest.mark.parametrize(
    "piece", [",", " ", "\t", "privacylib", "privacylib=", ",privacylib", "=", ";", ",\tprivacylib "]
)
def test_fault_49_no_text_takes_long_to_look_through(piece: str) -> None:
    def look(size: int) -> None:
        text = (piece * size)[:size]
        propagator().extract({"baggage": text}, peer=None)
        inject({"baggage": text})

    assert growth(look, 2_048) < LINEAR


@pytest.mark.parametrize("carrier", [None, 5, object()])
def test_what_is_no_carrier_presents_nothing(carrier: Any) -> None:
    there = presented(carrier)
    assert not there.members
    assert not there.excess
