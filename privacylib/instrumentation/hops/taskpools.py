"""A task of a `multiprocessing.Pool` runs under the frame of whoever handed it in.

What it read is brought home when its result is taken, to whoever takes it.
"""

import concurrent.futures.process  # noqa: F401  # pyright: ignore[reportUnusedImport] - its hops come with it
import inspect
from collections.abc import Callable
from multiprocessing import TimeoutError as ResultTimeout
from multiprocessing.pool import ApplyResult, IMapIterator, Pool, ThreadPool
from typing import Any, cast

from privacylib.context import Frame, frame_now, get_frame, handed_out
from privacylib.instrumentation.hops.batons import Home, baton, take_home
from privacylib.instrumentation.hops.jobs import Job
from privacylib.instrumentation.hops.pools import Errand, Parcel, unmark
from privacylib.instrumentation.hops.replacing import Replacement, replacements, without_frame
from privacylib.runtime import ACTIVE, zone_around

__all__ = ["REPLACEMENTS"]

_OURS = "_privacylib_hop"
"""Attribute of a result whose tasks run in other processes under a frame."""


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it stands in for that method
        with without_frame():  # its workers, and the threads that look after them, belong to nobody
            original(self, *args, **kwargs)

    return __init__


def _hand_in(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let the function run, and callbacks too, under the frame of whoever hands it in."""
    signature = inspect.signature(original)

    def hand_in(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None:
            return original(self, *args, **kwargs)
        bound = signature.bind(self, *args, **kwargs)
        given = bound.arguments
        threads = isinstance(self, ThreadPool)
        frame = get_frame() if threads else frame_now()
        behalf = handed_out(frame)
        given["func"] = (
            Job(given["func"], frame, behalf) if threads else Errand(given["func"], baton(frame), zone_around(frame))
        )
        for name in ("callback", "error_callback"):
            if given.get(name) is not None:
                given[name] = Job(given[name] if threads else _unpacking(given[name]), frame, behalf)
        result = original(*bound.args, **bound.kwargs)
        if not threads and hasattr(result, "__dict__"):  # imap in chunks returns a bare generator
            vars(result)[_OURS] = True
        return result

    return hand_in


def _unpacking(callback: Callable[..., Any]) -> Callable[..., Any]:
    def call(outcome: Any) -> Any:
        if isinstance(outcome, BaseException):
            _hold(unmark(outcome))
            return callback(outcome)
        return callback(_unpacked(outcome))

    return call


def _at_once(original: Callable[..., Any]) -> Callable[..., Any]:
    """Hand in and wait: the same as the method that returns at once, and taking its result."""
    name = f"{original.__name__}_async"

    def at_once(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None:
            return original(self, *args, **kwargs)
        return getattr(self, name)(*args, **kwargs).get()

    return at_once


def _take(original: Callable[..., Any]) -> Callable[..., Any]:
    def take(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            value = original(self, *args, **kwargs)
        except (StopIteration, ResultTimeout):
            raise
        except BaseException as error:
            if _OURS in vars(self):
                _hold(unmark(error))
            raise
        return _unpacked(value)

    return take


def _unpacked(value: Any) -> Any:
    """Return a result as the host knows it: one value, or the list of a chunk or map."""
    if type(value) is Parcel:
        _hold(value.home)
        return value.value
    items = cast("list[Any]", value) if isinstance(value, list) else []
    if any(type(item) is Parcel for item in items):
        return [_unpacked(item) for item in items]
    return cast("Any", value)


def _hold(home: Home) -> None:
    if ACTIVE.snapshot is None:
        return
    frame: Frame = frame_now()
    if denied := take_home(frame, home):
        raise denied


REPLACEMENTS = (
    Replacement(Pool, "__init__", _create),
    *replacements(Pool, ("apply_async", "map_async", "starmap_async", "imap", "imap_unordered"), _hand_in),
    *replacements(Pool, ("map", "starmap"), _at_once),
    Replacement(ApplyResult, "get", _take),
    *replacements(IMapIterator, ("next", "__next__"), _take),
)
