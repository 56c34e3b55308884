"""Reads of which it is not known yet whether anything came, and those of which nothing did.

They stay in their table, which only grows, and which others see without those that are void.
"""

from collections.abc import Mapping

from privacylib.context.sources import SourceSet
from privacylib.model import Source

__all__ = ["Link", "Trials"]

Link = int | tuple[bytes, int]
"""A read's span: its number, with its correlation key where that differs from the scope's; 0 without a record."""


class Trials:
    """Keep the trials of one table. It begins and ends them under a lock, and notes its reads without one."""

    __slots__ = ("_open", "_rest", "_turn", "void")

    def __init__(self) -> None:
        self.void: dict[Source, Link] = {}
        """Reads of which nothing came; replaced, never changed."""
        self._open: dict[Source, list[Link]] = {}
        """Sources whose first read may be void, with all their reads meanwhile."""
        self._turn: object = None
        """Exchanged with each read since one is void."""
        self._rest: tuple[object, SourceSet] | None = None
        """A turn, and what was not void then."""

    def begin(self, source: Source) -> None:
        """Try a source out, of which nothing is held."""
        self._open.setdefault(source, [])

    def note(self, source: Source, link: Link) -> None:
        """Take notice of a read that the table has taken in."""
        seen = self._open.get(source)
        if seen is not None:
            seen.append(link)
        if self.void:
            self._turn = object()

    def end(self, source: Source, link: Link, *, void: bool) -> bool:
        """End a trial; return whether its read is void: it says so, and is the only one of its source."""
        if self._open.pop(source, None) != [link] or not void or not link:
            return False
        self.void = {**self.void, source: link}
        self._turn = object()
        return True

    def holds(self, source: Source, link: Link) -> bool:
        """Return whether a source's latest read counts."""
        return self.void.get(source) != link

    def rest(self, latest: Mapping[Source, Link]) -> SourceSet:
        """Return the sources of a table without those whose latest read is void."""
        turn, kept = self._turn, self._rest  # the turn before the look: who adds meanwhile exchanges it afterwards
        if kept is not None and kept[0] is turn:
            return kept[1]
        found = SourceSet.of([source for source, link in list(latest.items()) if self.holds(source, link)])
        self._rest = turn, found
        return found
