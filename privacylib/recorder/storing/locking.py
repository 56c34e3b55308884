"""Locks that end with the process that took them: however it ends, whatever it forked, whatever a daemon closes."""

import fcntl
import mmap
import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from errno import ELOOP
from io import FileIO
from pathlib import Path
from time import monotonic, sleep
from weakref import ref

from privacylib.recorder.interrupts import of_the_host
from privacylib.recorder.storing.mapping import map_file

__all__ = ["forget_if_forked", "lock_file", "locked_while", "mapped", "opened", "to_lock"]

_MODE = 0o600
_LOOK = 0.01
"""Seconds between two looks at a lock that another process holds: one that was stopped keeps it for ever."""

_held: "dict[int, ref[mmap.mmap | FileIO]]" = {}
"""What holds locks, by id. No set of weak references: a time limit of the host that came in its callback was lost."""

_MANY = 64
_process = os.getpid()


def opened(path: Path, flags: int) -> int:
    """Open a file that its owner, and nobody else, may read and write, whatever the umask was when it was made."""
    descriptor = os.open(path, flags, _MODE)
    try:
        _keep_private(descriptor)
    except BaseException:  # a signal handler's
        os.close(descriptor)
        raise
    return descriptor


def _keep_private(descriptor: int) -> None:
    if os.fstat(descriptor).st_mode & 0o777 != _MODE:
        try:
            os.fchmod(descriptor, _MODE)
        except OSError as error:
            if of_the_host(error):
                raise
            # else it is on a file system without permissions


@contextmanager
def to_lock(path: Path, create: int = os.O_CREAT) -> Generator[int]:
    """Open a file that is to be locked; a child that is forked meanwhile does not keep it open.

    An object has the descriptor from the first moment on: a number that a signal handler's error kept from being
    stored would hold the lock for ever.
    """
    file = FileIO(path, "a+" if create else "r+")
    try:
        _hold(file)
        _keep_private(file.fileno())
        if path.is_symlink():
            raise OSError(ELOOP, os.strerror(ELOOP), str(path))
        yield file.fileno()
    finally:
        file.close()  # in a child it is closed already


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
    mapping = map_file(descriptor, size)
    _hold(mapping)
    return mapping


def _hold(held: mmap.mmap | FileIO) -> None:
    """Keep in mind what a child is to let go of."""
    _held[id(held)] = ref(held)
    if len(_held) > _MANY:
        for key in [key for key, each in tuple(_held.items()) if each() is None]:
            _held.pop(key, None)


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
    for each in tuple(_held.values()):
        held = each()
        if held is not None:
            with suppress(OSError):
                held.close()
    _held.clear()


os.register_at_fork(after_in_child=_forget_parents)
