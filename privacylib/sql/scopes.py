"""What names stand for inside one SELECT."""

from typing import Any

from privacylib.sql.reading import Reading
from privacylib.sql.relations import Relation
from privacylib.sql.values import CLEAR, TRANSFORMED, Value

__all__ = ["Scope"]


class Scope:
    """Hold the relations of one SELECT, by alias.

    Args:
        reading: The statement.
        ctes: Relations that the statement names in WITH.
        outer: The SELECT around it, whose columns it may use.
    """

    __slots__ = ("aliases", "ctes", "merged", "outer", "reading", "sources", "windows")

    def __init__(self, reading: Reading, ctes: dict[str, Relation], outer: "Scope | None" = None) -> None:
        self.reading = reading
        self.ctes = ctes
        self.outer = outer
        self.sources: dict[str, Relation] = {}
        self.merged: dict[str, Value] = {}
        """Columns that joins have merged (``USING``, ``NATURAL``)."""
        self.aliases: dict[str, Value] = {}
        """Columns of the SELECT list so far, for the dialects that let others use them."""
        self.windows: dict[str, Any] = {}
        """Named windows."""

    def column(self, node: Any) -> Value:
        """Return what a column stands for."""
        parts = node.parts
        names = self.reading.names
        if len(parts) == 1:
            return self.named(names.column(parts[0]))
        for position in range(len(parts) - 2, -1, -1):
            relation = self.relation(names.alias(parts[position]), names.table(parts[position]))
            if relation is not None:
                value = relation.value(names.column(parts[position + 1]))
                if value is None:
                    break
                return _within(value) if position + 2 < len(parts) else value
        inner = self._find(names.column(parts[0]))
        if inner is not None:
            return _within(inner)
        self.reading.missing("a column of a table that is not there")
        return Value()

    def relation(self, *names: str) -> Relation | None:
        """Return a relation by the first of some aliases that is known here or further out."""
        scope: Scope | None = self
        while scope is not None:
            for name in names:
                if name in scope.sources:
                    return scope.sources[name]
            scope = scope.outer
        return None

    def named(self, name: str) -> Value:
        """Return what a column stands for that is named alone."""
        value = self._find(name)
        if value is None:
            self.reading.missing("a column of no table that is known")
            return Value()
        return value

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
        outer = self.outer.listed(name) if self.outer is not None else None
        if outer is not None and not open_ones:
            return outer
        if not open_ones:
            return self.outer._find(name) if self.outer is not None else None
        if len(open_ones) > 1 or (self.outer is not None and self.outer.has_open):
            self.reading.missing("a column that could be of several tables")
        found = Value()
        for relation in open_ones:
            value = relation.open(name)
            if value is not None:
                found.take(value)
        return found

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


def _within(value: Value) -> Value:
    """Return a part of a structured value."""
    part = Value()
    part.take(value, TRANSFORMED | CLEAR)
    return part
