"""Transports of httpx's clients, the host's own among them: what is denied never reaches one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import privacylib
from privacylib.wsgi import Middleware
from tests.integrations.conformance import EGRESS, users
from tests.watched import Watched, instrumented

HITS: list[str] = []
URL = "http://far.example/plain"
ALLOWED = "http://far.example/contacts"


def answer(request: httpx.Request) -> httpx.Response:
    HITS.append(str(request.url))
    request.read()
    return httpx.Response(200, text="plain")


async def answer_later(request: httpx.Request) -> httpx.Response:
    HITS.append(str(request.url))
    await request.aread()
    return httpx.Response(200, text="plain")


class Own(httpx.BaseTransport):
    """One that does all by itself."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return answer(request)


class OwnLater(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await answer_later(request)


class Derived(httpx.HTTPTransport):
    """One that overrides what is seen of its base, and never calls it."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return answer(request)


class DerivedLater(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await answer_later(request)


class Around(httpx.BaseTransport):
    """One that hands on what it gets, as often as it likes and wherever it likes."""

    def __init__(self, inner: httpx.BaseTransport, times: int = 1, to: str = "") -> None:
        self.inner, self.times, self.to = inner, times, to

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        HITS.append("around")
        if self.to:
            request = httpx.Request(request.method, self.to, content=request.read())
        for _ in range(self.times - 1):
            self.inner.handle_request(request).close()
        return self.inner.handle_request(request)


def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    HITS.append(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [users().encode() if environ["PATH_INFO"].startswith("/reply") else b"plain"]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    HITS.append(scope["path"])
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"plain"})


def over(application: Any) -> httpx.WSGITransport:
    return httpx.WSGITransport(app=application)


SYNC: dict[str, Callable[[], httpx.BaseTransport]] = {
    "MockTransport": lambda: httpx.MockTransport(answer),
    "WSGITransport": lambda: over(wsgi),
    "own": Own,
    "derived": Derived,
    "around a mock": lambda: Around(httpx.MockTransport(answer)),
    "around one that is seen": lambda: Around(over(wsgi)),
    "twice": lambda: Around(Around(Own())),
}
ASYNC: dict[str, Callable[[], httpx.AsyncBaseTransport]] = {
    "MockTransport": lambda: httpx.MockTransport(answer_later),
    "MockTransport of a function": lambda: httpx.MockTransport(answer),
    "ASGITransport": lambda: httpx.ASGITransport(app=asgi),
    "own": OwnLater,
    "derived": DerivedLater,
}
FORMS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "transport": lambda transport: {"transport": transport},
    "mounts": lambda transport: {"mounts": {"all://far.example": transport}},
}


@pytest.fixture
def strict(tmp_path: Path) -> Generator[Watched]:
    """Let no endpoint judge for itself."""
    HITS.clear()
    with instrumented(tmp_path, "httpx", more=EGRESS) as found:
        yield found


def held(work: Callable[[], Any]) -> Any:
    with privacylib.scope("client"), privacylib.zone("reply"):
        users()
        return work()


def counted(here: Watched) -> list[tuple[str, int]]:
    """Return the calls that were made with contacts, and how many of each."""
    return [(edge.sink, edge.count) for edge in here.edges() if edge.source == "db://users" and "http:" in edge.sink]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", SYNC)
def test_a_denied_request_never_reaches_a_transport(strict: Watched, kind: str, form: str) -> None:
    with httpx.Client(**FORMS[form](SYNC[kind]())) as client:
        with pytest.raises(privacylib.PolicyDenied):
            held(lambda: client.post(URL, content=users()))
        assert HITS == []
        assert held(lambda: client.post(ALLOWED, content=users())).text == "plain"
    assert HITS
    assert [(row.asset, row.requirement) for row in strict.denied()] == [(URL, "flow")]
    assert counted(strict) == [(f"{ALLOWED}#request", 1)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ASYNC)
def test_nor_does_one_of_a_client_for_asyncio(strict: Watched, kind: str, form: str) -> None:
    async def work() -> None:
        async with httpx.AsyncClient(**FORMS[form](ASYNC[kind]())) as client:
            with pytest.raises(privacylib.PolicyDenied):
                await client.post(URL, content=users())
            assert HITS == []
            assert (await client.post(ALLOWED, content=users())).text == "plain"

    held(lambda: asyncio.run(work()))
    assert HITS
    assert [(row.asset, row.requirement) for row in strict.denied()] == [(URL, "flow")]
    assert counted(strict) == [(f"{ALLOWED}#request", 1)]


@pytest.mark.usefixtures("strict")
def test_nor_is_a_body_taken_for_one() -> None:
    taken: list[int] = []

    def pieces() -> Iterator[bytes]:
        taken.append(1)
        yield b"x"

    async def later() -> AsyncIterator[bytes]:
        taken.append(1)
        yield b"x"

    async def work() -> None:
        async with httpx.AsyncClient(transport=OwnLater()) as client:
            await client.post(URL, content=later())

    with httpx.Client(transport=Own()) as client, pytest.raises(privacylib.PolicyDenied):
        held(lambda: client.post(URL, content=pieces()))
    with pytest.raises(privacylib.PolicyDenied):
        held(lambda: asyncio.run(work()))
    assert (taken, HITS) == ([], [])


@pytest.mark.usefixtures("strict")
def test_what_a_body_reads_is_decided_before_the_transport_has_it() -> None:
    def pieces() -> Iterator[bytes]:
        yield users().encode()

    with httpx.Client(transport=Own()) as client, privacylib.zone("reply"), pytest.raises(privacylib.PolicyDenied):
        client.post(URL, content=pieces())


@pytest.mark.usefixtures("strict")
def test_where_a_transport_leads_elsewhere_that_is_decided_as_well() -> None:
    with httpx.Client(transport=Around(over(wsgi), to=URL)) as client, pytest.raises(privacylib.PolicyDenied) as denied:
        held(lambda: client.post(ALLOWED))
    assert denied.value.asset == URL
    assert HITS == ["around"]


def test_a_request_that_a_transport_tries_again_is_one(strict: Watched) -> None:
    with httpx.Client(transport=Around(over(wsgi), times=3)) as client:
        held(lambda: client.post(ALLOWED))
    assert counted(strict) == [(f"{ALLOWED}#request", 1)]


def test_context_goes_out_once_and_labels_come_back(tmp_path: Path) -> None:
    kept: list[str] = []

    def noting(environ: dict[str, Any], start_response: Any) -> Any:
        kept.append(environ.get("HTTP_BAGGAGE", ""))
        return Middleware(wsgi)(environ, start_response)

    with instrumented(tmp_path, "httpx") as here, httpx.Client(transport=Around(over(noting))) as client:
        with privacylib.scope("client"), privacylib.zone("reply"):
            assert client.get("http://127.0.0.1/reply/7").text == "ana@example.org"
            assert (privacylib.current().labels, privacylib.current().unknown) == ({"CONTACT"}, None)
        assert [each.count("privacylib=") for each in kept] == [1]
        assert ("db://users", "http://web/reply/{id}#response") in here.pairs()
