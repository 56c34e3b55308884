"""Count what has a name, such as errors and gaps, where a kill leaves the numbers standing."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from mmap import mmap
from struct import Struct
from zlib import crc32

from attrs import frozen

from privacylib.recorder.layout import GAP, GAP_BODY, SWALLOWED, SWALLOWED_BODY
from privacylib.recorder.storing.store import Store

__all__ = ["ERRORS", "GAPS", "Board", "Named", "named_in"]

_CHECKSUM = Struct("<I")
_NUMBERS = 8 + 4
"""Bytes of a slot's body that are not the name."""

OTHER = "other"


@frozen
class Board:
    """Describe a note with two slots for each name, written in turn: a kill in the middle of one leaves the other.

    Args:
        note: Its name.
        kind: Kind of its slots.
        body: A slot without its checksum: kind, number, name.
        names: Names that are told apart; all that come later are counted under the last one.
    """

    note: str
    kind: int
    body: Struct
    names: int

    @property
    def slot(self) -> int:
        """Return the bytes of a slot."""
        return _CHECKSUM.size + self.body.size

    @property
    def size(self) -> int:
        """Return its bytes."""
        return 2 * self.names * self.slot

    def bounded(self, name: str) -> str:
        """Cut a name in its middle to what a slot has room for."""
        told, room = name.encode("ascii", "replace").decode(), self.body.size - _NUMBERS
        return told if len(told) <= room else f"{told[: room // 4]}..{told[len(told) - room + room // 4 + 2 :]}"


ERRORS = Board("errors.slots", SWALLOWED, SWALLOWED_BODY, 16)
"""Errors of privacylib that were swallowed, by where and type."""

GAPS = Board("gaps.slots", GAP, GAP_BODY, 128)
"""I/O that no operation explains, by event and call site."""


class Named:
    """Count by name, in memory, and on a board that outlives the process. Callers take turns.

    Args:
        board: The board.
        store: Returns where the board is made when something is counted first.
    """

    def __init__(self, board: Board, store: Callable[[], Store]) -> None:
        self.counted: Counter[str] = Counter()
        self._board = board
        self._store = store
        self._places: dict[str, int] = {}
        self._turns: dict[str, int] = {}
        self._slots: mmap | None = None

    def note(self, name: str) -> None:
        """Count one more."""
        known = name if name in self._places else self._placed(name)
        self.counted[known] += 1
        if self._slots is not None:
            self._write(known)
            return
        with suppress(OSError):  # a full disk: all are written with the next one
            self._slots = self._store().board(self._board.note, self._board.size)
            for each in self._places:
                self._write(each)

    def _placed(self, name: str) -> str:
        """Return how a name is counted that may be new."""
        known = self._board.bounded(name)
        if known not in self._places and len(self._places) >= self._board.names - 1:
            known = OTHER
        self._places.setdefault(known, len(self._places))
        return known

    def _write(self, name: str) -> None:
        turn = self._turns[name] = self._turns.get(name, 0) + 1
        at = (2 * self._places[name] + turn % 2) * self._board.slot
        body = self._board.body.pack(self._board.kind, self.counted[name], name.encode())
        if self._slots is not None:
            self._slots[at : at + self._board.slot] = _CHECKSUM.pack(crc32(body)) + body


def named_in(board: Board, slots: bytes) -> dict[str, int]:
    """Return what a board says; numbers only grow, so of two slots the larger one is newer."""
    found: dict[str, int] = {}
    for at in range(0, len(slots) // board.slot * board.slot, board.slot):
        (checksum,), body = _CHECKSUM.unpack_from(slots, at), slots[at + _CHECKSUM.size : at + board.slot]
        if crc32(body) == checksum and body[0] == board.kind:
            _, count, name = board.body.unpack(body)
            told = name.rstrip(b"\0").decode("ascii", "replace")
            found[told] = max(found.get(told, 0), count)
    return found
