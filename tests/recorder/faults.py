"""Let system calls fail, or kill the process at one of them."""

import errno
import mmap
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CALLS = (
    "open", "write", "pwrite", "read", "close", "mkdir", "unlink", "replace", "rename", "rmdir", "truncate",
    "ftruncate", "fstat", "stat", "chmod", "fchmod", "posix_fallocate", "fsync", "scandir", "listdir",
)  # fmt: skip
"""Functions of `os` that the store comes through, besides mapping memory and locking."""

WRITING = ("open", "write", "pwrite", "mkdir", "replace", "truncate", "ftruncate", "posix_fallocate", "fsync", "mmap")
"""Those that a full or broken disk lets fail."""

Strike = Callable[[str], int]
"""Takes the name of a call that is about to be made; returns the errno it fails with, SHORT, or 0."""

SHORT = -1
"""A write that does only its first half."""


class _Calls:
    """Stand between the code and the kernel."""

    def __init__(self, strike: Strike) -> None:
        self._strike = strike

    def before(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def struck(*args: Any, **kwargs: Any) -> Any:
            number = self._strike(name)
            if number == SHORT and name == "write":
                descriptor, data = args
                return call(descriptor, data[: len(data) // 2])
            if number > 0:
                raise OSError(number, os.strerror(number))
            return call(*args, **kwargs)

        return struck


@contextmanager
def failing(strike: Strike) -> Generator[None]:
    """Ask `strike` before each system call of the store."""
    calls = _Calls(strike)
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            if hasattr(os, name):
                patch.setattr(os, name, calls.before(name, getattr(os, name)))
        patch.setattr(mmap, "mmap", calls.before("mmap", mmap.mmap))
        yield


def killed_at_each_call(work: Callable[[], object]) -> Iterator[int]:
    """Do `work` in a child that dies right before its first system call, in another before its second, and so on.

    Yields the number of the call after each death; ends when a child came through.
    """
    number = 0
    while True:
        child = os.fork()
        if child == 0:
            _die_at(number, work)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, 77), status
        yield number
        if status == 0:
            return
        number += 1


def _die_at(number: int, work: Callable[[], object]) -> None:
    left = number

    def strike(_: str) -> int:
        nonlocal left
        if left == 0:
            os._exit(77)
        left -= 1
        return 0

    try:
        with failing(strike):
            work()
            os._exit(0)
    finally:
        os._exit(1)


def at(number: int, cause: int = errno.ENOSPC, names: tuple[str, ...] = WRITING) -> Strike:
    """Return a strike that lets only one call fail, the one after `number` others."""
    left = number

    def strike(name: str) -> int:
        nonlocal left
        if name not in names:
            return 0
        left -= 1
        return cause if left == -1 else 0

    return strike
