"""What an ASGI application serves, over a real server."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets.exceptions
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware as Layer
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

import privacylib
from privacylib.asgi import Middleware
from tests.asgi.serving import serving
from tests.watched import Watched, watched

pytestmark = pytest.mark.server

ZONES = """
zones:
  - {match: "http://web/ads", purpose: ads}
  - {match: "http://web/reply/**", purpose: reply}
  - {match: "http://web/leak", purpose: reply}
  - {match: "http://web/streaming", purpose: reply}
  - {match: "ws://web/chat", purpose: reply}
"""
USERS, ASKED = "db://users", "db://asked"


@privacylib.reads(USERS)
def users() -> str:
    return "ana@example.org"


@privacylib.reads(ASKED)
def asked() -> str:
    return "what time is it"


@privacylib.writes("file:///tmp/plain.log")
def log(_: str) -> None: ...


async def contacts(_: Request) -> Response:
    return PlainTextResponse(users())


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def swallowing(_: Request) -> Response:
    body = "nothing"
    with contextlib.suppress(Exception):
        body = users()
    return PlainTextResponse(body)


async def streaming(_: Request) -> Response:
    async def pieces() -> AsyncIterator[str]:
        yield "first\n"
        await asyncio.sleep(0.05)
        yield users()
        yield "last\n"

    return StreamingResponse(pieces())


async def later(_: Request) -> Response:
    return PlainTextResponse("soon", background=BackgroundTask(lambda: log(asked())))


async def chat(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text if text != "who" else users())


async def closed(socket: WebSocket) -> None:
    users()
    await socket.accept()


ROUTES = [
    Route("/hello", hello),
    Route("/users/{id:int}", contacts),
    Route("/swallowing", swallowing),
    Route("/streaming", streaming),
    Route("/later", later),
    Route("/ads", contacts),
    Route("/leak", contacts),
    Mount("/reply", routes=[Route("/stream", streaming), Route("/{kind}", contacts)]),
    WebSocketRoute("/chat", chat),
    WebSocketRoute("/closed", closed),
]


async def stubborn(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer with contacts, and go on whatever happens."""
    if _scope["type"] != "http":
        return
    body = users().encode()
    messages: tuple[dict[str, Any], ...] = (
        {"type": "http.response.start", "status": 200, "headers": []},
        {"type": "http.response.body", "body": body, "more_body": True},
        {"type": "http.response.body", "body": body},
    )
    for message in messages:
        with contextlib.suppress(Exception):
            await send(message)


class Passing(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        return await call_next(request)


def app(*layers: Any) -> Starlette:
    return Starlette(routes=ROUTES, middleware=[Layer(layer) for layer in layers])


@pytest.fixture
def here(tmp_path: Path) -> Any:
    with watched(tmp_path, ZONES) as found:
        yield found


def test_a_request_is_named_by_its_route(here: Watched) -> None:
    with serving(Middleware(app())) as host:
        assert httpx.get(f"http://{host}/hello").text == "hello"
        assert httpx.get(f"http://{host}/nowhere").status_code == 404
    assert ("http://web/hello#request", "http://web/hello#response") in here.pairs()
    assert ("http://web/{…}#request", "http://web/{…}#response") in here.pairs()


def test_the_zone_at_entry_and_the_recorded_name_agree(here: Watched) -> None:
    with serving(Middleware(app())) as host:
        assert httpx.get(f"http://{host}/reply/short").text == "ana@example.org"
    (edge,) = [edge for edge in here.edges() if edge.source == USERS]
    assert (edge.sink, edge.purpose, edge.decision) == ("http://web/reply/{kind}#response", "reply", "ALLOW")


@pytest.mark.parametrize(("path", "rule"), [("/users/7", "zone"), ("/ads", "contact-reply")])
def test_a_denial_the_application_does_not_catch_is_a_403(here: Watched, path: str, rule: str) -> None:
    with serving(Middleware(app())) as host:
        answer = httpx.get(f"http://{host}{path}")
    assert (answer.status_code, answer.text) == (403, rule)
    assert not [edge for edge in here.edges() if edge.source == USERS]
    assert here.denied()


def test_fault_51_a_denied_response_is_a_403_whatever_the_application_catches(here: Watched) -> None:
    with serving(Middleware(stubborn)) as host:
        answer = httpx.get(f"http://{host}/leak")
    assert (answer.status_code, answer.text) == (403, "flow")
    assert not [edge for edge in here.edges() if edge.source == USERS]


def test_a_caught_denial_of_a_read_leaves_the_response_as_it_is(here: Watched) -> None:
    with serving(Middleware(app())) as host:
        assert httpx.get(f"http://{host}/swallowing").text == "nothing"


def test_a_stream_is_aborted_after_its_first_byte(here: Watched) -> None:
    got: list[str] = []
    with serving(Middleware(app())) as host, httpx.stream("GET", f"http://{host}/streaming") as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(answer.iter_text())
    assert got == ["first\n"]
    assert not [edge for edge in here.edges() if edge.source == USERS]


def test_a_stream_is_one_operation(here: Watched) -> None:
    with serving(Middleware(app())) as host:
        assert httpx.get(f"http://{host}/reply/stream").text.splitlines()[-1].endswith("last")
    (edge,) = [edge for edge in here.edges() if edge.source == USERS]
    assert (edge.sink, edge.count) == ("http://web/reply/stream#response", 1)


def test_background_work_belongs_to_the_request_and_not_to_its_response(here: Watched) -> None:
    with serving(Middleware(app())) as host:
        assert httpx.get(f"http://{host}/later").text == "soon"
        assert httpx.get(f"http://{host}/hello").text == "hello"
    assert (ASKED, "file:///tmp/plain.log") in here.pairs()
    assert ("http://web/later#request", "file:///tmp/plain.log") in here.pairs()
    assert (ASKED, "http://web/later#response") not in here.pairs()
    assert (ASKED, "http://web/hello#response") not in here.pairs()


@pytest.mark.parametrize("above", [True, False])
def test_fault_31_base_http_middleware_above_and_below(here: Watched, above: bool) -> None:
    layers = (Passing, Middleware) if above else (Middleware, Passing)
    with serving(app(*layers)) as host:
        assert httpx.get(f"http://{host}/reply/short").text == "ana@example.org"
        assert httpx.get(f"http://{host}/ads").status_code == 403
        assert httpx.get(f"http://{host}/leak").text == "flow"
    assert (USERS, "http://web/reply/{kind}#response") in here.pairs()


def test_two_of_them_serve_a_request_once(here: Watched) -> None:
    with serving(Middleware(app(Middleware))) as host:
        httpx.get(f"http://{host}/reply/short")
    assert [edge.count for edge in here.edges() if edge.source == USERS] == [1]


def test_concurrent_requests_do_not_share_what_they_read(here: Watched) -> None:
    async def many(host: str) -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            paths = [("/reply/short", "/hello")[n % 2] for n in range(60)]
            await asyncio.gather(*(client.get(f"http://{host}{path}") for path in paths))

    with serving(Middleware(app(Passing))) as host:
        asyncio.run(many(host))
    assert (USERS, "http://web/hello#response") not in here.pairs()


def test_a_websocket_is_one_operation_with_messages(here: Watched) -> None:
    with serving(Middleware(app())) as host, connect(f"ws://{host}/chat") as socket:
        socket.send("hello")
        assert socket.recv() == "hello"
        socket.send("who")
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
    (edge,) = [edge for edge in here.edges() if edge.sink == "ws://web/chat#response"]
    assert (edge.source, edge.count) == ("ws://web/chat#request", 1)


def test_a_websocket_is_refused_before_it_is_accepted(here: Watched) -> None:
    with serving(Middleware(app())) as host, pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        connect(f"ws://{host}/closed")
    assert refused.value.response.status_code == 403
    assert refused.value.response.body == b"zone"


def test_the_lifespan_passes_through(here: Watched) -> None:
    seen: list[str] = []

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        seen.append("up")
        yield
        seen.append("down")

    with serving(Middleware(Starlette(lifespan=lifespan))):
        assert seen == ["up"]
    assert seen == ["up", "down"]


def test_before_init_everything_passes_through() -> None:
    with serving(Middleware(app())) as host:
        assert httpx.get(f"http://{host}/ads").text == "ana@example.org"
