"""Integrations as OpenTelemetry's instrumentors, and beside those that OpenTelemetry has itself."""

import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import privacylib
from privacylib import instrumentors, integrations
from privacylib.graph import load
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Integration
from tests.watched import Watched, watched
from tests.wsgi.serving import serving

pytestmark = pytest.mark.library
pytest.importorskip("opentelemetry.instrumentation")

BIN = Path(sys.executable).parent


def test_each_integration_is_an_entry_point_of_the_package() -> None:
    points = metadata.distribution("privacylib").entry_points.select(group="opentelemetry_instrumentor")
    found = {point.name: point.value for point in points}
    expected = {f"privacylib_{name}": f"privacylib.instrumentors:{name}" for name in integrations.own()}
    if found != expected and not os.environ.get("CI"):
        pytest.skip("privacylib was installed before its integrations were what they are: pip install -e . again")
    assert found == expected


def test_an_instrumentor_is_one_integration(tmp_path: Path) -> None:
    bare = {name: vars(sqlite3.Connection)[name] for name in ("execute", "cursor")}, sqlite3.connect
    made = instrumentors.sqlite3
    assert made is instrumentors.sqlite3
    with watched(tmp_path, mode="observe") as here:
        made().instrument()
        instrumentors.http_client().instrument()
        with privacylib.scope("job"), closing(sqlite3.connect(tmp_path / "shop.db")) as database:
            database.executescript("create table a (x); create table b (x); insert into b select x from a")
        made().uninstrument()
        assert ({name: vars(sqlite3.Connection)[name] for name in bare[0]}, sqlite3.connect) == bare
        assert patching.covered.keys() == {patch.target for patch in instrumented("http_client").patches}
        patching.uninstall()
    shop = f"sqlite://{tmp_path}/shop.db"
    assert (f"{shop}/a", f"{shop}/b") in {tuple(uri.partition("#")[0] for uri in pair) for pair in here.pairs()}
    with pytest.raises(AttributeError):
        instrumentors.nosuch  # noqa: B018 - looked up


def instrumented(name: str) -> Integration:
    return next(table for table in integrations.integrations(frozenset({name})) if table.name == name)


PROGRAM = """
import sqlite3, sys, requests
database = sqlite3.connect("shop.db")
names = database.execute("select name from people").fetchall()
print(requests.get(sys.argv[1], timeout=30).text)
"""


@pytest.mark.slow
def test_opentelemetry_instrument_starts_both(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.instrumentation.requests")
    (tmp_path / "program.py").write_text(PROGRAM)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("create table people (name)")
    exporters = {"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
    variables = {**exporters, "PRIVACYLIB_SERVICE": "shop"}
    with serving(plain) as host:
        done = subprocess.run(
            [BIN / "opentelemetry-instrument", sys.executable, "program.py", f"http://{host}/plain"],
            env=os.environ | variables, cwd=tmp_path, capture_output=True, text=True,
            check=True, timeout=120,
        )  # fmt: skip
    assert done.stdout.startswith("plain\n") or "\nplain\n" in done.stdout
    assert '"name": "GET"' in done.stdout
    edges = {(edge.source.rpartition("/")[2], edge.sink) for edge in load([tmp_path / ".privacylib"]).edges()}
    assert ("people#name", f"http://{host}/plain#request") in edges


def plain(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    del environ
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"plain"]


@contextmanager
def theirs(*names: str) -> Generator[InMemorySpanExporter]:
    """Put OpenTelemetry's own instrumentors in place for a provider that keeps its spans."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with ExitStack() as undo:
        for name in names:
            point = next(iter(metadata.entry_points(group="opentelemetry_instrumentor", name=name)), None)
            instrumentor = (point or pytest.skip(f"OpenTelemetry's instrumentation of {name} is not here")).load()()
            instrumentor.instrument(tracer_provider=provider, skip_dep_check=True)
            undo.callback(instrumentor.uninstrument)
        yield kept


@contextmanager
def ours() -> Generator[None]:
    integrations.install()
    try:
        yield
    finally:
        patching.uninstall()


@contextmanager
def both(tmp_path: Path, first: str, *names: str) -> Generator[tuple[Watched, InMemorySpanExporter]]:
    with watched(tmp_path, mode="observe") as here, ExitStack() as stack:
        if first == "ours":
            stack.enter_context(ours())
        kept = stack.enter_context(theirs(*names))
        if first == "theirs":
            stack.enter_context(ours())
        yield here, kept


def by_requests(url: str) -> str:
    found: Any = pytest.importorskip("requests")
    return str(found.get(url, timeout=30).text)


def by_urllib3(url: str) -> str:
    found: Any = pytest.importorskip("urllib3")
    return str(found.request("GET", url).data.decode())


def by_httpx(url: str) -> str:
    found: Any = pytest.importorskip("httpx")
    return str(found.get(url).text)


CLIENTS: list[tuple[tuple[str, ...], Callable[[str], str]]] = [
    (("requests", "urllib3"), by_requests),
    (("urllib3",), by_urllib3),
    (("httpx",), by_httpx),
]


@pytest.mark.parametrize("first", ["ours", "theirs"])
@pytest.mark.parametrize(("names", "get"), CLIENTS)
def test_a_client_is_seen_by_both(
    tmp_path: Path, first: str, names: tuple[str, ...], get: Callable[[str], str]
) -> None:
    headers: list[dict[str, str]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers.append({name: value for name, value in environ.items() if name.startswith("HTTP_")})
        return plain(environ, start_response)

    with serving(app) as host, both(tmp_path, first, *names) as (here, kept), privacylib.scope("client"):
        with privacylib.read("db://users"):
            pass
        assert get(f"http://{host}/plain") == "plain"
    spans = kept.get_finished_spans()
    assert {span.name for span in spans} == {"GET"}
    (edge,) = [edge for edge in here.edges() if edge.source == "db://users" and edge.sink.startswith(f"http://{host}")]
    assert (edge.sink, edge.count) == (f"http://{host}/plain#request", 1)
    assert len(headers) == 1
    assert headers[0]["HTTP_TRACEPARENT"].count("-") == 3
    assert "privacylib=" in headers[0]["HTTP_BAGGAGE"]


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_a_flask_application_is_seen_by_both(tmp_path: Path, first: str) -> None:
    flask: Any = pytest.importorskip("flask")
    httpx: Any = pytest.importorskip("httpx")
    too = ("flask",) if metadata.entry_points(group="opentelemetry_instrumentor", name="flask") else ()
    with both(tmp_path, first, *too, "sqlite3", "logging") as (here, kept):
        app = flask.Flask("shop")

        @app.get("/people/<name>")
        def person(name: str) -> str:
            with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
                cursor = database.cursor()
                cursor.execute("create table people (name)")
                logging.getLogger("asking").warning("asked")
                return str(cursor.execute("select count(name) from people").fetchone()[0])

        with serving(app) as host:
            assert httpx.get(f"http://{host}/people/ana").text == "0"
    names = {span.name for span in kept.get_finished_spans()}
    assert not too or "GET /people/<name>" in names
    assert any(name.lower().startswith("select") for name in names)
    found = {(source.rpartition("/")[2], sink) for source, sink in here.pairs()}
    assert ("people#name", "http://web/people/{name}#response") in found
    assert ("{name}#request", "logging://web/asking") in found


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_rows_and_errors_of_sqlite3_are_the_same_with_both(tmp_path: Path, first: str) -> None:
    with both(tmp_path, first, "sqlite3") as (here, kept), privacylib.scope("job"):
        database = sqlite3.connect(tmp_path / "shop.db")
        cursor = database.cursor()
        cursor.execute("create table a (x)")
        cursor.execute("insert into a values (?)", (7,))
        assert cursor.execute("select x from a").fetchall() == [(7,)]
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            cursor.execute("select x from nosuch")
        cursor.execute("create table b as select x from a")
        database.close()
    assert len(kept.get_finished_spans()) == 5
    shop = f"sqlite://{tmp_path}/shop.db"
    copied = [edge for edge in here.edges() if edge.sink.partition("#")[0] == f"{shop}/b"]
    assert {(edge.source.partition("#")[0], edge.count) for edge in copied if edge.evidence.value == "parsed"} == {
        (f"{shop}/a", 1)
    }


def test_a_call_of_grpc_is_seen_by_both(tmp_path: Path) -> None:
    def answer(request: bytes, context: object) -> bytes:
        with privacylib.read("db://users"):
            return request

    method: Any = grpc.unary_unary_rpc_method_handler(answer)  # pyright: ignore[reportUnknownVariableType] - no stub
    with both(tmp_path, "theirs", "grpc_server", "grpc_client") as (here, kept):
        server = grpc.server(ThreadPoolExecutor(1), interceptors=[privacylib.grpc.server_interceptor()])
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("shop.People", {"Get": method}),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as bare, privacylib.scope("client"):
            channel = grpc.intercept_channel(bare, privacylib.grpc.client_interceptor())
            assert channel.unary_unary("/shop.People/Get")(b"asked", timeout=30) == b"asked"
            held = privacylib.current().labels
        server.stop(None).wait()
    assert held == {"CONTACT"}
    # OpenTelemetry's client makes no span for a bare channel's method, with or without privacylib.
    assert [span.name for span in kept.get_finished_spans()] == ["/shop.People/Get"]
    assert ("db://users", "grpc://shop.People/Get#response") in here.pairs()


@contextmanager
def serving_grpc(name: str, behavior: Callable[[bytes, Any], bytes]) -> Generator[int]:
    """Serve one method by asking nobody for interceptors, as programs do."""
    method: Any = grpc.unary_unary_rpc_method_handler(behavior)  # pyright: ignore[reportUnknownVariableType] - no stub
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(f"shop.{name}", {"Ask": method}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None).wait()


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_servers_and_channels_of_grpc_are_seen_by_both(tmp_path: Path, first: str) -> None:
    """Whoever comes last puts its interceptor outside, or its function in gRPC's place, which names no parameters."""
    held: list[set[str]] = []

    def last(request: bytes, context: object) -> bytes:
        current = privacylib.current()
        held.append({*current.labels, *filter(None, [current.unknown])})
        return request

    with both(tmp_path, first, "grpc_server", "grpc_client") as (here, kept), ExitStack() as stack:

        def asking(name: str, behavior: Callable[[bytes, Any], bytes]) -> Any:
            port = stack.enter_context(serving_grpc(name, behavior))
            channel: Any = stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}"))
            return channel.unary_unary(f"/shop.{name}/Ask")

        ask_last = asking("Last", last)

        def front(request: bytes, context: object) -> bytes:
            with privacylib.read("db://asked"):  # which only what we send from here can tell
                return ask_last(request, timeout=30)

        ask_front = asking("Front", front)
        with privacylib.scope("client"):
            with privacylib.read("db://users"):
                pass
            assert ask_front(b"asked", timeout=30) == b"asked"
    assert held == [{"CONTACT", "INTERACTION"}]
    assert {span.name for span in kept.get_finished_spans()} == {"/shop.Front/Ask", "/shop.Last/Ask"}
    assert here.pairs() >= {
        ("db://users", "grpc://shop.Front/Ask#request"),
        ("grpc://shop.Front/Ask#request", "grpc://shop.Last/Ask#request"),
        ("grpc://shop.Last/Ask#request", "grpc://shop.Last/Ask#response"),
        ("grpc://shop.Last/Ask#response", "grpc://shop.Front/Ask#response"),
    }


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_servers_and_channels_of_grpc_aio_are_seen_by_both(tmp_path: Path, first: str) -> None:
    async def ask() -> None:
        async def answer(request: bytes, context: object) -> bytes:
            held.append(set(privacylib.current().labels))
            return request

        method: Any = grpc.unary_unary_rpc_method_handler(answer)  # pyright: ignore[reportUnknownVariableType] - no stub
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("shop.People", {"Get": method}),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        with privacylib.scope("client"), privacylib.read("db://users"):
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                assert await channel.unary_unary("/shop.People/Get")(b"asked", timeout=30) == b"asked"
        await server.stop(None)

    held: list[set[str]] = []
    with both(tmp_path, first, "grpc_aio_server", "grpc_aio_client") as (here, kept):
        asyncio.run(ask())
    assert held == [{"CONTACT"}]
    assert [span.name for span in kept.get_finished_spans()] == ["/shop.People/Get"] * 2
    people = "grpc://shop.People/Get"
    assert here.pairs() >= {("db://users", f"{people}#request"), (f"{people}#request", f"{people}#response")}


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_channels_of_opentelemetry_stay_around_ours(tmp_path: Path, first: str) -> None:
    with both(tmp_path, first, "grpc_client"), grpc.insecure_channel("127.0.0.1:1") as channel:
        around: Any = channel
        assert type(around).__module__.startswith("opentelemetry.")
        assert type(around._channel._interceptor).__module__.startswith("privacylib.")
