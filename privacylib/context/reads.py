"""What a unit of work has read so far: a table that grows, and what others see of it."""

import os
import threading
from collections.abc import Sequence
from itertools import islice
from typing import Any, ClassVar, Literal

from privacylib.context.sources import EMPTY, WIDEST, SourceSet
from privacylib.context.telling import Telling
from privacylib.context.trials import Link, Trials
from privacylib.model import Asset, Source

__all__ = ["LatestReads", "Link", "ReadSet"]

SHARED = 64
"""Sources up to which each read gives an interned set; larger sets are formed when somebody asks."""

LINKED = 128
"""Reads that one record links to, OpenTelemetry's default bound; edges come from the flow and are complete."""

_making = threading.RLock()
"""Held while a read set gets a table that few need; a finaliser that runs meanwhile may come back for its own."""


def _forked() -> None:
    """Let a child have a lock of its own: a thread that it does not have may hold the parent's (fault 4)."""
    global _making
    _making = threading.RLock()


os.register_at_fork(after_in_child=_forked)


class LatestReads:
    """A table of sources, each with its latest read. It only grows, also when threads add at once.

    A read of which nothing came stays in the table, and what others see is without it.

    Args:
        key: Correlation key of its scope, 16 bytes.
    """

    __slots__ = (
        "_former", "_named", "_sources", "_trials", "changed", "key", "last", "latest", "mixed", "onward", "wide",
    )  # fmt: skip
    widening: ClassVar[dict[int, object]] = {}
    """Who widens a table, by the table's id: the first to enter itself."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.latest: dict[Source, Link] = {}
        self.last: Link = 0
        """The read that was added last."""
        self.wide = False
        self.mixed = False
        """Whether a link names a key of its own."""
        self.changed = False
        """Whether it became wide, passes on what it takes in, or took a read back; looked at last, for other threads
        may do that."""
        self.onward: ReadSet | None = None
        """Where what is read here is returned to, from when it was given back."""
        self._former: dict[Source, Link] | None = None
        self._sources = EMPTY
        self._named: tuple[int, SourceSet] = (0, EMPTY)
        """Sources of a wide table that were looked at, and their set; in one, for threads that look at once."""
        self._trials: Trials | None = None

    def add(self, source: Source, link: Link) -> None:
        """Take in a read; the latest read of a source replaces an earlier one."""
        if self.wide:
            source = _widened(source)
        if link.__class__ is not int:
            self.mixed = True
        latest = self.latest
        latest[source] = self.last = link
        known = self._sources  # in a variable: another thread may put another one there meanwhile
        if len(latest) != known.size and not self.wide:
            if len(latest) <= SHARED:
                self._sources = known.plus(source)
            elif len(latest) > WIDEST:
                self._widen()
        if self.changed:
            self._add_further(latest, source, link)

    def try_out(self, source: Source) -> bool:
        """Return whether a read that is about to be added can be taken back: nothing of its source is held.

        Args:
            source: The source.
        """
        if self.wide or self._is_held(source):
            return False
        self.changed = True  # before the second look: who adds meanwhile is seen here, or sees this
        with _making:
            if self._trials is None:
                self._trials = Trials()
            self._trials.begin(source)
        return not self._is_held(source)

    def settle(self, source: Source, link: Link, *, void: bool) -> None:
        """End what `try_out` began.

        Args:
            source: The source.
            link: Its read.
            void: Whether nothing came of it: where it is the only read, its source is held no longer.
        """
        with _making:
            if self._trials is None or not self._trials.end(source, link, void=void and not self.wide):
                return
        self._sources = EMPTY  # it grows with later reads, and is smaller than the table as long as one is void

    def _is_held(self, source: Source) -> bool:
        link = self.latest.get(source)
        return link is not None and (self._trials is None or self._trials.holds(source, link))

    def _add_further(self, latest: dict[Source, Link], source: Source, link: Link) -> None:
        if self._trials is not None:
            self._trials.note(source, link)
        if latest is not self.latest:  # widened by another thread meanwhile
            self.latest[_widened(source)] = link
        if self.onward is not None:
            self.onward.returned.add(source, (self.key, link) if isinstance(link, int) else link)

    def _widen(self) -> None:
        """Name namespaces instead of assets, while others go on adding and looking."""
        me = object()
        if self.widening.setdefault(id(self), me) is not me:
            return
        try:
            if not self.wide:
                self._former, self.wide, self.changed = self.latest, True, True
                self.latest = {}
                for source, link in list(self._former.items()):
                    self.latest[_widened(source)] = link
                self._former = None
        finally:
            del self.widening[id(self)]

    @property
    def own(self) -> SourceSet:
        """Return the sources of this table."""
        latest, former = self.latest, self._former  # in this order: a new table is whole once nothing is former
        if self.wide:
            return self._own_wide(list(former or ()), list(latest))
        if self._trials is not None and self._trials.void:
            return self._trials.rest(latest)
        known = self._sources
        if known.size != len(latest):  # there are many, or threads added at once
            known = self._sources = SourceSet.of(list(latest))
        return known

    def _own_wide(self, former: list[Source], latest: list[Source]) -> SourceSet:
        size, known = self._named
        if former or size != len(latest):
            known = SourceSet.of({*map(_widened, former), *map(_widened, latest)})
            if not former:  # else the new table is not whole yet
                self._named = len(latest), known
        return known

    def pass_on(self, upper: "ReadSet") -> None:
        """Return what was read here, and whatever will be, to a read set around."""
        if self.onward is None:
            self.onward, self.changed = upper, True  # before the look: another thread may add meanwhile
            for source, link in self.listed():
                upper.returned.add(source, link)

    def listed(self) -> tuple[tuple[Source, tuple[bytes, int]], ...]:
        """Return the sources of this table, each with the key and the number of its latest read's span."""
        latest, former = self.latest, self._former  # in this order, as above
        found = [*list((former or {}).items()), *list(latest.items())]
        if self._trials is not None:
            found = [(source, link) for source, link in found if self._trials.holds(source, link)]
        return tuple((source, (self.key, link) if isinstance(link, int) else link) for source, link in found)


class ReadSet(LatestReads):
    """The reads of a scope, shared by its sub-scopes.

    Args:
        key: Correlation key of its scope, 16 bytes.
        upper: The read set around it, which its writes depend on as well.
        nested: Whether it is read here on behalf of the work of `upper`, into whose open writes it flows.
    """

    __slots__ = ("_returned", "nested", "open", "pending", "upper", "watched")

    def __init__(self, key: bytes, upper: "ReadSet | None" = None, *, nested: bool = False) -> None:
        LatestReads.__init__(self, key)
        self.upper = upper
        self.nested = nested
        self._returned: LatestReads | None = None
        self.open: dict[Any, None] | None = None
        """Writes that stay open, in their order: what is read meanwhile flows into them too."""
        self.watched: dict[Any, None] | None = None
        """Calls with open response streams: they note the writes made meanwhile, for they may bring more labels."""
        self.pending: Any = None
        """A request that was taken in and not judged yet."""
        if upper is not None:
            self.pending = upper.pending
            if upper.watched:
                self.watched = dict(upper.watched)

    @property
    def returned(self) -> LatestReads:
        """Return what isolated scopes have read that were part of this one, for its own writes only."""
        found = self._returned
        if found is None:
            with _making:
                found = self._returned
                if found is None:
                    found = self._returned = LatestReads(self.key)
                    if self.onward is not None:
                        found.pass_on(self.onward)
        return found

    def keep(self, table: Literal["open", "watched"], operation: Any) -> None:
        """Keep an operation in one of the two tables of those that last; most scopes never need one."""
        kept = getattr(self, table)
        if kept is None:
            with _making:
                kept = getattr(self, table)
                if kept is None:
                    kept = dict[Any, None]()
                    setattr(self, table, kept)
        kept[operation] = None

    def drop(self, table: Literal["open", "watched"], operation: Any) -> None:
        """Take an operation out of a table, if it is there."""
        kept = getattr(self, table)
        if kept is not None:
            kept.pop(operation, None)

    def visible(self) -> SourceSet:
        """Return what a write here depends on: what was read here, returned here, or seen above."""
        found, upper = self._sources, self.upper
        if found.size != len(self.latest) or self.wide:
            found = self.own
        if self._returned is not None:
            found = found.union(self._returned.own)
        while upper is not None:
            if upper.latest or upper.wide:
                found = found.union(upper.own)
            upper = upper.upper
        return found

    def is_open(self) -> bool:
        """Return whether a write stays open here, or in the work that this is part of."""
        reads: ReadSet | None = self
        while reads is not None:
            if reads.open:
                return True
            reads = reads.upper if reads.nested else None
        return False

    def open_above(self) -> list[Any]:
        """Return the writes that stay open here, and in the work that this is part of."""
        found: list[Any] = []
        reads: ReadSet | None = self
        while reads is not None:
            if reads.open:
                found += reads.open
            reads = reads.upper if reads.nested else None
        return found

    def give_back(self) -> None:
        """Let the read set around take what was read here, for its own writes only, and what will be.

        Work that was handed out here may go on, and whoever is around may wait for what it returns.
        """
        upper = self.upper
        if upper is not None:
            self.pass_on(upper)
            if self._returned is not None:
                self._returned.pass_on(upper)

    def only(self, seen: SourceSet) -> Any:
        """Return the link of the one read that is visible here, 0 where there is none.

        Args:
            seen: What was visible.

        Returns:
            -1 where by now something else is visible, or more than one read of this very set.
        """
        link, upper = self.last, self.upper  # the link before the size: one of another source has changed the size
        if (
            self._sources is not seen or seen.size > 1 or seen.size != len(self.latest)
            or self.mixed or self.wide or self._returned is not None
            or (upper is not None and (upper.latest or upper.wide or (upper.upper is not None and upper.upper.holds())))
        ):  # fmt: skip
            return -1
        return link

    def holds(self) -> bool:
        """Return whether anything was read here, or above."""
        return bool(self.latest or self.wide or (self.upper is not None and self.upper.holds()))

    def links(self) -> tuple[Sequence[Any], Sequence[tuple[bytes, int]]]:
        """Return the spans of the visible reads: those under this key, and those under others."""
        upper = self.upper
        plain = self._returned is None and self._trials is None and not self.mixed
        if plain and (upper is None or not upper.holds()):
            return list(islice(filter(None, self.latest.values()), LINKED)), ()
        return self._sorted_links()

    def _sorted_links(self) -> tuple[list[int], list[tuple[bytes, int]]]:
        same: list[int] = []
        foreign: list[tuple[bytes, int]] = []
        reads: ReadSet | None = self
        listed = (*self.listed(), *self.returned.listed())
        while reads is not None:
            for _, (key, span) in listed:
                if not span:
                    continue
                if key == self.key:
                    same.append(span)
                else:
                    foreign.append((key, span))
            reads = reads.upper
            listed = () if reads is None else reads.listed()
        return list(dict.fromkeys(same))[:LINKED], list(dict.fromkeys(foreign))[:LINKED]


def _widened(source: Source) -> Source:
    if source.told is not None:  # it was widened before
        return source
    place, told = Asset(source.asset.namespace, "{…}"), Telling.is_told(source)
    return Source(
        place, None, source.labels, source.unknown, source.evidence, source.labels, annotated=False, told=told
    )
