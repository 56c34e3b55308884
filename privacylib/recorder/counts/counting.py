"""Count the operations of a segment, without making an object for each."""

from collections.abc import Iterator, Set
from struct import Struct
from zlib import crc32

from attrs import define, field

from privacylib.model import Flag
from privacylib.recorder.layout import OP, SEALED_SLOT, written_slots

__all__ = ["BLOCK_BITS", "Answer", "Tallies", "Tally", "count_segment", "keys_in"]

KEYS = 5
"""Examples of correlation keys in a tally."""

BLOCK_BITS = 16
"""A block is the spans that are equal but for so many bits. The calls of one flow share blocks."""

_PAIRED = int(Flag.PAIRED)
_FAILED = int(Flag.FAILED)
_OUTLIVED = int(Flag.OUTLIVED)
_ORPHAN = int(Flag.ORPHAN)
_STRAY = _OUTLIVED | _ORPHAN
_OPERATION = Struct("<5xBxxIQ4xQQ16s8x")
_ANY_KEY = b"\xff" * 17

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
        keys: The lowest of their correlation keys: the same work leaves the same examples in every flow, so
            that a path stays witnessed when records are gone.
        outlived: How many happened under a scope that had been left.
        orphaned: How many happened outside any scope, in a task or thread of their own.
    """

    count: int = 0
    failed: int = 0
    first: int = 0
    last: int = 0
    keys: set[bytes] = field(factory=set[bytes])
    outlived: int = 0
    orphaned: int = 0
    bound: bytes = field(default=_ANY_KEY, init=False, eq=False, repr=False)
    """Only a lower key is still to be taken."""

    def note(self, start: int, key: bytes, failed: int = 0) -> None:
        """Count one more."""
        if not self.count or start < self.first:
            self.first = start
        if not self.count or start > self.last:
            self.last = start
        self.count += 1
        if failed:
            self.failed += 1
        if key < self.bound and key not in self.keys:
            self.take(key)

    def take(self, key: bytes) -> None:
        """Keep a key if it is among the lowest."""
        keys = self.keys
        keys.add(key)
        if len(keys) > KEYS:
            keys.remove(max(keys))
        if len(keys) == KEYS:
            self.bound = max(keys)

    def add(self, other: "Tally") -> None:
        """Count all of another tally."""
        if not other.count:
            return
        self.first = min(self.first, other.first) if self.count else other.first
        self.last = max(self.last, other.last) if self.count else other.last
        self.count += other.count
        self.failed += other.failed
        self.outlived += other.outlived
        self.orphaned += other.orphaned
        for key in other.keys:
            self.take(key)

    def share(self, count: int) -> "Tally":
        """Return a tally of `count` of its operations; which ones is not known."""
        return Tally(count, min(self.failed, count), self.first, self.last, set(self.keys))


@define
class Tallies:
    """Hold what the graph needs of one producer.

    Args:
        flows: Tallies by flow number.
        calls: Flow number by span, of every CALL whose segment is there.
        answers: What paired SERVE records say whose segment is there.
        blocks: Flow number of the calls of a block, by block, of segments that were folded. Where calls of
            further flows are in a block, `calls` has those.
        groups: Tallies of folded answers by block of the call and flow of the answer.
        corrupt: Number of written slots whose checksum failed.
    """

    flows: dict[int, Tally] = field(factory=dict[int, Tally])
    calls: dict[int, int] = field(factory=dict[int, int])
    answers: list[Answer] = field(factory=list[Answer])
    blocks: dict[int, int] = field(factory=dict[int, int])
    groups: dict[tuple[int, int], Tally] = field(factory=dict[tuple[int, int], Tally])
    corrupt: int = 0


def count_segment(data: bytes, calls: Set[int], found: Tallies) -> None:
    """Add the operations of a segment.

    Args:
        data: Its slots without the header.
        calls: Numbers of the flows that are CALLs.
        found: Where to add.
    """
    for flags, flow, start, span, parent, key in _operations(data, found):
        tally = found.flows.get(flow)
        if tally is None:
            tally = found.flows[flow] = Tally(0, 0, start, start)
        tally.count += 1
        if flags & _FAILED:
            tally.failed += 1
        if flags & _STRAY:
            tally.outlived += flags & _OUTLIVED != 0
            tally.orphaned += flags & _ORPHAN != 0
        if start < tally.first:
            tally.first = start
        elif start > tally.last:
            tally.last = start
        if key < tally.bound and key not in tally.keys:
            tally.take(key)
        if flags & _PAIRED:
            found.answers.append((parent, flow, start, key))
        if flow in calls:
            found.calls[span] = flow


def keys_in(data: bytes, found: dict[int, set[bytes]]) -> None:
    """Add every correlation key of some flows in a segment, by flow number."""
    for _, flow, _, _, _, key in _operations(data, Tallies()):
        if flow in found:
            found[flow].add(key)


def _operations(data: bytes, damage: Tallies) -> Iterator[tuple[int, int, int, int, int, bytes]]:
    """Yield flags, flow, start, span, parent and key of the operations of a segment."""
    written = written_slots(data)
    slots = zip(SEALED_SLOT.iter_unpack(written), _OPERATION.iter_unpack(written), strict=True)
    for (checksum, body), operation in slots:
        if crc32(body) != checksum:
            damage.corrupt += checksum != 0 or any(body)
        elif body[0] == OP:
            yield operation
