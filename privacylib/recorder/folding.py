"""Fold segments into counts, so that what was recorded long ago takes room for its flows only.

The counts are replaced as a whole, and say which segments are in them; only then are those removed. A kill
at any moment leaves each record in exactly one place that readers look at.
"""

from collections.abc import Sequence
from zlib import crc32

from privacylib.recorder.counting import BLOCK_BITS, Answer, Tallies, Tally, count_segment
from privacylib.recorder.counts import COUNTS, Counts, counts_lines, kept_counts
from privacylib.recorder.layout import BODY, OP, SEALED_SLOT, SLOT, written_slots
from privacylib.recorder.reading import Producer
from privacylib.recorder.scanning import Cursor, Place
from privacylib.recorder.store import Store
from privacylib.recorder.tallies import calls_of

__all__ = ["NOTE_OF_EXPORTER", "acknowledged", "bounded", "counted", "fold"]

NOTE_OF_EXPORTER = "exported."
"""How the names of the notes begin in which exporters keep their places."""

MOST_PAIRS = 1 << 16
"""Blocks, calls and groups of answers that are kept of one producer, each."""

_KIND = SEALED_SLOT.size - BODY
_MOST_APART = 2
"""Segments that what belongs to an operation is ever before it, unless that operation never came."""


def fold(producer: Producer, numbers: Sequence[int]) -> None:
    """Move some segments into the counts.

    Args:
        producer: The producer, whose counts nobody else writes now.
        numbers: The oldest segments, sealed and acknowledged, in order.

    Raises:
        OSError: Nothing was folded.
    """
    store = producer.store
    counts = kept_counts(store)
    store.keep(COUNTS, counts_lines(counted(producer, counts, numbers)), lasting=True)
    for number in store.numbers():
        if number < counts.below:
            store.drop_segment(number)


def counted(producer: Producer, counts: Counts, numbers: Sequence[int]) -> Counts:
    """Add some segments to counts, one after the other, so that memory holds one at a time."""
    for number in numbers:
        data = producer.store.read(number, SLOT)
        tallies = counts.tallies
        known = set(tallies.calls)
        count_segment(data, calls_of(producer), tallies)
        _fold_calls(tallies, known)
        for answer in tallies.answers:
            _fold_answer(tallies, answer)
        tallies.answers.clear()
        counts.below = number + 1
        bounded(counts)
    return counts


def bounded(counts: Counts) -> None:
    """Let go of the oldest calls and answers above what may be kept."""
    tallies = counts.tallies
    for kept in (tallies.blocks, tallies.calls, tallies.groups):
        for oldest in list(kept)[: max(0, len(kept) - MOST_PAIRS)]:
            kept.pop(oldest)  # pyright: ignore[reportArgumentType] - each has keys of its own type
            counts.unpaired += 1


def acknowledged(store: Store, number: int) -> bool:
    """Return whether every exporter has taken all that a sealed segment holds."""
    places = (Cursor.noted(store.kept(name)) for name in store.notes(NOTE_OF_EXPORTER))
    return all(_taken(store, number, place) for place in places)


def _taken(store: Store, number: int, place: Cursor) -> bool:
    if place.segment < number or (place.segment == number and place.slot < _slots(store, number)):
        return False
    return not any(_awaited(store, gap, place) for gap in place.again if gap[0] == number)


def _slots(store: Store, number: int) -> int:
    return len(written_slots(store.read(number, 0))) // SLOT


def _awaited(store: Store, gap: Place, place: Cursor) -> bool:
    """Return whether an exporter has to look at a place again: it was written late, or its operation is to come."""
    number, slot = gap
    data = store.read(number, slot * SLOT, SLOT)
    if len(data) < SLOT or not _whole(data):
        return False
    return data[_KIND] == OP or place.segment <= number + _MOST_APART


def _whole(slot: bytes) -> bool:
    checksum, body = SEALED_SLOT.unpack(slot)
    return crc32(body) == checksum


def _fold_calls(tallies: Tallies, known: set[int]) -> None:
    """Keep blocks in place of calls, and the calls that are not of the flow of their block."""
    for span, flow in list(tallies.calls.items()):
        if span not in known and tallies.blocks.setdefault(span >> BLOCK_BITS, flow) == flow:
            del tallies.calls[span]


def _fold_answer(tallies: Tallies, answer: Answer) -> None:
    parent, flow, start, key = answer
    tallies.groups.setdefault((parent >> BLOCK_BITS, flow), Tally()).note(start, key)
