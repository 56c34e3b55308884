"""What a server answers: decided before its first byte, with labels in the trailing metadata."""

import asyncio
from typing import Any

import grpc
import grpc.aio

from privacylib.families.rpc import Serving
from privacylib.grpc.delegation import StandIn, standing_in_for
from privacylib.model import PolicyDenied
from privacylib.runtime.sending import Sent, is_own, send_on

__all__ = ["AioContext", "Answering", "Context", "deny", "deny_aio"]

_SUCCESS = (None, 0, grpc.StatusCode.OK)


def _nothing() -> None:
    """Tell no trailing metadata."""


class Answering(StandIn):
    """Stand in for the context that gRPC gives a handler, and watch over what the handler says through it.

    Args:
        inner: gRPC's own context.
        serving: What is known about the call here.
        streams: Whether the response is a stream, which announces its labels when it begins.
    """

    concluded = False
    refused = False
    """Whether a refusal was all that was said."""
    messages = 0
    _opened = False
    finished = False
    """Whether the call is recorded and its scope left."""
    _trailing: tuple[Any, ...] = ()

    def __init__(self, inner: Any, serving: Serving, streams: bool) -> None:
        self.inner = inner
        self.serving = serving
        self._streams = streams

    def set_trailing_metadata(self, trailing_metadata: Any) -> None:
        """Set the handler's own trailing metadata; ours join them when the response ends."""
        self.inner.set_trailing_metadata(trailing_metadata)
        self._trailing = tuple(trailing_metadata or ())

    def opening(self, initial: Any = ()) -> tuple[Any, ...] | None:
        """Decide the response before its first byte.

        Returns:
            Metadata to begin with, or None where nothing is to be said.

        Raises:
            PolicyDenied: An enforced rule denies it.
        """
        self.serving.decide()
        if self._opened:
            return None
        self._opened = True
        return (*initial, *(self.serving.labels() if self._streams else ())) or None

    def ending(self) -> None:
        """Decide the response if nothing was sent, and add its labels to the trailing metadata; once.

        Raises:
            PolicyDenied: An enforced rule denies it.
        """
        if self.concluded:
            return
        self.serving.decide(stays_open=self._streams)
        self.concluded = True
        if labels := self.serving.labels():
            self.inner.set_trailing_metadata((*self._others(), *labels))

    def end_again(self) -> bool:
        """End a call whose one response is there and through whose context nothing was said, if its like is known."""
        if self.concluded or self._opened:
            return False
        inner = self.inner
        labels = self.serving.end_again(failed=self._has_failed())
        if labels is None:
            return False
        self.concluded = self.finished = True
        if labels:
            others = self._trailing or getattr(inner, "trailing_metadata", _nothing)()
            inner.set_trailing_metadata((*others, *labels) if others else labels)
        return True

    def _has_failed(self) -> bool:
        code = getattr(self.inner, "code", None)
        return code is not None and code() not in _SUCCESS

    def _others(self) -> tuple[Any, ...]:
        """Return the trailing metadata of the handler, and of interceptors around this one where gRPC tells them."""
        known = getattr(self.inner, "trailing_metadata", None)
        return self._trailing if known is None else tuple(known() or ())

    def silenced(self) -> None:
        """Say no more than which requirement refused the response."""
        self.concluded = True
        self.refused = not self._opened

    def finish(self, error: BaseException | None) -> PolicyDenied | None:
        """Record the call, and leave its scope; once.

        Returns:
            What the call is to end with, as it had to be recorded and could not be; None else.
        """
        if self.finished:
            return None
        self.finished = True
        if self.refused:
            self.serving.leave()
            return None
        if self._streams:
            self.serving.sent(self.messages)
        return self.serving.finish(failed=error is not None or self._has_failed())


@standing_in_for(grpc.ServicerContext)
class Context(Answering):
    """Stand in for the context of a sync handler."""

    def send_initial_metadata(self, initial_metadata: Any) -> None:
        """Send the metadata that the response begins with, and what it announces."""
        try:
            initial = self.opening(initial_metadata)
        except PolicyDenied as denied:
            self.refuse(denied)
        else:
            self.inner.send_initial_metadata(initial_metadata if initial is None else initial)

    def abort(self, code: Any, details: str = "", trailing_metadata: Any = ()) -> Any:
        """End the call with an error."""
        if trailing_metadata:
            self.set_trailing_metadata(trailing_metadata)
        self.conclude()
        self.inner.abort(code, details)

    def abort_with_status(self, status: Any) -> Any:
        """End the call with an error."""
        self.set_trailing_metadata(status.trailing_metadata or ())
        self.abort(status.code, status.details)

    def about_to_send(self) -> None:
        """Decide the response, and announce its labels, before its first message; refuse it where it is denied."""
        try:
            initial = self.opening()
        except PolicyDenied as denied:
            self.refuse(denied)
        else:
            if initial is not None:
                self.inner.send_initial_metadata(initial)
        self.messages += 1

    def conclude(self) -> None:
        """End what the handler says; refuse it where it is denied."""
        try:
            self.ending()
        except PolicyDenied as denied:
            self.refuse(denied)

    def refuse(self, denied: PolicyDenied) -> None:
        """Abort with the requirement's id and nothing else."""
        self.silenced()
        deny(self.inner, denied)


@standing_in_for(grpc.aio.ServicerContext)
class AioContext(Answering):
    """Stand in for the context of an asyncio handler."""

    _sent: Sent | None = None

    async def send_initial_metadata(self, initial_metadata: Any) -> None:
        """Send the metadata that the response begins with, and what it announces."""
        try:
            initial = self.opening(initial_metadata)
        except PolicyDenied as denied:
            await self.refuse(denied)
        else:
            await self.inner.send_initial_metadata(initial_metadata if initial is None else initial)

    async def write(self, message: Any) -> None:
        """Send a message of the response."""
        await self.about_to_send()
        if not is_own(self.serving.handle):
            self._send_on()
        await self.inner.write(message)

    async def abort(self, code: Any, details: str = "", trailing_metadata: Any = ()) -> Any:
        """End the call with an error."""
        if trailing_metadata:
            self.set_trailing_metadata(trailing_metadata)
        await self.conclude()
        await self.inner.abort(code, details)

    async def abort_with_status(self, status: Any) -> Any:
        """End the call with an error."""
        await self.abort(status.code, status.details, status.trailing_metadata or ())

    def _send_on(self) -> None:
        """Decide a message that other work sends; one that must not go out leaves the call as it is."""
        try:
            self._sent = send_on(self.serving.handle, self._sent)
        except PolicyDenied:
            self.messages -= 1
            raise

    def abandoned(self, _: Any) -> None:
        """Record a call that is over: a generator whose caller has gone is closed some time later."""
        self.finish(asyncio.CancelledError())

    async def about_to_send(self) -> None:
        """Decide the response, and announce its labels, before its first message; refuse it where it is denied."""
        try:
            initial = self.opening()
        except PolicyDenied as denied:
            await self.refuse(denied)
        else:
            if initial is not None:
                await self.inner.send_initial_metadata(initial)
        self.messages += 1

    async def conclude(self) -> None:
        """End what the handler says; refuse it where it is denied."""
        try:
            self.ending()
        except PolicyDenied as denied:
            await self.refuse(denied)

    async def refuse(self, denied: PolicyDenied) -> None:
        """Abort with the requirement's id and nothing else."""
        self.silenced()
        await deny_aio(self.inner, denied)


def deny(context: Any, denied: PolicyDenied) -> None:
    """Abort a call with the requirement's id and nothing else; raises what gRPC's ``abort`` raises."""
    context.set_trailing_metadata(())
    context.abort(grpc.StatusCode.PERMISSION_DENIED, denied.decision.requirement or "")


async def deny_aio(context: Any, denied: PolicyDenied) -> None:
    """Abort a call with the requirement's id and nothing else; raises what gRPC's ``abort`` raises."""
    context.set_trailing_metadata(())
    await context.abort(grpc.StatusCode.PERMISSION_DENIED, denied.decision.requirement or "")
