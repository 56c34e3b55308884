"""A unary gRPC call, both ends in one process, on top of interceptors that do nothing.

Ours decides, signs, verifies and records at both ends.
"""

import asyncio
import importlib
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack, ExitStack, contextmanager, nullcontext
from typing import Any

import grpc
import grpc.aio

import privacylib
import privacylib.grpc
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.settings import PURPOSE, SOURCE, Discarding, governed, tracing
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side
from tests.grpc import services

__all__ = ["ROWS"]

Sides = tuple[Any, Any]


class Idle(grpc.UnaryUnaryClientInterceptor, grpc.ServerInterceptor):
    """What gRPC's own machinery for interceptors costs."""

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(client_call_details, request)

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        return continuation(handler_call_details)


class IdleAioClient(grpc.aio.UnaryUnaryClientInterceptor):
    """The same for asyncio."""

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(client_call_details, request)


class IdleAioServer(grpc.aio.ServerInterceptor):
    """The same for asyncio."""

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        return await continuation(handler_call_details)


def serve(request: bytes, context: Any) -> bytes:
    del context
    return request


async def serve_aio(request: bytes, context: Any) -> bytes:
    del context
    return request


@contextmanager
def called(client: Any, server: Any, unit: Callable[[], Any], intercept: Any) -> Generator[Work]:
    """Call from a thread."""
    with services.serving([server], {"unary_unary": serve}) as target, grpc.insecure_channel(target) as bare:
        method = services.method(intercept(bare, client), "unary_unary")

        def run(times: int) -> None:
            with unit():
                for _ in range(times):
                    method(b"a")

        yield Work(run)


@contextmanager
def called_aio(client: Any, server: Any, unit: Callable[[], Any], intercept: Any) -> Generator[Work]:
    """Call from a coroutine."""
    del intercept
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()

    async def start() -> Any:
        target = await stack.enter_async_context(services.serving_aio([server], {"unary_unary": serve_aio}))
        channel: Any = grpc.aio.insecure_channel(target, interceptors=client)
        return services.method(await stack.enter_async_context(channel), "unary_unary")

    method = loop.run_until_complete(start())

    async def work(times: int) -> None:
        with unit():
            for _ in range(times):
                await method(b"a")

    yield Work(lambda times: loop.run_until_complete(work(times)))
    loop.run_until_complete(stack.aclose())
    loop.close()


STYLES: dict[str, Any] = {"sync": called, "aio": called_aio}


def unit() -> ExitStack:
    """Return a zone in which something has been read."""
    stack = ExitStack()
    stack.enter_context(privacylib.zone(PURPOSE))
    stack.enter_context(privacylib.read(SOURCE))
    return stack


@contextmanager
def ours(style: str, exporter: str = "") -> Generator[Work]:
    """Our interceptors at both ends, enforcing; spans stay in the spool or are exported too."""
    sides: dict[str, Callable[[], Sides]] = {
        "sync": lambda: (privacylib.grpc.client_interceptor(), privacylib.grpc.server_interceptor()),
        "aio": lambda: (privacylib.grpc.aio_client_interceptors(), privacylib.grpc.aio_server_interceptor()),
    }
    exporters = [Discarding()] if exporter else []
    with governed(exporter=exporters), STYLES[style](*sides[style](), unit, grpc.intercept_channel) as work:
        yield Work(work.run, lambda: privacylib.flush(60))


@contextmanager
def idle(style: str) -> Generator[Work]:
    """Interceptors that do nothing."""
    sides: dict[str, Sides] = {"sync": (Idle(), Idle()), "aio": ([IdleAioClient()], IdleAioServer())}
    with STYLES[style](*sides[style], nullcontext, grpc.intercept_channel) as work:
        yield work


@contextmanager
def opentelemetry(style: str) -> Generator[Work]:
    """OpenTelemetry's interceptors, with a batch processor; its client brings interceptors of its own kind."""
    theirs = importlib.import_module("opentelemetry.instrumentation.grpc")
    own = importlib.import_module("opentelemetry.instrumentation.grpc.grpcext").intercept_channel
    with tracing() as provider:
        given = {"tracer_provider": provider}
        sides: dict[str, Callable[[], Sides]] = {
            "sync": lambda: (theirs.client_interceptor(**given), theirs.server_interceptor(**given)),
            "aio": lambda: (theirs.aio_client_interceptors(**given), theirs.aio_server_interceptor(**given)),
        }
        with STYLES[style](*sides[style](), nullcontext, own) as work:
            yield Work(work.run, provider.force_flush)


def _row(name: str, style: str, what: str, *how: str) -> Timed:
    beside = Against("OpenTelemetry's interceptors", side(opentelemetry, style), Goal(1 / 10), "total")
    return Timed(name, what, side(ours, style, *how), (beside,), times=300, bare=side(idle, style))


ROWS = (
    _row("grpc", "sync", "unary gRPC call on top of idle interceptors"),
    _row("grpc-exported", "sync", "the same, exported too", "exporter"),
    _row("grpc-aio", "aio", "unary gRPC call in asyncio, likewise"),
)
