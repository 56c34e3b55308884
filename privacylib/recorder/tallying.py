"""Count what a producer recorded: what was folded, and the segments that are there."""

from collections.abc import Callable, Set

from privacylib.recorder.counts.counting import Tallies, count_segment, keys_in
from privacylib.recorder.counts.notes import Counts, add_rows, folded_below, kept_counts, kept_rows
from privacylib.recorder.layout import SLOT
from privacylib.recorder.reading import Producer
from privacylib.recorder.scanning import Cursor
from privacylib.recorder.storing.store import Store

__all__ = ["keys_of", "tallies", "tallies_before"]

_ATTEMPTS = 20


def tallies(producer: Producer) -> Tallies:
    """Return the tallies of all that `producer` recorded up to now."""
    store = producer.store

    def add(counts: Counts) -> None:
        for number in store.numbers():
            if number >= counts.below:
                count_segment(store.read(number, SLOT), producer.calls, counts.tallies)

    return _with_folded(store, add)


def tallies_before(producer: Producer, cursor: Cursor) -> Tallies:
    """Return the tallies of all that stands before a cursor, what was folded before it included."""
    store = producer.store

    def add(counts: Counts) -> None:
        for number in store.numbers():
            if counts.below <= number <= cursor.segment:
                count_segment(_data_before(store, number, cursor), frozenset(), counts.tallies)

    return _with_folded(store, add)


def _with_folded(store: Store, add: Callable[[Counts], None]) -> Tallies:
    """Return what was folded, and what is added of segments; anew where some were folded in between."""
    counts, rows = kept_rows(store)
    add(counts)
    for _ in range(_ATTEMPTS):
        if folded_below(store) == counts.below:
            break
        counts, rows = kept_rows(store)
        add(counts)
    add_rows(counts, rows)
    return counts.tallies


def _data_before(store: Store, number: int, cursor: Cursor) -> bytes:
    """Return the slots of a segment that stand before a cursor, with zeros in place of those to look at again."""
    size = (cursor.slot - 1) * SLOT if number == cursor.segment else -1
    data = bytearray(store.read(number, SLOT, size))
    for segment, slot in cursor.again:
        if segment == number and slot * SLOT <= len(data):
            data[(slot - 1) * SLOT : slot * SLOT] = bytes(SLOT)
    return bytes(data)


def keys_of(producer: Producer, flows: Set[int]) -> dict[int, set[bytes]]:
    """Return every correlation key of some flows that is still known, by flow number."""
    found: dict[int, set[bytes]] = {number: set() for number in flows}
    for number, tally in kept_counts(producer.store).tallies.flows.items():
        if number in found:
            found[number] |= tally.keys
    for number in producer.store.numbers():
        keys_in(producer.store.read(number, SLOT), found)
    return found
