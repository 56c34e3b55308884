"""Where the definitions of a process stand, so that a flow that comes back gets the number that it had.

Flows themselves are let go of where there are many. Were they defined anew each time that they come back, the
definitions would grow for ever.
"""

from array import array
from collections.abc import Iterator

from privacylib.recorder.definitions import defined
from privacylib.recorder.store import Store

__all__ = ["Places"]

_FIRST = 1024
_TAG_BITS = 24
_AROUND = 48
"""Most bytes of a line beside the text of its flow."""


class Places:
    """Keep the offset of each definition, in eight bytes and a half as many again.

    A full table is followed by one of twice its size: nobody waits for entries to be moved. Where two flows look
    alike here, the definition itself tells them apart.
    """

    def __init__(self) -> None:
        self._tables = [_table(_FIRST)]
        self._entries = 0

    def add(self, text: bytes, offset: int) -> None:
        """Note where a definition begins."""
        table = self._tables[-1]
        if self._entries * 3 >= len(table) * 2:
            table = _table(2 * len(table))
            self._tables.append(table)
            self._entries = 0
        self._entries += 1
        place, tag = _hashed(text, table)
        while table[place]:
            place = (place + 1) % len(table)
        table[place] = (offset + 1) << _TAG_BITS | tag

    def number_of(self, text: bytes, store: Store) -> int:
        """Return the number of the flow of a text, if it is defined; else 0."""
        for offset in self._offsets(text):
            line, _, _ = store.lines(offset, len(text) + _AROUND).partition(b"\n")
            found = defined(line)
            if found is not None and found[1] == text:
                return found[0]
        return 0

    def _offsets(self, text: bytes) -> Iterator[int]:
        for table in self._tables:
            place, tag = _hashed(text, table)
            while entry := table[place]:
                if entry & ((1 << _TAG_BITS) - 1) == tag:
                    yield (entry >> _TAG_BITS) - 1
                place = (place + 1) % len(table)


def _table(size: int) -> "array[int]":
    return array("Q", bytes(8 * size))


def _hashed(text: bytes, table: "array[int]") -> tuple[int, int]:
    """Return where to look for the flow of a text, and what tells it from most others there."""
    number = hash(text) & (1 << 64) - 1
    return number % len(table), number >> 64 - _TAG_BITS
