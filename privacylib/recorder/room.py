"""Keep the spool under its cap: fold what is old, and say so when nothing can be folded."""

import _thread
from collections.abc import Callable, Iterator
from itertools import islice
from threading import RLock, get_ident
from time import monotonic, sleep

from privacylib.context import UNSEEN, get_frame, set_frame
from privacylib.recorder.adopting import adopt
from privacylib.recorder.folding import acknowledged, fold
from privacylib.recorder.interrupts import of_the_host
from privacylib.recorder.reading import Producer
from privacylib.recorder.refusals import SpoolFull
from privacylib.recorder.storing.disk import FEW
from privacylib.recorder.storing.store import FOLDING, Store

__all__ = ["DEFAULT_CAP", "Room"]

DEFAULT_CAP = 256 << 20
"""Bytes."""

MANY_PRODUCERS = 256
"""Directories from which on those that are over are made one, however small they are."""

_FAR_TOO_MANY = 1024
"""Directories from which on some processes fold others before their first record: all of them may end before a thread
of theirs gets anywhere, and without a close."""

_ONE_OF = 16
"""Processes of which one does so."""

_BRIEFLY = 0.1
"""Seconds for which a process that begins, or ends, folds what others left."""

_MEASURING = 50
"""A measurement is believed for so many times as long as it took."""

_PORTION = 8
"""Segments that are folded at once."""

_MEASURED_FOR = 1.0
"""Seconds for which a measurement is believed."""

_SPARE = 32
"""The part of the cap that folding has for what it writes, before it removes anything."""

_NOTHING = 4096
"""The part of the cap that is written before it is measured again."""

_LOOK = 0.02
"""Seconds between two looks at what another process does."""

_PATIENCE = 1.0
"""Seconds to wait for another thread or process that folds, or notes an exporter's first place."""


class Room:
    """Hold what one process knows of the room in its spool.

    Args:
        store: Where it writes.
        cap: Bytes that the spool may take.
        sealed: Returns the numbers of its segments into which nobody writes any more, from the oldest on.
        before: Whose measurement is believed at first, so that a child that records once need not make one.
    """

    def __init__(
        self, store: Store, cap: int, sealed: Callable[[], Iterator[int]], before: "Room | None" = None
    ) -> None:
        self._store = store
        self._cap = cap - cap // _SPARE
        self._sealed = sealed
        self._producer = Producer(store, counting=True)
        self._folding = RLock()
        self._folder = 0
        self._behind = self._left = False
        self._patience = self._patience_with_others = _PATIENCE
        self._unmeasured = 0
        self._used = before._used if before else 0
        self._producers = before._producers if before else 0
        self._measured = before._measured if before else float("-inf")
        self._believed_for = _MEASURED_FOR
        self._glanced = self._begun = False

    @property
    def tight(self) -> bool:
        """Return whether more than half of the cap is used."""
        return self._used > self._cap // 2

    def take(self, size: int) -> None:
        """Make sure that a segment of `size` bytes fits under the cap.

        Folding goes on behind the host's back from half of the cap on. At the cap the caller waits for it:
        better late than lost.

        Raises:
            SpoolFull: They do not fit, and nothing can be folded.
        """
        self.take_little(size)
        if self._producers > _FAR_TOO_MANY and not self._begun and int(self._store.producer, 16) % _ONE_OF == 0:
            self._adopt_briefly()
        self._begun = True
        if self.tight or self._producers > MANY_PRODUCERS:
            self._go_behind()

    def take_little(self, size: int) -> None:
        """Make sure that `size` bytes fit that can never be folded, as `take` does; nothing is measured for a few."""
        self._used += size
        self._unmeasured += size
        near = self.tight and self._unmeasured > self._cap // _NOTHING
        if near or self._outdated:
            if self._producers > FEW and self._used <= self._cap // 8 * 7:
                self._go_behind()
            else:
                self._look(size)
        if self._used > self._cap:
            self._make_room(size)

    @property
    def _outdated(self) -> bool:
        return monotonic() >= self._measured + self._believed_for

    def leave(self) -> None:
        """Fold no more behind the host's back, and wait a little for what is on the way: its owner ends.

        Whoever removes the spool after a shutdown must not meet files that come and go.
        """
        self._left = True
        if self._producers > MANY_PRODUCERS:
            self._adopt_briefly()
        if self._folder != get_ident() and self._folding.acquire(timeout=_PATIENCE):
            self._folding.release()

    def _look(self, size: int) -> None:
        """Measure; before the first record an estimate will do, where there is room by that."""
        if not self._glanced:
            self._glanced = True
            self._take_for(self._store.glance(), size)
            if self._used <= self._cap:
                return
        self._measure(size)

    def _measure(self, size: int = 0) -> None:
        began = monotonic()
        self._take_for(self._store.used(), size)
        self._believed_for = max(_MEASURED_FOR, _MEASURING * (self._measured - began))

    def _take_for(self, found: tuple[int, int], size: int) -> None:
        used, self._producers = found
        self._used = used + size
        self._unmeasured = 0
        self._measured = monotonic()

    def _make_room(self, size: int) -> None:
        """Fold here and now.

        Whoever comes in between on the folding thread, a signal handler or a ``__del__``, does not wait for what
        it interrupted; and nobody waits for long, as that thread may in turn wait for a lock of the waiting one.
        """
        if self._folder != get_ident() and self._folding.acquire(timeout=_PATIENCE):
            try:
                self._fold(size, self._cap)
            finally:
                self._folding.release()
        if self._used > self._cap:
            self._used -= size
            raise SpoolFull

    def _go_behind(self) -> None:
        """Measure and fold on a thread, where measuring takes long or there is much to fold."""
        if not (self._behind or self._folder or self._left):
            self._behind = True
            try:
                _thread.start_new_thread(self._run, ())
            except RuntimeError:  # at exit there are no new threads: what does not fit then is folded in the caller
                self._behind = False

    def _run(self) -> None:
        try:
            if not self._left and self._folding.acquire(blocking=False):
                try:
                    set_frame(UNSEEN)
                    if self._outdated:
                        self._measure()
                    if self._producers > MANY_PRODUCERS:
                        self._adopt_briefly()
                    if self.tight:
                        self._fold(0, self._cap // 8 * 3)
                finally:
                    self._folding.release()
        except BaseException:  # noqa: BLE001 - nobody is above this thread; the next segment tries again
            return
        finally:
            self._behind = False

    def _fold(self, size: int, target: int) -> None:
        """Fold until no more than `target` bytes are used, counting `size` that are still to come."""
        outer = get_frame()

        def more() -> bool:
            self._measure(size)
            return self._used > target and (size > 0 or not self._left)

        try:
            self._folder = get_ident()
            set_frame(UNSEEN)
            while more() and self._fold_some():
                pass
            until = monotonic() + self._patience_with_others if size else 0.0
            while more() and self._adopt(until):
                pass
        finally:
            self._folder = 0
            set_frame(outer)

    def _adopt_briefly(self) -> None:
        """Fold some of what other processes left, where there are many: those that come later go on."""
        outer, spool = get_frame(), self._store.spool
        try:
            set_frame(UNSEEN)
            self._producers -= (spool and adopt(spool, monotonic() + _BRIEFLY)) or 0
        except Exception as error:
            if of_the_host(error):
                raise
        finally:
            set_frame(outer)

    def _adopt(self, until: float) -> bool:
        """Fold what other processes left, or wait a little for another one that does; return whether to look again."""
        spool = self._store.spool
        folded = adopt(spool) if spool else 0
        if folded is not None:
            self._patience_with_others = _PATIENCE
            return folded > 0
        if monotonic() < until:
            sleep(_LOOK)
            return True
        if until:
            self._patience_with_others = 0.0  # one that was stopped is waited for once
        return False

    def _fold_some(self) -> bool:
        """Fold a few of this process's oldest segments; return whether there were any."""
        lock = self._store.lock(FOLDING, wait=self._patience)
        self._patience = _PATIENCE if lock else 0.0  # one that was stopped is waited for once
        if lock is None:
            return False
        with lock:
            numbers = list(islice(self._acknowledged(), _PORTION))
            if numbers:
                fold(self._producer, numbers, self._cap - self._used)
            return bool(numbers)

    def _acknowledged(self) -> Iterator[int]:
        for number in self._sealed():
            if not acknowledged(self._store, number):
                return
            yield number
