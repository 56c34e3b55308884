"""gRPC, as a program uses it that knows nothing of interceptors of ours."""

import asyncio
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

import privacylib
from privacylib import integrations
from privacylib.grpc import client_interceptor, server_interceptor
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Patch
from tests.integrations.conformance import Conformance, Host, users
from tests.watched import POLICY, Watched, instrumented, watched

ADD = "/shop.Contacts/Add"
ADS = "/shop.Ads/Add"
ASK = "/shop.Front/Ask"
WAIT = "/shop.Contacts/Wait"
ANNOTATED = POLICY.replace("assets:", 'assets:\n  - {match: "grpc://shop.Contacts/*", labels: [CONTACT]}')

MORE = """
trust: {egress: []}
zones:
  - {match: "grpc://shop.Contacts/*", purpose: reply}
"""


def handler(kind: str, behavior: Any) -> Any:
    return getattr(grpc, f"{kind}_rpc_method_handler")(behavior)


class Service(grpc.GenericRpcHandler):
    """Answer every method with what it was asked, and ask another server where there is one."""

    def __init__(self, hits: list[str], behind: Any = None) -> None:
        self._hits = hits
        self._behind = behind

    def service(self, handler_call_details: Any) -> Any:
        """Return the handler of any method."""
        method = handler_call_details.method
        self._hits.append(method)

        def answer(requests: Iterator[bytes], context: Any) -> bytes:
            del context
            asked = b"|".join(requests)
            if method == WAIT:
                time.sleep(1)
            return asked if self._behind is None else self._behind(asked)

        return handler("stream_unary", answer)


@contextmanager
def serving(service: Service, interceptors: list[Any] | None = None) -> Generator[str]:
    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool, [service], interceptors)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


class TestConformance(Conformance):
    name = "grpc"

    @pytest.fixture
    def here(self, tmp_path: Path) -> Iterator[Watched]:
        with watched(tmp_path, MORE, policy=ANNOTATED) as found:
            yield found

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        hits: list[str] = []
        with serving(Service(hits)) as target, grpc.insecure_channel(target) as opened:
            channel: Any = opened

            async def ask(method: str) -> None:
                async with grpc.aio.insecure_channel(target) as connection:
                    await connection.unary_unary(method)(b"ana")

            def failing() -> None:
                connection = grpc.insecure_channel(target)
                connection.close()
                connection.unary_unary(ADS)(b"ana")

            yield Host(
                sink="grpc://shop.Contacts/Add#request",
                allowed=lambda: channel.unary_unary(ADD)(b"ana"),
                refused=lambda: channel.unary_unary(ADS)(b"ana"),
                arrived=lambda: ADS in hits,
                failing=failing,
                error=ValueError,
                awaited=lambda: ask(ADD),
                endless=lambda: ask(WAIT),
                streamed=lambda: channel.stream_unary(ADD)(iter([b"ana", b"ben"])),
            )


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "grpc", mode="observe") as found:
        yield found


CHAIN = {
    ("db://users", "grpc://shop.Front/Ask#request"),
    ("grpc://shop.Front/Ask#request", "grpc://shop.Contacts/Add#request"),
    ("grpc://shop.Contacts/Add#response", "grpc://shop.Front/Ask#response"),
}


@pytest.mark.parametrize("told", [False, True], ids=["nothing is told", "interceptors are there already"])
def test_a_call_is_seen_through_servers_and_channels_once(here: Watched, told: bool) -> None:
    behind = Service([])
    given = [server_interceptor()] if told else None
    with serving(behind, given) as target, grpc.insecure_channel(target) as inner:
        through: Any = grpc.intercept_channel(inner, client_interceptor()) if told else inner
        asking = Service([], through.unary_unary(ADD))
        with serving(asking, given) as front, grpc.insecure_channel(front) as channel, privacylib.scope("work"):
            users()
            assert channel.unary_unary(ASK)(b"ana") == b"ana"
    edges = {(edge.source, edge.sink): edge.count for edge in here.edges()}
    assert edges.keys() >= CHAIN
    assert {edges[pair] for pair in CHAIN} == {1}


def test_asyncio_servers_and_channels_are_seen(here: Watched) -> None:
    async def answer(request: bytes, context: Any) -> bytes:
        del context
        return request

    async def work() -> None:
        server = grpc.aio.server()
        methods = {"Ask": handler("unary_unary", answer)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("shop.Front", methods),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            with privacylib.scope("work"):
                users()
                async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                    assert await channel.unary_unary(ASK)(b"ana") == b"ana"
        finally:
            await server.stop(None)

    asyncio.run(work())
    ask = "grpc://shop.Front/Ask"
    assert here.pairs() >= {("db://users", f"{ask}#request"), (f"{ask}#request", f"{ask}#response")}


def test_ours_stands_inside_opentelemetrys_and_around_the_hosts() -> None:
    host, theirs = server_interceptor(), type("Theirs", (), {"__module__": "opentelemetry.instrumentation.grpc"})()
    (table,) = (each for each in integrations.integrations(frozenset({"grpc"})) if each.name == "grpc")
    server = table.patches[0]
    assert isinstance(server, Patch)
    place = server.pins["interceptors"]
    first, ours, last = place((theirs, host))
    assert (first, last) == (theirs, host)
    assert type(ours) is type(server_interceptor())
    assert len(place(None)) == 1


def test_no_other_name_of_what_is_patched_is_a_gap(here: Watched) -> None:
    del here
    names = ("server", "insecure_channel", "secure_channel")
    assert not [target for target in patching.uncovered if target.startswith("grpc") and target.endswith(names)]
