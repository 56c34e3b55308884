"""Put every hop in place, and take them out again."""

from collections.abc import Callable
from typing import Protocol

__all__ = ["install", "uninstall"]


class _Hop(Protocol):
    def install(self) -> None: ...

    def uninstall(self) -> None: ...


_hops: list[_Hop] = []


def install(restart: Callable[[], None] | None = None) -> None:
    """Install every hop; doing so again changes nothing.

    Args:
        restart: Starts privacylib with the same configuration in another process; it is pickled.
            Left out: as it was.
    """
    if not _hops:
        from privacylib.instrumentation.hops import (
            baggage,
            executors,
            pools,
            processes,
            processqueues,
            queues,
            subprocesses,
            taskpools,
            threads,
            waiting,
        )
        from privacylib.instrumentation.hops.bridges import Bridges
        from privacylib.instrumentation.hops.greenlets import Greenlets

        _hops.extend((*threads.REPLACEMENTS, *executors.REPLACEMENTS, *pools.REPLACEMENTS, *taskpools.REPLACEMENTS))
        _hops.extend(waiting.REPLACEMENTS)
        _hops.extend((*processes.REPLACEMENTS, *subprocesses.REPLACEMENTS, *queues.REPLACEMENTS, *baggage.REPLACEMENTS))
        _hops.extend(processqueues.REPLACEMENTS)
        _hops.append(Greenlets())
        _hops.append(Bridges())
    if restart is not None:
        from privacylib.instrumentation.hops.batons import RESTART

        RESTART.call = restart
        RESTART.version += 1
    for hop in _hops:
        hop.install()


def uninstall() -> None:
    """Put the identical originals back; for tests."""
    for hop in reversed(_hops):
        hop.uninstall()
