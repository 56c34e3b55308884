"""Applications that an unmodified aiohttp server serves, under the policy."""

import asyncio
import io
import re
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import privacylib
from privacylib import coverage, integrations
from privacylib.instrumentation import patching
from tests.integrations.conformance import SERVED, Conformance, Host, denied, users
from tests.integrations.differential import Differential
from tests.watched import Watched, instrumented, watched

pytestmark = [pytest.mark.server, pytest.mark.library]
aiohttp: Any = pytest.importorskip("aiohttp")
web: Any = pytest.importorskip("aiohttp.web")


@contextmanager
def serving(app: Any) -> Generator[str]:
    """Serve an application by aiohttp's own runner until the block ends, and give its host and port."""
    loop, runner = asyncio.new_event_loop(), web.AppRunner(app, shutdown_timeout=1, access_log=None)

    async def start() -> str:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        return f"{host}:{port}"

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def looked_at(request: Any) -> Any:
    told = [type(request).__qualname__, request.method, request.path, dict(request.match_info), await request.text()]
    return web.json_response(told)


async def in_pieces(request: Any) -> Any:
    response = web.StreamResponse()
    await response.prepare(request)
    for piece in (b"one", b"two"):
        await response.write(piece)
    await response.write_eof()
    return response


async def raises(_: Any) -> Any:
    raise web.HTTPConflict(text="taken")


TLS = ssl.create_default_context()
"""Made once: it takes long."""


class TestDifferential(Differential):
    name = "aiohttp_web"

    @contextmanager
    def world(self, directory: Path) -> Generator[str]:
        app = web.Application()
        told = {"/pieces": in_pieces, "/raises": raises, "/none": fails, "/looked/{at}": looked_at}
        for path, handler in told.items():
            app.router.add_route("*", path, handler)
        with serving(app) as host:
            yield f"http://{host}"

    def plain(self, text: str) -> str:
        return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)

    @staticmethod
    def ask(url: str, method: str = "GET", **more: Any) -> list[Any]:
        answer = httpx.request(method, url, verify=TLS, **more)
        headers = [(name, value) for name, value in answer.headers.multi_items() if name != "date"]
        return [answer.status_code, answer.reason_phrase, headers, answer.content]

    calls = (
        lambda host: TestDifferential.ask(f"{host}/looked/7", "POST", content="text"),
        lambda host: TestDifferential.ask(f"{host}/looked/7", "HEAD"),
        lambda host: TestDifferential.ask(f"{host}/pieces"),
        lambda host: TestDifferential.ask(f"{host}/raises"),
        lambda host: TestDifferential.ask(f"{host}/none"),
        lambda host: TestDifferential.ask(f"{host}/nowhere"),
        lambda host: TestDifferential.ask(f"{host}/looked/7", content=iter([b"a", b"b"])),
    )


async def whole(_: Any) -> Any:
    return web.Response(text=users())


async def pieces(request: Any) -> Any:
    response = web.StreamResponse(headers={"x-served": "yes"})
    await response.prepare(request)
    await response.write(b"for ")
    await response.write(users().encode())
    await response.write_eof()
    return response


async def leak(request: Any) -> Any:
    text = users()
    if request.query.get("swallowed"):
        try:
            with privacylib.write("db://elsewhere"):
                pass
        except privacylib.PolicyDenied:
            return web.Response(status=500, text=text)
    if request.query.get("raised"):
        raise web.HTTPConflict(text=text)
    if request.query.get("streamed"):
        await web.StreamResponse().prepare(request)
    return web.Response(text=text)


async def fails(_: Any) -> Any:
    raise ValueError


async def spoken(request: Any) -> Any:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(users() if message.data == "user" else message.data)
        if message.data == "user":
            break
    return socket


def application() -> Any:
    app, inner = web.Application(), web.Application()
    inner.router.add_get("/{name:[a-z]+}/mail", whole)
    app.router.add_get("/reply/{name}", whole)
    app.router.add_get("/reply/{name}/pieces", pieces)
    app.router.add_get("/leak", leak)
    app.router.add_get("/fails", fails)
    app.router.add_get("/reply/{name}/socket", spoken)
    app.add_subapp("/reply/inner", inner)
    return app


class TestConformance(Conformance):
    name = "aiohttp_web"
    more = SERVED

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        came: list[str] = []
        with serving(application()) as host:

            def get(path: str) -> None:
                answer = httpx.get(f"http://{host}{path}")
                if answer.status_code == 500:
                    raise ConnectionError(answer.text)
                if answer.status_code == 403:
                    raise denied(answer.text)
                came.append(path)

            async def awaited() -> None:
                async with httpx.AsyncClient() as client:
                    assert (await client.get(f"http://{host}/reply/ana")).text == "ana@example.org"

            yield Host(
                sink="http://web/reply/{name}#response",
                allowed=lambda: get("/reply/ana"),
                refused=lambda: get("/leak"),
                arrived=lambda: "/leak" in came,
                failing=lambda: get("/fails"),
                error=ConnectionError,
                awaited=awaited,
                streamed=lambda: get("/reply/ana"),
                holds=False,
            )


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "aiohttp_web", more=SERVED) as found:
        yield found


def test_a_request_is_named_by_its_route(here: Watched) -> None:
    with serving(application()) as host:
        statuses = [
            httpx.get(f"http://{host}{path}").status_code
            for path in ("/reply/ana", "/reply/ana/pieces", "/reply/inner/ana/mail", "/nosuch/ana@example.org")
        ]
    assert statuses == [200, 200, 200, 404]
    named = {sink for source, sink in here.pairs() if source == "db://users"}
    routes = ("{name}", "{name}/pieces", "inner/{name}/mail")
    assert named == {f"http://web/reply/{route}#response" for route in routes}
    assert ("http://web/{…}#request", "http://web/{…}#response") in here.pairs()


@pytest.mark.parametrize("how", ["", "?swallowed=1", "?raised=1", "?streamed=1"])
def test_a_refused_response_is_a_403_with_the_requirement_and_nothing_else(here: Watched, how: str) -> None:
    with serving(application()) as host:
        answer = httpx.get(f"http://{host}/leak{how}")
    assert (answer.status_code, answer.text) == (403, "flow")


def test_labels_come_back_to_callers_that_judge(here: Watched) -> None:
    integrations.install(frozenset({"httpx"}))
    with serving(application()) as host, privacylib.scope("client"), privacylib.zone("reply"):
        for path in ("/reply/ana", "/reply/ana/pieces"):
            with privacylib.scope("one", fresh=True), privacylib.zone("reply"):
                assert "privacylib" in httpx.get(f"http://{host}{path}").headers
                assert privacylib.current().labels == {"CONTACT"}


@pytest.mark.parametrize(("mode", "data"), [("observe", "ana@example.org"), ("enforce", None)])
async def test_a_socket_is_one_operation(tmp_path: Path, mode: str, data: str | None) -> None:
    with watched(tmp_path, mode=mode) as here:
        integrations.install(frozenset({"aiohttp_web"}))
        url = "http://{}/reply/ana/socket"
        with serving(application()) as host:
            async with aiohttp.ClientSession() as session, session.ws_connect(url.format(host)) as socket:
                await socket.send_str("plain" if data is None else "user")
                if data is None:
                    assert (await socket.receive()).data == "plain"
                    await socket.send_str("user")
                assert (await socket.receive()).data == data
        patching.uninstall()
        edges = {(edge.source, edge.sink) for edge in here.edges() if edge.source == "db://users"}
    assert edges == ({("db://users", "ws://web/reply/{name}/socket#response")} if data else set())


async def _on_another(how: str, host: str) -> tuple[list[Any], str]:
    """Let a request send on another's socket or stream; return what comes out there, and what the sender is told."""
    async with aiohttp.ClientSession(f"http://{host}") as session:
        if how == "write":
            async with session.get("/plain/stream") as answer:
                told = await (await session.get("/reply/sends", params={"how": how})).text()
                return [await answer.text()], told
        async with session.ws_connect("/plain/socket") as socket:
            told = await (await session.get("/reply/sends", params={"how": how})).text()
            await socket.send_str("over")
            return [message.data async for message in socket], told


@pytest.mark.parametrize("mode", ["observe", "enforce"])
@pytest.mark.parametrize("how", ["send_str", "send_bytes", "send_json", "write"])
async def test_what_a_request_sends_on_the_response_of_another_is_judged(tmp_path: Path, mode: str, how: str) -> None:
    open_ones: list[Any] = []
    over = asyncio.Event()

    async def socket(request: Any) -> Any:
        open_ones.append(web.WebSocketResponse())
        await open_ones[0].prepare(request)
        await open_ones[0].receive()
        await open_ones[0].send_str("last")
        return open_ones[0]

    async def stream(request: Any) -> Any:
        open_ones.append(web.StreamResponse())
        await open_ones[0].prepare(request)
        await over.wait()
        await open_ones[0].write(b"last")
        return open_ones[0]

    async def sends(request: Any) -> Any:
        text = users()
        try:
            await getattr(open_ones[0], how)(text if how in ("send_str", "send_json") else text.encode())
        except privacylib.PolicyDenied as refused:
            text = str(refused.decision.requirement)
        over.set()
        return web.Response(text=text)

    app = web.Application()
    app.router.add_get("/plain/socket", socket)
    app.router.add_get("/plain/stream", stream)
    app.router.add_get("/reply/sends", sends)
    with watched(tmp_path, SERVED, mode) as here:
        integrations.install(frozenset({"aiohttp_web"}))
        with serving(app) as host:
            came, told = await _on_another(how, host)
        patching.uninstall()
        sinks = {edge.sink for edge in here.edges() if edge.source == "db://users"}
    if mode == "enforce":
        assert (came, told) == (["last"], "flow")
    else:
        assert "ana@example.org" in str(came[0])
    name = "http://web/plain/stream" if how == "write" else "ws://web/plain/socket"
    assert (f"{name}#response" in sinks) == (mode == "observe")


def test_what_a_handler_does_unseen_is_a_gap(here: Watched, tmp_path: Path) -> None:
    del here
    gaps: list[str] = []

    async def opens(_: Any) -> Any:
        io.FileIO(str(tmp_path / "policy.yaml")).close()  # where no integration sees it
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_get("/opens", opens)
    coverage.keep(gaps.append, lambda: None)
    try:
        with serving(app) as host:
            assert httpx.get(f"http://{host}/opens").text == "ok"
    finally:
        coverage.rest()
    assert any("opens:" in gap for gap in gaps)
