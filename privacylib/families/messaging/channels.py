"""What all message brokers have in common: channels that are written, and messages that bring context along.

A consumer outside any scope does what it does with a message in a scope of its own, until it asks
the same place for the next one; a consumer in a scope of its own holds from then on what the
message brought. No library is imported here.
"""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from attrs import frozen

from privacylib.context import (
    Desk,
    Frame,
    frame_now,
    get_frame,
    is_unseen,
    set_frame,
)
from privacylib.model import Asset, Kind, Operation
from privacylib.propagation import unknown
from privacylib.propagation.carriers import Carrier
from privacylib.runtime import ACTIVE, Declared, faults
from privacylib.runtime.messages import Arrival, deliver, judge_delivery, leave_delivery, take_in

__all__ = ["Message", "channel", "handling", "received", "sent"]


@frozen
class Message:
    """Tell what is known of a message that was received.

    Args:
        channel: Where it came through.
        headers: What it carries beside its payload; None where it carries nothing.
    """

    channel: Asset
    headers: Carrier | None = None


def channel(broker: str, host: str, port: int | str | None, name: str) -> Asset:
    """Name a queue, topic or subject of a broker.

    Args:
        broker: Scheme of its URI (``kafka``, ``amqp``).
        host: Of the broker.
        port: Of the broker; None where it is not known.
        name: Of the queue, topic or subject.
    """
    return Asset(f"{broker}://{host}:{port}" if port else f"{broker}://{host}", name)


def sent(to: Asset) -> tuple[Operation, ...]:
    """Describe that a message is sent."""
    return (Operation(Kind.WRITE, to),)


_UNTOLD = Asset("message", "{…}")
"""The channel of a message of which nothing can be told."""


@functools.lru_cache(maxsize=4096)
def _site(asset: Asset) -> Declared:
    return Declared(Operation(Kind.READ, asset))


def _arrived(describe: Callable[[], Iterable[Message]]) -> list[Arrival]:
    """Return the messages that a library handed out; one that cannot be told is there, and unknown."""
    try:
        return [arrival for message in describe() if (arrival := _arrival(message)) is not None]
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("describing", error)
        site = _site(_UNTOLD).site()
        return [] if site is None else [(site, unknown("malformed"))]


def _arrival(message: Message) -> Arrival | None:
    site = _site(message.channel).site()
    if site is None:
        return None
    peer = message.channel.namespace.partition("://")[2] or None
    return site, site.snapshot.propagator.extract(message.headers or (), peer=peer)


def received(consumer: object, describe: Callable[[], Iterable[Message]]) -> None:
    """Let a consumer stand where its messages say.

    Args:
        consumer: What it asked for them; with the next call the work on these is over. None for answers to
            requests, which belong to the work that asked.
        describe: Returns what it got; may be none.

    Raises:
        PolicyDenied: The zone of the policy does not admit them, or the consumer's own.
    """
    frame = get_frame()
    if ACTIVE.snapshot is None or (frame is not None and is_unseen(frame)):
        return
    if isinstance(frame, Desk) and frame.is_of(consumer):
        outer = frame.outer
        leave_delivery(frame)
        set_frame(outer)
        frame = outer
    arrived = _arrived(describe)
    if consumer is None or (frame is not None and frame.scope.opened):
        for site, presented in arrived:
            take_in(site, presented, frame_now())
    elif arrived and (delivery := deliver(arrived[0][0], arrived)) is not None:
        _enter(Desk(consumer, delivery.scope, delivery.zone, delivery.outer, delivery.within))


def _enter(frame: Frame) -> Frame:
    """Make the frame of a delivery the current one.

    Raises:
        PolicyDenied: The zone of the policy does not admit what was delivered.
    """
    set_frame(frame)
    try:
        judge_delivery(frame)
    except BaseException:
        leave_delivery(frame)
        raise
    return frame


def handling(describe: Callable[..., Message]) -> Callable[[Any], Any]:
    """Return what takes a consumer's callback, and returns one that has a scope of its own for each message.

    Args:
        describe: Returns the message by the arguments of the callback.
    """
    return functools.partial(_handler, describe)


def _handler(describe: Callable[..., Message], callback: Any) -> Any:
    if not callable(callback):
        return callback
    if inspect.iscoroutinefunction(callback):

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            frame = _begun(describe, args, kwargs)
            try:
                return await callback(*args, **kwargs)
            finally:
                _ended(frame)

        return functools.update_wrapper(awaited, callback)

    def handler(*args: Any, **kwargs: Any) -> Any:
        frame = _begun(describe, args, kwargs)
        try:
            return callback(*args, **kwargs)
        finally:
            _ended(frame)

    return functools.update_wrapper(handler, callback)


def _begun(describe: Callable[..., Message], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Frame | None:
    """Open the scope of a message; None where it is not seen.

    Raises:
        PolicyDenied: The zone of the policy does not admit it.
    """
    if ACTIVE.snapshot is None:
        return None
    arrived = _arrived(lambda: (describe(*args, **kwargs),))
    frame = deliver(arrived[0][0], arrived) if arrived else None
    return None if frame is None else _enter(frame)


def _ended(frame: Frame | None) -> None:
    if frame is not None:
        leave_delivery(frame)
