# cython: binding=True
"""The interceptor of the sync server."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from privacylib.context import get_frame, set_frame
from privacylib.families.rpc import Method, Serving
from privacylib.grpc.answers import Answering, Context, deny
from privacylib.grpc.endpoints import address_of, served
from privacylib.model import PolicyDenied

__all__ = ["Governed", "ServerInterceptor", "peer_of", "server_interceptor", "stream", "unary"]

KEPT = 1024
"""Handlers kept; there are more only where a server makes them anew for each call."""

_OURS = "_privacylib_governed"
"""Attribute of functions that an interceptor of ours has made."""


def server_interceptor() -> "ServerInterceptor":
    """Return an interceptor for ``grpc.server(..., interceptors=[...])``.

    Each call is served in a scope of its own, under the context that its caller presents and the
    zones that the policy has for it. A denied call ends with PERMISSION_DENIED; its details are the
    id of the requirement.
    """
    return ServerInterceptor()


class ServerInterceptor(grpc.ServerInterceptor):
    """Govern what a server answers; see `server_interceptor`."""

    def __init__(self) -> None:
        self._governed = Governed(unary, stream)

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """Return the handler, governed."""
        handler, method = continuation(handler_call_details), handler_call_details.method
        made = self._governed.made.get((id(handler), method))
        return made[1] if made is not None and made[0] is handler else self._governed.of(handler, method)


class Governed:
    """Make handlers of the same kind around a server's own, once for each.

    Args:
        for_unary: Wraps a function whose response is one message.
        for_stream: Wraps a function whose response is a stream.
    """

    def __init__(self, for_unary: Callable[..., Any], for_stream: Callable[..., Any]) -> None:
        self._for_unary = for_unary
        self._for_stream = for_stream
        self.made: dict[tuple[int, str], tuple[Any, Any]] = {}
        """Handlers and what was made of them: each is kept, so that its id stays its own."""

    def of(self, handler: Any, method: str) -> Any:
        """Return the governed handler of a method; None where there is no handler."""
        if handler is None:
            return None
        made = self.made.get((id(handler), method))
        if made is None or made[0] is not handler:
            if len(self.made) >= KEPT:
                self.made.clear()
            made = self.made[id(handler), method] = (handler, self._make(handler, method))
        return made[1]

    def _make(self, handler: Any, name: str) -> Any:
        sides = (
            "stream" if handler.request_streaming else "unary",
            "stream" if handler.response_streaming else "unary",
        )
        kind = "_".join(sides)
        behavior = getattr(handler, kind)
        if getattr(behavior, "experimental_non_blocking", False):
            return handler  # it answers through a function of gRPC's that no interceptor sees
        if getattr(behavior, _OURS, False):
            return handler  # an interceptor of ours that stands inside this one does the work
        wrapped = (self._for_stream if handler.response_streaming else self._for_unary)(behavior, served(name))
        functools.update_wrapper(wrapped, behavior)
        setattr(wrapped, _OURS, True)
        build = getattr(grpc, f"{kind}_rpc_method_handler")
        return build(wrapped, handler.request_deserializer, handler.response_serializer)


def unary(behavior: Callable[..., Any], method: Method) -> Callable[..., Any]:
    """Wrap a handler whose response is one message."""

    def answering(request: Any, context: Any) -> Any:
        answer = _opened(method, context, streams=False)
        if answer is None:
            return behavior(request, context)
        serving, around = answer.serving, get_frame()
        failure: BaseException | None = None
        unkept: PolicyDenied | None = None
        set_frame(serving.frame)
        try:
            response = behavior(request, answer)
            if answer.end_again():
                return response
            answer.conclude()
        except BaseException as error:
            failure = error
            _failed(answer, error)
            raise
        finally:
            if not answer.finished:
                serving.frame = get_frame()
                unkept = answer.finish(failure)
            set_frame(around)
        if unkept is not None and failure is None:
            _withhold(context, unkept)
        return response

    return answering


def stream(behavior: Callable[..., Any], method: Method) -> Callable[..., Any]:
    """Wrap a handler whose response is a stream."""

    def answering(request: Any, context: Any) -> Any:
        answer = _opened(method, context, streams=True)
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
    unkept: PolicyDenied | None = None
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
        unkept = answer.finish(failure)
    if unkept is not None:
        _withhold(answer.inner, unkept)


def _opened(method: Method, context: Any, *, streams: bool) -> Context | None:
    if isinstance(context, Answering):
        return None  # an interceptor of ours that stands around this one does the work
    try:
        serving = Serving.begin(method, context.invocation_metadata() or (), peer_of, context)
    except PolicyDenied as denied:
        deny(context, denied)
        raise
    return None if serving is None else Context(context, serving, streams)


def peer_of(context: Any) -> str:
    """Return the address of the caller."""
    return address_of(context.peer())


def _withhold(context: Any, denied: PolicyDenied) -> None:
    """End a call that had to be recorded and could not be."""
    deny(context, denied)
    raise denied


def _failed(answer: Context, error: BaseException) -> None:
    """Say what is to be said about an error that ended a handler."""
    if isinstance(error, PolicyDenied):
        answer.refuse(error)
    elif isinstance(error, Exception):  # otherwise nobody listens any more
        answer.conclude()
