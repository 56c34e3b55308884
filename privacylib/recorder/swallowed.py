"""Count the errors that privacylib swallowed, where a kill leaves the numbers standing."""

from collections import Counter
from contextlib import suppress
from mmap import mmap
from zlib import crc32

from privacylib.recorder.layout import SEALED_SLOT, SLOT, SWALLOWED, SWALLOWED_BODY
from privacylib.recorder.store import Store

__all__ = ["SWALLOWED_BOARD", "Swallowed", "swallowed_in"]

_NAMES = 16
"""Names that are told apart; all that come later are counted under the last one."""

_LONGEST = 48
OTHER = "other"

SWALLOWED_BOARD = "errors.slots"
"""Name of the note with two slots for each name."""


class Swallowed:
    """Count errors by name, in memory, and on a board that outlives the process. Callers take turns.

    Args:
        store: Where the board is made when the first error is counted.
    """

    def __init__(self, store: Store) -> None:
        self.counted: Counter[str] = Counter()
        self._store = store
        self._board: mmap | None = None
        self._turns: dict[str, int] = {}

    def note(self, name: str) -> None:
        """Count one more."""
        known = _bounded(name)
        if known not in self.counted and len(self.counted) >= _NAMES - 1:
            known = OTHER
        self.counted[known] += 1
        if self._board is not None:
            self._write(known)
            return
        with suppress(OSError):  # a full disk: all are written with the next error
            self._board = self._store.board(SWALLOWED_BOARD, 2 * _NAMES * SLOT)
            for each in self.counted:
                self._write(each)

    def _write(self, name: str) -> None:
        turn = self._turns[name] = self._turns.get(name, 0) + 1
        at = 2 * list(self.counted).index(name) + turn % 2  # a kill in the middle of one slot leaves the other
        body = SWALLOWED_BODY.pack(SWALLOWED, self.counted[name], name.encode())
        if self._board is not None:
            SEALED_SLOT.pack_into(self._board, at * SLOT, crc32(body), body)


def _bounded(name: str) -> str:
    """Cut a name to what a slot has room for."""
    return name.encode("ascii", "replace")[:_LONGEST].decode()


def swallowed_in(board: bytes) -> dict[str, int]:
    """Return what a board says; numbers only grow, so of two slots the larger one is newer."""
    found: dict[str, int] = {}
    for checksum, body in SEALED_SLOT.iter_unpack(board[: len(board) // SLOT * SLOT]):
        if crc32(body) == checksum and body[0] == SWALLOWED:
            _, count, name = SWALLOWED_BODY.unpack(body)
            told = name.rstrip(b"\0").decode("ascii", "replace")
            found[told] = max(found.get(told, 0), count)
    return found
