"""How far one exporter has come with one producer."""

from collections.abc import Sequence
from datetime import datetime, timezone
from time import monotonic

from privacylib import semconv
from privacylib.exporters.batches import Batch, Batches
from privacylib.exporters.delivery import BATCH, Outcast
from privacylib.exporters.detail import Detail
from privacylib.recorder import FOLDING, NOTE_OF_EXPORTER, Cursor, Producer, Store, folded_below, quarantine
from privacylib.runtime import faults

__all__ = ["Busy", "Place", "note_of"]

_PATIENCE = 1.0
"""Seconds to wait for a process that folds."""

_LASTING = 1.0
"""Seconds after which a place is on the disk, and not in the operating system's hands only."""

_AT_ONCE = 3 * BATCH
"""Records between two places that are kept, where the exporter is quick: what a kill sends again, at most."""

_QUICK = 0.1
"""Seconds in which a quick exporter takes a batch."""


class Busy(Exception):
    """Say that a first place cannot be noted now, as another process has been folding for long."""


class Place:
    """Keep the place of one exporter beside the records of one producer.

    Args:
        store: Where the records are.
        number: The exporter's number among those of its process. One that replaces it goes on where it stood.
        detail: What becomes a span.
    """

    def __init__(self, store: Store, number: int, detail: Detail) -> None:
        self._store = store
        self._number = number
        self._detail = detail
        self._producer = Producer(store)
        self._batches: Batches | None = None
        self._cursor: Cursor | None = None
        self._lasting_at = float("-inf")
        self._most = BATCH
        self._began = 0.0

    def open(self) -> Cursor:
        """Return the place that was kept, or keep the first one: from then on nothing is folded that is not taken.

        What was folded before has no records any more; it is told as counts.

        Raises:
            Busy: No first place was kept.
        """
        if self._cursor is None:
            noted = self._store.kept(note_of(self._number))
            self._cursor = Cursor.noted(noted) if noted else self._begin()
        return self._cursor

    def next(self) -> Batch:
        """Return what comes next. It comes again until it is taken."""
        self._began = monotonic()
        cursor = self.open()
        if self._batches is None:
            self._batches = Batches(self._producer, self._detail)
        return self._batches.after(cursor, self._most)

    def taken(self, batch: Batch, outcasts: Sequence[Outcast]) -> None:
        """Keep the place behind a batch, but for some spans that are never taken."""
        if self._batches is not None:
            self._batches.taken(batch)
        self._quarantine(batch, outcasts)
        self._most = min(2 * self._most, _AT_ONCE) if monotonic() < self._began + _QUICK else BATCH
        if batch.behind != self._cursor:
            self._cursor = batch.behind
            self._keep(batch.behind, lasting=monotonic() >= self._lasting_at + _LASTING)

    def _begin(self) -> Cursor:
        if not self._store.numbers():  # nobody folds yet, and nobody is to be waited for
            return self._keep(Cursor(), lasting=False)
        lock = self._store.lock(FOLDING, wait=_PATIENCE)
        if lock is None:
            raise Busy
        with lock:
            return self._keep(Cursor(untold=folded_below(self._store) > 0))

    def _keep(self, cursor: Cursor, *, lasting: bool = True) -> Cursor:
        try:
            self._store.keep(note_of(self._number), cursor.note(), lasting=lasting)
            if lasting:
                self._lasting_at = monotonic()
        except OSError as error:  # a full disk: the batch may be exported again after a crash
            faults.swallowed("keeping the exporter's place", error)
        return cursor

    def _quarantine(self, batch: Batch, outcasts: Sequence[Outcast]) -> None:
        """Write down which records are never taken, and why; no data."""
        entries = [*batch.unmade, *map(_entry, outcasts)]
        if not entries:
            return
        told = {"producer": self._producer.id, "exporter": self._number, "at": datetime.now(timezone.utc).isoformat()}
        try:
            quarantine(self._store, [entry | told for entry in entries])
        except OSError as error:  # a full disk: the record itself is there all the same
            faults.swallowed("writing down what is not taken", error)


def note_of(number: int) -> str:
    """Return the name of the note in which an exporter keeps its place."""
    return f"{NOTE_OF_EXPORTER}{number}.json"


def _entry(outcast: Outcast) -> dict[str, object]:
    attributes = outcast.span.attributes or {}
    return {
        "sequence": attributes.get(semconv.SEQUENCE),
        "flow": attributes.get(semconv.FLOW),
        "cause": outcast.cause,
    }
