"""Calls of the sync client: the outcome reaches the host after its labels were taken in."""

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from privacylib.context import Stage
from privacylib.families.rpc import Calling
from privacylib.grpc.delegation import StandIn, standing_in_for
from privacylib.model import PolicyDenied

__all__ = ["FutureCall", "Requests", "StreamCall", "conclude"]


def conclude(call: Any, calling: Calling) -> PolicyDenied | None:
    """Close a call that is over, by what its own object says."""
    ok = call.code() is grpc.StatusCode.OK
    # What was cancelled here has brought nothing, nor has what never became a call.
    trailers = None if call.cancelled() else call.trailing_metadata()
    return calling.close(trailers, failed=not ok)


class Requests:
    """A stream of requests: each is made where the call was made, though gRPC asks for it in a thread of its own."""

    def __init__(self, requests: Any, calling: Calling) -> None:
        self._requests = requests
        self._calling = calling
        self._stage = Stage(calling.frame)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            with self._stage:
                request = next(self._requests)
        except StopIteration:
            self._calling.all_sent()
            raise
        except PolicyDenied as denied:
            self._calling.denied = denied
            raise
        self._calling.sent()
        return request


@standing_in_for(grpc.Call, grpc.Future)
class FutureCall(StandIn):
    """Stand in for a call in progress whose response is one message.

    Args:
        inner: gRPC's own call.
        calling: What is known about the call here.
    """

    def __init__(self, inner: Any, calling: Calling) -> None:
        super().__init__(inner)
        self.calling = calling
        if not inner.add_callback(_closing(inner, calling)):
            conclude(inner, calling)

    def __del__(self) -> None:
        if "calling" in vars(self):
            self.calling.close(None, failed=True)

    def denied(self) -> PolicyDenied | None:
        """Return what the host gets instead of the outcome of a call that is over, or None."""
        return conclude(self.inner, self.calling) if self.inner.done() else None

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the response, as `grpc.Future.result`."""
        try:
            return self.inner.result(timeout)
        finally:
            if denied := self.denied():
                raise denied

    def exception(self, timeout: float | None = None) -> Any:
        """Wait for the error, as `grpc.Future.exception`."""
        error = self.inner.exception(timeout)
        return self.denied() or error

    def traceback(self, timeout: float | None = None) -> Any:
        """Wait for the error's traceback, as `grpc.Future.traceback`."""
        trace = self.inner.traceback(timeout)
        denied = self.denied()
        return trace if denied is None else denied.__traceback__

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """Call `fn` with this call when it is over, as `grpc.Future.add_done_callback`."""

        def over(_: Any) -> None:
            fn(self)

        self.inner.add_done_callback(over)


def _closing(call: Any, calling: Calling, *, failed_only: bool = False) -> Callable[[], None]:
    """Return a callback that closes a call when it is over.

    It does not keep the call alive: gRPC cancels what the host has dropped.

    Args:
        call: gRPC's own call.
        calling: What is known about the call here.
        failed_only: Whether a call that succeeds is closed elsewhere, after its last message was taken.
    """
    seen = weakref.ref(call)

    def over() -> None:
        living = seen()
        if living is None:
            calling.close(None, failed=True)
        elif not failed_only or living.code() is not grpc.StatusCode.OK:
            conclude(living, calling)

    return over


@standing_in_for(grpc.Call, grpc.Future)
class StreamCall(StandIn):
    """Stand in for a call whose response is a stream.

    Args:
        inner: gRPC's own call.
        calling: What is known about the call here.
    """

    def __init__(self, inner: Any, calling: Calling) -> None:
        super().__init__(inner)
        self.calling = calling
        if isinstance(inner, grpc.Call):
            inner.add_callback(_closing(inner, calling, failed_only=True))

    def __del__(self) -> None:
        if "calling" in vars(self):
            self.calling.close(None, failed=self.calling.expects_first)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            message = next(self.inner)
        except BaseException:
            if denied := self._ended():
                raise denied from None
            raise
        if self.calling.expects_first:
            self._begun()
        self.calling.arrived()
        return message

    def next(self) -> Any:
        """Return the next message, as gRPC's own calls do."""
        return next(self)

    def cancel(self) -> bool:
        """Cancel the call, as `grpc.Call.cancel`."""
        cancelled = self.inner.cancel()
        if cancelled:
            self.calling.close(None, failed=self.calling.expects_first)
        return cancelled

    def _begun(self) -> None:
        """Take in what the stream announces; a denied stream ends here."""
        # An iterator that another interceptor has put here has no metadata, and knows nothing of how the call ends.
        initial = self.inner.initial_metadata() or () if isinstance(self.inner, grpc.Call) else None
        try:
            self.calling.announced(initial)
        except PolicyDenied as denied:
            self.calling.denied = denied
            self.inner.cancel()
            raise

    def _ended(self) -> PolicyDenied | None:
        call = self.inner
        if not isinstance(call, grpc.Call):
            return self.calling.close(None, failed=True)
        return None if call.is_active() else conclude(call, self.calling)
