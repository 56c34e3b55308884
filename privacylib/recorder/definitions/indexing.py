"""Where the definitions of a producer stand, for whoever asks for one at a time: no flow is held."""

from array import array
from collections.abc import Set

from privacylib.model import Flow
from privacylib.recorder.definitions.abridged import Texts
from privacylib.recorder.definitions.flowtext import parsed_text
from privacylib.recorder.definitions.numbered import definitions, line_at
from privacylib.recorder.storing.store import Store

__all__ = ["Index"]

_FEW = 1024


class Index:
    """Keep the offset of each definition by its number, in eight bytes.

    Args:
        store: Where the definitions are.
        placed: Whether `flow` is going to be asked; if not, only the CALLs are kept.
    """

    def __init__(self, store: Store, *, placed: bool = True) -> None:
        self._placed = placed
        self._store = store
        self._looked_at = 0
        self._places = array("Q")
        self._apart: dict[int, int] = {}
        self._calls: set[int] = set()
        self._texts = Texts()

    @property
    def calls(self) -> Set[int]:
        """Return the numbers of the flows that are CALLs, up to now."""
        self._look()
        return self._calls

    def flow(self, number: int) -> Flow | None:
        """Return the flow of a number; None where its definition is missing or damaged."""
        place = self._place(number)
        if not place:
            self._look()
            place = self._place(number)
        found = self._texts.seen(place - 1, line_at(self._store, place - 1)) if place else None
        return parsed_text(self._texts.text(found, self._store)) if found else None

    def _look(self) -> None:
        for offset, line in definitions(self._store, self._looked_at):
            self._looked_at = offset + len(line) + 1
            if found := self._texts.seen(offset, line):
                if self._placed:
                    self._keep(found.number, offset + 1)
                if found.is_call:
                    self._calls.add(found.number)

    def _place(self, number: int) -> int:
        return (self._places[number] if number < len(self._places) else 0) or self._apart.get(number, 0)

    def _keep(self, number: int, place: int) -> None:
        """Keep a place where its number is about the next; a child that forgot most of its parent's has few others."""
        beyond = number + 1 - len(self._places)
        if beyond > len(self._places) + _FEW:
            self._apart[number] = place
            return
        if beyond > 0:
            self._places.frombytes(bytes(8 * beyond))
        self._places[number] = place
