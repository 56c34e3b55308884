"""Relations: what a statement can select from, by column."""

from privacylib.sql.values import CLEAR, IDENTICAL, Influence, Pair, Value

__all__ = ["Relation", "Rest", "renamed"]


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
        columns: Names and values; a name may come twice, and be empty.
        rest: Open relations whose columns stand here too, by position.
        base: Table whose columns are not known, so that any name may be one of them.
        rows: What decides which rows there are.
        grain: Tables whose rows are behind these.
    """

    __slots__ = ("base", "columns", "grain", "index", "rests", "rows")

    def __init__(
        self,
        columns: list[tuple[str, Value]] | None = None,
        base: str = "",
        rows: dict[Influence, None] | None = None,
        grain: tuple[str, ...] = (),
    ) -> None:
        self.columns: list[tuple[str, Value]] = columns or []
        self.base = base
        self.rows: dict[Influence, None] = rows or {}
        self.grain = grain
        self.rests: list[tuple[int, Rest]] = []
        self.index: dict[str, Value] | None = None

    @property
    def is_open(self) -> bool:
        """Return whether it has columns that cannot be listed."""
        return bool(self.base or self.rests)

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
        found: Value | None = None
        for _, rest in self.rests:
            inner = rest.renamed.get(name, name)
            if name in rest.without:
                continue
            value = rest.relation.known(inner) or rest.relation.open(inner)
            if value is not None:
                if found is None:
                    found = Value()
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
        return value

    def unlisted(self) -> list[Pair]:
        """Return the tables behind columns that cannot be listed, as all of their columns."""
        if self.base:
            return [(self.base, "*")]
        return [pair for _, rest in self.rests for pair in rest.relation.unlisted()]


def renamed(relation: Relation, columns: list[str]) -> Relation:
    """Return a relation with other names for its first columns, as an alias with a list gives them."""
    if not columns or relation.rests:
        return relation
    listed = [(columns[at] if at < len(columns) else name, value) for at, (name, value) in enumerate(relation.columns)]
    return Relation(listed, base=relation.base, rows=relation.rows, grain=relation.grain)
