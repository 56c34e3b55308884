"""Put every hop in place, and take them out again.

One that cannot be put in is told as a gap, as an integration's patch is that finds nothing to patch.
"""

import functools
import importlib
import logging
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Protocol

from privacylib.context import UNSEEN, Stage
from privacylib.instrumentation import patching
from privacylib.instrumentation.hops.following import Following
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.instrumentation.importing import when_imported

__all__ = ["install", "uninstall"]

_MODULES = {
    "threads": "", "executors": "", "pools": "concurrent.futures.process", "taskpools": "multiprocessing.pool",
    "waiting": "", "processes": "multiprocessing", "subprocesses": "", "queues": "", "baggage": "",
    "processqueues": "multiprocessing.queues", "greenlets": "", "bridges": "",
}  # fmt: skip
"""Modules with hops, and of Python that they wait for: nothing is imported for a program that does not use it."""
_OF_ITS_OWN = ("queue",)
"""Modules whose classes work in another way where others have put their own there: hooks of ours would not fit."""

_log = logging.getLogger("privacylib")


class _Hop(Protocol):
    @property
    def target(self) -> str: ...

    def install(self) -> None: ...

    def uninstall(self) -> None: ...


_hops: list[_Hop] = []
_loaded: set[str] = set()
_followed: set[tuple[str, type]] = set()


def install(restart: Callable[[], None] | None = None) -> None:
    """Install every hop that can be; doing so again changes nothing.

    Args:
        restart: Starts privacylib with the same configuration in another process; it is pickled.
            Left out: as it was.
    """
    if not _hops:
        _hops.append(Following(_follow))
    for name, place in _MODULES.items():
        if place:
            when_imported(place, functools.partial(_load, name))
        else:
            _load(name)
    if restart is not None:
        from privacylib.instrumentation.hops.batons import RESTART

        RESTART.call = restart
        RESTART.version += 1
    for hop in _hops:
        _put_in(hop)
    _follow()


def uninstall() -> None:
    """Put the identical originals back; for tests."""
    for hop in reversed(_hops):
        hop.uninstall()


def _load(name: str, _place: ModuleType | None = None) -> None:
    """Load a module with hops and put them in, once."""
    if name in _loaded:
        return
    _loaded.add(name)
    module = f"{__package__}.{name}"
    try:
        with Stage(UNSEEN):  # files may be patched already
            found: Sequence[_Hop] = importlib.import_module(module).REPLACEMENTS
        _hops.extend(found)
        for hop in found:
            _put_in(hop)
        _follow()
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        _miss(module, f"cannot be imported ({type(error).__name__})")


def _put_in(hop: _Hop) -> None:
    try:
        hop.install()
    except Exception as error:  # noqa: BLE001 - as above
        _miss(hop.target, f"cannot be replaced ({type(error).__name__})")


def _follow() -> None:
    """Put hops into classes that have taken the place of those that hops were made for, as gevent's do."""
    for hop in [each for each in _hops if isinstance(each, Replacement)]:
        owner, now = hop.moved()
        if now is owner or (followed := (hop.target, now)) in _followed:
            continue
        _followed.add(followed)
        if owner.__module__ in _OF_ITS_OWN:
            _miss(f"{owner.__module__}:{owner.__qualname__}", f"{now.__module__} has put its own there")
        else:
            _hops.append(hop.over(now))
            _put_in(_hops[-1])


def _miss(target: str, why: str) -> None:
    """Tell that what goes through something goes without context; in the log once for one cause."""
    if why not in patching.uncovered.values():
        _log.warning("UNCOVERED %s: %s; what goes through it carries no context", target, why)
    if patching.uncovered.get(target) != why:
        patching.miss(target, why)
