"""Both ends of a call in one process, sync or asyncio: what the handler does, and what the caller does meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import grpc
import grpc.aio

import privacylib.grpc
from tests.grpc import services

STYLES = ("sync", "aio")
MESSAGES = 3
Work = Callable[[int], None]
"""Called before each message with its number."""


def idle(_: int) -> None:
    """Do nothing."""


def working(style: str, work: Work) -> services.Handlers:
    """Return handlers of all four kinds that do `work` before each message."""
    return {kind: (_sync if style == "sync" else _aio)(kind, work) for kind in services.KINDS}


def _sync(kind: str, work: Work) -> Callable[..., Any]:
    def unary(request: Any, context: Any) -> bytes:
        taken = [request] if kind.startswith("unary") else list(request)
        work(0)
        return b"|".join(taken)

    def stream(request: Any, context: Any) -> Iterator[bytes]:
        taken = [request] if kind.startswith("unary") else list(request)
        for number in range(MESSAGES):
            work(number)
            yield b"|".join(taken)
        work(MESSAGES)

    return unary if kind.endswith("unary") else stream


def _aio(kind: str, work: Work) -> Callable[..., Any]:
    async def unary(request: Any, context: Any) -> bytes:
        taken = [request] if kind.startswith("unary") else [each async for each in request]
        work(0)
        return b"|".join(taken)

    async def stream(request: Any, context: Any) -> AsyncIterator[bytes]:
        taken = [request] if kind.startswith("unary") else [each async for each in request]
        for number in range(MESSAGES):
            work(number)
            yield b"|".join(taken)
        work(MESSAGES)

    return unary if kind.endswith("unary") else stream


async def eventually(holds: Callable[[], bool]) -> bool:
    """Return whether a condition holds within some seconds: the other end may learn of an outcome a little later."""
    for _ in range(200):
        if holds():
            return True
        await asyncio.sleep(0.02)
    return False


@contextlib.asynccontextmanager
async def serving(style: str, behaviors: services.Handlers) -> AsyncGenerator[str]:
    """Serve with our interceptor; yield the target."""
    if style == "aio":
        async with services.serving_aio([privacylib.grpc.aio_server_interceptor()], behaviors) as target:
            yield target
    else:
        with services.serving([privacylib.grpc.server_interceptor()], behaviors) as target:
            yield target


async def ask(
    style: str,
    kind: str,
    target: str,
    *,
    requests: Callable[[], Iterable[bytes]] = lambda: (b"a", b"b"),
    each: Work = idle,
    metadata: Any = None,
    channel: Any = None,
    times: int = 1,
) -> list[bytes]:
    """Call through our interceptor and return the messages.

    Args:
        style: ``sync`` or ``aio``.
        kind: Kind of the call.
        target: Where the server is.
        requests: Makes the requests, one by one.
        each: What the caller does after each message.
        metadata: The host's own metadata.
        channel: The channel to use instead of one of our own.
        times: How often our interceptor is put in.
    """
    if style == "sync":
        return await asyncio.to_thread(_ask_sync, kind, target, requests, each, metadata, times)
    if channel is not None:
        return await _ask_aio(kind, channel, requests, each, metadata)
    interceptors = privacylib.grpc.aio_client_interceptors() * times
    async with grpc.aio.insecure_channel(target, interceptors=interceptors) as own:
        return await _ask_aio(kind, own, requests, each, metadata)


def _ask_sync(
    kind: str, target: str, requests: Callable[[], Iterable[bytes]], each: Work, metadata: Any, times: int
) -> list[bytes]:
    with grpc.insecure_channel(target) as bare:
        channel = grpc.intercept_channel(bare, *[privacylib.grpc.client_interceptor()] * times)
        request = iter(requests()) if kind.startswith("stream") else next(iter(requests()))
        answer = services.method(channel, kind)(request, timeout=20, metadata=metadata)
        if kind.endswith("unary"):
            each(0)
            return [answer]
        messages: list[bytes] = []
        for number, message in enumerate(answer):
            messages.append(message)
            each(number)
        return messages


async def _ask_aio(
    kind: str, channel: Any, requests: Callable[[], Iterable[bytes]], each: Work, metadata: Any
) -> list[bytes]:
    async def stream() -> AsyncIterator[bytes]:
        for request in requests():
            yield request

    request = stream() if kind.startswith("stream") else next(iter(requests()))
    call = services.method(channel, kind)(request, timeout=20, metadata=metadata)
    if kind.endswith("unary"):
        answer = await call
        each(0)
        return [answer]
    messages: list[bytes] = []
    async for message in call:
        each(len(messages))
        messages.append(message)
    return messages
