"""Where the bytes of one producer are kept; `directory` and `memory` are the two that there are."""

import mmap
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

__all__ = ["ABOUT", "EXPORTING", "FLOW_PARITY", "FOLDING", "PART", "Store", "allocate", "new_producer_id"]

EXPORTING = "exporting.lock"
"""Held by the one process that exports a producer, as long as it does."""

FOLDING = "folding.lock"
"""Held while segments are folded, and while an exporter's first place is noted: never both at once."""

ABOUT = "about.json"
"""What the process of a producer runs on, and which libraries it sees."""

FLOW_PARITY = "flows.parity"
"""What a damaged definition is mended with."""

_ZEROS = bytes(1 << 16)

PART = 1 << 18
"""Bytes of a note that are read or written together."""


class Store(Protocol):
    """Keep what one producer writes; every method but the reading ones may raise `OSError`."""

    @property
    def producer(self) -> str:
        """Return the producer's id, 16 hex digits."""
        ...

    @property
    def spool(self) -> Path | None:
        """Return the directory that it shares with other producers, if there is one."""
        ...

    def sibling(self) -> "Store":
        """Return a store for another producer of the same spool."""
        ...

    def claim(self, size: int) -> mmap.mmap:
        """Say that this process writes here for as long as it keeps what is returned: `size` bytes of zeros."""
        ...

    def board(self, name: str, size: int) -> mmap.mmap:
        """Return a note of `size` zeros that is written to in place."""
        ...

    def claimed(self) -> bytes:
        """Return what the process that writes here wrote into its claim; empty when there is none."""
        ...

    def lock(self, name: str, *, wait: float = 0.0) -> mmap.mmap | None:
        """Keep others from what a name stands for, until what is returned is closed; None where another is at it.

        Args:
            name: What is locked, `EXPORTING` or `FOLDING`.
            wait: Seconds to wait for the other, which may have been stopped.
        """
        ...

    def orphaned(self) -> AbstractContextManager[bool]:
        """Tell whether no process writes here any more; while the block runs, nobody else is told so."""
        ...

    def used(self) -> tuple[int, int]:
        """Return how many bytes the whole spool takes, and how many producers share it."""
        ...

    def glance(self) -> tuple[int, int]:
        """Return what `used` does, estimated where looking at each file would take long."""
        ...

    def write_meta(self, meta: Mapping[str, Any]) -> None:
        """Replace what is known of the producer."""
        ...

    def keep(self, name: str, data: bytes | Iterable[bytes], *, lasting: bool = False) -> None:
        """Replace a note about the producer, as a whole; a lasting one is on the disk before this returns."""
        ...

    def kept(self, name: str, size: int = -1, offset: int = 0) -> bytes:
        """Return a note, or so many bytes of it from an offset on; empty when it was never kept."""
        ...

    def parts(self, name: str) -> Iterator[bytes]:
        """Yield a note part by part, as it is now: who replaces it meanwhile changes nothing."""
        ...

    def settle(self, name: str) -> None:
        """Bring a note to the disk, as if it had been kept as a lasting one."""
        ...

    def notes(self, prefix: str) -> list[str]:
        """Return the names of the notes that begin with `prefix`."""
        ...

    def length(self, name: str) -> int:
        """Return the bytes of a note; 0 when it is missing."""
        ...

    def forget(self, name: str) -> None:
        """Remove a note, if it is there."""
        ...

    def add_lines(self, lines: bytes) -> int:
        """Append flow definitions as one write, cover them by parity, and return how many bytes there are now."""
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

    def known(self) -> bool:
        """Return whether there is a producer, whatever can be read of it."""
        ...

    def meta(self) -> dict[str, Any]:
        """Return what is known of the producer; empty when it cannot be read."""
        ...

    def lines(self, offset: int = 0, size: int = -1) -> bytes:
        """Return the flow definitions from a byte offset on, or so many bytes of them."""
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
