"""Records in the operating system's hands before the call returns.

`Recorder.append` is the hot path. Every thread takes a slot of its own from a counter, which is
atomic, and copies 64 bytes into a mapped file: no lock, so nothing can hang on it, neither a signal
handler, nor a ``__del__``, nor the child of a fork. The page cache keeps what was copied when the
process is killed.
"""

from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from struct import error as StructError  # noqa: N812 - a class
from types import MappingProxyType
from zlib import crc32

from privacylib.model import Flow
from privacylib.recorder.layout import (
    HAS_AUXILIARY,
    LINK_BODY,
    LINKS,
    MAX_DURATION,
    MAX_LINKS,
    OP,
    OP_BODY,
    SEALED_SLOT,
    auxiliary_bodies,
)  # fmt: skip
from privacylib.recorder.production import Production
from privacylib.recorder.room import DEFAULT_CAP
from privacylib.recorder.store import Store

__all__ = ["Recorder"]

_pack = OP_BODY.pack
_head = Struct("<BBHI")
_pack_plain = Struct("<8sQIQ24sQ").pack
_pack_links = LINK_BODY.pack
_store = SEALED_SLOT.pack_into


class Recorder:
    """Record flows and operations into a store.

    Nothing is written before the first definition or record. A forked child becomes a producer of
    its own on its first call, under the same flow numbers; so does the process itself after `close`.

    Args:
        store: Where the bytes are kept.
        service: Name of the service.
        segment_size: Bytes of a segment, a multiple of 64; the first ones are smaller.
        cap: Bytes that the spool may take.
        started: Called with its store when a process becomes a producer, before its first record; must not raise.
    """

    __slots__ = ("_production",)

    def __init__(
        self,
        store: Store,
        service: str,
        segment_size: int = 1 << 20,
        cap: int = DEFAULT_CAP,
        started: Callable[[Store], None] | None = None,
    ) -> None:
        self._production = Production(store, service, segment_size, cap, started)

    @property
    def store(self) -> Store:
        """Return this process's own store; after `close` the one that was closed, until something is recorded."""
        return self._shown().store

    @property
    def begun(self) -> bool:
        """Return whether this very process has begun to write."""
        production = self._production
        return bool(production.guard[0] and production.begun)

    @property
    def refused(self) -> Mapping[str, int]:
        """Return how many calls `store` missed, per cause (``ENOSPC``, ``undefined-flow``)."""
        return MappingProxyType(self._shown().refusals.counted)

    def swallow(self, name: str) -> None:
        """Count an error that privacylib swallowed, for whoever reads the store; after `close` nothing is begun for it.

        Args:
            name: Where and of which type, never its text.
        """
        if not self._production.closed:
            self._own().swallow(name)

    def define(self, flow: Flow) -> int:
        """Return the number of `flow`, written before it is returned; 0 when that is refused."""
        try:
            while True:
                production = self._own()
                number = production.memo.get(flow) or production.define(flow)
                if number or production.guard[0]:
                    return number
        except Exception as error:  # noqa: BLE001 - a refusal is counted, the host goes on
            self._own().refuse(error)
            return 0

    def next_span(self) -> int:
        """Return a fresh span id, never 0 and below 2**63."""
        production = self._production
        return production.spans() if production.guard[0] else self._own().spans()

    def call_span(self, flow_id: int) -> int:
        """Return a fresh span id for a call of a flow, which is still known from the id when records are folded."""
        production = self._production
        return (production if production.guard[0] else self._own()).call_span(flow_id)

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
            take, size, guard, view = self._production.window
            at = take()
            # Nothing can run between the guard and the copy: a fork or a close is seen before or after both.
            if at < size and guard[0]:
                _store(view, at, checksum, body)
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
            take, size, guard, view = self._production.window
            at = take()
            # As in `append`: nothing can run between the guard and the copy.
            if at < size and guard[0]:
                _store(view, at, crc32(body), body)
                return True
            return self._put((body,))
        except StructError:  # a clock that was set back is cut to size there; a signal handler's error goes to the host
            _, _, links, flow_id = _head.unpack(head)
            parent, key = int.from_bytes(tail[:8], "little"), tail[8:]
            return self.append(flow_id, 0, start_ns, duration_us, span, parent, key, (link,) if links else ())

    def close(self) -> None:
        """Seal what this process wrote: cut the last segment to what was used, and mark it closed."""
        self._production.close()

    def _append_two(self, before: bytes, body: bytes) -> bool:
        """Copy a slot and what belongs before it."""
        production = self._production
        take, size, guard, view = production.window
        at = take()
        if at >= size or not guard[0]:
            return self._put((before, body))
        _store(view, at, crc32(before), before)
        at = take()
        if at < size and guard[0]:
            _store(view, at, crc32(body), body)
            return True
        try:
            done = production.put(body)
        except Exception as error:  # noqa: BLE001 - a refusal is counted, the host goes on
            return self._own().refuse(error)
        # Where this producer is over, its successor gets both: one alone says nothing.
        return done or (not production.guard[0] and self._put((before, body)))

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
        if not flow_id:
            return self._own().refuse("undefined-flow")
        try:
            linked = min(len(links) + len(foreign), MAX_LINKS)
            duration = min(max(duration_us, 0), MAX_DURATION)
            first = links[0] if links else 0
            before = tuple(auxiliary_bodies(span, links[1:], foreign, messages, trace16))
            marks = flags | HAS_AUXILIARY if before else flags
            body = _pack(OP, marks, linked, flow_id, start_ns, duration, span, parent, key16, first)
            return self._put((*before, body))
        except Exception as error:  # noqa: BLE001 - a refusal is counted, the host goes on
            return self._own().refuse(error)

    def _put(self, bodies: Sequence[bytes]) -> bool:
        """Copy the slots of one record, all into the same producer."""
        try:
            while True:
                production = self._own()
                done = all(map(production.put, bodies))
                if done or production.guard[0]:
                    return done
        except Exception as error:  # noqa: BLE001 - a refusal is counted, the host goes on
            return self._own().refuse(error)

    def _shown(self) -> Production:
        return self._production if self._production.closed else self._own()

    def _own(self) -> Production:
        """Return the production of this very process, after any number of forks and closes."""
        production = self._production
        while not production.guard[0]:
            production = production.heir()
        self._production = production
        return production
