"""The interceptor of the sync client."""

from collections.abc import Callable
from typing import Any

import grpc

from privacylib.families.rpc import Calling, begin_again
from privacylib.grpc.calls import FutureCall, Requests, StreamCall, conclude
from privacylib.grpc.details import with_metadata
from privacylib.grpc.endpoints import called, target_of
from privacylib.grpc.shortcut import OK, WAITS, Outcome, Shortcut, failure, shortcut

__all__ = ["ClientInterceptor", "client_interceptor"]


def client_interceptor(target: str | None = None) -> "ClientInterceptor":
    """Return an interceptor for ``grpc.intercept_channel``.

    A denied call raises `PolicyDenied` before anything is sent. Where gRPC keeps errors for later
    (``future``, response streams), ``result()`` or the first message raises it.

    Args:
        target: Where the channel leads, as it was made with. It matters where the policy names no
            ``trust.egress``: context then travels to this machine only. Left out, the channel is asked.

    Returns:
        One object for all four kinds of calls.
    """
    return ClientInterceptor(target)


class ClientInterceptor(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Govern the calls of a channel; see `client_interceptor`."""

    def __init__(self, target: str | None = None) -> None:
        self._target = target

    def intercept_unary_unary(self, continuation: Callable[..., Any], client_call_details: Any, request: Any) -> Any:
        """Govern a call."""
        details, metadata, short = client_call_details, client_call_details.metadata, shortcut(continuation)
        calling = None
        if short is not None and metadata.__class__ is not _Carrying:
            calling = begin_again(short.called, self._leading, short)
        if short is None or calling is None:
            return self._intercept(continuation, details, request)
        try:
            carrying = _Carrying(metadata or ())
            calling.inject(carrying)
            if short.blocking is None or continuation.__code__ is not WAITS:
                return _answered(continuation(with_metadata(details, carrying), request), calling)
            _, timeout, _, credentials, waits, compression = details
            state, call = short.blocking(request, timeout, carrying, credentials, waits, compression)
        except BaseException:
            calling.close(None, failed=True)
            raise
        if state.code is not OK:
            return _answered(failure(state), calling)
        if denied := calling.close(state.trailing_metadata, failed=False):
            raise denied
        return Outcome(state, call)

    def intercept_unary_stream(self, continuation: Callable[..., Any], client_call_details: Any, request: Any) -> Any:
        """Govern a call whose response is a stream."""
        return self._intercept(continuation, client_call_details, request, responses=True)

    def intercept_stream_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request_iterator: Any
    ) -> Any:
        """Govern a call whose request is a stream."""
        return self._intercept(continuation, client_call_details, request_iterator, requests=True)

    def intercept_stream_stream(
        self, continuation: Callable[..., Any], client_call_details: Any, request_iterator: Any
    ) -> Any:
        """Govern a call that streams both ways."""
        return self._intercept(continuation, client_call_details, request_iterator, requests=True, responses=True)

    def _leading(self, short: Shortcut) -> str | None:
        return self._target or short.target

    def _leads(self, continuation: Any) -> str | None:
        """Return where a call goes."""
        if self._target is not None:
            return self._target
        short = shortcut(continuation)
        return target_of(continuation) if short is None else short.target

    def _intercept(
        self,
        continuation: Callable[..., Any],
        details: Any,
        request: Any,
        *,
        requests: bool = False,
        responses: bool = False,
    ) -> Any:
        if isinstance(details.metadata, _Carrying):
            return continuation(details, request)  # an interceptor of ours that stands around this one does the work
        calling = Calling.begin(
            called(details.method), lambda: self._leads(continuation),
            requests=requests, responses=responses,
        )  # fmt: skip
        if calling is None:
            return continuation(details, request)
        try:
            call = continuation(_carrying(details, calling), Requests(request, calling) if requests else request)
        except BaseException:
            calling.close(None, failed=True)
            raise
        calling.made()
        return StreamCall(call, calling) if responses else _answered(call, calling)


class _Carrying(list[Any]):
    """Metadata with our context in them."""


def _carrying(details: Any, calling: Calling) -> Any:
    metadata = _Carrying(details.metadata or ())
    calling.inject(metadata)
    return with_metadata(details, metadata)


def _answered(call: Any, calling: Calling) -> Any:
    """Return gRPC's own call where it is over; else one that takes its labels in when it will be.

    Raises:
        PolicyDenied: The zone does not admit what came back.
    """
    if not call.done():
        return FutureCall(call, calling)
    if denied := conclude(call, calling):
        raise denied
    return call
