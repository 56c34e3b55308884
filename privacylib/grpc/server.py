"""The interceptor of the sync server."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from privacylib.families.rpc import Serving
from privacylib.grpc.answers import Context, deny, is_answering
from privacylib.grpc.endpoints import address_of, served
from privacylib.model import PolicyDenied

__all__ = ["Opening", "ServerInterceptor", "governed", "server_interceptor", "stream", "unary"]

Opening = Callable[[Any], Serving | None]
"""Opens the scope of a call, given gRPC's context of it; raises `PolicyDenied`."""


def server_interceptor() -> "ServerInterceptor":
    """Return an interceptor for ``grpc.server(..., interceptors=[...])``.

    Each call is served in a scope of its own, under the context that its caller presents and the
    zones that the policy has for it. A denied call ends with PERMISSION_DENIED; its details are the
    id of the requirement.
    """
    return ServerInterceptor()


class ServerInterceptor(grpc.ServerInterceptor):
    """Govern what a server answers; see `server_interceptor`."""

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """Return the handler, governed."""
        handler = continuation(handler_call_details)
        return None if handler is None else governed(handler, handler_call_details, unary, stream)


def governed(handler: Any, details: Any, for_unary: Callable[..., Any], for_stream: Callable[..., Any]) -> Any:
    """Return a handler of the same kind around the functions of `handler`.

    Args:
        handler: gRPC's handler of a method.
        details: The method's name, and the metadata of the request.
        for_unary: Wraps a function whose response is one message.
        for_stream: Wraps a function whose response is a stream.
    """
    kinds = ("stream" if handler.request_streaming else "unary", "stream" if handler.response_streaming else "unary")
    kind = "_".join(kinds)
    behavior = getattr(handler, kind)
    if getattr(behavior, "experimental_non_blocking", False):
        return handler  # it answers through a function of gRPC's that no interceptor sees
    declared = served(details.method)

    def opening(context: Any) -> Serving | None:
        return Serving.begin(declared, details.invocation_metadata or (), address_of(context.peer()))

    wrapped = (for_stream if handler.response_streaming else for_unary)(behavior, opening)
    functools.update_wrapper(wrapped, behavior)
    return getattr(grpc, f"{kind}_rpc_method_handler")(
        wrapped, handler.request_deserializer, handler.response_serializer
    )


def unary(behavior: Callable[..., Any], opening: Opening) -> Callable[..., Any]:
    """Wrap a handler whose response is one message."""

    def answering(request: Any, context: Any) -> Any:
        answer = _opened(opening, context, streams=False)
        if answer is None:
            return behavior(request, context)
        failure: BaseException | None = None
        try:
            with answer.serving:
                response = behavior(request, answer)
            answer.conclude()
        except BaseException as error:
            failure = error
            _failed(answer, error)
            raise
        finally:
            answer.finish(failure)
        return response

    return answering


def stream(behavior: Callable[..., Any], opening: Opening) -> Callable[..., Any]:
    """Wrap a handler whose response is a stream."""

    def answering(request: Any, context: Any) -> Any:
        answer = _opened(opening, context, streams=True)
        if answer is None:
            return behavior(request, context)
        try:
            with answer.serving:
                responses = behavior(request, answer)
        except BaseException as error:
            try:
                _failed(answer, error)
            finally:
                answer.finish(error)
            raise
        return _steps(responses, answer)

    return answering


def _steps(responses: Iterator[Any], answer: Context) -> Iterator[Any]:
    failure: BaseException | None = None
    try:
        while True:
            try:
                with answer.serving:
                    response = next(responses)
            except StopIteration:
                break
            answer.about_to_send()
            yield response
        answer.conclude()
    except BaseException as error:
        failure = error
        _failed(answer, error)
        raise
    finally:
        if inspect.isgenerator(responses):
            with answer.serving:
                responses.close()
        answer.finish(failure)


def _opened(opening: Opening, context: Any, *, streams: bool) -> Context | None:
    if is_answering(context):
        return None
    try:
        serving = opening(context)
    except PolicyDenied as denied:
        deny(context, denied)
        raise
    return None if serving is None else Context(context, serving, streams=streams)


def _failed(answer: Context, error: BaseException) -> None:
    """Say what is to be said about an error that ended a handler."""
    if isinstance(error, PolicyDenied):
        answer.refuse(error)
    elif isinstance(error, Exception):  # otherwise nobody listens any more
        answer.conclude()
