"""Records in the operating system's hands before the call returns.

`Slots.append` is the hot path. Every thread takes a slot of its own from a counter, which is
atomic, and copies 64 bytes into a mapped file: no lock, so nothing can hang on it, neither a signal
handler, nor a ``__del__``, nor the child of a fork. The page cache keeps what was copied when the
process is killed.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from privacylib.model import Flow
from privacylib.recorder.layout import HAS_AUXILIARY, MAX_DURATION, MAX_LINKS, OP, OP_BODY, auxiliary_bodies
from privacylib.recorder.production import Production
from privacylib.recorder.room import DEFAULT_CAP
from privacylib.recorder.slots import Slots
from privacylib.recorder.storing.store import Store

__all__ = ["Recorder"]


class Recorder(Slots):
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

    __slots__ = ()
    _production: Production

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
        """Return how many records `store` missed, per cause (``ENOSPC``, ``spool-full``), each counted once."""
        return MappingProxyType(self._shown().refusals.counted)

    @property
    def tight(self) -> bool:
        """Return whether more than half of what the spool may take was used when it was last measured."""
        return self._production.tight

    def swallow(self, name: str) -> None:
        """Count an error that privacylib swallowed, for whoever reads the store; after `close` nothing is begun for it.

        Args:
            name: Where and of which type, never its text.
        """
        if not self._production.closed:
            production = self._own()
            production.note(production.swallowed, name)

    def miss(self, name: str) -> None:
        """Count I/O that no operation explains, for whoever reads the store; after `close` nothing is begun for it.

        Args:
            name: What happened and where, never with what.
        """
        if not self._production.closed:
            production = self._own()
            production.note(production.gaps, name)

    def define(self, flow: Flow) -> int:
        """Return the number of `flow`, written before it is returned; 0 when that is refused."""
        try:
            while True:
                production = self._own()
                number = production.memo.get(flow) or production.define(flow)
                if number or production.guard[0]:
                    return number
        except Exception as error:  # noqa: BLE001 - the record is refused for it and counted, the host goes on
            return self._own().leave_undefined(error)

    def call_span(self, flow_id: int) -> int:
        """Return a fresh span id for a call of a flow, which is still known from the id when records are folded."""
        production = self._production
        return (production if production.guard[0] else self._own()).call_span(flow_id)

    def close(self, *, ending: bool = False) -> None:
        """Seal what this process wrote: cut the last segment to what was used, and mark it closed.

        Args:
            ending: Whether the process ends: what it records after this counts as closed when it is gone.
        """
        self._production.close(ending=ending)

    def _append_two(self, before: bytes, body: bytes) -> bool:
        """Copy a slot and what belongs before it."""
        production = self._production
        if not production.window.put(before):
            return self._put((before, body))
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
            return self._own().refuse_undefined()
        try:
            linked = min(len(links) + len(foreign), MAX_LINKS)
            duration = min(max(duration_us, 0), MAX_DURATION)
            first = links[0] if links else 0
            before = tuple(auxiliary_bodies(span, links[1:], foreign, messages, trace16))
            marks = flags | HAS_AUXILIARY if before else flags
            body = OP_BODY.pack(OP, marks, linked, flow_id, start_ns, duration, span, parent, key16, first)
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
