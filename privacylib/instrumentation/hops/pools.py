"""A job of a process pool runs under the frame of whoever submitted it, and brings its reads home."""

import itertools
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import ProcessPoolExecutor
from typing import Any

from privacylib.context import PROCESS, Frame, ReadSet, frame_now, handed_out, set_frame
from privacylib.instrumentation.hops.batons import Baton, Home, baton, brought, take_home
from privacylib.instrumentation.hops.executors import FRAME
from privacylib.instrumentation.hops.replacing import Replacement, without_frame
from privacylib.model import Zone
from privacylib.runtime import ACTIVE, exit_frame, zone_around

__all__ = ["REPLACEMENTS", "Errand", "Parcel", "unmark"]

_TICKET = "_privacylib_ticket"
_MARK = "_privacylib_home"
_HOME = "_privacylib_brought"

_tickets = itertools.count(1)
_waiting: dict[int, tuple[Frame, ReadSet]] = {}
"""Frames whose jobs are under way, and what takes in what each of these has read, by ticket."""


class Parcel:
    """A job's result, with what the job brings home."""

    __slots__ = ("home", "ticket", "value")

    def __init__(self, value: object, home: Home, ticket: int) -> None:
        self.value = value
        self.home = home
        self.ticket = ticket

    def __reduce__(self) -> tuple[type["Parcel"], tuple[object, Home, int]]:
        return Parcel, (self.value, self.home, self.ticket)


class Errand:
    """Run a function in another process, in a scope that continues the submitter's.

    The result comes back as a `Parcel`; an exception carries what the job read as an attribute.
    """

    __slots__ = ("_baton", "_entered", "_function", "_ticket")

    def __init__(self, function: Callable[..., Any], taken: Baton, entered: Zone, ticket: int = 0) -> None:
        self._function = function
        self._baton = taken
        self._entered = entered
        self._ticket = ticket

    def __reduce__(self) -> tuple[type["Errand"], tuple[Callable[..., Any], Baton, Zone, int]]:
        return Errand, (self._function, self._baton, self._entered, self._ticket)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Parcel:
        """Call the function."""
        self._baton.start()
        frame = self._baton.frame(with_process=True, entered=self._entered)
        set_frame(frame)
        try:
            value = self._function(*args, **kwargs)
        except BaseException as error:
            vars(error)[_MARK] = brought(frame)
            raise
        finally:
            exit_frame(frame)
            set_frame(None)
        return Parcel(value, brought(frame), self._ticket)


def unmark(error: BaseException) -> Home:
    """Take off an exception what its job brings home; one that nothing is on came from a worker that died."""
    home = vars(error).pop(_MARK, None)
    return home if isinstance(home, Home) else Home.lost("worker-lost")


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: ProcessPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None:
            return original(self, fn, *args, **kwargs)
        frame, ticket = frame_now(), next(_tickets)
        _waiting[ticket] = frame, PROCESS.taking(frame.scope)
        try:
            with without_frame():  # submitting starts workers
                future = original(self, Errand(fn, baton(frame), zone_around(frame), ticket), *args, **kwargs)
        except BaseException:
            del _waiting[ticket]
            raise
        known: dict[str, Any] = future.__dict__
        known[FRAME], known[_TICKET] = (frame, handed_out(frame)), ticket
        if future.done():  # before it was marked; where it failed, nobody has taken the reads home yet
            _lost(future)
        future.add_done_callback(_done)
        return future

    return submit


def _done(future: "Future[Any]") -> None:
    _waiting.pop(vars(future)[_TICKET], None)


def _lost(future: "Future[Any]") -> None:
    if vars(future)[_TICKET] not in _waiting:  # its result came home, and may have been refused there
        return
    if not future.cancelled() and (error := future.exception()) is not None:
        home = unmark(error)
        _keep(future, home)
        _arrived(vars(future)[_TICKET], home)


def _arrived(ticket: int, home: Home) -> BaseException | None:
    waiting = _waiting.pop(ticket, None)
    return None if waiting is None else take_home(waiting[0], home, waiting[1])


def _keep(future: "Future[Any]", home: Home) -> None:
    """Keep what a job has brought home, for whoever takes its result in another unit of work."""
    if home.reads or home.returned:
        vars(future)[_HOME] = home


def _take(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let whoever takes a result, or the exception in its place, hold what the job has read."""

    def take(self: "Future[Any]", timeout: float | None = None) -> Any:
        try:
            found = original(self, timeout)
        except BaseException:
            _hold(self)
            raise
        if found is not None:
            _hold(self)
        return found

    return take


def _hold(future: "Future[Any]") -> None:
    home: Home | None = getattr(future, _HOME, None)
    if home is None or ACTIVE.snapshot is None:
        return
    frame = frame_now()
    known = frame.scope.reads.visible().members  # of the submitter's work it is known already
    new = tuple(read for read in home.reads + home.returned if read[0] not in known)
    if new and (denied := take_home(frame, Home(new))):
        raise denied


def _set_result(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_result(self: "Future[Any]", result: Any) -> None:
        if type(result) is not Parcel:
            original(self, result)
            return
        _keep(self, result.home)
        if denied := _arrived(result.ticket, result.home):
            self.set_exception(denied)
        else:
            original(self, result.value)

    return set_result


def _set_exception(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_exception(self: "Future[Any]", exception: BaseException | None) -> None:
        ticket = vars(self).get(_TICKET)
        if ticket in _waiting and exception is not None:
            home = unmark(exception)
            _keep(self, home)
            exception = _arrived(ticket, home) or exception
        original(self, exception)

    return set_exception


REPLACEMENTS = (
    Replacement(ProcessPoolExecutor, "submit", _submit),
    Replacement(Future, "set_result", _set_result),
    Replacement(Future, "set_exception", _set_exception),
    Replacement(Future, "result", _take),
    Replacement(Future, "exception", _take),
)
