"""Count what a producer recorded, without making an object for each record."""

from collections.abc import Iterator, Set
from struct import Struct
from zlib import crc32

from attrs import define, field

from privacylib.model import Flag, Kind
from privacylib.recorder.layout import OP, SEALED_SLOT, SLOT, written_slots
from privacylib.recorder.reading import Producer

__all__ = ["Answer", "Tallies", "Tally", "keys_of", "tallies"]

_KEYS = 5
_PAIRED = int(Flag.PAIRED)
_FAILED = int(Flag.FAILED)
_OPERATION = Struct("<5xBxxIQ4xQQ16s8x")

Answer = tuple[int, int, int, bytes]
"""Span of the call, flow of the answer, start in nanoseconds, correlation key"""


@define
class Tally:
    """Count operations.

    Args:
        count: How many.
        failed: How many of them failed.
        first: Start of the earliest, nanoseconds since 1970.
        last: Start of the latest.
        keys: A few of their correlation keys, in no order.
    """

    count: int = 0
    failed: int = 0
    first: int = 0
    last: int = 0
    keys: set[bytes] = field(factory=set[bytes])

    def note(self, start: int, key: bytes, failed: int = 0) -> None:
        """Count one more."""
        self.add(Tally(1, 1 if failed else 0, start, start, {key}))

    def add(self, other: "Tally") -> None:
        """Count all of another tally."""
        self.first = min(self.first, other.first) if self.count else other.first
        self.last = max(self.last, other.last) if self.count else other.last
        self.count += other.count
        self.failed += other.failed
        if len(self.keys) < _KEYS:
            self.keys.update(sorted(other.keys)[: _KEYS - len(self.keys)])


@define
class Tallies:
    """Hold what the graph needs of one producer.

    Args:
        flows: Tallies by flow number.
        calls: Flow number by span, of every CALL.
        answers: What paired SERVE records say.
        corrupt: Number of written slots whose checksum failed.
    """

    flows: dict[int, Tally] = field(factory=dict[int, Tally])
    calls: dict[int, int] = field(factory=dict[int, int])
    answers: list[Answer] = field(factory=list[Answer])
    corrupt: int = 0


def tallies(producer: Producer) -> Tallies:
    """Return the tallies of all that `producer` recorded up to now."""
    found = Tallies()
    for number in producer.store.numbers():
        data = producer.store.read(number, SLOT)
        calls = {number for number, flow in producer.flows.items() if flow.kind is Kind.CALL}
        for flags, flow, start, span, parent, key in _operations(data, found):
            tally = found.flows.get(flow)
            if tally is None:
                tally = found.flows[flow] = Tally(0, 0, start, start)
            tally.count += 1
            if flags & _FAILED:
                tally.failed += 1
            if start < tally.first:
                tally.first = start
            elif start > tally.last:
                tally.last = start
            if len(tally.keys) < _KEYS:
                tally.keys.add(key)
            if flags & _PAIRED:
                found.answers.append((parent, flow, start, key))
            if flow in calls:
                found.calls[span] = flow
    return found


def keys_of(producer: Producer, flows: Set[int]) -> dict[int, set[bytes]]:
    """Return every correlation key of some flows, by flow number."""
    found: dict[int, set[bytes]] = {number: set() for number in flows}
    for number in producer.store.numbers():
        for _, flow, _, _, _, key in _operations(producer.store.read(number, SLOT), Tallies()):
            if flow in found:
                found[flow].add(key)
    return found


def _operations(data: bytes, damage: Tallies) -> Iterator[tuple[int, int, int, int, int, bytes]]:
    """Yield flags, flow, start, span, parent and key of the operations of a segment."""
    written = written_slots(data)
    slots = zip(SEALED_SLOT.iter_unpack(written), _OPERATION.iter_unpack(written), strict=True)
    for (checksum, body), operation in slots:
        if crc32(body) != checksum:
            damage.corrupt += checksum != 0 or any(body)
        elif body[0] == OP:
            yield operation
