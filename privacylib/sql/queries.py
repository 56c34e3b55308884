"""What the columns of a query depend on."""

from typing import Any

from sqlglot import exp

from privacylib.sql.edges import Dependence
from privacylib.sql.expressions import Expressions
from privacylib.sql.projections import grouped_by, projected
from privacylib.sql.reading import Reading
from privacylib.sql.relations import Relation, renamed
from privacylib.sql.scopes import Scope
from privacylib.sql.sources import Sources
from privacylib.sql.values import Value

__all__ = ["Queries"]

_ROUNDS = 16
"""Rounds in which a recursive query settles; each adds at least one edge, and chains of columns are short."""


class Queries:
    """Read queries of one statement."""

    __slots__ = ("expressions", "reading", "sources")

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.expressions = Expressions(self.query)
        self.sources = Sources(reading, self.expressions, self.query)

    def top(self, node: Any) -> Relation:
        """Return the relation of a query that stands alone."""
        return self.query(node, Scope(self.reading, {}))

    def query(self, node: Any, around: Scope) -> Relation:
        """Return the relation of a query: columns of base tables behind its columns and rows.

        Args:
            node: The query.
            around: The scope that it stands in, whose names it can use.
        """
        ctes = self.named(node, around)
        if isinstance(node, exp.Select):
            return self._select(node, Scope(self.reading, ctes, around))
        if isinstance(node, exp.SetOperation):
            return self._combined(node, Scope(self.reading, ctes, around.outer or around))
        if isinstance(node, exp.Subquery):
            return self.sources.subquery(node, Scope(self.reading, ctes, around))
        if isinstance(node, exp.Table):
            return self.sources.relation(node, Scope(self.reading, ctes, around))[1]
        if isinstance(node, exp.Values):
            return self.sources.values(node, Scope(self.reading, ctes, around))
        self.reading.missing("a query of a kind that is not known")
        return Relation()

    def named(self, node: Any, around: Scope) -> dict[str, Relation]:
        """Return the relations that a query can name: those around it, and its own in WITH."""
        clause = node.args.get("with_")
        if clause is None:
            return around.ctes
        ctes = dict(around.ctes)
        inner = Scope(self.reading, ctes, around)
        for cte in clause.expressions:
            alias = cte.args["alias"]
            name = self.reading.names.alias(alias.this)
            columns = [self.reading.names.column(one) for one in alias.args.get("columns") or ()]
            if clause.args.get("recursive") and isinstance(cte.this, exp.SetOperation):
                ctes[name] = self._recursive(cte.this, inner, name, columns)
            else:
                ctes[name] = renamed(self.query(cte.this, inner), columns)
        return ctes

    def _recursive(self, node: Any, around: Scope, name: str, columns: list[str]) -> Relation:
        outer = self.named(node, around)
        found = renamed(self.query(node.this, Scope(self.reading, outer, around)), columns)
        for _ in range(_ROUNDS):
            inner = Scope(self.reading, {**outer, name: found}, around)
            step = renamed(self._combined(node, inner), columns)
            if _same(found, step):
                return step
            found = step
        return found

    def _combined(self, node: Any, scope: Scope) -> Relation:
        """Return what set operations combine; their chains can be long, and are walked without recursion."""
        chain: list[Any] = []
        first = node
        while isinstance(first, exp.SetOperation) and (first is node or first.args.get("with_") is None):
            chain.append(first)
            first = first.this
        found = self.query(first, scope)
        for one in reversed(chain):
            found = _pair(one, found, self.query(one.expression, scope))
        self._ordered(node, scope, found)
        return found

    def _select(self, node: Any, scope: Scope) -> Relation:
        rows = self.sources.scope(node, scope)
        decides, reading = self.expressions.decides, self.reading
        args = node.args
        for window in args.get("windows") or ():
            scope.windows[reading.names.column(window.this)] = window
        if args.get("where") is not None:
            rows.update(decides(args["where"].this, scope, Dependence.FILTER))
        found = projected(node, scope, self.expressions)
        found.rows = rows
        found.grain = tuple(dict.fromkeys(table for one in scope.sources.values() for table in one.grain))
        scope.aliases.update((name, value) for name, value in found.columns if name)
        if args.get("group") is not None:
            for value in grouped_by(args["group"], scope, found, self.expressions):
                rows.update(dict.fromkeys(value.decides(Dependence.GROUP_BY)))
        for clause in ("having", "qualify"):
            if args.get(clause) is not None:
                rows.update(decides(args[clause].this, scope, Dependence.FILTER))
        self._ordered(node, scope, found)
        return found

    def _ordered(self, node: Any, scope: Scope, found: Relation) -> None:
        """Add what the order decides on: rows, where their number is limited."""
        args = node.args
        limits = [args[name] for name in ("limit", "offset") if args.get(name) is not None]
        distinct = args.get("distinct")
        on = distinct.args.get("on") if isinstance(distinct, exp.Distinct) else None
        if on is not None:
            found.rows.update(self.expressions.decides(on, scope, Dependence.GROUP_BY))
        if args.get("order") is not None and (limits or on is not None):
            for value in grouped_by(args["order"], scope, found, self.expressions):
                found.rows.update(dict.fromkeys(value.decides(Dependence.SORT)))


def _pair(node: Any, left: Relation, right: Relation) -> Relation:
    """Return what one set operation makes of two relations."""
    rows = {**left.rows, **right.rows}
    found = Relation(rows=rows, grain=tuple(dict.fromkeys((*left.grain, *right.grain))))
    found.rests = [*left.rests, *right.rests]
    if not isinstance(node, exp.Union):
        found.columns = list(left.columns)
        found.rests = list(left.rests)
        rows.update(dict.fromkeys(right.every().decides(Dependence.FILTER)))
        return found
    by_name = dict(right.columns) if node.args.get("by_name") else None
    for at, (name, value) in enumerate(left.columns):
        both = Value()
        both.take(value)
        if by_name is not None:
            if name in by_name:
                both.take(by_name.pop(name))
        elif at < len(right.columns):
            both.take(right.columns[at][1])
        found.columns.append((name, both))
    if by_name:
        found.columns.extend(by_name.items())
    return found


def _same(one: Relation, other: Relation) -> bool:
    return (
        len(one.columns) == len(other.columns)
        and one.rows.keys() == other.rows.keys()
        and all(a[1].same(b[1]) for a, b in zip(one.columns, other.columns, strict=True))
    )
