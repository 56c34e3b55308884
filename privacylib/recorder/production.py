"""What one process writes as one producer, from its first record to a fork or a close."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from itertools import count
from mmap import mmap
from threading import RLock
from time import monotonic
from typing import Any

from privacylib.memo import Memo
from privacylib.model import Flow
from privacylib.recorder.calls import CallSpans
from privacylib.recorder.definitions.abridged import Abridging
from privacylib.recorder.definitions.flowtext import flow_text
from privacylib.recorder.definitions.interning import Places
from privacylib.recorder.definitions.numbered import definition_line, mended_lines
from privacylib.recorder.guard import new_guard
from privacylib.recorder.interrupts import of_the_host
from privacylib.recorder.layout import FORMAT
from privacylib.recorder.named import ERRORS, GAPS, Named
from privacylib.recorder.refusals import CLAIM_SIZE, Refusals, cause_of
from privacylib.recorder.segments import Segments
from privacylib.recorder.slots import Producing, Window
from privacylib.recorder.storing.store import Store

__all__ = ["Production"]

_MEMO = 1 << 15
"""Weight of the flows whose numbers are found at once: 3,600 plain ones, a kilobyte each; every source weighs."""

_RETRY_S = 0.1


class Production(Producing):
    """Open the segments and write the definitions of one process.

    Args:
        store: Where the bytes are kept; not touched before something is recorded.
        service: Name of the service.
        segment_size: Bytes of a segment once it has grown.
        cap: Bytes that the spool may take.
        started: Called with the store when the producer has become known; must not raise.
        before: The production that this one goes on from.
    """

    def __init__(
        self,
        store: Store,
        service: str,
        segment_size: int,
        cap: int,
        started: Callable[[Store], None] | None = None,
        before: "Production | None" = None,
    ) -> None:
        super().__init__(new_guard(), 1 + (int.from_bytes(os.urandom(8), "big") >> 2))
        self.store = store
        self.closed = False
        self.ending = before.ending if before else False
        """Whether the process ended before: nobody closes what it still records."""
        self.refusals = Refusals()
        self.swallowed = Named(ERRORS, self._place)
        self.gaps = Named(GAPS, self._place)
        self.memo: Memo[Flow, int] = before.memo if before else Memo(_MEMO)
        self._places = before._places if before else Places(Abridging())
        self._ids = before._ids if before else count(1)
        self._service = service
        self._segment_size = segment_size
        self._cap = cap
        self._segments = Segments(store, segment_size, cap, self.guard, before._segments if before else None)
        self.call_span: Callable[[int], int] = CallSpans().next
        """Returns a fresh span id for a call of a flow, out of a block of its own."""
        self._tell = started
        self._before = before
        self._heirs: dict[int, Production] = {}
        self._lock = RLock()
        self._number = -1
        self._known = 0
        self._retry_at = 0.0
        self._cause = ""
        self._started = ""

    @property
    def begun(self) -> bool:
        """Return whether the producer is known."""
        return bool(self._started)

    @property
    def tight(self) -> bool:
        """Return whether more than half of the cap is used."""
        return self._segments.room.tight

    def heir(self) -> "Production":
        """Return the one production that follows this one in a child, or after a close.

        The dictionary settles who is first: a lock could be one that a thread of the parent holds.
        """
        fresh = Production(self.store.sibling(), self._service, self._segment_size, self._cap, self._tell, self)
        return self._heirs.setdefault(0, fresh)

    def refuse(self, cause: str | Exception) -> bool:
        """Count a refusal and return False; what the host's signal handler raised is no refusal, and raised again."""
        name = cause if isinstance(cause, str) else _cause_of_ours(cause)
        with self._lock:
            self.refusals.note(name)
        return False

    def leave_undefined(self, error: Exception) -> int:
        """Keep in mind why a flow has no number, and return 0: what is refused for it is counted by record."""
        self._cause = _cause_of_ours(error)
        return 0

    def refuse_undefined(self) -> bool:
        """Count the refusal of a record whose flow has no number, and return False."""
        return self.refuse(self._cause or "undefined-flow")

    def note(self, counts: Named, name: str) -> None:
        """Count one more of what has a name; it makes the producer known, as a record would."""
        if not self.guard[0]:  # it has closed, or this is a child that did not record anything
            return
        with self._lock:
            with suppress(OSError):
                self._start()
            counts.note(name)

    def define(self, flow: Flow) -> int:
        """Write the definition of `flow` and return its number; 0 when it is refused, or this is over."""
        if not self.guard[0]:  # the lock may be one that a thread of the parent holds
            return 0
        with self._lock:
            if not self.guard[0] or monotonic() < self._retry_at:
                return 0
            try:
                self._start()
                text = flow_text(flow)
                number = self._places.number_of(text, self.store)
                if not number:
                    number = next(self._ids)
                    known = self._places.define(number, text, self.store, self._segments.room.take_little)
                    self._known = max(self._known, known)  # a signal handler may have defined another one meanwhile
            except OSError as error:
                if not self._is_lost(error):
                    self.leave_undefined(error)
                    self._retry_at = monotonic() + _RETRY_S
                return 0
            return self.memo.keep(flow, number, len(flow.sources))

    def put(self, body: bytes) -> bool:
        """Copy one slot, opening segments as needed; return False when it is refused, or this is over."""
        while not (window := self.window).put(body):
            if not self._renew(window):
                return False
        return True

    def close(self, *, ending: bool = False) -> None:
        """Seal the store; whoever comes later goes on in another one.

        Args:
            ending: Whether the process ends, so that nobody closes that one.
        """
        if not self.guard[0]:  # already closed, or the parent's
            return
        self._segments.room.leave()
        with self._lock:
            self.closed, self.ending = True, ending
            self.guard[0] = 0  # from here on nobody writes: what is handed out now is the end
            window = self.window
            try:
                if window.size:
                    self.store.truncate(self._number, min(window.take(), window.size))
                if self._started:
                    self.store.write_meta(self._meta(_now()))
            except OSError as error:  # no record is refused for it: the board says what was
                if of_the_host(error):
                    raise
            self.refusals.attach(None)  # whoever finds the directory may have it now

    def _renew(self, worn: Window) -> bool:
        """Put a fresh segment in place of a `worn` one and return whether there is a better one now."""
        if not self.guard[0]:  # the lock may be one that a thread of the parent holds
            return False
        with self._lock:
            if self.window is not worn:
                return True
            if not self.guard[0] or self._waiting():
                return False
            try:
                self._start()
                number, fresh = self._segments.open()
            except OSError as error:
                return self._fail(error)
            if self.window is worn:
                before, self.window, self._number = self._number, fresh, number
                self._segments.wear(before, worn)
            else:  # a signal handler or a __del__ came in between on this very thread
                self.store.drop_segment(number)
            return True

    def _start(self) -> None:
        """Make the producer known, with every flow whose number a caller may hold."""
        if self._started:
            return
        started = _now()
        if not self.refusals.attached:
            self.refusals.attach(self._claimed())
        self.store.write_meta(self._meta(None) | {"started": started})
        if self._before is not None:
            lines, whole = self._before._lines()
            if not whole:  # what stood where is not known, nor which flows others lean on
                self._places = Places(Abridging())
            if lines:
                self._known = self.store.add_lines(lines)
        self._started = started
        self._before = None
        if self._tell is not None:
            self._tell(self.store)

    def _place(self) -> Store:
        return self.store

    def _claimed(self) -> mmap:
        """Return the board of this producer, with the lock that says it lives.

        Where an attempt that a signal interrupted still holds it, nothing has been written there: another directory
        takes its place.
        """
        try:
            return self.store.claim(CLAIM_SIZE)
        except BlockingIOError:
            other = self.store.sibling()
            # At once: where a signal came in between, segments would lie beside what is known of them.
            self.store, self._segments = other, self._segments.elsewhere(other)
            return self.store.claim(CLAIM_SIZE)

    def _lines(self) -> tuple[bytes, bool]:
        """Return the definitions, and whether they are as they were written."""
        if self._before is not None:
            return self._before._lines()
        lines = self.store.lines()[: self._known]  # its owner may have gone on since the fork
        if len(lines) == self._known:
            return mended_lines(self.store, 0, lines), True
        return b"".join(definition_line(number, flow_text(flow)) for flow, number in self.memo.items()), False

    def _meta(self, closed: str | None) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "service": self._service,
            "pid": os.getpid(),
            "started": self._started,
            "closed": closed,
            **({"ending": True} if self.ending and not closed else {}),
            "refused": dict(self.refusals.counted),
            "errors": dict(self.swallowed.counted),
            "gaps": dict(self.gaps.counted),
        }

    def _waiting(self) -> bool:
        """Count one more refusal for a cause of a moment ago, without asking the disk again."""
        if monotonic() >= self._retry_at:
            return False
        self.refusals.note(self._cause)
        return True

    def _is_lost(self, error: OSError) -> bool:
        """Return whether somebody removed the directory. This is over then, and whoever records goes on in another."""
        if not (self._started and isinstance(error, FileNotFoundError)) or self.store.known():
            return False
        self.guard[0] = 0
        self.refusals.attach(None)
        return True

    def _fail(self, error: OSError) -> bool:
        if self._is_lost(error):
            return False
        refused = self.refuse(error)
        self._cause = cause_of(error)
        self._retry_at = monotonic() + _RETRY_S
        return refused


def _cause_of_ours(error: Exception) -> str:
    """Name the cause of a refusal; what the host's signal handler raised is none, and raised again."""
    if of_the_host(error):
        raise error
    return cause_of(error)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()
