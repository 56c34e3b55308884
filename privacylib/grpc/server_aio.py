"""The interceptor of the asyncio server."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import grpc.aio

from privacylib.context import get_frame, set_frame
from privacylib.families.rpc import Method, Serving
from privacylib.grpc import server
from privacylib.grpc.answers import AioContext, Answering, deny_aio
from privacylib.grpc.server import peer_of
from privacylib.model import PolicyDenied

__all__ = ["AioServerInterceptor", "aio_server_interceptor"]


def aio_server_interceptor() -> "AioServerInterceptor":
    """Return an interceptor for ``grpc.aio.server(interceptors=[...])``; see `server_interceptor`."""
    return AioServerInterceptor()


class AioServerInterceptor(grpc.aio.ServerInterceptor):
    """Govern what an asyncio server answers; see `aio_server_interceptor`."""

    def __init__(self) -> None:
        self._governed = server.Governed(_unary, _stream)

    async def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """Return the handler, governed."""
        handler, method = await continuation(handler_call_details), handler_call_details.method
        made = self._governed.made.get((id(handler), method))
        return made[1] if made is not None and made[0] is handler else self._governed.of(handler, method)


def _unary(behavior: Callable[..., Any], method: Method) -> Callable[..., Any]:
    """Wrap a handler whose response is one message; a plain function runs in the server's pool of threads."""
    if not inspect.iscoroutinefunction(behavior):
        return server.unary(behavior, method)
    return _coroutine(behavior, method, streams=False)


def _stream(behavior: Callable[..., Any], method: Method) -> Callable[..., Any]:
    """Wrap a handler whose response is a stream: it yields the messages, or writes them to its context."""
    if inspect.iscoroutinefunction(behavior):
        return _coroutine(behavior, method, streams=True)
    return (_generator if inspect.isasyncgenfunction(behavior) else _plain)(behavior, method)


def _coroutine(behavior: Callable[..., Any], method: Method, *, streams: bool) -> Callable[..., Any]:
    async def answering(request: Any, context: Any) -> Any:
        answer = await _opened(method, context, streams=streams)
        if answer is None:
            return await behavior(request, context)
        serving, around = answer.serving, get_frame()
        failure: BaseException | None = None
        unkept: PolicyDenied | None = None
        set_frame(serving.frame)
        try:
            response = await behavior(request, answer)
            if not streams and answer.end_again():
                return response
            await answer.conclude()
        except BaseException as error:
            failure = error
            await _failed(answer, error)
            raise
        finally:
            if not answer.finished:
                serving.frame = get_frame()
                unkept = answer.finish(failure)
            set_frame(around)
        if unkept is not None and failure is None:
            await deny_aio(context, unkept)
            raise unkept
        return response

    return answering


def _generator(behavior: Callable[..., Any], method: Method) -> Callable[..., Any]:
    async def answering(request: Any, context: Any) -> AsyncIterator[Any]:
        answer = await _opened(method, context, streams=True)
        if answer is None:
            async for response in behavior(request, context):
                yield response
            return
        context.add_done_callback(answer.abandoned)
        responses = behavior(request, answer)
        failure: BaseException | None = None
        unkept: PolicyDenied | None = None
        try:
            while True:
                try:
                    with answer.serving:
                        response = await anext(responses)
                except StopAsyncIteration:
                    break
                await answer.about_to_send()
                yield response
            await answer.conclude()
        except BaseException as error:
            failure = error
            await _failed(answer, error)
            raise
        finally:
            with answer.serving:
                await responses.aclose()
            unkept = answer.finish(failure)
        if unkept is not None:
            await deny_aio(context, unkept)
            raise unkept

    return answering


def _plain(behavior: Callable[..., Any], method: Method) -> Callable[..., Any]:
    """Wrap a plain function: gRPC calls it in the event loop, where aborting would wait for itself."""
    eager = server.stream(behavior, method)

    def answering(request: Any, context: Any) -> Iterator[Any]:
        yield from eager(request, context)

    return answering


async def _opened(method: Method, context: Any, *, streams: bool) -> AioContext | None:
    if isinstance(context, Answering):
        return None
    try:
        serving = Serving.begin(method, context.invocation_metadata() or (), peer_of, context)
    except PolicyDenied as denied:
        await deny_aio(context, denied)
        raise
    return None if serving is None else AioContext(context, serving, streams)


async def _failed(answer: AioContext, error: BaseException) -> None:
    """Say what is to be said about an error that ended a handler."""
    if isinstance(error, asyncio.CancelledError | GeneratorExit):  # nobody listens any more
        return
    if isinstance(error, PolicyDenied) and not answer.concluded:
        await answer.refuse(error)
    elif isinstance(error, Exception):
        await answer.conclude()
