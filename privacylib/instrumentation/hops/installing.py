"""Put every hop in place, and take them out again."""

from typing import Protocol

__all__ = ["install", "uninstall"]


class _Hop(Protocol):
    def install(self) -> None: ...

    def uninstall(self) -> None: ...


_hops: list[_Hop] = []


def install() -> None:
    """Install every hop; doing so again changes nothing."""
    if not _hops:
        from privacylib.instrumentation.hops import executors, subprocesses, threads
        from privacylib.instrumentation.hops.greenlets import Greenlets

        _hops.extend((*threads.PATCHES, *executors.PATCHES, *subprocesses.PATCHES, Greenlets()))
    for hop in _hops:
        hop.install()


def uninstall() -> None:
    """Put the identical originals back; for tests."""
    for hop in reversed(_hops):
        hop.uninstall()
