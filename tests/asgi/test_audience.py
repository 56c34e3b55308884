"""What a request presents that was made for another host, over real servers."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import privacylib
from privacylib.asgi import Middleware
from tests.asgi.serving import serving
from tests.watched import watched


def told(_: Request) -> Response:
    here = privacylib.current()
    return JSONResponse({"labels": sorted(here.labels), "unknown": here.unknown, "purpose": here.purpose})


def made_for(host: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    with privacylib.scope("asking"), privacylib.zone("reply"):
        with privacylib.read("db://users"):
            pass
        return privacylib.inject(headers, to=f"http://{host}/told")


def ask(address: str, headers: dict[str, str]) -> Any:
    answer = httpx.get(f"http://{address}/told", headers=headers)
    return json.loads(answer.text) | {"answered": "privacylib" in answer.headers}


BELIEVED = {"labels": ["CONTACT"], "unknown": None, "purpose": "reply", "answered": True}
PASSED_ON = BELIEVED | {"answered": False}
ELSEWHERE = PASSED_ON | {"unknown": "wrong-audience"}


@pytest.mark.parametrize(
    ("trust", "made", "says", "expected"),
    [
        ("", "{here}", None, BELIEVED),
        ("", "billing.internal", None, ELSEWHERE),
        ("", "billing.internal", "billing.internal", BELIEVED),  # the request is all that tells
        ("served: {web: [web.internal]}", "billing.internal", "billing.internal", ELSEWHERE),
        ("served: {web: [web.internal]}", "web.internal", "10.0.0.7:8000", BELIEVED),
        ("served: {billing: [billing.internal]}", "billing.internal", None, ELSEWHERE),
        ("forwards: [billing.internal]", "billing.internal", None, PASSED_ON),
    ],
)
def test_fault_47_a_context_counts_at_the_host_it_was_made_for(
    tmp_path: Path, trust: str, made: str, says: str | None, expected: dict[str, Any]
) -> None:
    extra = f", {trust}" if trust else ""
    with (
        watched(tmp_path, f"trust: {{egress: ['**']{extra}}}\n", mode="observe"),
        serving(Middleware(Starlette(routes=[Route("/told", told)]))) as here,
    ):
        headers = made_for(made.format(here=here))
        assert ask(here, headers | ({"host": says} if says else {})) == expected


@pytest.mark.parametrize("named", [True, False])
def test_what_passes_through_a_service_that_only_knows_opentelemetry(tmp_path: Path, named: bool) -> None:
    propagators = TraceContextTextMapPropagator(), W3CBaggagePropagator()

    def pass_on(request: Request) -> Response:
        context = None
        for each in propagators:
            context = each.extract(dict(request.headers), context)
        span = trace.NonRecordingSpan(
            trace.SpanContext(trace.get_current_span(context).get_span_context().trace_id, 9, False)
        )
        context = trace.set_span_in_context(span, context)
        headers: dict[str, str] = {}
        for each in propagators:
            each.inject(headers, context)
        answer = httpx.get(f"http://{request.query_params['to']}/told", headers=headers)
        return PlainTextResponse(answer.text)

    between = Starlette(routes=[Route("/told", pass_on)])
    with serving(between) as middle:
        trust = f"forwards: ['{middle}']" if named else "ingress: accept"
        with (
            watched(tmp_path, f"trust: {{{trust}}}\n", mode="observe"),
            serving(Middleware(Starlette(routes=[Route("/told", told)]))) as last,
        ):
            answer = httpx.get(f"http://{middle}/told", params={"to": last}, headers=made_for(middle))
    expected = {"labels": ["CONTACT"], "purpose": "reply", "unknown": None if named else "wrong-audience"}
    assert json.loads(answer.text) == expected
