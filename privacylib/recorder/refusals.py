"""Count what is refused, where a kill leaves the numbers standing."""

import _thread
import logging
from collections import Counter
from contextlib import suppress
from errno import errorcode
from mmap import mmap
from zlib import crc32

from privacylib.context import UNSEEN, set_frame
from privacylib.recorder.layout import REFUSED, REFUSED_BODY, SEALED_SLOT, SLOT

__all__ = ["CLAIM_SIZE", "SPOOL_FULL", "Refusals", "SpoolFull", "cause_of", "refused_in"]

_log = logging.getLogger("privacylib")

SPOOL_FULL = "spool-full"
"""The spool is as large as it may be, and nothing in it can be folded."""

CAUSES = ("undefined-flow", SPOOL_FULL, "ENOSPC", "EDQUOT", "EIO", "EROFS", "other")
"""What the numbers of a slot stand for, in this order. Part of the spool format."""

CLAIM_SIZE = 2 * SLOT
"""Two slots, written in turn: a kill in the middle of one leaves the other."""


class SpoolFull(OSError):
    """Raised where the spool's cap leaves no room."""


class Refusals:
    """Count refusals by cause, in memory, and on a board that outlives the process."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self._board: mmap | None = None
        self._turn = 0

    @property
    def attached(self) -> bool:
        """Return whether there is a board."""
        return self._board is not None

    def note(self, cause: str) -> None:
        """Count one more, and log the first of each cause. Callers take turns."""
        self.counted[cause] += 1
        self._write()
        if self.counted[cause] == 1:
            with suppress(RuntimeError):  # at exit there are no new threads
                # Callers hold locks that whoever holds one of logging may wait for.
                _thread.start_new_thread(_warn, (cause,))

    def attach(self, board: mmap | None) -> None:
        """Write to a board of `CLAIM_SIZE` zeros from now on; None lets go of it."""
        self._board = board
        if self.counted:
            self._write()

    def _write(self) -> None:
        board = self._board
        if board is None or board.closed:  # closed in a child, whose board it is not
            return
        known = [self.counted[cause] for cause in CAUSES[:-1]]
        body = REFUSED_BODY.pack(REFUSED, *known, sum(self.counted.values()) - sum(known))
        SEALED_SLOT.pack_into(board, self._turn * SLOT, crc32(body), body)
        self._turn = 1 - self._turn


def _warn(cause: str) -> None:
    set_frame(UNSEEN)
    _log.warning("records are refused (%s) and counted; `privacylib doctor` tells how many", cause)


def cause_of(error: Exception) -> str:
    """Name the cause that an error stands for, without its text."""
    if isinstance(error, SpoolFull):
        return SPOOL_FULL
    if isinstance(error, OSError):
        return errorcode.get(error.errno or 0, "OSError")
    return type(error).__name__


def refused_in(board: bytes) -> dict[str, int]:
    """Return what a board says; numbers only grow, so of two slots the larger one is newer."""
    found: list[tuple[int, ...]] = [(0,) * len(CAUSES)]
    for checksum, body in SEALED_SLOT.iter_unpack(board[: len(board) // SLOT * SLOT]):
        if crc32(body) == checksum and body[0] == REFUSED:
            found.append(REFUSED_BODY.unpack(body)[1:])
    return {cause: number for cause, number in zip(CAUSES, max(found, key=sum), strict=True) if number}
