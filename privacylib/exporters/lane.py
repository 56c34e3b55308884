"""One exporter's lane: what its own process records first, and then what others left behind."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from threading import Condition
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Any

from opentelemetry import context as telemetry

from privacylib.context import UNSEEN, set_frame
from privacylib.exporters.delivery import ENDS, Delivery, NotTaken
from privacylib.exporters.detail import Detail
from privacylib.exporters.holdings import Holding, Holdings
from privacylib.exporters.places import Busy, Place
from privacylib.exporters.quiet import Quiet
from privacylib.exporters.retries import Retries
from privacylib.runtime import faults

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["INTERVAL", "Lane"]

INTERVAL = 1.0
"""Seconds until a lane that has caught up looks again."""


class Lane:
    """Bring records to one exporter, on one thread.

    Args:
        exporter: Where spans go.
        number: The exporter's number among those of its process.
        detail: What becomes a span.
        own: The producer that is this very process, if it records.
        others: Further ones.
        retries: When the exporter is asked again after a failure.
        tight: Tells whether little room is left for records.
    """

    def __init__(
        self,
        exporter: "SpanExporter",
        number: int,
        detail: Detail,
        own: Holding | None,
        others: Holdings | None,
        retries: Retries | None = None,
        tight: Callable[[], bool] = lambda: False,
    ) -> None:
        self.exporter = exporter
        self.retries = retries or Retries()
        self.delivery = Delivery(exporter, self.retries, given_up=lambda: self._left)
        self.quarantined = 0
        self._number = number
        self._detail = detail
        self._own = own
        self._others = others
        self._tight = tight
        self._places: dict[Holding, Place] = {}
        self._turn = 0
        self._claims = count()
        self._changed = Condition()
        self._asked = self._answered = 0
        self._tries = self._stops = 0
        self._thorough = False
        self._closing = True
        self._over = False
        self._left = False
        self.ended = False
        self.gave_up = False
        self.broke_off = False

    def claim(self) -> bool:
        """Return True to the one caller that is to start its thread."""
        return next(self._claims) == 0

    def open(self) -> None:
        """Keep a first place, if nobody else exports this process, or folds for long."""
        if self._own is not None and not self.ended and self._own.take_own():
            with suppress(Busy):  # its thread keeps one later
                self._place(self._own).open()

    def ask(self) -> int:
        """Ask for all that was recorded so far; return the number of the question."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()
            return self._asked

    def answered(self, number: int, deadline: float) -> bool:
        """Wait for the answer until a moment of the monotonic clock; return whether it came."""
        with self._changed:
            self._changed.wait_for(lambda: self._answered >= number or self.ended, max(0.0, deadline - monotonic()))
            return self._answered >= number

    def stop(self, *, closing: bool = True, tries: int = 1, thorough: bool = False) -> None:
        """Let the thread end when it has caught up, or after some failures.

        Args:
            closing: Whether to shut the exporter down.
            tries: How many failures in a row.
            thorough: Whether to catch up with others too, and not with this process only.
        """
        with self._changed:
            self._tries, self._closing, self._thorough = tries, closing, thorough
            self._stops += 1
            self._changed.notify_all()

    def stopped(self, deadline: float) -> None:
        """Wait for the end of the thread until a moment; after it, the lane is left to itself and keeps no place."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended, max(0.0, deadline - monotonic()))
            self._left = True

    def run(self) -> None:
        """Export until it is stopped; never raises."""
        quiet = Quiet(self.exporter)
        try:
            _pass_through()
            quiet.begin()
            while not (self._left or self._over):
                stops = self._stops  # a stop during the step is not slept through
                self.rest(self.step(), stops)
            if self._closing:
                self.delivery.call(self.exporter.shutdown)
        except BaseException as error:  # noqa: BLE001 - an exporter may raise anything, and nobody is above this thread
            self._leave()
            faults.swallowed("ending an export", error)
        finally:
            quiet.end()
            with self._changed:
                self.ended = True
                self._changed.notify_all()

    def _leave(self) -> None:
        """Leave to others what this lane will not export."""
        if self._over:  # it is the exporter's end that failed
            return
        self.gave_up = self.broke_off = self.ended = True
        for held in filter(None, (self._own, self._others)):
            held.leave(self._number)

    def step(self) -> float:
        """Export one batch of each producer, this process's first; return the seconds to wait before the next step."""
        asked, ending, began = self._asked, self._tries, thread_time()
        if ending and self.retries.seconds:  # the exporter asked to be left alone for longer than anybody waits here
            return self._end(gave_up=True)
        if self._is_elsewhere():
            return self._end(gave_up=True) if ending else INTERVAL
        try:
            caught_up = self._own is None or not self._own.held or self._export_own(self._own)
            if caught_up:
                self._answer(asked)
                if ending and not self._thorough:
                    return self._end()
                caught_up = self._export_others()
                if caught_up and ending:
                    return self._end()
        except ENDS:
            raise
        except BaseException as error:  # noqa: BLE001 - the records stay where they are
            return self._failed(error)
        if caught_up:
            return INTERVAL
        # Beside a host, no more than half of the time is taken from its threads, unless somebody waits, or records
        # would soon be refused for what is not exported yet.
        hurry = ending or self._own is None or self._asked != self._answered or self._tight()
        return 0.0 if hurry else thread_time() - began

    def rest(self, seconds: float, stops: int) -> None:
        """Wait, unless somebody asks or stops it meanwhile.

        After a failure a question is heard as long as the budget lasts, and never before the exporter's own time.

        Args:
            seconds: How long.
            stops: How often it was stopped before the step.
        """
        asked = self._answered

        def called() -> bool:
            if self._stops != stops:
                return True
            if self._asked == asked or stops or self.retries.seconds:
                return False
            return not self.retries.failures or self.retries.spend()

        with self._changed:
            self._changed.wait_for(called, seconds)

    def _end(self, *, gave_up: bool = False) -> float:
        self.gave_up = gave_up
        self._over = True
        return 0.0

    def _failed(self, error: BaseException) -> float:
        if self._left:
            return 0.0
        wait = error.wait if isinstance(error, NotTaken) else self.retries.failed()
        faults.swallowed("exporting", error.cause if isinstance(error, NotTaken) else error)
        if self._tries and self.retries.failures >= self._tries:
            return self._end(gave_up=True)
        return wait

    def _is_elsewhere(self) -> bool:
        """Return whether another process exports what this one records; it was asked to leave."""
        own = self._own
        return own is not None and not own.take_own() and own.store.known()

    def _export_own(self, own: Holding) -> bool:
        try:
            return self._export(own)
        except NotTaken as error:
            if error.undecided:  # what others recorded tells whether it is the exporter or these spans
                with suppress(NotTaken):
                    self._export_others(most=1)
            raise

    def _export_others(self, most: int | None = None) -> bool:
        """Export one batch of each other producer, or of some; return whether nothing is left."""
        others = self._others
        if others is None:
            return True
        others.look(self._own.store.producer if self._own else "")
        waiting = [holding for holding in others if not holding.is_done(self._number)]
        first = self._turn % len(waiting) if waiting else 0
        caught_up = True
        for holding in (*waiting[first:], *waiting[:first])[:most]:
            caught_up = self._export_other(others, holding) and caught_up
            if self._asked != self._answered:
                return False
        return caught_up

    def _export_other(self, others: Holdings, holding: Holding) -> bool:
        over = holding.over  # asked before the batch is read: what is recorded meanwhile is not left behind
        try:
            last = self._export(holding)
        except NotTaken as error:
            if error.undecided:
                self._turn += 1  # the next time another one comes first
            raise
        if holding.wanted or (over and last):
            self._places.pop(holding)
            others.drop(holding, self._number)
        return last

    def _export(self, holding: Holding) -> bool:
        place = self._place(holding)
        batch = place.next()
        outcasts = self.delivery.deliver(batch.spans) if batch.spans else []
        if not self._left:
            self.quarantined += len(outcasts) + len(batch.unmade)
            place.taken(batch, outcasts)
        return batch.last

    def _place(self, holding: Holding) -> Place:
        place = self._places.get(holding)
        if place is None:
            place = self._places.setdefault(holding, Place(holding.store, self._number, self._detail))
        return place

    def _answer(self, asked: int) -> None:
        if asked == self._answered:
            return
        flush: Any = getattr(self.exporter, "force_flush", None)
        if flush is not None:
            self.delivery.call(flush)
        with self._changed:
            self._answered = asked
            self._changed.notify_all()


def _pass_through() -> None:
    """Let this thread's own I/O be seen by nobody: neither here, nor by OpenTelemetry's instrumentation (fault 20)."""
    set_frame(UNSEEN)
    keys = ("suppress_instrumentation", getattr(telemetry, "_SUPPRESS_INSTRUMENTATION_KEY", ""))
    now = telemetry.get_current()
    for key in filter(None, keys):
        now = telemetry.set_value(key, True, now)
    telemetry.attach(now)
