"""What names stand for inside one SELECT."""

from typing import Any

from sqlglot import exp

from privacylib.sql.edges import EVERY
from privacylib.sql.reading import Reading
from privacylib.sql.relations import Relation
from privacylib.sql.values import CLEAR, IDENTICAL, TRANSFORMED, Value

__all__ = ["Scope"]

_OF_ROWS = frozenset({"rowid", "_rowid_", "oid", "ctid", "xmin", "xmax", "tableoid", "rownum"})
"""Columns that every table has, and that no schema lists."""

_VARIABLES_OF_SESSIONS = frozenset({"mysql", "snowflake"})
"""Dialects in which a name behind a sign is never a parameter, but what an earlier statement may have set."""

_TEXT_IN_QUOTES = frozenset({"", "sqlite"})
"""Dialects that take a quoted name for a text where no column has it."""


class Scope:
    """Hold the relations of one SELECT, by alias.

    Args:
        reading: The statement.
        ctes: Relations that the statement names in WITH.
        outer: The SELECT around it, whose columns it may use.
        is_top: Whether a query in it is the result itself, so that its order is the order of the result.
    """

    __slots__ = (
        "aliases",
        "bases",
        "chosen",
        "chosen_row",
        "ctes",
        "is_top",
        "merged",
        "outer",
        "reading",
        "sources",
        "windows",
    )

    def __init__(
        self, reading: Reading, ctes: dict[str, Relation], outer: "Scope | None" = None, *, is_top: bool = False
    ) -> None:
        self.reading = reading
        self.ctes = ctes
        self.outer = outer
        self.is_top = is_top
        self.sources: dict[str, Relation] = {}
        self.bases: dict[str, str] = {}
        """Tables by alias, as far as they are no queries."""
        self.chosen_row: Relation | None = None
        """The row that an INSERT proposes, for ``VALUES(column)`` of MySQL."""
        self.merged: dict[str, Value] = {}
        """Columns that joins have merged (``USING``, ``NATURAL``)."""
        self.aliases: dict[str, Value] = {}
        """Columns of the SELECT list so far, for the dialects that let others use them."""
        self.chosen = Value()
        """The column that ``COLUMNS(…)`` stands for at the moment."""
        self.windows: dict[str, Any] = {}
        """Named windows."""

    def column(self, node: Any) -> Value:
        """Return what a column stands for."""
        parts = node.parts
        names = self.reading.names
        if len(parts) == 1:
            return self.named(names.column(parts[0]), quoted=bool(parts[0].args.get("quoted")))
        for position in range(len(parts) - 2, -1, -1):
            relation = self.relation(names.alias(parts[position]), names.table(parts[position]))
            if relation is not None:
                value = relation.value(names.column(parts[position + 1]))
                if value is None:
                    break
                return value.part(names.column(parts[position + 2])) if position + 2 < len(parts) else value
        inner = self._find(names.column(parts[0]))
        if inner is not None:
            return inner.part(names.column(parts[1]))
        self.reading.missing("a column of a table that is not there")
        return Value()

    def part(self, node: Any, identifier: Any) -> Value:
        """Return what a part of a column stands for; a part of a row (``(t).x``) is the column itself."""
        names = self.reading.names
        alone = len(node.parts) == 1 and self.listed(names.column(node.this)) is None
        row = self.relation(names.alias(node.this)) if alone else None
        value = row.value(names.column(identifier)) if row is not None else None
        return self.column(node).part(names.column(identifier)) if value is None else value

    def numbered(self, name: str = "") -> Value:
        """Return what a column stands for that has a number for a name, as those of files have: any of them."""
        relation = self.relation(name) if name else None
        found = Value()
        for one in self.sources.values() if relation is None else (relation,):
            found.take(one.every())
        return found

    def variable(self, name: str, *, surely: bool = False) -> Value:
        """Return what a variable of the session stands for, as far as the script has set it.

        Args:
            name: The variable.
            surely: Whether it is one, and no parameter.
        """
        table = f"@{self.reading.names.part(name, quoted=False)}"
        columns = self.reading.catalogue.made.get(table)
        if columns is not None:
            self.reading.reads[table] = None
            return Value({(table, one): IDENTICAL | CLEAR for one in columns})
        if surely or self.reading.names.dialect in _VARIABLES_OF_SESSIONS:
            self.reading.missing("a variable of the session")
        return Value()

    def chained(self, identifier: Any, then: Any) -> Value:
        """Return what the first names of a chain of functions (``t.name.upper()``) stand for, if they are a column."""
        names = self.reading.names
        relation = self.relation(names.alias(identifier)) if isinstance(then, exp.Identifier) else None
        if relation is not None:
            return relation.value(names.column(then)) or Value()
        value = self.listed(names.column(identifier))
        if value is None and self.has_open:
            self.reading.missing("a name that may be a column or a schema")
        return Value() if value is None else value

    def parts(self, name: str) -> Relation | None:
        """Return the parts of a structured column as a relation; None where there is no such column."""
        value = self._find(name)
        if value is None:
            return None
        if not value.parts:
            self.reading.missing("parts of a column that are not known")
            return Relation([(EVERY, value.part(""))])
        return Relation((part, value.part(part)) for part in value.parts)

    def window(self, identifier: Any) -> Any:
        """Return a named window, or None."""
        return self.windows.get(self.reading.names.alias(identifier))

    def relation(self, *names: str) -> Relation | None:
        """Return a relation by the first of some aliases that is known here or further out."""
        scope: Scope | None = self
        while scope is not None:
            for name in names:
                if name in scope.sources:
                    return scope.sources[name]
            scope = scope.outer
        return None

    def named(self, name: str, *, quoted: bool = False) -> Value:
        """Return what a column stands for that is named alone; a table's name stands for its whole row."""
        value = self._find(name)
        if value is not None and not (quoted and self._may_be_text(name)):
            return value
        if value is not None:
            self.reading.missing("a quoted name that may be a text")
            return Value({(table, EVERY): IDENTICAL | CLEAR for table in self.tables})
        row = self.relation(name)
        if row is not None:
            whole = row.every().changed(TRANSFORMED | CLEAR)
            self.reading.spend(len(whole.direct))
            return whole
        if name.lower() == "default":
            return Value()
        if name.lower() in _OF_ROWS and len(self.tables) == 1:
            return Value({(self.tables[0], name): IDENTICAL | CLEAR})
        if not (quoted and self.reading.names.dialect in _TEXT_IN_QUOTES):
            self.reading.missing("a column of no table that is known")
        return Value()

    def _may_be_text(self, name: str) -> bool:
        """Return whether a quoted name may be a text, which must not be taken for a name: no column is known by it."""
        return self.reading.names.dialect in _TEXT_IN_QUOTES and self.listed(name) is None and name not in self.aliases

    def _find(self, name: str) -> Value | None:
        if name in self.merged:
            return self.merged[name]
        for relation in self.sources.values():
            value = relation.known(name)
            if value is not None:
                return value
        if name in self.aliases:
            return self.aliases[name]
        open_ones = [relation for relation in self.sources.values() if relation.is_open]
        outer = self.outer
        self.reading.spend(len(open_ones))
        if not open_ones:
            return outer._find(name) if outer is not None else None
        if name in self.sources and self.sources[name] not in open_ones:
            return None
        candidates = [value for relation in open_ones if (value := relation.open(name)) is not None]
        further = outer.listed(name) if outer is not None else None
        if further is not None:
            candidates.append(further)
        if len(candidates) > 1 or (outer is not None and further is None and outer.has_open):
            self.reading.missing("a column that could be of several tables")
        found = Value()
        for value in candidates:
            found.take(value)
        return found

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the tables whose rows are behind those of what is selected."""
        return tuple(dict.fromkeys(table for one in self.sources.values() for table in one.tables))

    def listed(self, name: str) -> Value | None:
        """Return what a column stands for here or further out, where it is listed."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.merged:
                return scope.merged[name]
            for relation in scope.sources.values():
                value = relation.known(name)
                if value is not None:
                    return value
            scope = scope.outer
        return None

    @property
    def has_open(self) -> bool:
        """Return whether a relation here or further out has columns that nobody can list."""
        scope: Scope | None = self
        while scope is not None:
            if any(relation.is_open for relation in scope.sources.values()):
                return True
            scope = scope.outer
        return False
