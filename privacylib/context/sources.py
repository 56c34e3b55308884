"""Sets of sources with the labels that they hold; equal ones are one object, found by identity."""

from collections.abc import Iterable
from typing import ClassVar

from privacylib.labels import join
from privacylib.model import Source

__all__ = ["EMPTY", "WIDEST", "SourceSet"]

WIDEST = 1024
"""Source assets that a read set names; above, it names their namespaces."""

INTERNED = 32_768
"""Weight of the source sets kept for reuse: 3,600 of one source each, a kilobyte with what they name, or 50 bytes for
each of the members of larger ones. When full the table is emptied and filled again on sight."""

OWN = 8
"""What a set weighs beside its members."""


class Interned:
    """All source sets that are kept for reuse."""

    table: ClassVar[dict[frozenset[Source], "SourceSet"]] = {}
    weight: ClassVar[int] = 0
    emptied: ClassVar[int] = 0

    @classmethod
    def forget(cls) -> None:
        """Let go of every set but the empty one; those that scopes hold live on, and are no longer shared."""
        for known in list(cls.table.values()):
            known.go_on_alone()
        cls.table, cls.weight = {EMPTY.members: EMPTY}, 0
        cls.emptied += 1


class SourceSet:
    """An immutable set of sources with the join of their labels.

    Equal sets are one object as long as the table holds it, so a known flow is found by identity.
    Each remembers the sets it becomes, which makes a read of something known one dictionary hit.
    """

    __slots__ = ("_next", "_since", "labels", "members", "size", "unknown")

    def __init__(self, members: frozenset[Source]) -> None:
        self.members = members
        self.size = len(members)
        self.labels = join(*(source.labels for source in members))
        self.unknown = min((source.unknown for source in members if source.unknown), default=None)
        self._next = _NO_STEPS
        self._since = 0

    @staticmethod
    def of(members: Iterable[Source]) -> "SourceSet":
        """Return the one set of these members."""
        key = frozenset(members)
        found = Interned.table.get(key)
        if found is None:
            if Interned.weight >= INTERNED:
                Interned.forget()
            Interned.weight += len(key) + OWN
            found = Interned.table.setdefault(key, SourceSet(key))
        return found

    def go_on_alone(self) -> None:
        """Forget which sets it became."""
        self._next = _NO_STEPS

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
        found, following = SourceSet.of(members), self._next
        if following is _NO_STEPS or self._since != Interned.emptied or len(following) >= WIDEST:
            # What a long-lived set became before the table was emptied would keep those sets alive.
            following, self._since = {}, Interned.emptied
            self._next = following
        following[step] = found
        return found


_NO_STEPS: dict[object, SourceSet] = {}
"""Of every set that has not become another one; never filled."""

EMPTY = SourceSet.of(())
