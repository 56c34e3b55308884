"""Time a unary gRPC call, both ends in one process, in CPU time:  python -m tests.benchmarks.grpc_unary.

Beside ours run interceptors that do nothing, and OpenTelemetry's (opentelemetry-instrumentation-grpc,
where it is installed) with spans that are made and exported nowhere. Ours decides, signs, verifies
and records at both ends, and its records are in a spool.
"""

import asyncio
import contextlib
import importlib.util
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import grpc
import grpc.aio

import privacylib
import privacylib.grpc
from tests.grpc import services

ROUNDS, CALLS = 60, 60
POLICY = """\
version: 1
labels: {CONTACT: {}}
purposes: {reply: {}}
assets: [{match: "db://users", labels: [CONTACT]}]
requirements:
  - {id: contact-reply, applies_to: [CONTACT], allow: {purposes: [reply]}, mode: enforce}
"""


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


def opentelemetry() -> Any:
    """Return OpenTelemetry's interceptors' module, with real spans, or None where it is not installed."""
    if importlib.util.find_spec("opentelemetry.instrumentation.grpc") is None:
        return None
    from opentelemetry import trace
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    provider = TracerProvider()
    provider.add_span_processor(SpanProcessor())
    trace.set_tracer_provider(provider)
    return importlib.import_module("opentelemetry.instrumentation.grpc")


def sync_sides(other: Any) -> dict[str, tuple[Any, Any]]:
    """Return client and server interceptors by name."""
    sides: dict[str, tuple[Any, Any]] = {
        "idle": (Idle(), Idle()),
        "privacylib": (privacylib.grpc.client_interceptor(), privacylib.grpc.server_interceptor()),
    }
    if other is not None:
        sides["opentelemetry"] = (other.client_interceptor(), other.server_interceptor())
    return sides


def aio_sides(other: Any) -> dict[str, tuple[list[Any], Any]]:
    """Return client and server interceptors by name."""
    sides: dict[str, tuple[list[Any], Any]] = {
        "idle": ([IdleAioClient()], IdleAioServer()),
        "privacylib": (privacylib.grpc.aio_client_interceptors(), privacylib.grpc.aio_server_interceptor()),
    }
    if other is not None:
        sides["opentelemetry"] = (other.aio_client_interceptors(), other.aio_server_interceptor())
    return sides


@contextlib.contextmanager
def sync_call(client: Any, server: Any) -> Generator[Callable[[], None]]:
    """Yield a function that makes one call."""
    with services.serving([server], {"unary_unary": serve}) as target, grpc.insecure_channel(target) as bare:
        intercept: Any = grpc.intercept_channel
        if not isinstance(
            client, grpc.UnaryUnaryClientInterceptor
        ):  # OpenTelemetry brings interceptors of its own kind
            intercept = importlib.import_module("opentelemetry.instrumentation.grpc.grpcext").intercept_channel
        method = services.method(intercept(bare, client), "unary_unary")
        yield lambda: method(b"a")


@contextlib.asynccontextmanager
async def aio_call(client: list[Any], server: Any) -> AsyncGenerator[Callable[[], Any]]:
    """Yield a function that makes one call."""
    async with (
        services.serving_aio([server], {"unary_unary": serve_aio}) as target,
        grpc.aio.insecure_channel(target, interceptors=client) as channel,
    ):
        method = services.method(channel, "unary_unary")
        yield lambda: method(b"a")


def time_sync(other: Any) -> dict[str, list[float]]:
    """Return microseconds of CPU for each call, for each round of each side, in turns."""
    times: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        calls = {name: stack.enter_context(sync_call(*sides)) for name, sides in sync_sides(other).items()}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                with privacylib.zone("reply"), privacylib.read("db://users"):
                    began = time.process_time()
                    for _ in range(CALLS):
                        call()
                    times.setdefault(name, []).append((time.process_time() - began) / CALLS * 1e6)
    return times


async def time_aio(other: Any) -> dict[str, list[float]]:
    """Return microseconds of CPU for each call, for each round of each side, in turns."""
    times: dict[str, list[float]] = {}
    async with contextlib.AsyncExitStack() as stack:
        sides = aio_sides(other).items()
        calls = {name: await stack.enter_async_context(aio_call(*ends)) for name, ends in sides}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                with privacylib.zone("reply"), privacylib.read("db://users"):
                    began = time.process_time()
                    for _ in range(CALLS):
                        await call()
                    times.setdefault(name, []).append((time.process_time() - began) / CALLS * 1e6)
    return times


def show(style: str, times: dict[str, list[float]]) -> None:
    """Print the best round of each side, what it adds, and the ratio of ours to OpenTelemetry's."""
    best = {name: min(rounds) for name, rounds in times.items()}
    idle = best["idle"]
    for name, microseconds in best.items():
        sys.stdout.write(f"{style:5} {name:14} {microseconds:7.1f} µs  {microseconds - idle:+7.1f}\n")
    if "opentelemetry" in best:
        ratio = (best["privacylib"] - idle) / (best["opentelemetry"] - idle)
        sys.stdout.write(f"{style:5} {'ratio of what is added':22} {ratio:.2f}\n")


def main() -> None:
    """Time both styles."""
    other = opentelemetry()
    with tempfile.TemporaryDirectory() as directory:
        policy = f"{directory}/policy.yaml"
        with open(policy, "w", encoding="utf-8") as file:  # noqa: PTH123 - no integration is to see it
            file.write(POLICY)
        privacylib.init(service="shop", policy=policy, spool=f"{directory}/spool", mode="enforce")
        show("sync", time_sync(other))
        show("aio", asyncio.run(time_aio(other)))
        privacylib.shutdown()


if __name__ == "__main__":
    main()
