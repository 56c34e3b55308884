"""One statement while it is being read: what was found so far, and what its names stand for."""

from typing import Any

from sqlglot import exp

from privacylib.sql.catalogue import Catalogue
from privacylib.sql.edges import EVERY, Column, ColumnEdge, Dependence
from privacylib.sql.relations import Relation
from privacylib.sql.values import CLEAR, IDENTICAL, KINDS, Influence, Pair, Value, both_ways

__all__ = ["Reading", "TooLargeError"]


_MOST = 300_000
"""Work that is spent on a statement, in columns looked at: a few seconds, and a thousand times what people write."""


class TooLargeError(Exception):
    """Say that a statement comes to more columns than anyone can wait for."""


class Reading:
    """Collect what one statement does.

    Args:
        catalogue: The tables that it can name.
    """

    __slots__ = (
        "calls",
        "catalogue",
        "columns",
        "direct",
        "indirect",
        "kind",
        "names",
        "only_new",
        "reads",
        "reason",
        "work",
        "writes",
    )

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.names = catalogue.names
        self.kind = ""
        self.only_new = False
        """Whether the rows that are handed out are those that were just put in."""
        self.reads: dict[str, None] = {}
        self.writes: dict[str, None] = {}
        self.direct: dict[tuple[Pair, Pair], int] = {}
        """How much a column is changed on its way into another."""
        self.indirect: dict[tuple[Pair, Pair, Dependence], None] = {}
        self.columns: tuple[str, ...] = ()
        self.reason = ""
        self.calls = ""
        """Why it may touch tables that nothing here names; empty where it calls nothing of the kind."""
        self.work = 0

    def spend(self, columns: int) -> None:
        """Count work, for a short text can come to columns without end: a star of two stars, forty times over.

        Raises:
            TooLargeError: It is too much.
        """
        self.work += columns
        if self.work > _MOST:
            raise TooLargeError

    def missing(self, reason: str) -> None:
        """Remember that a schema was needed and is not there."""
        self.reason = self.reason or reason

    def untold(self, reason: str) -> None:
        """Remember that it calls what cannot be read, and may touch any table."""
        self.calls = self.reason = reason

    def name_of(self, table: Any) -> str:
        """Return the resolved name of a table, by its node."""
        names = self.names
        if table.this.key == "dynamicidentifier":
            self.catalogue.by_literals = True
            if not isinstance(table.this.this, exp.Literal):
                self.missing("a table that a variable names")
            return self.catalogue.resolved(tuple(names.part(one, quoted=False) for one in table.name.split(".")))
        parts = tuple(names.table(part) for part in table.parts if hasattr(part, "args"))
        return self.catalogue.resolved(parts)

    def table(self, name: str, *, target: bool = False) -> Relation:
        """Return a base table or an unexpanded view, and remember that it is read.

        Args:
            name: Its resolved name.
            target: Whether it is only what is written, so that it is read where its columns go elsewhere.
        """
        if not target:
            self.reads[name] = None
        columns = self.catalogue.columns(name)
        if columns is None:
            return Relation(base=name, tables=(name,))
        listed = [(column, Value({(name, column): IDENTICAL | CLEAR})) for column in columns]
        return Relation(listed, tables=(name,))

    def edge(self, source: Pair, sink: Pair, kind: Dependence) -> None:
        """Keep one edge."""
        if kind in KINDS:
            self._direct(source, sink, KINDS.index(kind) << 1 | CLEAR)
        else:
            self.indirect[source, sink, kind] = None

    def _direct(self, source: Pair, sink: Pair, code: int) -> None:
        key = (source, sink)
        known = self.direct.get(key)
        self.direct[key] = code if known is None else both_ways(known, code)

    def flow(self, value: Value, table: str, column: str) -> None:
        """Keep that a value goes into a column."""
        sink = (table, column)
        for pair, code in value.direct.items():
            self._direct(pair, sink, code)
        for pair, kind in value.indirect:
            self.indirect[pair, sink, kind] = None

    def decide(self, rows: dict[Influence, None], table: str) -> None:
        """Keep what decides which rows of a table there are."""
        sink = (table, EVERY)
        for pair, kind in rows:
            self.indirect[pair, sink, kind] = None

    def pour(self, relation: Relation, table: str, names: tuple[str, ...] | None = None) -> None:
        """Keep that a relation goes into a table, by position where names are given.

        Args:
            relation: What goes in.
            table: Where to.
            names: Columns of the table, in order; None for those of the relation.
        """
        if relation.rests or relation.base:
            self.missing("a * of a table whose columns are not known")
        if names is None or relation.rests:
            names = tuple(name for name, _ in relation.columns)
        self.columns = names
        for name, (_, value) in zip(names, relation.columns, strict=False):
            self.flow(value, table, name)
        for pair in relation.unlisted():
            self._direct(pair, (table, EVERY), CLEAR)
        self.decide(relation.rows, table)

    def sources(self) -> tuple[str, ...]:
        """Return the tables that are read: those in the query, and a table written whose columns go elsewhere."""
        found = dict(self.reads)
        for (source, _), sink in () if self.only_new else self.direct:
            if source in self.writes and source not in found and sink[0] != source:
                found[source] = None
        return tuple(found)

    def found(self) -> frozenset[ColumnEdge]:
        """Return the edges found."""
        columns: dict[Pair, Column] = {}

        def of(pair: Pair) -> Column:
            column = columns.get(pair)
            if column is None:
                column = columns[pair] = Column(*pair)
            return column

        direct = (
            ColumnEdge(of(source), of(sink), KINDS[code >> 1], not code & CLEAR)
            for (source, sink), code in self.direct.items()
        )
        indirect = (ColumnEdge(of(source), of(sink), kind) for source, sink, kind in self.indirect)
        return frozenset((*direct, *indirect))
