"""The segments of one producer: how large each is, and into which nobody writes any more."""

from collections.abc import Iterator
from errno import EDQUOT, ENOSPC
from itertools import count
from mmap import mmap
from time import time_ns
from weakref import ref

from privacylib.recorder.guard import Guard
from privacylib.recorder.layout import SLOT, header
from privacylib.recorder.room import Room
from privacylib.recorder.slots import Window
from privacylib.recorder.storing.store import Store

__all__ = ["Segments"]

_FIRST_SEGMENT = 1 << 16
_SMALLEST = 1 << 12
"""Bytes of a segment where the disk has no room for a larger one."""

_SEGMENTS = 16


class Segments:
    """Open segments, and keep in mind which are full.

    Args:
        store: Where they are kept.
        size: Bytes of a segment once it has grown.
        cap: Bytes that the spool may take.
        guard: Whether this process may write.
        before: Those of the production before, or of an attempt that was given up.
    """

    def __init__(self, store: Store, size: int, cap: int, guard: Guard, before: "Segments | None" = None) -> None:
        self.room = Room(store, cap, self.sealed, before.room if before else None)
        self._store = store
        self._size = size
        self._cap = cap
        self._guard = guard
        self._limit = size  # twice the bytes for which the disk had room
        self._numbers = count()
        self._worn: dict[int, ref[mmap]] = {}

    def elsewhere(self, store: Store) -> "Segments":
        """Return those of another store, for a producer that wrote nothing into this one."""
        return Segments(store, self._size, self._cap, self._guard, self)

    def open(self) -> tuple[int, Window]:
        """Return the number of a fresh segment, and the window to write through.

        Raises:
            OSError: There is none.
        """
        number = next(self._numbers)
        largest = _FIRST_SEGMENT if self.room.tight else _FIRST_SEGMENT << min(number, 16)
        # The segment that is written to cannot be folded: it must be a small part of the spool.
        size = max(min(self._size, largest, self._limit, self._cap // _SEGMENTS // SLOT * SLOT), 2 * SLOT)
        self.room.take(size)
        view = self._added(number, size)
        size = len(view)
        self._limit = min(2 * size, self._size)
        view[:SLOT] = header(number, size, self._store.producer, time_ns())
        return number, Window(SLOT, size, self._guard, view)

    def _added(self, number: int, size: int) -> mmap:
        """Return the bytes of a segment; where the disk has no room for it, those of the smallest."""
        try:
            return self._store.add_segment(number, size)
        except OSError as error:
            if error.errno not in (ENOSPC, EDQUOT) or size <= _SMALLEST:
                raise
            return self._store.add_segment(number, _SMALLEST)

    def wear(self, number: int, window: Window) -> None:
        """Note that a segment is full, if there was one."""
        if number >= 0:
            self._worn[number] = ref(window.view)

    def sealed(self) -> Iterator[int]:
        """Yield the oldest segments as long as nobody can write into them: no thread holds their memory any more."""
        numbers = self._store.numbers()
        for folded in [number for number in tuple(self._worn) if numbers and number < numbers[0]]:
            self._worn.pop(folded, None)
        for number in numbers:
            view = self._worn.get(number)
            if view is None or view() is not None:
                return
            yield number
