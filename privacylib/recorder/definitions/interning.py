"""Where the definitions of a process stand, so that a flow that comes back gets the number that it had.

Flows themselves are let go of where there are many. Were they defined anew each time that they come back, the
definitions would grow for ever.
"""

from array import array
from collections.abc import Callable, Iterator

from privacylib.recorder.definitions.abridged import Abridging
from privacylib.recorder.definitions.numbered import line_at
from privacylib.recorder.storing.store import Store

__all__ = ["Places"]

_FIRST = 1024
_TAG_BITS = 24


class Places:
    """Keep the offset of each definition, in eight bytes and a half as many again.

    A full table is followed by one of twice its size: nobody waits for entries to be moved. Where two flows look
    alike here, the definition itself tells them apart.

    Args:
        definitions: How they are written.
    """

    def __init__(self, definitions: Abridging) -> None:
        self.definitions = definitions
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

    def define(self, number: int, text: bytes, store: Store, room: Callable[[int], None]) -> int:
        """Define the flow of a text under a number, and return how many bytes of definitions there are now.

        Args:
            number: The number.
            text: The flow as JSON.
            store: Where definitions are.
            room: Called with the bytes that it takes, before.

        Raises:
            OSError: It is not defined.
        """
        line = self.definitions.line(number, text)
        room(len(line))
        size = store.add_lines(line)
        self.add(text, size - len(line))
        self.definitions.wrote(number, text, line, size - len(line))
        return size

    def number_of(self, text: bytes, store: Store) -> int:
        """Return the number of the flow of a text, if it is defined; else 0."""
        texts = self.definitions.texts
        for offset in self._offsets(text):
            found = texts.seen(offset, line_at(store, offset))
            if found is not None and texts.text(found, store) == text:
                return found.number
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
