"""Walk over the slots of a producer, also while it writes, and come back later for more.

A slot that reads as zero was handed out to a thread that has not written it yet (or never will, when
the thread died in between). The scan goes on behind it and keeps its place in the cursor, to look
again the next time: nothing waits for it, and nothing is lost. The same holds for slots whose checksum
fails, which another process may be writing at this moment.
"""

from collections.abc import Iterator
from itertools import islice
from struct import Struct
from zlib import crc32

from attrs import frozen

from privacylib.recorder.counts.notes import folded_below
from privacylib.recorder.layout import (
    BODY,
    FOREIGN,
    HAS_AUXILIARY,
    LINK_BODY,
    LINKS,
    NOTE_BODY,
    OP,
    OP_BODY,
    SEALED_SLOT,
    SLOT,
    written_slots,
)
from privacylib.recorder.lines import sealed_line, unsealed
from privacylib.recorder.storing.store import Store

__all__ = ["SEQUENCE_BITS", "Auxiliary", "Cursor", "Entry", "Operation", "Scan", "sequence_of"]

_UNWRITTEN = bytes(BODY)
_MOST_PENDING = 4096

_AT_ONCE = 512 * SLOT
"""Bytes that are read at once: reading takes as much memory, however much there is to read."""

_OPERATION = Struct("<4x" + OP_BODY.format.removeprefix("<"))

SEQUENCE_BITS = 32
"""Bits of a sequence for the slot; those above are the segment."""

Place = tuple[int, int]
Operation = tuple[int, int, int, int, int, int, int, int, bytes, int]
"""kind, flags, links, flow, start, duration, span, parent, key, first link"""


@frozen
class Cursor:
    """Say where reading goes on.

    Args:
        segment: Number of the segment to go on in.
        slot: The first slot of it that was not looked at.
        again: Places before it, as (segment, slot), to look at again first.
        untold: Whether what was folded before it is still to be exported, as counts.
    """

    segment: int = 0
    slot: int = 1
    again: tuple[Place, ...] = ()
    untold: bool = False

    def note(self) -> bytes:
        """Return it as an exporter keeps it: with a checksum, as a damaged place could skip what nobody has taken."""
        return sealed_line({"place": [self.segment, self.slot, self.again], "untold": self.untold})

    @classmethod
    def noted(cls, note: bytes) -> "Cursor":
        """Return the place of a note; without one, or where it is damaged, before the first record."""
        members = unsealed(note.rstrip(b"\n"))
        if members is None:
            return cls()
        segment, slot, again = members["place"]
        return cls(segment, slot, tuple((number, at) for number, at in again), members["untold"])


class Auxiliary:
    """Collect what belongs to one operation beside its own slot."""

    __slots__ = ("foreign", "links", "messages", "places", "trace")

    def __init__(self) -> None:
        self.links: list[int] = []
        self.foreign: list[tuple[bytes, int]] = []
        self.messages = 1
        self.trace = b""
        self.places: list[Place] = []


Entry = tuple[int, Operation, Auxiliary | None]
"""Sequence of an operation (its place, as one number that never changes), itself, and what else belongs to it."""


class Scan:
    """Yield the operations of a store from a cursor on.

    Args:
        store: Where the bytes are.
        start: Where to begin.
    """

    def __init__(self, store: Store, start: Cursor) -> None:
        self._store = store
        self._segment = start.segment
        self._slot = start.slot
        self._again = dict.fromkeys(start.again)
        self._pending: dict[int, Auxiliary] = {}
        self.damaged: set[Place] = set()
        """Places of written slots whose checksum fails."""
        self.repaired: set[Place] = set()
        """Places of slots that had failed before."""

    @property
    def cursor(self) -> Cursor:
        """Return where to go on after the operation that was yielded last."""
        pending = (place for extra in self._pending.values() for place in extra.places)
        return Cursor(self._segment, self._slot, (*self._again, *pending))

    def entries(self) -> Iterator[Entry]:
        """Yield each operation that is complete, once, with what belongs to it."""
        yield from self._looked_at_again()
        start = max(self._segment, folded_below(self._store))  # what was folded may be a leftover of a kill
        numbers = [number for number in self._store.numbers() if number >= start]
        for number in numbers:
            if number != self._segment:
                self._segment, self._slot = number, 1
            yield from self._of_segment(number, full=number != numbers[-1])

    def _of_segment(self, number: int, *, full: bool) -> Iterator[Entry]:
        above = sequence_of(number, 0)
        for slots in self._pieces(number, full=full):
            both = zip(SEALED_SLOT.iter_unpack(slots), _OPERATION.iter_unpack(slots), strict=True)
            for slot, ((checksum, body), operation) in enumerate(both, self._slot):
                self._slot = slot + 1
                if crc32(body) != checksum:
                    self._set_aside(checksum, body, (number, slot))
                elif operation[0] != OP:
                    self._keep(body, (number, slot))
                elif operation[1] & HAS_AUXILIARY:
                    yield above | slot, operation, self._belonging(operation)
                else:
                    yield above | slot, operation, None

    def _pieces(self, number: int, *, full: bool) -> Iterator[bytes]:
        """Yield the slots of a segment from the present one on.

        A writer goes on to the next segment only when each slot of this one was handed out: a `full` one has gaps
        where there are zeros. In the last one, nothing was handed out yet behind the last that is written.
        """
        while data := self._store.read(number, self._slot * SLOT, _AT_ONCE):
            slots, written = data[: len(data) // SLOT * SLOT], data if full else written_slots(data)
            if len(written) < len(slots) and _is_zero(self._store.read(number, self._slot * SLOT + len(data))):
                slots = written
            if not slots:
                return
            yield slots

    def _belonging(self, operation: Operation) -> "Auxiliary | None":
        if not operation[1] & HAS_AUXILIARY:
            return None
        self._gather()
        return self._pending.pop(operation[6], None)

    def _looked_at_again(self) -> Iterator[Entry]:
        for place in sorted(self._again):
            body = self._body(place) if place in self._again else b""  # else gathered for an earlier operation
            if not body:
                continue
            del self._again[place]
            if body[0] == OP:
                operation: Operation = OP_BODY.unpack(body)
                yield sequence_of(*place), operation, self._belonging(operation)
            else:
                self._keep(body, place)

    def _gather(self) -> None:
        """Look for auxiliary slots in the gaps: whoever wrote an operation wrote them before it."""
        for place in tuple(self._again):
            body = self._body(place)
            if body and body[0] != OP:
                del self._again[place]
                self._keep(body, place)

    def _body(self, place: Place) -> bytes:
        """Return what was written at a place in the meantime; empty for nothing."""
        number, slot = place
        data = self._store.read(number, slot * SLOT, SLOT)
        if len(data) < SLOT:  # folded away, or cut off when the producer closed
            del self._again[place]
            return b""
        checksum, body = SEALED_SLOT.unpack(data)
        if crc32(body) != checksum:
            self._set_aside(checksum, body, place)
            return b""
        self.damaged.discard(place)
        self.repaired.add(place)
        return body

    def _set_aside(self, checksum: int, body: bytes, place: Place) -> None:
        self._again[place] = None
        if checksum or body != _UNWRITTEN:
            self.damaged.add(place)

    def _keep(self, body: bytes, place: Place) -> None:
        """Keep an auxiliary slot until its operation comes; kinds of a later format are passed over."""
        if body[0] == LINKS:
            _, count, span, *links = LINK_BODY.unpack(body)
            extra = self._extra(span, place)
            extra.links += islice(links, count)
            return
        kind, span, number, name = NOTE_BODY.unpack(body)
        extra = self._extra(span, place)
        if kind == FOREIGN:
            extra.foreign.append((name, number))
        else:
            extra.messages = number
            extra.trace = name if any(name) else b""

    def _extra(self, span: int, place: Place) -> Auxiliary:
        if len(self._pending) >= _MOST_PENDING:  # their operations were refused, or their process was killed
            del self._pending[next(iter(self._pending))]
        extra = self._pending.setdefault(span, Auxiliary())
        extra.places.append(place)
        return extra


def _is_zero(data: bytes) -> bool:
    return data == bytes(len(data))


def sequence_of(segment: int, slot: int) -> int:
    """Return the sequence of what is in a slot."""
    return segment << SEQUENCE_BITS | slot
