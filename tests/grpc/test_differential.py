"""An intercepted call is a bare one: same messages, same errors, same metadata, same call object."""

import asyncio
import contextlib
import functools
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from typing import Any

import grpc
import grpc.aio
import pytest

import privacylib.grpc
from privacylib.testing import Capture, capture
from tests.grpc import services
from tests.grpc.ends import eventually

OUTCOMES = ("ok", "error", "raise", "abort", "status", "cancel", "deadline", "break")
Seen = dict[str, Any]


def asked(outcome: str) -> bytes:
    return {"cancel": "slow", "deadline": "slow", "break": "ok:200"}.get(outcome, outcome).encode()


def deadline(outcome: str) -> float:
    return 0.3 if outcome == "deadline" else 20


def metadata(pairs: Any) -> list[tuple[str, Any]] | None:
    """Return what a host sees of metadata, without ours."""
    return None if pairs is None else sorted((name, value) for name, value in pairs if name != "privacylib")


def told(details: str | None) -> str | None:
    """Return the details of a call; gRPC words an expired deadline in more than one way."""
    return "Deadline Exceeded" if details and "Deadline Exceeded" in details else details


def error_of(error: BaseException) -> Seen:
    """Return what a host sees of an error."""
    seen: Seen = {"error": type(error).__name__}
    if isinstance(error, grpc.RpcError) and isinstance(error, grpc.Call):
        seen |= state(error)
    elif isinstance(error, grpc.aio.AioRpcError):
        seen |= {
            "code": error.code(),
            "details": told(error.details()),
            "trailing": metadata(error.trailing_metadata()),
        }
        seen |= {"initial": metadata(error.initial_metadata())}
    else:
        seen["text"] = str(error)
    return seen


def state(call: Any) -> Seen:
    """Return what a host sees of a call that is over."""
    return {
        "code": call.code(),
        "details": told(call.details()),
        "initial": metadata(call.initial_metadata()),
        "trailing": metadata(call.trailing_metadata()),
    }


def life(call: Any) -> Seen:
    """Return what else a call object tells."""
    over = threading.Event()
    seen: Seen = {"callback": not call.add_callback(over.set) or over.wait(5)}
    seen |= {name: getattr(call, name)() for name in ("is_active", "cancelled", "running", "done", "cancel")}
    return {**seen, "remaining": isinstance(call.time_remaining(), float)}


def request_of(kind: str, outcome: str) -> Any:
    return iter([asked(outcome), b"more"]) if kind.startswith("stream") else asked(outcome)


def by_call(kind: str, outcome: str, channel: Any) -> Seen:
    response = services.method(channel, kind)(request_of(kind, outcome), timeout=deadline(outcome))
    return {"response": response}


def by_with_call(kind: str, outcome: str, channel: Any) -> Seen:
    response, call = services.method(channel, kind).with_call(request_of(kind, outcome), timeout=deadline(outcome))
    return {"response": response, **state(call)}


def by_future(kind: str, outcome: str, channel: Any) -> Seen:
    done: list[Any] = []
    over = threading.Event()
    future = services.method(channel, kind).future(request_of(kind, outcome), timeout=deadline(outcome))
    future.add_done_callback(done.append)

    def finished(_: Any) -> None:
        over.set()

    future.add_done_callback(finished)
    if outcome == "cancel":
        seen: Seen = {"cancelled": future.cancel()}
    else:
        seen = {"in time": True}
    try:
        seen["response"] = future.result(timeout=10)
    except (grpc.RpcError, grpc.FutureCancelledError) as error:
        seen |= error_of(error)
    with contextlib.suppress(grpc.FutureCancelledError):
        seen["exception"] = type(future.exception()).__name__
        seen["traceback"] = type(future.traceback()).__name__
    over.wait(5)
    late: list[Any] = []
    future.add_done_callback(late.append)
    after = state(future)
    if outcome == "cancel":
        del after["initial"]  # there if the server was quick
    return {**seen, **after, **life(future), "late": late == [future], "done": [f is future for f in done]}


def by_stream(kind: str, outcome: str, channel: Any) -> Seen:
    call = services.method(channel, kind)(request_of(kind, outcome), timeout=deadline(outcome))
    messages: list[bytes] = []
    seen: Seen = {"active": call.is_active(), "own iterator": iter(call) is call, "first": next(call)}
    try:
        for message in call:
            messages.append(message)
            if outcome == "break" and len(messages) == 3:
                break
            if outcome == "cancel":
                seen["cancelled"] = call.cancel()
    except grpc.RpcError as error:
        seen |= error_of(error)
    if outcome == "break":
        return {**seen, "messages": messages, "code": None, "active after": call.is_active(), "cancel": call.cancel()}
    return {**seen, "messages": messages, **state(call), **life(call)}


def observe(look: Callable[..., Seen], kind: str, outcome: str, channel: Any) -> Seen:
    try:
        return look(kind, outcome, channel)
    except Exception as error:  # noqa: BLE001 - whatever a bare call raises, an intercepted one raises too
        return error_of(error)


@contextlib.contextmanager
def connected(*, client: bool, server: bool) -> Generator[Any]:
    interceptors = [privacylib.grpc.server_interceptor()] if server else []
    with services.serving(interceptors) as target, grpc.insecure_channel(target) as channel:
        yield grpc.intercept_channel(channel, privacylib.grpc.client_interceptor()) if client else channel


FORMS: dict[str, Callable[..., Seen]] = {"call": by_call, "with_call": by_with_call, "future": by_future}
IN_HAND = ("future", "stream")
"""Forms of a call that leave the host something to cancel, or to break off."""
SYNC_CASES = [
    (kind, form, outcome)
    for kind in services.KINDS
    for form in (FORMS if kind.endswith("unary") else ("stream",))
    for outcome in OUTCOMES
    if form in IN_HAND or outcome not in ("cancel", "break")
]
SIDES = [(True, True), (True, False), (False, True)]


@pytest.mark.parametrize(("kind", "form", "outcome"), SYNC_CASES)
def test_fault_34_37_a_sync_call_is_a_bare_call(kind: str, form: str, outcome: str) -> None:
    look = FORMS.get(form, by_stream)
    with connected(client=False, server=False) as channel:
        bare = observe(look, kind, outcome, channel)
    for client, server in SIDES:
        with capture(mode="enforce") as seen, connected(client=client, server=server) as channel:
            assert observe(look, kind, outcome, channel) == bare, (client, server)
        assert recorded(seen, outcome, client=client, server=server)


def recorded(seen: Capture, outcome: str, *, client: bool, server: bool) -> bool:
    """Return whether both ends made one record each.

    Of a call that is cancelled a server may learn never, or when the next server is there already.
    """
    if outcome == "cancel":
        return len(seen.of("CALL")) == client
    return sorted(each.kind for each in seen.records) == ["CALL"] * client + ["SERVE"] * server and not seen.violations


async def aio_requests(outcome: str) -> AsyncIterator[bytes]:
    for request in (asked(outcome), b"more"):
        yield request


def aio_request_of(kind: str, outcome: str) -> Any:
    return aio_requests(outcome) if kind.startswith("stream") else asked(outcome)


async def aio_state(call: Any) -> Seen:
    return {
        "code": await call.code(),
        "details": told(await call.details()),
        "initial": metadata(await call.initial_metadata()),
        "trailing": metadata(await call.trailing_metadata()),
        "done": call.done(),
        "cancelled": call.cancelled(),
        "cancel": call.cancel(),
    }


async def aio_await(kind: str, outcome: str, channel: Any) -> Seen:
    call = services.method(channel, kind)(aio_request_of(kind, outcome), timeout=deadline(outcome))
    done: list[Any] = []
    call.add_done_callback(done.append)
    seen: Seen = {"done before": call.done()}
    if outcome == "cancel":
        await call.wait_for_connection() if kind == "stream_unary" else await asyncio.sleep(0.2)
        seen["cancel first"] = call.cancel()
    try:
        seen["response"] = await call
    except (grpc.aio.AioRpcError, asyncio.CancelledError) as error:
        seen |= error_of(error)
    try:
        again: Any = await call
    except (grpc.aio.AioRpcError, asyncio.CancelledError) as error:
        again = type(error).__name__
    return {**seen, **await aio_state(call), "again": again, "callback": [one is call for one in done]}


async def aio_iterate(kind: str, outcome: str, channel: Any) -> Seen:
    call = services.method(channel, kind)(aio_request_of(kind, outcome), timeout=deadline(outcome))
    messages: list[bytes] = []
    seen: Seen = {}
    try:
        async for message in call:
            messages.append(message)
            if outcome == "break" and len(messages) == 3:
                break
            if outcome == "cancel":
                seen["cancel first"] = call.cancel()
    except (grpc.aio.AioRpcError, asyncio.CancelledError) as error:
        seen |= error_of(error)
    if outcome == "break":
        return {**seen, "messages": messages, "done": call.done(), "cancel": call.cancel()}
    return {**seen, "messages": messages, **await aio_state(call)}


async def aio_read(kind: str, outcome: str, channel: Any) -> Seen:
    requests = () if kind.startswith("stream") else (asked(outcome),)
    call = services.method(channel, kind)(*requests, timeout=deadline(outcome))
    messages: list[bytes] = []
    seen: Seen = {}
    try:
        if kind.startswith("stream"):
            await call.write(asked(outcome))
            await call.write(b"more")
            await call.done_writing()
        while (message := await call.read()) is not getattr(grpc.aio, "EOF"):  # noqa: B009 - not in the stubs
            messages.append(message)
            if outcome == "break" and len(messages) == 3:
                break
            if outcome == "cancel":
                seen["cancel first"] = call.cancel()
    except (grpc.aio.AioRpcError, asyncio.CancelledError) as error:
        seen |= error_of(error)
    if outcome == "break":
        return {**seen, "messages": messages, "done": call.done(), "cancel": call.cancel()}
    return {**seen, "messages": messages, **await aio_state(call)}


async def aio_write(kind: str, outcome: str, channel: Any) -> Seen:
    call = services.method(channel, kind)(timeout=deadline(outcome))
    seen: Seen = {}
    try:
        await call.write(asked(outcome))
        await call.done_writing()
        if outcome == "cancel":
            seen["cancel first"] = call.cancel()
        seen["response"] = await call
    except (grpc.aio.AioRpcError, asyncio.CancelledError) as error:
        seen |= error_of(error)
    return {**seen, **await aio_state(call)}


AIO_CASES = [
    ("unary_unary", aio_await),
    ("stream_unary", aio_await),
    ("stream_unary", aio_write),
    ("unary_stream", aio_iterate),
    ("unary_stream", aio_read),
    ("stream_stream", aio_iterate),
    ("stream_stream", aio_read),
]


class Idle:
    """What an interceptor does that does nothing: gRPC's own difference to a call without any."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("intercept_"):
            raise AttributeError(name)
        return self._pass

    async def _pass(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(details, request)


def idle() -> list[Any]:
    kinds = ("UnaryUnary", "UnaryStream", "StreamUnary", "StreamStream")
    bases = [getattr(grpc.aio, f"{kind}ClientInterceptor") for kind in kinds]
    return [
        type("Idle", (base,), {name: Idle()._pass for name in dir(base) if name.startswith("intercept_")})()  # pyright: ignore[reportPrivateUsage] - its own
        for base in bases
    ]


@contextlib.asynccontextmanager
async def connected_aio(interceptors: list[Any], *, server: bool) -> AsyncGenerator[Any]:
    async with (
        services.serving_aio([privacylib.grpc.aio_server_interceptor()] if server else []) as target,
        grpc.aio.insecure_channel(target, interceptors=interceptors) as channel,
    ):
        yield channel


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize(("kind", "look"), AIO_CASES)
async def test_fault_35_37_an_aio_call_is_a_bare_call(kind: str, look: Callable[..., Any], outcome: str) -> None:
    async with connected_aio(idle(), server=False) as channel:
        bare = await look(kind, outcome, channel)
    for client, server in SIDES:
        with capture(mode="enforce") as seen:
            interceptors = privacylib.grpc.aio_client_interceptors() if client else idle()
            async with connected_aio(interceptors, server=server) as channel:
                assert await look(kind, outcome, channel) == bare, (client, server)
        both = functools.partial(recorded, seen, outcome, client=client, server=server)
        assert await eventually(both)
