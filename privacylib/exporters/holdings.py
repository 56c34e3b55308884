"""Whose records a process exports: no two export the same producer, and none is left alone."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from mmap import mmap
from pathlib import Path
from threading import Lock
from time import monotonic
from weakref import WeakSet

from privacylib.exporters.places import note_of
from privacylib.recorder import EXPORTING, NOTE_OF_EXPORTER, Store, acknowledged, is_heir, producers

__all__ = ["Holding", "Holdings", "forget_parents"]

_WANTED = "exporting.wanted"
"""Note of a process that has an exporter of its own, while another one exports its records."""


class Holding:
    """Hold one producer, whoever else would export it.

    Args:
        store: The producer's.
        lanes: How many exporters there are.
        left: Those of them that have ended before their time.
    """

    def __init__(self, store: Store, lanes: int, left: "set[int] | None" = None) -> None:
        self.store = store
        self.over = False
        """Whether its process is gone, and nothing will be recorded any more."""
        self._lanes = lanes
        self._lock: mmap | None = None
        self._done: set[int] = set()
        self._left = set[int]() if left is None else left
        _held.add(self)

    @property
    def held(self) -> bool:
        """Return whether this process exports it."""
        return self._lock is not None

    def take(self) -> bool:
        """Return whether this process exports it from now on, or did so already."""
        if self._lock is None:
            try:
                self._lock = self.store.lock(EXPORTING)
            except OSError:  # not made yet, or removed meanwhile
                return False
        return self._lock is not None

    def take_own(self) -> bool:
        """Return whether this process exports its own producer now; where another one does, ask it to leave."""
        had = self._lock is not None
        taken = self.take()
        asked = had or bool(self.store.kept(_WANTED))
        with suppress(OSError):  # a full disk: it is asked again the next time
            if taken and asked and not had:
                self.store.keep(_WANTED, b"")
            elif not taken and not asked and self.store.known():
                self.store.keep(_WANTED, b"1")
        return taken

    @property
    def wanted(self) -> bool:
        """Return whether its own process asked for it."""
        return not self.over and bool(self.store.kept(_WANTED))

    def is_done(self, lane: int) -> bool:
        """Return whether an exporter has everything of it."""
        return lane in self._done

    def done(self, lane: int) -> bool:
        """Note that an exporter has everything of it; return whether all of them have, and it was let go.

        Raises:
            OSError: It was not noted.
        """
        last = len(self._done | self._left | {lane}) == self._lanes
        if last and self.over:
            self._retire()
        self._done.add(lane)
        if last:
            self.release()
        return last

    def leave(self, lane: int) -> None:
        """Note that an exporter has ended before its time; nobody else waits for the last one."""
        self._left.add(lane)
        if len(self._done | self._left) == self._lanes:
            self.release()

    def release(self) -> None:
        """Leave it to others."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()

    def _retire(self) -> None:
        """Give up the places of exporters that there were once: what they did not take, those of today did."""
        own = [note_of(number) for number in range(self._lanes)]
        for note in set(self.store.notes(NOTE_OF_EXPORTER)) - set(own):
            self.store.keep(note, self.store.kept(own[-1]))


class Holdings:
    """Find producers that nobody exports, and hold them.

    Args:
        spools: Directories of spools.
        lanes: How many exporters there are.
        living: Whether to take those of living processes too, unless they have exporters of their own.
        every: Seconds between two looks.
    """

    def __init__(self, spools: Iterable[Path], lanes: int, *, living: bool, every: float) -> None:
        self._spools = tuple(spools)
        self._lanes = lanes
        self._living = living
        self._every = every
        self._looked = float("-inf")
        self._lock = Lock()
        self._held: dict[Path, Holding] = {}
        self._finished: set[Path] = set()
        self._left: set[int] = set()

    def __iter__(self) -> Iterator[Holding]:
        """Yield what is held now."""
        return iter(tuple(self._held.values()))

    def look(self, own: str = "") -> None:
        """Take what nobody exports, if the last look was long enough ago.

        Args:
            own: Id of the producer that is this very process.

        Raises:
            OSError: A spool cannot be read.
        """
        with self._lock:  # another lane's look is waited for, and serves this one too
            if monotonic() < self._looked + self._every:
                return
            for spool in self._spools:
                for producer in producers(spool):
                    path = spool / producer.id
                    if producer.id != own and path not in self._finished:
                        self._consider(path, producer.store)
            self._looked = monotonic()

    def drop(self, holding: Holding, lane: int) -> None:
        """Note that an exporter has everything of a holding that is over, or that its own process wants it."""
        with self._lock:
            if not holding.done(lane):
                return
            path = next((path for path, held in self._held.items() if held is holding), None)
            if path is not None:
                del self._held[path]
                if holding.over and self._has_all(holding.store):  # one may have left it before it was over
                    self._finished.add(path)

    def leave(self, lane: int) -> None:
        """Note that an exporter has ended before its time."""
        with self._lock:
            self._left.add(lane)
            for holding in self:
                holding.leave(lane)

    def release(self) -> None:
        """Leave everything to others."""
        for holding in self:
            holding.release()

    def _consider(self, path: Path, store: Store) -> None:
        held = self._held.get(path)
        if held is not None:
            held.over = held.over or _is_over(store)
            return
        holding = Holding(store, self._lanes, self._left)
        holding.over = _is_over(store)
        if not (holding.over or self._living) or holding.wanted:
            return
        if holding.over and self._has_all(store):
            self._finished.add(path)
        elif holding.take():
            if store.known():
                self._held[path] = holding
            else:  # folded into another one in between
                holding.release()

    def _has_all(self, store: Store) -> bool:
        """Return whether there is nothing left to export of a producer that is over."""
        if is_heir(store):
            return bool(store.meta().get("exported"))
        noted = all(store.kept(note_of(number)) for number in range(self._lanes))
        return noted and all(acknowledged(store, number, over=True) for number in store.numbers())


def _is_over(store: Store) -> bool:
    if is_heir(store):
        return True
    with store.orphaned() as over:
        return over


_held: "WeakSet[Holding]" = WeakSet()


def forget_parents() -> None:
    """Let go, in a forked child, of what only its parent holds: else it would outlive the parent."""
    for holding in tuple(_held):
        holding.release()
    _held.clear()


os.register_at_fork(after_in_child=forget_parents)
