"""Tell a process from its forked children at the price of reading one byte."""

import mmap
import os
import sys
from typing import Protocol

__all__ = ["Guard", "PidGuard", "new_guard"]

_MADV_WIPEONFORK = 18


class Guard(Protocol):
    """Hold 1 in the process that made it, and 0 in every child and once it is cleared."""

    def __getitem__(self, index: int, /) -> int: ...

    def __setitem__(self, index: int, value: int, /) -> None: ...


class PidGuard:
    """Compare process ids where the kernel cannot wipe memory for a child."""

    __slots__ = ("_pid",)

    def __init__(self) -> None:
        self._pid = os.getpid()

    def __getitem__(self, index: int, /) -> int:
        return int(self._pid == os.getpid())

    def __setitem__(self, index: int, value: int, /) -> None:
        self._pid = os.getpid() if value else 0


def new_guard() -> Guard:
    """Return a guard that holds in this process.

    The kernel wipes the page for a child however it was forked: C code that calls ``fork`` runs no
    hooks of Python (faults 2 and 4).
    """
    if sys.platform != "linux":
        return PidGuard()
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        page.madvise(_MADV_WIPEONFORK)
    except OSError:
        return PidGuard()
    page[0] = 1
    return page
