"""A service with all four kinds of calls, on real servers: what the request says decides what becomes of it.

Messages are bytes. ``ok``, ``error``, ``raise``, ``abort``, ``status`` and ``slow`` may be followed by
``:N``, the number of messages that a stream brings before.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import grpc.aio

SERVICE = "shop.Reviews"
KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
TRAILING = (("shop-trailer", "kept"), ("shop-trailer-bin", b"\0\1"))
INITIAL = (("shop-initial", "kept"),)
Handlers = Mapping[str, Callable[..., Any]]


STATUS = (grpc.StatusCode.FAILED_PRECONDITION, "not like this")


def plan(requests: list[bytes]) -> tuple[str, int]:
    """Return what the first request asks for: an outcome, and a number of messages before it."""
    outcome, _, number = (requests[0] if requests else b"ok").decode().partition(":")
    return outcome, int(number or 2)


def end(outcome: str, context: Any) -> None:
    """Bring a sync handler to its end."""
    if outcome == "error":
        context.set_code(grpc.StatusCode.NOT_FOUND)
        context.set_details("no such review")
        context.set_trailing_metadata(TRAILING)
    elif outcome == "raise":
        raise ValueError("a fault of the host")
    elif outcome == "abort":
        context.set_trailing_metadata(TRAILING)
        context.abort(*STATUS)
    elif outcome == "status":
        context.abort_with_status(status())
    elif outcome == "slow":
        over = threading.Event()
        if context.add_callback(over.set):
            over.wait(0.7)
    elif outcome == "ok":
        context.set_trailing_metadata(TRAILING)


async def end_aio(outcome: str, context: Any) -> None:
    """Bring an asyncio handler to its end."""
    if outcome == "abort":
        await context.abort(*STATUS, TRAILING)
    elif outcome == "status":
        await context.abort_with_status(status())
    elif outcome == "slow":
        await asyncio.sleep(0.7)
    else:
        end(outcome, context)


def status() -> Any:
    return _Status(*STATUS, TRAILING)


class _Status(grpc.Status):
    def __init__(self, code: grpc.StatusCode, details: str, trailing_metadata: Any) -> None:
        self.code = code
        self.details = details
        self.trailing_metadata = trailing_metadata


def unary_unary(request: bytes, context: Any) -> bytes:
    return stream_unary(iter([request]), context)


def unary_stream(request: bytes, context: Any) -> Iterator[bytes]:
    return stream_stream(iter([request]), context)


def stream_unary(requests: Iterator[bytes], context: Any) -> bytes:
    taken = list(requests)
    context.send_initial_metadata(INITIAL)
    end(plan(taken)[0], context)
    return b"|".join(taken)


def stream_stream(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
    taken = list(requests)
    outcome, number = plan(taken)
    context.send_initial_metadata(INITIAL)
    for index in range(number):
        yield b"|".join(taken) + b"#%d" % index
    end(outcome, context)


async def aio_unary_unary(request: bytes, context: Any) -> bytes:
    return await _answer([request], context)


async def aio_unary_stream(request: bytes, context: Any) -> AsyncIterator[bytes]:
    async for message in _stream([request], context):
        yield message


async def aio_stream_unary(requests: Any, context: Any) -> bytes:
    return await _answer([request async for request in requests], context)


async def aio_stream_stream(requests: Any, context: Any) -> AsyncIterator[bytes]:
    async for message in _stream([request async for request in requests], context):
        yield message


async def _answer(taken: list[bytes], context: Any) -> bytes:
    await context.send_initial_metadata(INITIAL)
    await end_aio(plan(taken)[0], context)
    return b"|".join(taken)


async def _stream(taken: list[bytes], context: Any) -> AsyncIterator[bytes]:
    outcome, number = plan(taken)
    await context.send_initial_metadata(INITIAL)
    for index in range(number):
        yield b"|".join(taken) + b"#%d" % index
    await end_aio(outcome, context)


SYNC: Handlers = {
    "unary_unary": unary_unary,
    "unary_stream": unary_stream,
    "stream_unary": stream_unary,
    "stream_stream": stream_stream,
}
AIO: Handlers = {
    "unary_unary": aio_unary_unary,
    "unary_stream": aio_unary_stream,
    "stream_unary": aio_stream_unary,
    "stream_stream": aio_stream_stream,
}


def handlers(behaviors: Handlers) -> list[Any]:
    made = {kind: getattr(grpc, f"{kind}_rpc_method_handler")(behavior) for kind, behavior in behaviors.items()}
    return [grpc.method_handlers_generic_handler(SERVICE, made)]


@contextlib.contextmanager
def serving(interceptors: Sequence[Any] = (), behaviors: Handlers = SYNC) -> Generator[str]:
    """Serve in threads; yield the target."""
    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool, interceptors=list(interceptors))
        server.add_generic_rpc_handlers(handlers(behaviors))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


@contextlib.asynccontextmanager
async def serving_aio(
    interceptors: Sequence[Any] = (), behaviors: Handlers = AIO, options: Sequence[tuple[str, int]] = ()
) -> AsyncGenerator[str]:
    """Serve in the running event loop; yield the target."""
    server = grpc.aio.server(interceptors=list(interceptors), options=list(options))
    server.add_generic_rpc_handlers(handlers(behaviors))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


def method(channel: Any, kind: str) -> Any:
    """Return the callable for one kind of call."""
    return getattr(channel, kind)(f"/{SERVICE}/{kind}")
