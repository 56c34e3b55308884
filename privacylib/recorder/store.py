"""Where the bytes of one producer are kept: a directory of the spool, or this process's memory."""

import json
import mmap
import os
import secrets
from collections.abc import Callable, Mapping
from errno import ENOSPC
from pathlib import Path
from typing import Any, Protocol

__all__ = ["DirectoryStore", "MemoryStore", "Store", "allocate", "new_producer_id"]

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_ZEROS = bytes(1 << 16)


class Store(Protocol):
    """Keep what one producer writes; every method but the reading ones may raise `OSError`."""

    @property
    def producer(self) -> str:
        """Return the producer's id, 16 hex digits."""
        ...

    def sibling(self) -> "Store":
        """Return a store for another producer of the same spool."""
        ...

    def write_meta(self, meta: Mapping[str, Any]) -> None:
        """Replace what is known of the producer."""
        ...

    def keep(self, name: str, data: bytes) -> None:
        """Replace a note about the producer, as a whole."""
        ...

    def kept(self, name: str) -> bytes:
        """Return a note; empty when it was never kept."""
        ...

    def add_lines(self, lines: bytes) -> int:
        """Append flow definitions as one write, and return how many bytes there are now."""
        ...

    def add_segment(self, number: int, size: int) -> mmap.mmap:
        """Return `size` zero bytes, allocated, as segment `number`."""
        ...

    def drop_segment(self, number: int) -> None:
        """Forget a segment that nobody wrote to."""
        ...

    def truncate(self, number: int, size: int) -> None:
        """Cut a segment to its first `size` bytes."""
        ...

    def meta(self) -> dict[str, Any]:
        """Return what is known of the producer; empty when it cannot be read."""
        ...

    def lines(self, offset: int = 0) -> bytes:
        """Return the flow definitions from a byte offset on."""
        ...

    def numbers(self) -> list[int]:
        """Return the numbers of the segments, in order."""
        ...

    def size(self, number: int) -> int:
        """Return the size of a segment in bytes; 0 when it is gone."""
        ...

    def read(self, number: int, offset: int, size: int = -1) -> bytes:
        """Return bytes of a segment; empty when it is gone."""
        ...


def new_producer_id() -> str:
    """Return a fresh producer id."""
    return secrets.token_hex(8)


def allocate(descriptor: int, size: int) -> None:
    """Reserve `size` bytes of disk, so that a full disk is an error now and not a SIGBUS later."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    for _ in range(0, size, len(_ZEROS)):  # macOS has no such call
        os.write(descriptor, _ZEROS)
    os.ftruncate(descriptor, size)


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

    @property
    def producer(self) -> str:
        """Return the producer's id."""
        return self._producer

    def sibling(self) -> "DirectoryStore":
        """Return a store for another producer of the same spool."""
        return DirectoryStore(self._spool, None, self._reserve)

    def write_meta(self, meta: Mapping[str, Any]) -> None:
        """Replace ``meta.json`` as a whole."""
        self._spool.mkdir(0o700, parents=True, exist_ok=True)
        self._path.mkdir(0o700, exist_ok=True)
        self.keep("meta.json", json.dumps(meta).encode())

    def keep(self, name: str, data: bytes) -> None:
        """Replace a file in the producer's directory, which is there once the first byte is written."""
        fresh = self._path / f"{name}.{new_producer_id()}"  # a signal handler may come in between
        self._append(fresh, data)
        fresh.replace(self._path / name)

    def kept(self, name: str) -> bytes:
        """Return such a file's content; empty when it is missing."""
        return _bytes_of(self._path / name, 0, -1)

    def add_lines(self, lines: bytes) -> int:
        """Append to ``flows.jsonl``; a line feed first where the last write was cut short."""
        data = b"\n" + lines if self._torn else lines
        self._torn = True
        size = self._append(self._path / "flows.jsonl", data)
        self._torn = False
        return size

    def _append(self, path: Path, data: bytes) -> int:
        # Opened anew each time: a descriptor kept over a daemon's closing of all files may become the host's.
        descriptor = os.open(path, _APPEND, 0o600)
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def add_segment(self, number: int, size: int) -> mmap.mmap:
        """Return a new file of `size` bytes, allocated and mapped."""
        path = self._segment(number)
        descriptor = os.open(path, _CREATE, 0o600)
        try:
            self._reserve(descriptor, size)
            return mmap.mmap(descriptor, size)
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

    def meta(self) -> dict[str, Any]:
        """Return ``meta.json``; empty when it is missing or damaged."""
        try:
            return dict(json.loads((self._path / "meta.json").read_bytes()))
        except (OSError, ValueError, TypeError):
            return {}

    def lines(self, offset: int = 0) -> bytes:
        """Return ``flows.jsonl`` from a byte offset on; empty when it is missing."""
        return _bytes_of(self._path / "flows.jsonl", offset, -1)

    def numbers(self) -> list[int]:
        """Return the numbers of the segment files, in order."""
        names = (path.stem for path in self._path.glob("*.seg"))
        return sorted(int(name) for name in names if name.isdecimal())

    def size(self, number: int) -> int:
        """Return the file's size."""
        try:
            return self._segment(number).stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, number: int, offset: int, size: int = -1) -> bytes:
        """Return bytes of the file."""
        return _bytes_of(self._segment(number), offset, size)

    def _segment(self, number: int) -> Path:
        return self._path / f"{number:06d}.seg"


class MemoryStore:
    """Keep a producer in anonymous memory, in the same bytes."""

    def __init__(self) -> None:
        self._producer = new_producer_id()
        self._meta: dict[str, Any] = {}
        self._notes: dict[str, bytes] = {}
        self._lines = bytearray()
        self._segments: dict[int, mmap.mmap] = {}
        self._sizes: dict[int, int] = {}

    @property
    def producer(self) -> str:
        """Return the producer's id."""
        return self._producer

    def sibling(self) -> "MemoryStore":
        """Return an empty store."""
        return MemoryStore()

    def write_meta(self, meta: Mapping[str, Any]) -> None:
        """Replace what is known of the producer."""
        self._meta = dict(meta)

    def keep(self, name: str, data: bytes) -> None:
        """Replace a note."""
        self._notes[name] = data

    def kept(self, name: str) -> bytes:
        """Return a note."""
        return self._notes.get(name, b"")

    def add_lines(self, lines: bytes) -> int:
        """Append flow definitions."""
        self._lines += lines
        return len(self._lines)

    def add_segment(self, number: int, size: int) -> mmap.mmap:
        """Return `size` zero bytes that no other process shares."""
        segment = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._segments[number] = segment
        self._sizes[number] = size
        return segment

    def drop_segment(self, number: int) -> None:
        """Forget the segment."""
        self._segments.pop(number, None)
        self._sizes.pop(number, None)

    def truncate(self, number: int, size: int) -> None:
        """Show only the first `size` bytes from now on."""
        self._sizes[number] = size

    def meta(self) -> dict[str, Any]:
        """Return what is known of the producer."""
        return dict(self._meta)

    def lines(self, offset: int = 0) -> bytes:
        """Return the flow definitions from a byte offset on."""
        return bytes(self._lines[offset:])

    def numbers(self) -> list[int]:
        """Return the numbers of the segments, in order."""
        return sorted(self._segments)

    def size(self, number: int) -> int:
        """Return the size shown."""
        return self._sizes.get(number, 0)

    def segment(self, number: int) -> mmap.mmap:
        """Return the memory of a segment itself."""
        return self._segments[number]

    def read(self, number: int, offset: int, size: int = -1) -> bytes:
        """Return bytes of the segment."""
        end = self.size(number) if size < 0 else min(offset + size, self.size(number))
        return self._segments[number][offset:end] if number in self._segments else b""


def _bytes_of(path: Path, offset: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size)
    except FileNotFoundError:
        return b""
