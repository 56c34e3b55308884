"""From the spool to exporters, beside the host's own work.

Each exporter has a thread and a place of its own, so one that hangs delays no other. The place is kept
beside the records, and only after the exporter has said that it took them: what it did not take, it is
given again, by this process or by whoever finds the spool: the next one with an exporter, or `privacylib drain`.
"""

import _thread
import importlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Collection, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from privacylib.exporters import Detail, survives_fork
from privacylib.exporters.holdings import Holding, Holdings, forget_parents
from privacylib.exporters.lane import Lane
from privacylib.recorder import Recorder, Store
from privacylib.runtime import faults

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["Drain"]

LOOK = 60.0
"""Seconds between two looks at what processes left that are gone."""

WORKER_TIMEOUT = 0.5
"""Seconds that the end of a pool's worker may take longer because of an exporter."""


class Drain:
    """Bring what this process records to exporters, and what processes of its spool left that are gone.

    Args:
        recorder: The recorder of this process.
        exporters: Where spans go. They are shut down with the drain.
        detail: What becomes a span.
    """

    def __init__(self, recorder: Recorder, exporters: "Sequence[SpanExporter]", detail: Detail = Detail.EACH) -> None:
        importlib.import_module("privacylib.exporters.lane")  # now, and not under the first record
        self.exporters = tuple(exporters)
        self._recorder = recorder
        self.detail = detail
        self._made_in = self._here = os.getpid()
        self._lanes: dict[str, tuple[Lane, ...]] = {}
        self._held: dict[str, tuple[Holding, Holdings]] = {}
        self._latest: tuple[Lane, ...] = ()

    def begin(self) -> None:
        """Export what others left, if this process may find something in its spool, without a first record."""
        spool = self._recorder.store.spool
        if spool is not None and spool.is_dir() and any(path.is_dir() for path in spool.iterdir()):
            self.start(self._recorder.store)

    def start(self, store: Store) -> None:
        """Begin to export what a store gets; never raises, holds no lock and waits for nothing.

        Called when a process becomes a producer, thus in every forked child that records: threads of its
        parent are gone there, and locks of theirs may be held for ever (faults 1, 2 and 4).
        """
        try:
            lanes = self._lanes.get(store.producer)
            if lanes is None:
                if self._here != os.getpid():
                    self._here = os.getpid()
                    self._latest = ()  # their threads are the parent's
                    forget_parents()  # a fork behind Python's back ran no hook
                for lane in self._latest:  # their producer is over, and its directory perhaps gone
                    lane.stop(closing=False)
                self._flush_at_worker_exit()
                lanes = self._latest = self._lanes.setdefault(store.producer, self._new_lanes(store))
            for lane in lanes:
                lane.open()
                if lane.claim():
                    _start(lane)
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("starting to export", error)

    def _new_lanes(self, store: Store) -> tuple[Lane, ...]:
        count = len(self.exporters)
        spools = [store.spool] if store.spool else []
        held = Holding(store, count), Holdings(spools, count, living=False, every=LOOK)
        own, others = self._held.setdefault(store.producer, held)
        lanes = tuple(
            Lane(exporter, number, self.detail, own, others, tight=lambda: self._recorder.tight)
            for number, exporter in enumerate(self.exporters)
        )
        if os.getpid() == self._made_in or all(map(survives_fork, self.exporters)):
            return lanes
        for lane in lanes:
            lane.open()  # its place is kept from the first record on
        own.release()
        return ()

    def flush(self, timeout: float) -> bool:
        """Export what was recorded so far; return whether all of it was, in `timeout` seconds."""
        if self._lanes.get(self._recorder.store.producer) == ():
            return False  # it is left to others
        deadline = monotonic() + timeout
        asked = [(lane, lane.ask()) for lane in self._mine()]
        return all(lane.answered(number, deadline) for lane, number in asked)

    def shutdown(self, timeout: float, kept: "Collection[SpanExporter]" = ()) -> None:
        """Export what can be exported in `timeout` seconds, and stop.

        Args:
            timeout: Most seconds to wait. An exporter that hangs is left behind.
            kept: Exporters that go on under another drain, and are not shut down.
        """
        deadline = monotonic() + timeout
        if os.getpid() == self._made_in:
            self.start(self._recorder.store)  # an exporter that got nothing is shut down too
        lanes = self._mine()
        for lane in lanes:
            lane.stop(closing=not any(lane.exporter is exporter for exporter in kept))
        for lane in lanes:
            lane.stopped(deadline)
        for own, others in filter(None, [self._held.get(self._recorder.store.producer)]):
            own.release()
            others.release()

    def _flush_at_worker_exit(self) -> None:
        """Flush when a worker of `multiprocessing` ends: a forked one runs no exit handlers (fault 6)."""
        util = sys.modules.get("multiprocessing.util")
        if util is not None and multiprocessing.parent_process() is not None:
            util.Finalize(None, self.flush, args=(WORKER_TIMEOUT,), exitpriority=0)

    def _mine(self) -> tuple[Lane, ...]:
        """Return the lanes of this very process."""
        return self._lanes.get(self._recorder.store.producer, ())


def _start(lane: Lane) -> None:
    """Start a lane's thread. At exit Python 3.12 starts none any more, and the spool keeps everything (fault 11)."""
    try:
        _thread.start_new_thread(lane.run, ())
    except RuntimeError:
        lane.ended = True  # for whoever waits for it
        if threading.main_thread().is_alive():
            raise
