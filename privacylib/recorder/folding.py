"""Fold segments into counts, so that what was recorded long ago takes room for its flows only.

The counts say which segments are in them, and are replaced as a whole; only then are those removed. A kill at any
moment leaves each record in exactly one place that readers look at. What was folded before is not copied each time:
the tallies of flows are added to, as files of their own.
"""

import sys
from collections.abc import Sequence
from zlib import crc32

from privacylib.recorder.counts.counting import BLOCK_BITS, Answer, Tallies, Tally, count_segment
from privacylib.recorder.counts.notes import Counts, keep_counts, kept_counts
from privacylib.recorder.layout import OP, SEALED_SLOT, SLOT, written_slots
from privacylib.recorder.reading import Producer
from privacylib.recorder.scanning import Cursor, Place
from privacylib.recorder.storing.store import Store

__all__ = ["NOTE_OF_EXPORTER", "acknowledged", "bounded", "counted", "fold", "settle_places"]

NOTE_OF_EXPORTER = "exported."
"""How the names of the notes begin in which exporters keep their places."""

MOST_PAIRS = 1 << 16
"""Blocks, calls and groups of answers that are kept of one producer, each."""

_MANY_FLOWS = 8192
"""Flows that are counted in memory, half a kilobyte each; those before them stay on the disk."""

_MOST_APART = 3
"""Segments behind it by which the operation has come that a slot belongs to, unless it never comes."""


def fold(producer: Producer, numbers: Sequence[int], room: int = sys.maxsize) -> None:
    """Move some segments into the counts.

    Args:
        producer: The producer, whose counts nobody else writes now.
        numbers: The oldest segments, sealed and acknowledged, in order.
        room: Bytes that may be taken on the way.

    Raises:
        OSError: Nothing was folded.
    """
    store = producer.store
    counts = kept_counts(store, flows=False)
    for number in numbers:
        counted(producer, counts, [number])
        if len(counts.tallies.flows) >= _MANY_FLOWS:  # the others come later
            break
    settle_places(store)
    keep_counts(store, counts, room)
    for number in store.numbers():
        if number < counts.below:
            store.drop_segment(number)


def settle_places(store: Store) -> None:
    """Bring to the disk how far exporters have come, before what they have taken is removed."""
    for note in store.notes(NOTE_OF_EXPORTER):
        store.settle(note)


def counted(producer: Producer, counts: Counts, numbers: Sequence[int]) -> Counts:
    """Add some segments to counts, one after the other, so that memory holds one at a time."""
    for number in numbers:
        data = producer.store.read(number, SLOT)
        tallies = counts.tallies
        known = set(tallies.calls)
        count_segment(data, producer.calls, tallies)
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


def acknowledged(store: Store, number: int, *, over: bool = False) -> bool:
    """Return whether every exporter has taken all that a sealed segment holds.

    Args:
        store: Where it is.
        number: Its number.
        over: Whether nothing more is written behind it either.
    """
    places = (Cursor.noted(store.kept(name)) for name in store.notes(NOTE_OF_EXPORTER))
    return all(_taken(store, number, place, 0 if over else _MOST_APART) for place in places)


def _taken(store: Store, number: int, place: Cursor, apart: int) -> bool:
    if place.untold or place.segment < number or (place.segment == number and place.slot < _slots(store, number)):
        return False
    unread = (_kind(store, gap) for gap in place.again if gap[0] == number)
    # What belongs to an operation is read with it, and kept in mind until it comes.
    return not any(kind == OP or (kind and place.segment < number + apart) for kind in unread)


def _slots(store: Store, number: int) -> int:
    return len(written_slots(store.read(number, 0))) // SLOT


def _kind(store: Store, place: Place) -> int:
    """Return the kind of a slot; 0 where nothing whole is written."""
    number, slot = place
    data = store.read(number, slot * SLOT, SLOT)
    if len(data) < SLOT:
        return 0
    checksum, body = SEALED_SLOT.unpack(data)
    return body[0] if crc32(body) == checksum else 0


def _fold_calls(tallies: Tallies, known: set[int]) -> None:
    """Keep blocks in place of calls, and the calls that are not of the flow of their block."""
    for span, flow in list(tallies.calls.items()):
        if span not in known and tallies.blocks.setdefault(span >> BLOCK_BITS, flow) == flow:
            del tallies.calls[span]


def _fold_answer(tallies: Tallies, answer: Answer) -> None:
    parent, flow, start, key = answer
    tallies.groups.setdefault((parent >> BLOCK_BITS, flow), Tally()).note(start, key)
