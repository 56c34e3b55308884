"""Relations: what a statement can select from, by column."""

from collections.abc import Iterable, Sequence

from privacylib.sql.values import CLEAR, IDENTICAL, Influence, Pair, Value

__all__ = ["Relation", "Rest", "named_as"]


class Rest:
    """Stand in a list of columns for those of an open relation that nobody can list.

    Args:
        relation: Whose columns they are.
        without: Names that are not among them.
        renamed: Names that they have here, by those that they have there.
    """

    __slots__ = ("relation", "renamed", "without")

    def __init__(
        self, relation: "Relation", without: frozenset[str] = frozenset(), renamed: dict[str, str] | None = None
    ) -> None:
        self.relation = relation
        self.without = without
        self.renamed = renamed or {}


class Relation:
    """Hold columns in order, and what decides which rows there are.

    Args:
        columns: Names and values; a name may come twice.
        base: Table whose columns are not known, so that any name may be one of them.
        rows: What decides which rows there are.
        anything: Value of a column of any other name, as a function gives that has no names of its own.
        tables: Tables whose rows are behind these.
    """

    __slots__ = ("anything", "base", "columns", "index", "rests", "rows", "tables")

    def __init__(
        self,
        columns: Iterable[tuple[str, Value]] = (),
        base: str = "",
        rows: dict[Influence, None] | None = None,
        anything: Value | None = None,
        tables: Iterable[str] = (),
    ) -> None:
        self.columns: list[tuple[str, Value]] = list(columns)
        self.base = base
        self.rows: dict[Influence, None] = rows or {}
        self.anything = anything
        self.tables = tuple(tables)
        self.rests: list[Rest] = []
        self.index: dict[str, Value] | None = None

    @property
    def is_open(self) -> bool:
        """Return whether it has columns that cannot be listed."""
        return bool(self.base or self.rests) or self.anything is not None

    def known(self, name: str) -> Value | None:
        """Return the value of a column that is listed."""
        if self.index is None:
            self.index = {}
            for listed, value in self.columns:
                self.index.setdefault(listed, value)
        return self.index.get(name)

    def open(self, name: str) -> Value | None:
        """Return the value of a column that may be among those that cannot be listed."""
        if self.base:
            return Value({(self.base, name): IDENTICAL | CLEAR})
        if self.anything is not None:
            return self.anything
        found: Value | None = None
        for rest in self.rests:
            if name not in rest.without:
                value = rest.relation.value(rest.renamed.get(name, name))
                if value is not None:
                    found = found or Value()
                    found.take(value)
        return found

    def value(self, name: str) -> Value | None:
        """Return the value of a column, listed or not."""
        value = self.known(name)
        return self.open(name) if value is None else value

    def every(self) -> Value:
        """Return all of its columns as one value."""
        value = Value()
        for _, one in self.columns:
            value.take(one)
        for pair in self.unlisted():
            value.add(pair, IDENTICAL | CLEAR)
        if self.anything is not None:
            value.take(self.anything)
        return value

    def unlisted(self) -> list[Pair]:
        """Return the tables behind columns that cannot be listed, as all of their columns."""
        if self.base:
            return [(self.base, "*")]
        return [pair for rest in self.rests for pair in rest.relation.unlisted()]


def named_as(relation: Relation, columns: Sequence[str]) -> Relation:
    """Return a relation with other names for its first columns, as an alias with a list gives them."""
    if not columns:
        return relation
    if relation.base or relation.rests:
        return Relation([(name, relation.every()) for name in columns], rows=relation.rows, tables=relation.tables)
    listed = [(columns[at] if at < len(columns) else name, value) for at, (name, value) in enumerate(relation.columns)]
    if relation.anything is not None:
        listed += [(name, relation.anything) for name in columns[len(listed) :]]
    return Relation(listed, rows=relation.rows, tables=relation.tables)
