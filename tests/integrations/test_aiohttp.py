"""aiohttp's client under the policy."""

import asyncio
import importlib
import re
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import integrations
from privacylib.instrumentation import patching
from privacylib.wsgi import Middleware
from tests.integrations.answering import echo, noting
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented, watched
from tests.wsgi.serving import serving

pytestmark = pytest.mark.library
aiohttp: Any = pytest.importorskip("aiohttp")


async def get(url: str, **more: Any) -> str:
    async with aiohttp.ClientSession() as session, session.request("POST" if more else "GET", url, **more) as answer:
        return str(await answer.text())


def run(work: Callable[[], Awaitable[object]]) -> None:
    """Run a coroutine in the caller's context, as a program that is asynchronous from its first line."""

    async def main() -> None:
        await work()

    copy_context().run(asyncio.run, main())


class TestConformance(Conformance):
    name = "aiohttp"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        hits: list[str] = []

        with serving(noting(hits)) as host:

            async def endless() -> None:
                with socket.create_server(("127.0.0.1", 0)) as silent:
                    await get(f"http://127.0.0.1:{silent.getsockname()[1]}/contacts")

            async def pieces() -> AsyncIterator[bytes]:
                yield b"ana"

            yield Host(
                sink=f"http://{host}/contacts#request",
                allowed=lambda: run(lambda: get(f"http://{host}/contacts")),
                refused=lambda: run(lambda: get(f"http://{host}/plain")),
                arrived=lambda: "/plain" in hits,
                failing=lambda: run(lambda: get("http://127.0.0.1:9/")),
                error=aiohttp.ClientConnectorError,
                awaited=lambda: get(f"http://{host}/contacts"),
                endless=endless,
                streamed=lambda: run(lambda: get(f"http://{host}/contacts", data=pieces())),
            )


async def answered(at: tuple[Any, str], path: str, **more: Any) -> list[Any]:
    session, host = at
    async with session.request("POST", f"http://{host}{path}", **more) as answer:
        return [answer.status, answer.ok, await answer.text(), answer.closed, len(answer.history), str(answer.url)]


def calling(path: str, **more: Any) -> Callable[[tuple[Any, str]], Awaitable[object]]:
    async def call(at: tuple[Any, str]) -> object:
        return await answered(at, path, **more)

    return call


async def kind_of_request(at: tuple[Any, str]) -> list[Any]:
    session, host = at
    manager = session.get(f"http://{host}/")
    seen = [type(manager).__name__, hasattr(manager, "__await__"), hasattr(manager, "__aenter__")]
    async with manager as answer:
        return [*seen, type(answer).__qualname__, await answer.read()]


async def dead(at: tuple[Any, str]) -> object:
    return await at[0].get("http://127.0.0.1:9/")


async def nothing(at: tuple[Any, str]) -> object:
    return await at[0].get("nothing")


class TestDifferential(Differential):
    name = "aiohttp"

    @asynccontextmanager
    async def world(self, directory: Path) -> AsyncGenerator[tuple[Any, str]]:
        with serving(echo) as host:
            async with aiohttp.ClientSession() as session:
                yield session, host

    def plain(self, text: str) -> str:
        return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)

    calls = (
        kind_of_request,
        calling("/"),
        calling("/moved"),
        calling("/moved", allow_redirects=False),
        calling("/", data=b"text"),
        calling("/", json={"a": 1}),
        calling("/", data=b"text", json={"a": 1}),
        calling("/", headers={"bad": object()}),
        dead,
        nothing,
    )


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "aiohttp") as found:
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


async def test_context_goes_out_and_labels_come_back(here: Watched) -> None:
    kept: list[dict[str, Any]] = []
    twice = [("baggage", "theirs=1"), ("baggage", "more=2")]
    with serving(Middleware(seen(kept))) as host, privacylib.scope("client"), privacylib.zone("reply"):
        key = privacylib.current().correlation_key
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}/reply/7", headers=twice) as answer:
            assert await answer.text() == "ana@example.org"
        assert privacylib.current().labels == {"CONTACT"}
    baggage = kept[0]["HTTP_BAGGAGE"].split(",")
    assert sorted(member.partition("=")[0] for member in baggage) == ["more", "privacylib", "theirs"]
    assert kept[0]["HTTP_TRACEPARENT"].split("-")[1] == key
    assert ("db://users", "http://web/reply/{id}#response") in here.pairs()


async def test_fault_48_a_redirect_is_a_request_of_its_own(tmp_path: Path) -> None:
    kept: list[dict[str, Any]] = []
    with watched(tmp_path, 'trust: {egress: ["http://127.0.0.1*/**"]}\n', mode="observe") as here:
        integrations.install(frozenset({"aiohttp"}))
        with serving(seen(kept)) as host, privacylib.scope("client"), privacylib.zone("reply"):
            users()
            await get(f"http://{host}/elsewhere")
        patching.uninstall()
    assert ["privacylib" in environ.get("HTTP_BAGGAGE", "") for environ in kept] == [True, False]
    port = host.partition(":")[2]
    sinks = {f"http://{host}/elsewhere#request", f"http://localhost:{port}/there#request"}
    assert {sink for source, sink in here.pairs() if source == "db://users"} == sinks


async def test_a_refused_response_is_closed(here: Watched) -> None:
    def app(_: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("privacylib", "forged")])
        return [b"plain"]

    with serving(app) as host, privacylib.scope("client"), privacylib.zone("reply", labels={"INTERACTION"}):
        async with aiohttp.ClientSession() as session:
            with pytest.raises(privacylib.PolicyDenied):
                await session.get(f"http://{host}/plain")
            assert not session.connector._acquired
    assert here.denied()


@asynccontextmanager
async def talking(arrived: list[Any]) -> AsyncGenerator[str]:
    """Serve WebSockets that answer each message; nobody sees this end."""
    web: Any = importlib.import_module("aiohttp.web")

    async def answer(request: Any) -> Any:
        socket_ = web.WebSocketResponse()
        await socket_.prepare(request)
        async for message in socket_:
            arrived.append(message.data)
            await socket_.send_str("bo")
        return socket_

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def test_each_message_over_a_websocket_is_decided(tmp_path: Path) -> None:
    arrived: list[Any] = []

    async def talk(url: str) -> None:
        async with (
            privacylib.scope("talks", fresh=True), privacylib.zone("reply"),
            aiohttp.ClientSession() as session, session.ws_connect(url) as other,
        ):  # fmt: skip
            await other.send_str("hello")
            assert (await other.receive()).data == "bo"
            users()
            await other.send_json({"name": "ana"})
            assert (await other.receive()).data == "bo"

    async def work() -> None:
        async with talking(arrived) as host:
            await talk(f"{host}/contacts")
            with pytest.raises(privacylib.PolicyDenied, match="/plain: DENY by flow"):
                await talk(f"{host}/plain")

    with instrumented(tmp_path, "aiohttp") as here:
        asyncio.run(work())
        pairs = {(one, other.rpartition("/")[2]) for one, other in here.pairs()}
    assert arrived == ["hello", '{"name": "ana"}', "hello"]
    assert ("db://users", "contacts#request") in pairs
    assert ("db://users", "plain#request") not in pairs


def test_what_comes_over_a_websocket_is_read_by_who_receives_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with talking([]) as host, aiohttp.ClientSession() as session:
            async with privacylib.scope("connects", fresh=True):
                other = await session.ws_connect(f"{host}/talk")
                await other.send_bytes(b"hello")
            async with privacylib.scope("receives", fresh=True):
                assert (await other.receive_str()) == "bo"
                with privacylib.write("file:///kept"):
                    pass
            await other.close()

    with instrumented(tmp_path, "aiohttp", mode="observe") as here:
        asyncio.run(work())
        assert ("talk#response", "file:///kept") in {(one.rpartition("/")[2], other) for one, other in here.pairs()}
