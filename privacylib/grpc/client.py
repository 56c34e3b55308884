"""The interceptor of the sync client."""

from collections.abc import Callable
from typing import Any

import grpc

from privacylib.families.rpc import Calling
from privacylib.grpc.calls import FutureCall, Requests, StreamCall, conclude
from privacylib.grpc.delegation import StandIn, standing_in_for
from privacylib.grpc.endpoints import called, target_of

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


@standing_in_for(grpc.ClientCallDetails)
class Details(StandIn):
    """Stand in for the details of a call, with other metadata.

    Args:
        inner: The details that another interceptor made.
        metadata: The metadata.
    """

    def __init__(self, inner: Any, metadata: Any) -> None:
        super().__init__(inner)
        self.metadata = metadata


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
        return self._intercept(continuation, client_call_details, request)

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
            called(details.method), lambda: self._target or target_of(continuation),
            requests=requests, responses=responses,
        )  # fmt: skip
        if calling is None:
            return continuation(details, request)
        try:
            call = continuation(_carrying(details, calling), Requests(request, calling) if requests else request)
        except BaseException:
            calling.close(None, failed=True)
            raise
        return StreamCall(call, calling) if responses else _answered(call, calling)


class _Carrying(list[Any]):
    """Metadata with our context in them."""


def _carrying(details: Any, calling: Calling) -> Any:
    metadata = _Carrying(details.metadata or ())
    calling.inject(metadata)
    replace = getattr(details, "_replace", None)
    return Details(details, metadata) if replace is None else replace(metadata=metadata)


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
