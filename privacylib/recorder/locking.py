"""Locks that end with the process that took them: however it ends, whatever it forked, whatever a daemon closes."""

import fcntl
import mmap
import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from weakref import WeakSet

from privacylib.recorder.interrupts import of_the_host

__all__ = ["forget_if_forked", "lock_file", "locked_while", "mapped", "opened", "to_lock"]

_MODE = 0o600
_LOOK = 0.01
"""Seconds between two looks at a lock that another process holds: one that was stopped keeps it for ever."""

_mappings: "WeakSet[mmap.mmap]" = WeakSet()
_descriptors: set[int] = set()
_process = os.getpid()


def opened(path: Path, flags: int) -> int:
    """Open a file that its owner, and nobody else, may read and write, whatever the umask was when it was made."""
    descriptor = os.open(path, flags, _MODE)
    if os.fstat(descriptor).st_mode & 0o777 != _MODE:
        with suppress(OSError):  # on a file system without permissions
            os.fchmod(descriptor, _MODE)
    return descriptor


@contextmanager
def to_lock(path: Path, create: int = os.O_CREAT) -> Generator[int]:
    """Open a file that is to be locked; a child that is forked meanwhile does not keep it open."""
    descriptor = opened(path, os.O_RDWR | create | os.O_CLOEXEC | os.O_NOFOLLOW)
    _descriptors.add(descriptor)
    try:
        yield descriptor
    finally:
        if descriptor in _descriptors:  # else this is a child, where its number may stand for something else now
            _descriptors.discard(descriptor)
            os.close(descriptor)


def locked(descriptor: int, operation: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> bool:
    """Return whether an open file could be locked."""
    try:
        fcntl.flock(descriptor, operation)
    except OSError as error:
        if of_the_host(error):  # a time limit of the host is a TimeoutError, which is one of these
            raise
        return False
    return True


def mapped(descriptor: int, size: int) -> mmap.mmap:
    """Return a mapping of an open file, which holds its lock from now on."""
    mapping = mmap.mmap(descriptor, size)
    _mappings.add(mapping)
    return mapping


def lock_file(path: Path, wait: float) -> mmap.mmap | None:
    """Lock a file, and return a mapping that holds the lock; None where another one holds it for so many seconds."""
    forget_if_forked()
    deadline = monotonic() + wait
    while True:
        with to_lock(path) as descriptor:
            if locked(descriptor):
                os.ftruncate(descriptor, 1)  # nothing is ever stored there, but an empty file cannot be mapped
                return mapped(descriptor, 1)
        if monotonic() >= deadline:
            return None
        sleep(min(_LOOK, max(0.0, deadline - monotonic())))


@contextmanager
def locked_while(path: Path, operation: int, create: int = os.O_CREAT, wait: float = 0.0) -> Generator[bool]:
    """Tell whether a file could be locked within some seconds; if so, it is while the block runs."""
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(to_lock(path, create))
        except OSError as error:
            if of_the_host(error):
                raise
            descriptor = -1
        yield descriptor >= 0 and _locked_within(wait, descriptor, operation)


def _locked_within(wait: float, descriptor: int, operation: int) -> bool:
    deadline = monotonic() + wait
    while not locked(descriptor, operation):
        if monotonic() >= deadline:
            return False
        sleep(min(_LOOK, max(0.0, deadline - monotonic())))
    return True


def forget_if_forked() -> None:
    """Let go of what a parent holds, if this is a child that was forked behind Python's back (fault 2)."""
    if os.getpid() != _process:
        _forget_parents()


def _forget_parents() -> None:
    """Let go, in a forked child, of the locks of its parent.

    A child has each mapping and each open file of its parent, and so holds what its parent holds, as long as it
    lives: the parent would be taken for living when it is gone, and could not lock again what it had let go.
    """
    global _process
    _process = os.getpid()
    for mapping in tuple(_mappings):
        mapping.close()
    for descriptor in tuple(_descriptors):
        with suppress(OSError):
            os.close(descriptor)
    _mappings.clear()
    _descriptors.clear()


os.register_at_fork(after_in_child=_forget_parents)
