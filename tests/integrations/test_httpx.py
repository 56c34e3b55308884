"""httpx under the policy."""

import asyncio
import re
import socket
import ssl
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.instrumentation import patching
from privacylib.wsgi import Middleware
from tests.integrations.answering import echo, noting
from tests.integrations.conformance import EGRESS, Conformance, Host, users
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented, watched
from tests.wsgi.serving import serving


class TestConformance(Conformance):
    name = "httpx"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        hits: list[str] = []

        with serving(noting(hits)) as host:

            def piecewise() -> None:
                with httpx.stream("POST", f"http://{host}/contacts", content=iter([b"ana"])) as answer:
                    assert list(answer.iter_bytes())

            async def awaited() -> None:
                async with httpx.AsyncClient() as client:
                    await client.get(f"http://{host}/contacts")

            async def endless() -> None:
                with socket.create_server(("127.0.0.1", 0)) as silent:
                    async with httpx.AsyncClient(timeout=30) as client:
                        await client.get(f"http://127.0.0.1:{silent.getsockname()[1]}/contacts")

            yield Host(
                sink=f"http://{host}/contacts#request",
                allowed=lambda: httpx.get(f"http://{host}/contacts"),
                refused=lambda: httpx.get(f"http://{host}/plain"),
                arrived=lambda: "/plain" in hits,
                failing=lambda: httpx.get("http://127.0.0.1:9/"),
                error=httpx.ConnectError,
                awaited=awaited,
                endless=endless,
                streamed=piecewise,
            )


TLS = ssl.create_default_context()
"""Made once: it takes long."""


def streamed(url: str) -> list[Any]:
    with httpx.stream("GET", url, verify=TLS) as response:
        body = b"".join(response.iter_bytes())  # in as many parts as the network makes of it
        return [response.is_closed, response.iter_bytes(), body, response.is_stream_consumed]


async def asked(url: str, **more: Any) -> list[Any]:
    async with httpx.AsyncClient(verify=TLS) as client:
        response = await client.request("POST", url, **more)
        return [response, response.text, response.history]


class TestDifferential(Differential):
    name = "httpx"

    @contextmanager
    def world(self, directory: Path) -> Generator[str]:
        with serving(echo) as host:
            yield f"http://{host}"

    def plain(self, text: str) -> str:
        return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)

    calls = (
        lambda host: httpx.get(host, verify=TLS),
        lambda host: [
            httpx.post(host, content="text", verify=TLS).text,
            httpx.put(host, json={"a": 1}, verify=TLS).text,
        ],
        lambda host: httpx.get(f"{host}/moved", verify=TLS),
        lambda host: httpx.get(f"{host}/moved", follow_redirects=True, verify=TLS).history,
        streamed,
        lambda host: asyncio.run(asked(host, content="text")),
        lambda host: asyncio.run(asked(host, content=object())),
        lambda _: asyncio.run(asked("http://127.0.0.1:9")),
        lambda _: httpx.get("http://127.0.0.1:9", verify=TLS),
        lambda _: httpx.get("nothing", verify=TLS),
        lambda host: httpx.get(host, timeout="soon", verify=TLS),  # pyright: ignore[reportArgumentType] - what is tried
    )


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "httpx") as found:
        yield found


@pytest.fixture
def strict(tmp_path: Path) -> Generator[Watched]:
    """Let no endpoint judge for itself."""
    with instrumented(tmp_path, "httpx", more=EGRESS) as found:
        yield found


def seen(kept: list[dict[str, Any]]) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        kept.append(environ)
        if environ["PATH_INFO"] == "/elsewhere":
            start_response("302 Found", [("Location", f"http://localhost:{environ['SERVER_PORT']}/there")])
            return [b""]
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [users().encode() if environ["PATH_INFO"].startswith("/reply") else b"plain"]

    return app


def test_context_goes_out_and_labels_come_back(here: Watched) -> None:
    kept: list[dict[str, Any]] = []
    with serving(Middleware(seen(kept))) as host, privacylib.scope("client"), privacylib.zone("reply"):
        key = privacylib.current().correlation_key
        answer = httpx.get(f"http://{host}/reply/7", headers={"baggage": "theirs=1"})
        assert privacylib.current().labels == {"CONTACT"}
    assert answer.text == "ana@example.org"
    assert "privacylib" in answer.headers
    baggage = kept[0]["HTTP_BAGGAGE"].split(",")
    assert sorted(member.partition("=")[0] for member in baggage) == ["privacylib", "theirs"]
    assert kept[0]["HTTP_TRACEPARENT"].split("-")[1] == key
    assert ("db://users", "http://web/reply/{id}#response") in here.pairs()


def test_the_purpose_travels(here: Watched) -> None:
    with serving(Middleware(seen([]))) as host:
        with privacylib.zone("ads"):
            assert httpx.get(f"http://{host}/reply/7").status_code == 403
        assert httpx.get(f"http://{host}/reply/7").status_code == 403  # no purpose at all
        with privacylib.zone("reply"):
            assert httpx.get(f"http://{host}/reply/7").status_code == 200


@pytest.mark.parametrize("header", ["privacylib=forged", "privacylib=2;x", "privacylib=" + "A" * 5000])
def test_fault_47_forged_context_is_unknown(here: Watched, header: str) -> None:
    with serving(Middleware(seen([]))) as host:
        httpx.get(f"http://{host}/plain", headers={"baggage": header})
        patching.uninstall()
        httpx.get(f"http://{host}/plain", headers={"baggage": header})
    assert privacylib.current().unknown is None


def test_fault_48_a_host_that_is_not_allowed_gets_no_context(tmp_path: Path) -> None:
    kept: list[dict[str, Any]] = []
    with watched(tmp_path, 'trust: {egress: ["http://partner.example/**"]}\n'):
        integrations.install(frozenset({"httpx"}))
        with serving(seen(kept)) as host, privacylib.zone("reply"):
            httpx.get(f"http://{host}/plain")
        patching.uninstall()
    assert "HTTP_BAGGAGE" not in kept[0]
    assert "HTTP_TRACEPARENT" not in kept[0]


def test_fault_48_a_redirect_is_a_request_of_its_own(tmp_path: Path) -> None:
    kept: list[dict[str, Any]] = []
    with watched(tmp_path, 'trust: {egress: ["http://127.0.0.1*/**"]}\n', mode="observe"):
        integrations.install(frozenset({"httpx"}))
        with serving(seen(kept)) as host, privacylib.zone("reply"):
            httpx.get(f"http://{host}/elsewhere", follow_redirects=True)
        patching.uninstall()
    assert ["HTTP_BAGGAGE" in environ for environ in kept] == [True, False]
    assert "privacylib" not in kept[1].get("HTTP_BAGGAGE", "")


class Filling(httpx.Auth):
    """Put what it reads into the body of the request, and send another one once it has the answer."""

    def __init__(self, after: bool) -> None:
        self.after = after

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self.after:
            yield request
        yield httpx.Request("POST", request.url, content=users())


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("after", [False, True])
def test_what_an_auth_flow_puts_into_a_request_is_decided_with_it(after: bool) -> None:
    hits: list[str] = []
    with serving(noting(hits)) as host, privacylib.scope("client"), privacylib.zone("reply"):
        with pytest.raises(privacylib.PolicyDenied):
            httpx.post(f"http://{host}/plain", auth=Filling(after))
        httpx.post(f"http://{host}/contacts", auth=Filling(after))
    assert hits.count("/plain") == after
    assert hits.count("/contacts") == 1 + after


@pytest.mark.usefixtures("strict")
def test_what_an_event_hook_reads_is_decided_with_the_request() -> None:
    hits: list[str] = []

    def add(request: httpx.Request) -> None:
        request.headers["x"] = users()

    hooks: Any = {"request": [add]}
    with serving(noting(hits)) as host, privacylib.zone("reply"), httpx.Client(event_hooks=hooks) as client:
        with pytest.raises(privacylib.PolicyDenied):
            client.get(f"http://{host}/plain")
        client.get(f"http://{host}/contacts")
    assert hits == ["/contacts"]


def test_fault_50_what_is_sent_is_kept_nowhere(here: Watched) -> None:
    canary = "canary-5c1f"
    with serving(Middleware(seen([]))) as host, privacylib.zone("reply"):
        httpx.post(f"http://user:{canary}@{host}/plain?q={canary}", content=canary, headers={"x": canary})
    assert not [path for path in here.spool.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()]


def test_a_streamed_response_may_bring_what_its_annotation_allows(here: Watched) -> None:
    def app(_: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"first"
        yield users().encode()

    with (
        serving(Middleware(app)) as host,
        privacylib.scope("client"),
        privacylib.zone("reply"),
        httpx.stream("GET", f"http://{host}/reply/7") as answer,
    ):
        assert privacylib.current().labels == {"CONTACT"}
        assert b"ana" in answer.read()


def test_what_a_streamed_response_did_not_announce_stops_it(here: Watched) -> None:
    late: list[Exception] = []

    def app(_: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"first"
        try:
            users()
        except PolicyDenied as denied:
            late.append(denied)
            raise

    with serving(Middleware(app)) as host, privacylib.scope("client"), privacylib.zone("reply"):
        assert httpx.get(f"http://{host}/other").text == "first"
        assert privacylib.current().labels == frozenset()
    assert late
