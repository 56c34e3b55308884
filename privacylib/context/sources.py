"""What a unit of work has read so far: interned sets of sources, and the read sets that grow."""

from collections.abc import Iterable
from typing import Any, ClassVar

from privacylib.labels import join
from privacylib.model import Asset, Source

__all__ = ["EMPTY", "WIDEST", "Link", "ReadSet", "SourceSet"]

WIDEST = 1024
"""Source assets that a read set names; above, it names their namespaces."""

INTERNED = 65_536
"""Source sets kept for reuse; when full the table is emptied and filled again on sight."""

LINKED = 128
"""Reads that one record links to, OpenTelemetry's default bound; edges come from the flow and are complete."""

Link = int | tuple[bytes, int]
"""A read's span: its number, with its correlation key where that differs from the scope's."""


class SourceSet:
    """An immutable set of sources with the join of their labels.

    Equal sets are one object as long as the table holds it, so a known flow is found by identity.
    Each remembers the sets it becomes, which makes a read of something known one dictionary hit.
    """

    __slots__ = ("_next", "labels", "members", "unknown")
    table: ClassVar[dict[frozenset[Source], "SourceSet"]] = {}

    def __init__(self, members: frozenset[Source]) -> None:
        self.members = members
        self.labels = join(*(source.labels for source in members))
        self.unknown = next((s.unknown for s in sorted(members, key=str) if s.unknown), None)
        self._next: dict[object, SourceSet] = {}

    @classmethod
    def of(cls, members: Iterable[Source]) -> "SourceSet":
        """Return the one set of these members."""
        key = frozenset(members)
        found = cls.table.get(key)
        if found is None:
            if len(cls.table) >= INTERNED:
                cls.table.clear()
            found = cls.table.setdefault(key, cls(key))
        return found

    def plus(self, source: Source) -> "SourceSet":
        """Return this set with one more member."""
        found = self._next.get(source)
        if found is None:
            found = self._remember(source, self.members | {source})
        return found

    def union(self, other: "SourceSet") -> "SourceSet":
        """Return the set of the members of both."""
        if other is self or not other.members:
            return self
        if not self.members:
            return other
        found = self._next.get(other)
        if found is None:
            found = self._remember(other, self.members | other.members)
        return found

    def _remember(self, step: object, members: frozenset[Source]) -> "SourceSet":
        if len(self._next) >= WIDEST:
            self._next.clear()
        found = self._next[step] = SourceSet.of(members)
        return found


EMPTY = SourceSet.of(())


class ReadSet:
    """The reads of a scope, shared by its sub-scopes. It only grows.

    Args:
        key: Correlation key of its scope, 16 bytes.
        upper: The read set that an isolated scope, or any scope of the process, sees as well.
    """

    __slots__ = ("_sources", "key", "latest", "open", "pending", "returned", "upper", "watched", "wide")

    def __init__(self, key: bytes, upper: "ReadSet | None" = None) -> None:
        self.key = key
        self.latest: dict[Source, Link] = {}
        self.upper = upper
        self.returned: ReadSet | None = None
        self.open: tuple[Any, ...] = ()
        """Writes that stay open: what is read meanwhile flows into them too."""
        self.watched: tuple[dict[Any, Any], ...] = () if upper is None else upper.watched
        """For each response stream that is open, the writes made meanwhile: its end may bring more labels."""
        self.pending: Any = None if upper is None else upper.pending
        """A request that was taken in and not judged yet."""
        self.wide = False
        self._sources = EMPTY

    def add(self, source: Source, link: Link) -> None:
        """Take in a read; the latest read of a source replaces an earlier one."""
        if self.wide:
            source = _widened(source)
        latest = self.latest
        latest[source] = link
        if len(latest) != len(self._sources.members):
            self._sources = self._sources.plus(source)
            if len(latest) > WIDEST and not self.wide:
                self._widen()
        if latest is not self.latest:  # widened by another thread meanwhile
            self.latest[_widened(source)] = link

    def _widen(self) -> None:
        """Name namespaces instead of assets.

        The new table is in place before the old one is read, so that a read added meanwhile is in one of them.
        """
        self.wide = True
        named, self.latest = self.latest, {}
        for source, link in list(named.items()):
            self.latest[_widened(source)] = link

    @property
    def own(self) -> SourceSet:
        """Return what was read here, without what is seen from above."""
        known = self._sources
        if len(known.members) != len(self.latest):  # threads added at once, or the set was widened
            known = self._sources = SourceSet.of(list(self.latest))
        return known

    def visible(self) -> SourceSet:
        """Return what a write here depends on: what was read here, returned here, or seen above."""
        found = self.own
        if self.returned is not None:
            found = found.union(self.returned.own)
        upper = self.upper
        while upper is not None:
            found = found.union(upper.own)
            upper = upper.upper
        return found

    def listed(self) -> tuple[tuple[Source, tuple[bytes, int]], ...]:
        """Return what was read here, each with the key and the number of its span."""
        key = self.key
        return tuple(
            (source, link if isinstance(link, tuple) else (key, link)) for source, link in list(self.latest.items())
        )

    def give_back(self, child: "ReadSet") -> None:
        """Take in what an isolated child has read, for the parent's own writes only."""
        if not child.latest and child.returned is None:
            return
        if self.returned is None:
            self.returned = ReadSet(self.key)
        for reads in (child, child.returned):
            if reads is not None:
                for source, link in list(reads.latest.items()):
                    self.returned.add(source, link)

    def links(self) -> tuple[list[int], list[tuple[bytes, int]]]:
        """Return the spans of the visible reads: those under this key, and those under others."""
        same: list[int] = []
        foreign: list[tuple[bytes, int]] = []
        reads: ReadSet | None = self
        while reads is not None:
            for link in (
                *reads.latest.values(),
                *(reads.returned.latest.values() if reads is self and reads.returned else ()),
            ):
                if isinstance(link, tuple):
                    foreign.append(link)
                elif reads.key == self.key:
                    same.append(link)
                else:
                    foreign.append((reads.key, link))
            reads = reads.upper
        return same[:LINKED], foreign[:LINKED]


def _widened(source: Source) -> Source:
    return Source(Asset(source.asset.namespace, "{…}"), None, source.labels, source.unknown, source.evidence)
