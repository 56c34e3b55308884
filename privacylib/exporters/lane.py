"""One exporter's lane: batches from its place in the spool on, one after the other."""

import random
from itertools import count
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Any

from opentelemetry import context as telemetry

from privacylib.context import UNSEEN, set_frame
from privacylib.model import Record
from privacylib.recorder import NOTE_OF_EXPORTER, Cursor, Producer, Store
from privacylib.runtime import faults

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["BATCH", "INTERVAL", "Lane"]

BATCH = 512
"""Records for one call of an exporter, OpenTelemetry's own default."""

INTERVAL = 1.0
"""Seconds until a lane that has caught up looks again."""

SHORTEST, LONGEST = 0.5, 60.0
"""Most seconds to wait after a first failure, and after many."""


class ExportFailed(Exception):
    """Raised in a lane for an exporter that says FAILURE."""


class Lane:
    """Bring one producer's records to one exporter, on one thread.

    Args:
        store: Where the records are.
        exporter: Where their spans go.
        place: The exporter's number among those of its process. One that replaces it goes on where it stood.
    """

    def __init__(self, store: Store, exporter: "SpanExporter", place: int) -> None:
        from privacylib.exporters.spans import Spans

        self.exporter = exporter
        self._store = store
        self._producer = Producer(store)
        self._spans = Spans(self._producer)
        self._note = f"{NOTE_OF_EXPORTER}{place}.json"
        noted = store.kept(self._note)
        self._cursor = Cursor.noted(noted)
        if not noted and store.meta():  # else nothing was recorded, and there is nothing to keep a place in
            self._keep(self._cursor)  # from now on nothing is folded before this exporter has it
        self._claims = count()
        self._changed = Condition()
        self._asked = 0
        self._answered = 0
        self._stopping = False
        self._closing = True
        self._left = False
        self._ended = False

    def claim(self) -> bool:
        """Return True to the one caller that is to start its thread."""
        return next(self._claims) == 0

    def ask(self) -> int:
        """Ask for all that was recorded so far; return the number of the question."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()
            return self._asked

    def answered(self, number: int, deadline: float) -> bool:
        """Wait for the answer until a moment of the monotonic clock; return whether it came."""
        with self._changed:
            self._changed.wait_for(lambda: self._answered >= number or self._ended, max(0.0, deadline - monotonic()))
            return self._answered >= number

    def stop(self, *, closing: bool) -> None:
        """Let the thread end when it has caught up, or at the first failure.

        Args:
            closing: Whether to shut the exporter down.
        """
        with self._changed:
            self._stopping, self._closing = True, closing
            self._changed.notify_all()

    def stopped(self, deadline: float) -> None:
        """Wait for the end of the thread until a moment; after it, the lane is left to itself and keeps no place."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, max(0.0, deadline - monotonic()))
            self._left = True

    def run(self) -> None:
        """Export until it is stopped; never raises."""
        try:
            _pass_through()
            self._export_all()
            if self._closing:
                self.exporter.shutdown()
        except BaseException as error:  # noqa: BLE001 - an exporter may raise anything, and nobody is above this thread
            faults.swallowed("ending an export", error)
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _export_all(self) -> None:
        failures = 0
        while not self._left:
            asked, stopping = self._asked, self._stopping  # before the look at what there is to export
            try:
                caught_up = self._export_batch()
                failures = 0
            except Exception as error:  # noqa: BLE001 - the records stay where they are
                faults.swallowed("exporting", error)
                failures += 1
                if self._stopping:
                    return
                self._rest(_backoff(failures), asked)
                continue
            if caught_up:
                self._answer(asked)
                if stopping:
                    return
                self._rest(INTERVAL, asked)

    def _export_batch(self) -> bool:
        """Export what comes next, and return whether nothing was left behind it."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        records, behind = self._producer.read(self._cursor, BATCH)
        batch = [span for record in records if (span := self._span(record))]
        if batch and self.exporter.export(batch) is SpanExportResult.FAILURE:
            raise ExportFailed
        if behind != self._cursor and not self._left:
            self._cursor = behind
            self._keep(behind)
        return len(records) < BATCH

    def _span(self, record: Record) -> "ReadableSpan | None":
        """Return a record's span; one that cannot be made takes no other with it (fault 19)."""
        try:
            return self._spans.of(record)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this record's alone
            faults.swallowed("making a span", error)
            return None

    def _keep(self, cursor: Cursor) -> None:
        try:
            self._store.keep(self._note, cursor.note())
        except OSError as error:  # a full disk: the batch may be exported again after a crash
            faults.swallowed("keeping the exporter's place", error)

    def _answer(self, asked: int) -> None:
        if asked == self._answered:
            return
        flush: Any = getattr(self.exporter, "force_flush", None)
        if flush is not None:
            flush()
        with self._changed:
            self._answered = asked
            self._changed.notify_all()

    def _rest(self, seconds: float, asked: int) -> None:
        """Wait, unless somebody asks or stops it meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: self._asked != asked or self._stopping, seconds)


def _backoff(failures: int) -> float:
    """Return seconds to wait, anywhere up to the bound, so that many processes do not come back at once."""
    return random.uniform(0, min(LONGEST, SHORTEST * 2 ** min(failures, 16)))  # noqa: S311 - no secret


def _pass_through() -> None:
    """Let this thread's own I/O be seen by nobody: neither here, nor by OpenTelemetry's instrumentation (fault 20)."""
    set_frame(UNSEEN)
    keys = ("suppress_instrumentation", getattr(telemetry, "_SUPPRESS_INSTRUMENTATION_KEY", ""))
    now = telemetry.get_current()
    for key in filter(None, keys):
        now = telemetry.set_value(key, True, now)
    telemetry.attach(now)
