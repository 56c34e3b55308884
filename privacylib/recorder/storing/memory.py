"""Keep a producer in anonymous memory."""

import mmap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from privacylib.recorder.storing.store import new_producer_id

__all__ = ["MemoryStore"]


class MemoryStore:
    """Keep a producer in anonymous memory, in the same bytes."""

    def __init__(self) -> None:
        self._producer = new_producer_id()
        self._meta: dict[str, Any] = {}
        self._notes: dict[str, bytes] = {}
        self._claim: mmap.mmap | None = None
        self._boards: dict[str, mmap.mmap] = {}
        self._lines = bytearray()
        self._segments: dict[int, mmap.mmap] = {}
        self._sizes: dict[int, int] = {}

    @property
    def producer(self) -> str:
        """Return the producer's id."""
        return self._producer

    @property
    def spool(self) -> None:
        """Return nothing: it is not shared."""
        return

    def sibling(self) -> "MemoryStore":
        """Return an empty store."""
        return MemoryStore()

    def write_meta(self, meta: Mapping[str, Any]) -> None:
        """Replace what is known of the producer."""
        self._meta = dict(meta)

    def claim(self, size: int) -> mmap.mmap:
        """Return `size` bytes of zeros."""
        self._claim = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        return self._claim

    def board(self, name: str, size: int) -> mmap.mmap:
        """Return zeros."""
        board = self._boards[name] = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        return board

    def claimed(self) -> bytes:
        """Return what is in them."""
        return self._claim[:] if self._claim else b""

    def lock(self, name: str, *, wait: float = 0.0) -> mmap.mmap:
        """Return some memory: nobody else gets here."""
        del name, wait
        return mmap.mmap(-1, 1)

    def orphaned(self) -> AbstractContextManager[bool]:
        """Tell that the process is there."""
        return nullcontext(enter_result=False)

    def used(self) -> tuple[int, int]:
        """Return nothing: memory has no cap of ours."""
        return 0, 1

    glance = used

    def keep(self, name: str, data: bytes | Iterable[bytes], *, lasting: bool = False) -> None:
        """Replace a note."""
        del lasting
        self._notes[name] = data if isinstance(data, bytes) else b"".join(data)

    def kept(self, name: str, size: int = -1, offset: int = 0) -> bytes:
        """Return a note."""
        note = self._boards[name][:] if name in self._boards else self._notes.get(name, b"")
        return note[offset:] if size < 0 else note[offset : offset + size]

    def parts(self, name: str) -> Iterator[bytes]:
        """Yield a note."""
        yield self.kept(name)

    def settle(self, name: str) -> None:
        """Do nothing: there is no disk."""

    def notes(self, prefix: str) -> list[str]:
        """Return the names of notes."""
        return sorted(name for name in self._notes if name.startswith(prefix))

    def length(self, name: str) -> int:
        """Return the bytes of a note."""
        return len(self.kept(name))

    def forget(self, name: str) -> None:
        """Remove a note."""
        self._notes.pop(name, None)

    def add_lines(self, lines: bytes) -> int:
        """Append flow definitions; memory keeps them as they are without parity."""
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

    def known(self) -> bool:
        """Return whether anything was written."""
        return bool(self._meta or self._lines or self._segments)

    def meta(self) -> dict[str, Any]:
        """Return what is known of the producer."""
        return dict(self._meta)

    def lines(self, offset: int = 0, size: int = -1) -> bytes:
        """Return the flow definitions from a byte offset on."""
        return bytes(self._lines[offset:] if size < 0 else self._lines[offset : offset + size])

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
