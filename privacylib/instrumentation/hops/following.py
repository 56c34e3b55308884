"""gevent may put its own in the place of Python's threads and classes at any time, also when hops are in place."""

import sys
import threading
from collections.abc import Callable
from typing import Any

from privacylib.context import PROCESS
from privacylib.instrumentation.importing import when_imported
from privacylib.runtime import faults

__all__ = ["Following"]


class Following:
    """Listen to what gevent says that it has patched.

    Args:
        follow: Is called each time.
    """

    target = "gevent.events:subscribers"

    def __init__(self, follow: Callable[[], None]) -> None:
        self._follow = follow
        self._installed = False

    def install(self) -> None:
        """Listen from now on, or from the import of gevent; doing so again changes nothing."""
        if not self._installed:
            self._installed = True
            when_imported("gevent.events", self._listen)

    def uninstall(self) -> None:
        """Listen no more."""
        self._installed = False
        events: Any = sys.modules.get("gevent.events")
        if events is not None and self._hear in events.subscribers:
            events.subscribers.remove(self._hear)

    def _listen(self, events: Any) -> None:
        if self._installed:
            events.subscribers.append(self._hear)

    def _hear(self, event: object) -> None:
        if not type(event).__name__.startswith("GeventDidPatch"):
            return
        try:
            PROCESS.main = threading.main_thread().ident  # it is known by its greenlet from now on
            self._follow()
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("patching", error)
