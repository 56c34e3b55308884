"""A job runs under the frame of whoever submitted it; a pool's thread keeps nothing between jobs."""

import concurrent.futures
from collections.abc import Callable
from concurrent.futures.thread import ThreadPoolExecutor
from typing import Any

from privacylib.context import Doers, get_frame, handed_out
from privacylib.instrumentation.hops.jobs import Job
from privacylib.instrumentation.hops.replacing import Replacement, without_frame
from privacylib.runtime import ACTIVE

__all__ = ["FRAME", "REPLACEMENTS"]

FRAME = "_privacylib_frame"
"""Attribute of a future with the frame that its job runs under, and on whose behalf."""

_NOBODYS: tuple[None, Doers] = None, ()


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None:
            return original(self, fn, *args, **kwargs)
        frame = get_frame()
        if frame is None:
            future = original(self, Job(fn, None), *args, **kwargs)
            setattr(future, FRAME, _NOBODYS)  # `vars` would give it a dictionary, and slow it down
            return future
        behalf = handed_out(frame)
        with without_frame():  # submitting starts workers
            future = original(self, Job(fn, frame, behalf), *args, **kwargs)
        setattr(future, FRAME, (frame, behalf))
        return future

    return submit


def _add_done_callback(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let a callback run under the job's frame; where no job is known, under that of whoever adds it."""

    def add_done_callback(self: "concurrent.futures.Future[Any]", fn: Callable[..., Any]) -> None:
        if ACTIVE.snapshot is not None:
            frame, behalf = getattr(self, FRAME, None) or (get_frame(), ())
            fn = Job(fn, frame, behalf)
        original(self, fn)

    return add_done_callback


REPLACEMENTS = (
    Replacement(ThreadPoolExecutor, "submit", _submit),
    Replacement(concurrent.futures.Future, "add_done_callback", _add_done_callback),
)
