"""Keep a producer in a directory of the spool."""

import fcntl
import mmap
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from errno import ENOSPC
from pathlib import Path
from typing import Any

from privacylib.recorder.interrupts import of_the_host
from privacylib.recorder.lines import lines_in, sealed_line, told_in
from privacylib.recorder.parity import Growing
from privacylib.recorder.storing.disk import bytes_of, make_directory, note_used, noted_in, used_in
from privacylib.recorder.storing.locking import forget_if_forked, lock_file, locked_while, mapped, opened, to_lock
from privacylib.recorder.storing.mapping import map_file
from privacylib.recorder.storing.store import EXPORTING, FLOW_PARITY, PART, allocate, new_producer_id

__all__ = ["CLAIM", "FOLDED", "DirectoryStore", "spool_lock"]

FOLDED = "folded-"
"""How the names of those begin into which other producers are folded."""

_SPOOL_LOCK = "fold.lock"
_FRESH = re.compile(r"\.[0-9a-f]{16}$")
"""How the names end of files that are to replace others."""

CLAIM = "refused.slots"
"""Locked by the process that writes into the directory, and the place of its refusals."""

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class DirectoryStore:
    """Keep a producer in ``<spool>/<producer>/``, readable by its owner only.

    Args:
        spool: The spool's directory; made when the first byte is written.
        producer: Id of the producer; a fresh one when left out.
        reserve: Reserves the bytes of a segment: (file descriptor, size).
    """

    def __init__(
        self, spool: Path, producer: str | None = None, reserve: Callable[[int, int], None] = allocate
    ) -> None:
        self._spool = spool.absolute()  # the host may change its directory
        self._producer = producer or new_producer_id()
        self._reserve = reserve
        self._path = self._spool / self._producer
        self._torn = False
        self._parity = Growing(self.lines, lambda at, size: self.kept(FLOW_PARITY, size, at), self._write_parity)

    @property
    def producer(self) -> str:
        """Return the producer's id."""
        return self._producer

    @property
    def spool(self) -> Path:
        """Return the spool's directory."""
        return self._spool

    def sibling(self) -> "DirectoryStore":
        """Return a store for another producer of the same spool."""
        return DirectoryStore(self._spool, None, self._reserve)

    def claim(self, size: int) -> mmap.mmap:
        """Make the directory, and map a locked file in it.

        The mapping holds the lock, whatever a daemon closes, and lets go of it when the process dies.
        """
        forget_if_forked()
        self._make()
        with to_lock(self._path / CLAIM) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._reserve(descriptor, size)
            return mapped(descriptor, size)

    def board(self, name: str, size: int) -> mmap.mmap:
        """Return a file, allocated and mapped; one that failed half-way is taken up again."""
        descriptor = os.open(self._path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            self._reserve(descriptor, size)
            return map_file(descriptor, size)
        finally:
            os.close(descriptor)

    def claimed(self) -> bytes:
        """Return what is in the locked file."""
        return self.kept(CLAIM)

    def lock(self, name: str, *, wait: float = 0.0) -> mmap.mmap | None:
        """Lock a file of the producer's directory, and map it: the mapping holds the lock as that of `claim` does."""
        return lock_file(self._path / name, wait)

    def used(self) -> tuple[int, int]:
        """Return what all files and directories in the spool take, in blocks, and the number of its directories."""
        used, producers = used_in(self._spool)
        note_used(self._spool, used, producers)
        return used, producers

    def glance(self) -> tuple[int, int]:
        """Return what `used` does; where there are many directories, by what was measured when, and by their number."""
        return noted_in(self._spool) or self.used()

    def write_meta(self, meta: Mapping[str, Any]) -> None:
        """Replace ``meta.json`` as a whole; what it says stands there twice."""
        self._make()
        self.keep("meta.json", 2 * sealed_line(meta))

    def keep(self, name: str, data: bytes | Iterable[bytes], *, lasting: bool = False) -> None:
        """Replace a file in the producer's directory, which is there once the first byte is written."""
        fresh = self._path / f"{name}.{new_producer_id()}"  # a signal handler may come in between
        try:
            if isinstance(data, bytes):
                self._append(fresh, data, lasting=lasting)
            else:
                for part in data:
                    self._append(fresh, part)
                self._append(fresh, b"", lasting=lasting)
            fresh.replace(self._path / name)
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise

    def kept(self, name: str, size: int = -1, offset: int = 0) -> bytes:
        """Return such a file's content; empty when it is missing."""
        return bytes_of(self._path / name, offset, size)

    def parts(self, name: str) -> Iterator[bytes]:
        """Yield such a file's content part by part, of the one that is there when the first is asked for."""
        with suppress(FileNotFoundError), (self._path / name).open("rb") as file:
            while part := file.read(PART):
                yield part

    def settle(self, name: str) -> None:
        """Bring such a file to the disk, if it is there."""
        with suppress(FileNotFoundError):
            descriptor = os.open(self._path / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def notes(self, prefix: str) -> list[str]:
        """Return the names of such files that are whole."""
        with suppress(FileNotFoundError):
            return sorted(name for name in self._names() if name.startswith(prefix) and not _FRESH.search(name))
        return []

    def length(self, name: str) -> int:
        """Return the bytes of such a file; 0 when it is missing."""
        try:
            return (self._path / name).stat().st_size
        except FileNotFoundError:
            return 0

    def forget(self, name: str) -> None:
        """Remove such a file, if it is there."""
        (self._path / name).unlink(missing_ok=True)

    def orphaned(self) -> AbstractContextManager[bool]:
        """Tell whether no process writes here any more; while the block runs, nobody else is told so."""
        return locked_while(self._path / CLAIM, fcntl.LOCK_EX | fcntl.LOCK_NB, create=0)

    def remove(self) -> None:
        """Remove the directory with all that is in it; what says whose it is comes last.

        Raises:
            OSError: Something in it could not be removed; all else was.
        """
        last = ("flows.jsonl", "meta.json", EXPORTING, CLAIM)
        for name in sorted(self._names(), key=lambda name: (name in last, name)):
            self._remove(name)
        self._path.rmdir()

    def _remove(self, name: str) -> None:
        try:
            (self._path / name).unlink(missing_ok=True)
        except OSError as error:  # a directory, which is none of ours
            if of_the_host(error):
                raise

    def sweep(self) -> None:
        """Remove what a kill left of replacements; nobody else writes here now."""
        for name in filter(_FRESH.search, self._names()):
            (self._path / name).unlink(missing_ok=True)

    def _names(self) -> list[str]:
        return [path.name for path in self._path.iterdir()]

    def _make(self) -> None:
        make_directory(self._spool, 0o700)
        make_directory(self._path, 0o700)

    def add_lines(self, lines: bytes) -> int:
        """Append to ``flows.jsonl``; a line feed first where the last write was cut short."""
        data = b"\n" + lines if self._torn else lines
        self._torn = True
        size = self._append(self._path / "flows.jsonl", data)
        self._torn = False
        try:
            self._parity.grown(size, data)
        except OSError as error:  # the lines are there: the next ones try again
            if of_the_host(error):
                raise
        return size

    def _write_parity(self, offset: int, record: bytes) -> None:
        descriptor = opened(self._path / FLOW_PARITY, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.pwrite(descriptor, record, offset)
        finally:
            os.close(descriptor)

    def _append(self, path: Path, data: bytes, *, lasting: bool = False) -> int:
        # Opened anew each time: a descriptor kept over a daemon's closing of all files may become the host's.
        descriptor = opened(path, _APPEND)
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            if lasting:
                os.fsync(descriptor)
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def add_segment(self, number: int, size: int) -> mmap.mmap:
        """Return a new file of `size` bytes, allocated and mapped."""
        path = self._segment(number)
        descriptor = opened(path, _CREATE)
        try:
            self._reserve(descriptor, size)
            return map_file(descriptor, size)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)

    def drop_segment(self, number: int) -> None:
        """Remove the file."""
        self._segment(number).unlink(missing_ok=True)

    def truncate(self, number: int, size: int) -> None:
        """Cut the file to its first `size` bytes."""
        os.truncate(self._segment(number), size)

    def known(self) -> bool:
        """Return whether there is a producer: a damaged or missing ``meta.json`` hides none of its records."""
        return bool(self.length("meta.json") or self.length("flows.jsonl") or self.numbers())

    def meta(self) -> dict[str, Any]:
        """Return ``meta.json``; empty when it is missing or damaged."""
        try:
            told = (self._path / "meta.json").read_bytes()
        except OSError:
            return {}
        return next((members for line in lines_in(told) if (members := told_in(line))), dict[str, Any]())

    def lines(self, offset: int = 0, size: int = -1) -> bytes:
        """Return ``flows.jsonl`` from a byte offset on; empty when it is missing."""
        return bytes_of(self._path / "flows.jsonl", offset, size)

    def numbers(self) -> list[int]:
        """Return the numbers of the segment files, in order."""
        with suppress(FileNotFoundError):
            names = (name.removesuffix(".seg") for name in os.listdir(self._path) if name.endswith(".seg"))  # noqa: PTH208 - asked for each batch
            return sorted(int(name) for name in names if name.isdecimal())
        return []

    def size(self, number: int) -> int:
        """Return the file's size."""
        try:
            return self._segment(number).stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, number: int, offset: int, size: int = -1) -> bytes:
        """Return bytes of the file."""
        return bytes_of(self._segment(number), offset, size)

    def _segment(self, number: int) -> Path:
        return self._path / f"{number:06d}.seg"


def spool_lock(spool: Path, operation: int, wait: float = 0.0) -> AbstractContextManager[bool]:
    """Hold a lock on who may fold producers; tell whether it was given.

    Args:
        spool: Directory of the spool.
        operation: `fcntl.LOCK_EX` or `fcntl.LOCK_SH`.
        wait: Seconds to wait for another process, which may have been stopped.
    """
    return locked_while(spool / _SPOOL_LOCK, operation | fcntl.LOCK_NB, wait=wait)
