"""A gevent greenlet runs under the frame of whoever spawned it."""

import sys
from collections.abc import Callable
from contextvars import Context
from typing import Any

from privacylib.context import get_frame, handed_out, set_frame
from privacylib.instrumentation.hops.jobs import Job
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.instrumentation.importing import when_imported
from privacylib.runtime import ACTIVE

__all__ = ["REPLACEMENTS"]


class _Greenlets:
    """Install and remove the hop, through gevent's own callback for spawned greenlets."""

    target = "gevent:Greenlet"

    __slots__ = ("_installed", "_pool")

    def __init__(self) -> None:
        self._installed = False
        self._pool: Replacement | None = None

    def install(self) -> None:
        """Hand frames on from now on, or from the import of gevent; doing so again changes nothing."""
        if not self._installed:
            self._installed = True
            when_imported("gevent", self._watch)
            when_imported("gevent.threadpool", self._patch)

    def uninstall(self) -> None:
        """Hand nothing on any more."""
        self._installed = False
        if self._pool is not None:
            self._pool.uninstall()
            self._pool = None
        if "gevent" in sys.modules:
            sys.modules["gevent"].Greenlet.remove_spawn_callback(_spawned)

    def _watch(self, module: Any) -> None:
        if self._installed:
            module.Greenlet.add_spawn_callback(_spawned)

    def _patch(self, module: Any) -> None:
        if self._installed:
            self._pool = Replacement(module.ThreadPool, "spawn", _spawn)
            self._pool.install()


def _spawned(greenlet: Any) -> None:
    frame = get_frame()
    if ACTIVE.snapshot is None or frame is None:
        return
    context = greenlet.gr_context
    if context is None:
        context = greenlet.gr_context = Context()
    context.run(set_frame, frame)


def _spawn(original: Callable[..., Any]) -> Callable[..., Any]:
    def spawn(self: Any, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is not None:
            frame = get_frame()
            func = Job(func, frame, handed_out(frame))
        return original(self, func, *args, **kwargs)

    return spawn


REPLACEMENTS = (_Greenlets(),)
