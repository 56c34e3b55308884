"""The record itself: one slot of 64 bytes, copied into a mapped segment.

``slots.pyx`` is the same for the compiled form, with the same bytes; this file says what it does.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import count
from mmap import mmap
from struct import Struct
from struct import error as StructError  # noqa: N812 - a class
from typing import Any
from zlib import crc32

from privacylib.recorder.guard import Guard
from privacylib.recorder.layout import HAS_AUXILIARY, LINK_BODY, LINKS, OP, OP_BODY, SEALED_SLOT, SLOT

__all__ = ["Producing", "Slots", "Window"]

_pack = OP_BODY.pack
_head = Struct("<BBHI")
_pack_plain = Struct("<8sQIQ24sQ").pack
_pack_links = LINK_BODY.pack
_store = SEALED_SLOT.pack_into
_NOWHERE = mmap(-1, SLOT)


class Window:
    """Hold all that a record is written through, so that it is swapped as one.

    Args:
        first: Offset of the first slot that is handed out.
        size: Bytes of the segment; 0 where nothing can be written.
        guard: Whether this process may write.
        view: The segment's memory.
    """

    __slots__ = ("guard", "size", "take", "view")

    def __init__(self, first: int, size: int, guard: Guard, view: mmap) -> None:
        self.take: Callable[[], int] = count(first, SLOT).__next__
        """Returns the offset of a slot that nobody else gets."""
        self.size = size
        self.guard = guard
        self.view = view

    def put(self, body: bytes) -> bool:
        """Copy a slot with its checksum; return False where there is no room, or this process may not."""
        checksum, at = crc32(body), self.take()
        if at < self.size and self.guard[0]:
            _store(self.view, at, checksum, body)
            return True
        return False


class Producing:
    """What one process writes as one producer, from its first record to a fork or a close.

    Args:
        guard: Whether this process may write.
        first: Span id to begin with.
    """

    __slots__ = ("guard", "spans", "window")

    def __init__(self, guard: Guard, first: int) -> None:
        self.guard = guard
        self.spans: Callable[[], int] = count(first).__next__
        """Returns a span id that nobody else gets."""
        self.window = Window(0, 0, guard, _NOWHERE)


class Slots:
    """Record operations of one slot each, in the shortest way."""

    __slots__ = ("_production",)
    _production: Any

    def next_span(self) -> int:
        """Return a fresh span id, never 0 and below 2**63."""
        production: Producing = self._production
        return production.spans() if production.guard[0] else self._own().spans()

    def append(
        self,
        flow_id: int,
        flags: int,
        start_ns: int,
        duration_us: int,
        span: int,
        parent: int,
        key16: bytes,
        links: Sequence[int] = (),
        foreign: Sequence[tuple[bytes, int]] = (),
        messages: int = 1,
        trace16: bytes | None = None,
    ) -> bool:
        """Record one operation and return whether it was accepted.

        Args:
            flow_id: Number that `define` returned; 0 is refused.
            flags: `Flag` bits.
            start_ns: Nanoseconds since 1970, UTC.
            duration_us: Microseconds; kept up to 2**32 - 1.
            span: Span id, not 0.
            parent: Span id of the surrounding span, or 0.
            key16: Correlation key.
            links: Span ids of the reads behind it, of the same key.
            foreign: The same for other keys, as (key, span).
            messages: Number of messages of a stream.
            trace16: Trace id where it differs from the key.
        """
        if foreign or trace16 is not None or messages != 1 or len(links) > 2 or not flow_id:
            return self._append_more(
                flow_id, flags, start_ns, duration_us, span, parent, key16, links, foreign, messages, trace16
            )
        try:
            if len(links) == 2:
                return self._append_two(
                    _pack_links(LINKS, 1, span, links[1], 0, 0, 0, 0, 0),
                    _pack(OP, flags | HAS_AUXILIARY, 2, flow_id, start_ns, duration_us, span, parent, key16, links[0]),
                )
            if links:
                body = _pack(OP, flags, 1, flow_id, start_ns, duration_us, span, parent, key16, links[0])
            else:
                body = _pack(OP, flags, 0, flow_id, start_ns, duration_us, span, parent, key16, 0)
            checksum = crc32(body)
            window: Window = self._production.window
            at = window.take()
            # Nothing can run between the guard and the copy: a fork or a close is seen before or after both.
            if at < window.size and window.guard[0]:
                _store(window.view, at, checksum, body)
                return True
            return self._put((body,))
        except StructError:  # odd numbers are cut to size there; a signal handler's error goes to the host
            return self._append_more(flow_id, flags, start_ns, duration_us, span, parent, key16, links, (), 1, None)

    def heads(self, flow_id: int) -> tuple[bytes, bytes]:
        """Return what plain records of a flow begin with: those without a link, and those with one."""
        return _head.pack(OP, 0, 0, flow_id), _head.pack(OP, 0, 1, flow_id)

    def keep(self, head: bytes, start_ns: int, duration_us: int, span: int, tail: bytes, link: int) -> bool:
        """Record a plain operation as `append` does: no marks, one link at most, and all else already in bytes.

        Args:
            head: One of the two that `heads` returned for a number that is not 0.
            start_ns: Nanoseconds since 1970, UTC.
            duration_us: Microseconds.
            span: Span id, not 0.
            tail: Parent (8 bytes, little endian) and correlation key (16 bytes).
            link: Span id of the read behind it, or 0.
        """
        try:
            body = _pack_plain(head, start_ns, duration_us, span, tail, link)
            window: Window = self._production.window
            checksum = crc32(body)
            at = window.take()
            # As in `append`: nothing can run between the guard and the copy.
            if at < window.size and window.guard[0]:
                _store(window.view, at, checksum, body)
                return True
            return self._put((body,))
        except StructError:  # a clock that was set back is cut to size there; a signal handler's error goes to the host
            _, _, links, flow_id = _head.unpack(head)
            parent, key = int.from_bytes(tail[:8], "little"), tail[8:]
            return self.append(flow_id, 0, start_ns, duration_us, span, parent, key, (link,) if links else ())

    @abstractmethod
    def _append_two(self, before: bytes, body: bytes) -> bool:
        """Copy a slot and what belongs before it."""

    @abstractmethod
    def _append_more(
        self,
        flow_id: int,
        flags: int,
        start_ns: int,
        duration_us: int,
        span: int,
        parent: int,
        key16: bytes,
        links: Sequence[int],
        foreign: Sequence[tuple[bytes, int]],
        messages: int,
        trace16: bytes | None,
    ) -> bool:
        """Record what takes more than one slot, or odd numbers, as `append` does."""

    @abstractmethod
    def _own(self) -> Producing:
        """Return what this very process writes, after any number of forks and closes."""

    @abstractmethod
    def _put(self, bodies: Sequence[bytes]) -> bool:
        """Copy the slots of one record where the segment is full, or this process is new."""
