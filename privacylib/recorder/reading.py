"""Read what producers recorded: of this process or another, living, closed or killed."""

import fcntl
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from privacylib.model import Flag, Flow, Record
from privacylib.recorder.counts.notes import kept_counts
from privacylib.recorder.definitions.abridged import Texts
from privacylib.recorder.definitions.flowtext import parsed_text
from privacylib.recorder.definitions.indexing import Index
from privacylib.recorder.definitions.numbered import definitions
from privacylib.recorder.interrupts import of_the_host
from privacylib.recorder.layout import HAS_AUXILIARY
from privacylib.recorder.named import ERRORS, GAPS, Board, named_in
from privacylib.recorder.refusals import refused_in
from privacylib.recorder.scanning import Auxiliary, Cursor, Entry, Operation, Scan
from privacylib.recorder.storing.directory import FOLDED, DirectoryStore, spool_lock
from privacylib.recorder.storing.store import ABOUT, Store

__all__ = ["Producer", "is_heir", "producers"]

_PATIENCE = 5.0
"""Seconds to wait for a process that folds producers; one that was stopped stands there for ever."""

_START = Cursor()
_FLAGS = [Flag(bits) for bits in range(HAS_AUXILIARY)] * 2  # the bit of the format is not one of the model's


class Producer:
    """Read one producer's flows and records.

    Args:
        store: Where its bytes are; that of a living `Recorder` too.
        counting: Whether it is only counted, so that `flow` is not asked and less is kept in mind.
    """

    def __init__(self, store: Store, *, counting: bool = False) -> None:
        self.store = store
        self._flows: dict[int, Flow] = {}
        self._parsed = 0
        self._texts = Texts()
        self._index = Index(store, placed=not counting)
        self._damaged_lines = 0
        self._mended = list[int]()
        self._damaged_slots: set[tuple[int, int]] = set()

    @property
    def id(self) -> str:
        """Return the producer's id."""
        return self.store.producer

    @property
    def meta(self) -> Mapping[str, Any]:
        """Return ``meta.json``: service, pid, started, closed, refused."""
        return self.store.meta()

    @property
    def undescribed(self) -> str:
        """Return why nobody knows whose records these are: ``meta.json`` is ``damaged`` or ``missing``; else empty."""
        return "" if self.meta else "damaged" if self.store.length("meta.json") else "missing"

    @property
    def service(self) -> str:
        """Return the name of the service; empty when it cannot be read."""
        return str(self.meta.get("service", ""))

    @property
    def refused(self) -> Mapping[str, int]:
        """Return how many calls were refused, per cause, whether the process runs, has closed, or was killed."""
        return self._counted(
            "refused", kept_counts(self.store, flows=False).refused, lambda: refused_in(self.store.claimed())
        )

    @property
    def errors(self) -> Mapping[str, int]:
        """Return how many errors privacylib swallowed, by where and type, as `refused` does."""
        return self._named("errors", kept_counts(self.store, flows=False).errors, ERRORS)

    @property
    def gaps(self) -> Mapping[str, int]:
        """Return how often I/O happened that no operation explains, by event and call site, as `refused` does."""
        return self._named("gaps", kept_counts(self.store, flows=False).gaps, GAPS)

    @property
    def about(self) -> dict[str, Any]:
        """Return ``about.json``: what it runs on and what it sees; empty where none was left."""
        try:
            return dict(json.loads(self.store.kept(ABOUT)))
        except (ValueError, TypeError):  # or it is being replaced
            return {}

    def _named(self, name: str, folded: Mapping[str, int], board: Board) -> Mapping[str, int]:
        return self._counted(name, folded, lambda: named_in(board, self.store.kept(board.note)))

    def _counted(
        self, name: str, folded: Mapping[str, int], on_board: Callable[[], dict[str, int]]
    ) -> Mapping[str, int]:
        told = self.meta
        here = told.get(name) if told.get("closed") else on_board()
        found = Counter(folded)
        found.update(here or {})
        return MappingProxyType(found)

    @property
    def flows(self) -> Mapping[int, Flow]:
        """Return the flows defined up to now, by number."""
        for offset, line in definitions(self.store, self._parsed, self._mended):
            self._parsed = offset + len(line) + 1
            found = self._texts.seen(offset, line)
            flow = parsed_text(self._texts.text(found, self.store)) if found else None
            if found is None or flow is None:
                self._damaged_lines += 1
            else:
                self._flows[found.number] = flow
        return MappingProxyType(self._flows)

    @property
    def calls(self) -> Set[int]:
        """Return the numbers of the flows that are CALLs, up to now; no flow is kept for it."""
        return self._index.calls

    def flow(self, number: int) -> Flow | None:
        """Return one flow, and keep none; None where its definition is missing or damaged."""
        return self._index.flow(number)

    @property
    def corrupt(self) -> int:
        """Return how many written slots and definitions failed their checksum when they were last read."""
        return len(self._damaged_slots) + self._damaged_lines

    @property
    def mended(self) -> int:
        """Return how many damaged definitions were mended when `flows` was last asked for."""
        return sum(self._mended)

    def records(self, start: Cursor = _START) -> Iterator[Record]:
        """Yield the records from a cursor on; see `read` for one to go on with."""
        scan = Scan(self.store, start)
        for _, operation, extra in scan.entries():
            yield _record(operation, extra)
        self._noted(scan)

    def read(self, start: Cursor = _START, limit: int = 512) -> tuple[list[Record], Cursor]:
        """Return up to `limit` records, and where to go on.

        A record comes once, and none is left out, whoever writes at the same time.
        """
        found, behind = self.entries(start, limit)
        return [_record(operation, extra) for _, operation, extra in found], behind

    def entries(self, start: Cursor = _START, limit: int = sys.maxsize) -> tuple[list[Entry], Cursor]:
        """Return what `read` does as plain tuples, each with its sequence, without making an object for each."""
        scan = Scan(self.store, start)
        found = list(islice(scan.entries(), limit))
        self._noted(scan)
        return found, scan.cursor

    def _noted(self, scan: Scan) -> None:
        self._damaged_slots |= scan.damaged
        self._damaged_slots -= scan.repaired


def producers(spool: Path) -> Iterator[Producer]:
    """Yield the producers of a spool directory, in the order of their ids; none when there is no such directory.

    As long as this is not exhausted, no producer is folded into another, unless one that folded them was stopped.
    """
    if not spool.is_dir():
        return
    with spool_lock(spool, fcntl.LOCK_SH, _PATIENCE):  # then it is read as it would be after a kill
        found = sorted(path.name for path in spool.iterdir() if _is_producer(spool, path.name))
        heirs = [DirectoryStore(spool, name) for name in found if name.startswith(FOLDED)]
        leftovers = {name for heir in heirs for name in kept_counts(heir, flows=False).absorbed}
        for name in found:
            if name not in leftovers:
                yield Producer(DirectoryStore(spool, name))


def is_heir(store: Store) -> bool:
    """Return whether producers are folded into this one, whatever can be read of it."""
    return store.producer.startswith(FOLDED)


def _is_producer(spool: Path, name: str) -> bool:
    try:
        return DirectoryStore(spool, name).known()
    except OSError as error:  # somebody else's, such as the ``lost+found`` of a file system
        if of_the_host(error):
            raise
        return False


def _record(operation: Operation, extra: Auxiliary | None) -> Record:
    _, flags, _, flow, start, duration, span, parent, key, first = operation
    name = key.hex()
    links = ((name, first),) if first else ()
    if extra is None:
        return Record(flow, start, duration, span, parent, name, _FLAGS[flags], links, 1, name)
    links += tuple((name, link) for link in extra.links)
    links += tuple((other.hex(), link) for other, link in extra.foreign)
    trace = extra.trace.hex() or name
    return Record(flow, start, duration, span, parent, name, _FLAGS[flags], links, extra.messages, trace)
