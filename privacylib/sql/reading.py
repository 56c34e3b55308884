"""One statement while it is being read: what was found so far, and what its names stand for."""

from typing import Any

from privacylib.sql.catalogue import Catalogue
from privacylib.sql.edges import EVERY, Column, ColumnEdge, Dependence
from privacylib.sql.relations import Relation, Rest
from privacylib.sql.values import CLEAR, IDENTICAL, KINDS, Influence, Value

__all__ = ["Reading"]


class Reading:
    """Collect what one statement does.

    Args:
        catalogue: The tables that it can name.
    """

    __slots__ = ("_columns", "catalogue", "columns", "edges", "kind", "names", "reads", "reason", "writes")

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.names = catalogue.names
        self.kind = ""
        self.reads: dict[str, None] = {}
        self.writes: dict[str, None] = {}
        self.edges: dict[tuple[Column, Column, Dependence], bool] = {}
        self.columns: tuple[str, ...] = ()
        self.reason = ""
        self._columns: dict[tuple[str, str], Column] = {}

    def missing(self, reason: str) -> None:
        """Remember that a schema was needed and is not there."""
        self.reason = self.reason or reason

    def name_of(self, table: Any) -> str:
        """Return the resolved name of a table, by its node."""
        names = self.names
        parts = tuple(names.table(part) for part in table.parts if hasattr(part, "args"))
        return self.catalogue.resolved(parts)

    def table(self, name: str) -> Relation:
        """Return a base table or an unexpanded view, and remember that it is read."""
        self.reads[name] = None
        columns = self.catalogue.columns(name)
        if columns is None:
            return Relation(base=name, grain=(name,))
        listed = [(column, Value({(name, column): IDENTICAL | CLEAR})) for column in columns]
        return Relation(listed, grain=(name,))

    def column(self, table: str, name: str) -> Column:
        """Return a column, the same object each time."""
        key = (table, name)
        found = self._columns.get(key)
        if found is None:
            found = self._columns[key] = Column(table, name)
        return found

    def edge(self, source: tuple[str, str], sink: Column, kind: Dependence, masked: bool = False) -> None:
        """Keep one edge; it is masked where every way is."""
        key = (self.column(*source), sink, kind)
        self.edges[key] = self.edges.get(key, True) and masked

    def flow(self, value: Value, table: str, column: str) -> None:
        """Keep that a value goes into a column."""
        sink = self.column(table, column)
        for pair, code in value.direct.items():
            self.edge(pair, sink, KINDS[code >> 1], not code & CLEAR)
        for pair, kind in value.indirect:
            self.edge(pair, sink, kind)

    def decide(self, rows: dict[Influence, None], table: str) -> None:
        """Keep what decides which rows of a table there are."""
        sink = self.column(table, EVERY)
        for pair, kind in rows:
            self.edge(pair, sink, kind)

    def pour(self, relation: Relation, table: str, names: tuple[str, ...] | None = None) -> None:
        """Keep that a relation goes into a table, by position where names are given.

        Args:
            relation: What goes in.
            table: Where to.
            names: Columns of the table, in order; None for those of the relation.
        """
        if relation.rests:
            self.missing("a * of a table whose columns are not known")
        if names is None or relation.rests:
            names = tuple(name for name, _ in relation.columns)
        for name, (_, value) in zip(names, relation.columns, strict=False):
            self.flow(value, table, name)
        for _, rest in relation.rests:
            self._pour_rest(rest, table)
        self.decide(relation.rows, table)

    def _pour_rest(self, rest: Rest, table: str) -> None:
        for pair in rest.relation.unlisted():
            self.edge(pair, self.column(table, EVERY), Dependence.IDENTITY)

    def found(self) -> frozenset[ColumnEdge]:
        """Return the edges found."""
        return frozenset(ColumnEdge(source, sink, kind, masked) for (source, sink, kind), masked in self.edges.items())
