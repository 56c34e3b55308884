"""Calls of the asyncio client: the outcome reaches the host after its labels were taken in."""

from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterator
from typing import Any, cast

import grpc
import grpc.aio

from privacylib.families.rpc import Calling
from privacylib.grpc.delegation import StandIn, standing_in_for
from privacylib.model import PolicyDenied

__all__ = ["StreamStreamCall", "StreamUnaryCall", "UnaryStreamCall", "UnaryUnaryCall", "requests_of"]

_EOF: Any = getattr(grpc.aio, "EOF")  # noqa: B009 - missing in what type checkers know of gRPC


class _AsyncRequests:
    """An asynchronous stream of requests, counted."""

    def __init__(self, requests: Any, calling: Calling) -> None:
        self._requests = requests
        self._iterator: AsyncIterator[Any] | None = None
        self._calling = calling

    def __aiter__(self) -> AsyncIterator[Any]:
        self._iterator = aiter(self._requests)
        return self

    async def __anext__(self) -> Any:
        assert self._iterator is not None  # noqa: S101 - nobody asks for the next before the first
        try:
            request = await anext(self._iterator)
        except StopAsyncIteration:
            self._calling.all_sent()
            raise
        except PolicyDenied as denied:
            self._calling.denied = denied
            raise
        self._calling.sent()
        return request


class _PlainRequests:
    """A plain stream of requests, counted."""

    def __init__(self, requests: Any, calling: Calling) -> None:
        self._requests = requests
        self._calling = calling

    def __iter__(self) -> Iterator[Any]:
        try:
            for request in self._requests:
                self._calling.sent()
                yield request
            self._calling.all_sent()
        except PolicyDenied as denied:
            self._calling.denied = denied
            raise


def requests_of(requests: Any, calling: Calling) -> Any:
    """Return a stream of requests that counts them; gRPC takes both kinds."""
    if isinstance(requests, AsyncIterable):
        return _AsyncRequests(cast("Any", requests), calling)
    return _PlainRequests(requests, calling)


class _Answered(StandIn):
    """Stand in for a call of gRPC.

    Args:
        inner: gRPC's own call.
        calling: What is known about the call here.
    """

    def __init__(self, inner: Any, calling: Calling) -> None:
        self.inner = inner
        self.calling = calling

    def __del__(self) -> None:
        if "calling" in vars(self):
            self.calling.close(None, failed=self.calling.expects_first)

    def cancel(self) -> bool:
        """Cancel the call, as `grpc.aio.Call.cancel`; gRPC does so too when the host has dropped it."""
        cancelled = self.inner.cancel()
        if cancelled:
            self.calling.close(None, failed=self.calling.expects_first)
        return cancelled

    async def conclude(self) -> PolicyDenied | None:
        """Close a call whose outcome is there; return what the host gets instead, or None."""
        inner = self.inner
        if not inner.done():
            return self.calling.close(None, failed=True)
        ok = await inner.code() is grpc.StatusCode.OK
        # What was cancelled here has brought nothing.
        trailers = None if inner.cancelled() else tuple(await inner.trailing_metadata() or ())
        return self.calling.close(trailers, failed=not ok)


class _Unary(_Answered):
    """A call whose response is one message."""

    def __await__(self) -> Generator[Any, None, Any]:
        return self._response().__await__()

    async def _response(self) -> Any:
        try:
            response = await self.inner
        except BaseException:
            if denied := await self.conclude():
                raise denied from None
            raise
        trailers = tuple(await self.inner.trailing_metadata() or ())
        if denied := self.calling.close(trailers, failed=False):
            raise denied
        return response


class _Stream(_Answered):
    """A call whose response is a stream."""

    def __init__(self, inner: Any, calling: Calling) -> None:
        super().__init__(inner, calling)
        self._iterator: AsyncIterator[Any] | None = None

    def __aiter__(self) -> AsyncIterator[Any]:
        if self._iterator is None:
            self._iterator = aiter(self.inner)
        return self

    async def __anext__(self) -> Any:
        assert self._iterator is not None  # noqa: S101 - nobody asks for the next before the first
        try:
            message = await anext(self._iterator)
        except BaseException:
            if denied := await self.conclude():
                raise denied from None
            raise
        await self._took()
        return message

    async def read(self) -> Any:
        """Return the next message or `grpc.aio.EOF`, as gRPC's own calls do."""
        try:
            message = await self.inner.read()
        except BaseException:
            if denied := await self.conclude():
                raise denied from None
            raise
        if message is _EOF:
            if denied := await self.conclude():
                raise denied
        else:
            await self._took()
        return message

    async def _took(self) -> None:
        """Count a message; the first one brings what the stream announces, and a denied stream ends there."""
        if self.calling.expects_first:
            try:
                self.calling.announced(tuple(await self.inner.initial_metadata() or ()))
            except PolicyDenied as denied:
                self.calling.denied = denied
                self.inner.cancel()
                raise
        self.calling.arrived()


@standing_in_for(grpc.aio.UnaryUnaryCall)
class UnaryUnaryCall(_Unary):
    """Stand in for a call with one request and one response."""


@standing_in_for(grpc.aio.UnaryStreamCall)
class UnaryStreamCall(_Stream):
    """Stand in for a call with one request and a stream of responses."""


@standing_in_for(grpc.aio.StreamUnaryCall)
class StreamUnaryCall(_Unary):
    """Stand in for a call with a stream of requests and one response."""


@standing_in_for(grpc.aio.StreamStreamCall)
class StreamStreamCall(_Stream):
    """Stand in for a call that streams both ways."""
