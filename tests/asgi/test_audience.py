"""What a request presents that was made for another host, over real servers."""

import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
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


@pytest.fixture
def between() -> Generator[str]:
    """Run a service that only knows OpenTelemetry, in a process of its own, and give its host and port."""
    program = Path(__file__).parent / "passing_on.py"
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


@pytest.mark.parametrize("named", [True, False])
def test_what_passes_through_a_service_that_only_knows_opentelemetry(tmp_path: Path, between: str, named: bool) -> None:
    trust = f"forwards: ['{between}']" if named else "ingress: accept"
    with (
        watched(tmp_path, f"trust: {{{trust}}}\n", mode="observe"),
        serving(Middleware(Starlette(routes=[Route("/told", told)]))) as last,
    ):
        answer = httpx.get(f"http://{between}/told?to={last}", headers=made_for(between), timeout=20)
    expected = {"labels": ["CONTACT"], "purpose": "reply", "unknown": None if named else "wrong-audience"}
    assert json.loads(answer.text) == expected
