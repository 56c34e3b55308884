"""A job runs under the frame of whoever submitted it; a pool's thread keeps nothing between jobs."""

import concurrent.futures
from collections.abc import Callable
from concurrent.futures.thread import ThreadPoolExecutor
from typing import Any

from privacylib.context import get_frame
from privacylib.instrumentation.hops.jobs import Job
from privacylib.instrumentation.hops.replacing import Replacement, without_frame
from privacylib.runtime import ACTIVE

__all__ = ["FRAME", "REPLACEMENTS"]

FRAME = "_privacylib_frame"
"""Attribute of a future with the frame that its job runs under."""


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None:
            return original(self, fn, *args, **kwargs)
        frame = get_frame()
        if frame is None:
            future = original(self, Job(fn, None), *args, **kwargs)
        else:
            with without_frame():  # submitting starts workers
                future = original(self, Job(fn, frame), *args, **kwargs)
        vars(future)[FRAME] = frame
        return future

    return submit


def _add_done_callback(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let a callback run under the job's frame; where no job is known, under that of whoever adds it."""

    def add_done_callback(self: "concurrent.futures.Future[Any]", fn: Callable[..., Any]) -> None:
        if ACTIVE.snapshot is not None:
            known = vars(self)
            fn = Job(fn, known[FRAME] if FRAME in known else get_frame())
        original(self, fn)

    return add_done_callback


REPLACEMENTS = (
    Replacement(ThreadPoolExecutor, "submit", _submit),
    Replacement(concurrent.futures.Future, "add_done_callback", _add_done_callback),
)
