"""The interceptors of the asyncio client: gRPC wants one object for each kind of call."""

from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

from privacylib.families.rpc import Calling, begin_again
from privacylib.grpc import calls_aio
from privacylib.grpc.details import with_metadata
from privacylib.grpc.endpoints import called, channels_tell, channels_told, target_of

__all__ = ["aio_client_interceptors"]


def aio_client_interceptors(target: str | None = None) -> list[grpc.aio.ClientInterceptor]:
    """Return interceptors for ``grpc.aio.insecure_channel(..., interceptors=...)``.

    A denied call raises `PolicyDenied` when it is awaited, or asked for its first message; nothing
    was sent then.

    Args:
        target: Where the channel leads, as it was made with. It matters where the policy names no
            ``trust.egress``: context then travels to this machine only. Left out, the channel is asked.

    Returns:
        One object for each kind of call.
    """
    if target is None and not channels_tell():
        channels_told(_Governing)
    return [kind(target) for kind in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)]


class _Governing:
    """What the four kinds share."""

    def __init__(self, target: str | None) -> None:
        self._target = target

    def leading_to(self, target: str) -> "_Governing":
        """Return the interceptor of a channel to a target; one that was told already stays."""
        return type(self)(target) if self._target is None else self

    def _leads(self, continuation: Any) -> str | None:
        return self._target or target_of(continuation)

    async def _intercept(
        self,
        continuation: Callable[..., Any],
        details: Any,
        request: Any,
        stands_in: Callable[[Any, Calling], Any],
        *,
        requests: bool = False,
        responses: bool = False,
    ) -> Any:
        if isinstance(details.metadata, _Carrying):
            return await continuation(details, request)  # an interceptor of ours that stands around does the work
        calling = Calling.begin(
            called(details.method), lambda: self._leads(continuation),
            requests=requests, responses=responses,
        )  # fmt: skip
        if calling is None:
            return await continuation(details, request)
        try:
            sent = calls_aio.requests_of(request, calling) if requests else request
            call = await continuation(_carrying(details, calling), sent)
        except BaseException:
            calling.close(None, failed=True)
            raise
        calling.made()
        return stands_in(call, calling)


class _UnaryUnary(_Governing, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        details, calling = client_call_details, None
        if not isinstance(details.metadata, _Carrying):
            calling = begin_again(called(details.method), self._leads, continuation)
        if calling is None:
            return await self._intercept(continuation, details, request, calls_aio.UnaryUnaryCall)
        try:
            call = await continuation(_carrying(details, calling), request)
        except BaseException:
            calling.close(None, failed=True)
            raise
        return calls_aio.UnaryUnaryCall(call, calling)


class _UnaryStream(_Governing, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        return await self._intercept(
            continuation, client_call_details, request, calls_aio.UnaryStreamCall, responses=True
        )


class _StreamUnary(_Governing, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request_iterator: Any
    ) -> Any:
        return await self._intercept(
            continuation, client_call_details, request_iterator, calls_aio.StreamUnaryCall, requests=True
        )


class _StreamStream(_Governing, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self, continuation: Callable[..., Any], client_call_details: Any, request_iterator: Any
    ) -> Any:
        return await self._intercept(
            continuation, client_call_details, request_iterator, calls_aio.StreamStreamCall,
            requests=True, responses=True,
        )  # fmt: skip


class _Carrying(grpc.aio.Metadata):
    """Metadata with our context in them."""


def _carrying(details: Any, calling: Calling) -> Any:
    metadata = list(details.metadata or ())
    calling.inject(metadata)
    return with_metadata(details, _Carrying(*metadata))
