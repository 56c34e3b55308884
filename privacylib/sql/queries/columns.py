"""What the columns of a query depend on."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from privacylib.sql.edges import Dependence
from privacylib.sql.queries.combining import combined, same
from privacylib.sql.queries.expressions import Expressions
from privacylib.sql.queries.pivots import pivot
from privacylib.sql.queries.projections import everything, keys_of, projected
from privacylib.sql.queries.sources import Sources
from privacylib.sql.reading import Reading
from privacylib.sql.relations import Relation, named_as
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Influence

__all__ = ["Queries"]

_ROUNDS = 16
"""Rounds in which a recursive query settles; each adds at least one edge, and chains of columns are short."""

_A_QUERY = 20
"""Columns to which a query comes at least, in work."""

_QUICK = 8
"""Dependences that are put together in the time of one column."""

_UNSAID = frozenset({"tsql", "fabric", "oracle", "snowflake"})
"""Dialects in which a CTE may name itself without the word RECURSIVE."""

_LATERAL = frozenset({"duckdb", "snowflake", "redshift", "databricks", "spark", "teradata", "clickhouse"})
"""Dialects in which a column of the SELECT list can be used in the list and in WHERE."""


class Queries:
    """Read queries of one statement.

    Args:
        reading: The statement.
        change: Reads a statement that writes and stands in WITH, and returns what it hands out.
    """

    __slots__ = ("_change", "expressions", "reading", "sources")

    def __init__(self, reading: Reading, change: Callable[[Any, Scope], Relation]) -> None:
        self.reading = reading
        self.expressions = Expressions(self.query)
        self.sources = Sources(reading, self.expressions, self.query)
        self._change = change

    def query(self, node: Any, around: Scope) -> Relation:
        """Return the relation of a query: columns of base tables behind its columns and rows.

        Args:
            node: The query.
            around: The scope that it stands in, whose names it can use.
        """
        self.reading.spend(_A_QUERY)
        if isinstance(node, exp.Pivot):
            return self.pivot(node, around)
        ctes = self.named(node, around)
        if isinstance(node, exp.Select):
            return self._select(node, Scope(self.reading, ctes, around))
        if isinstance(node, exp.SetOperation):
            return self._chain(node, Scope(self.reading, ctes, around))
        if isinstance(node, exp.Subquery):
            return self._parentheses(node, Scope(self.reading, ctes, around))
        scope = Scope(self.reading, ctes, around)
        rows: dict[Influence, None] = {}
        self.sources.add(node, scope, rows)
        return self._whole(scope, rows)

    def pivot(self, node: Any, around: Scope) -> Relation:
        """Return the relation of DuckDB's own statements PIVOT and UNPIVOT."""
        scope = Scope(self.reading, self.named(node, around), around)
        rows: dict[Influence, None] = {}
        self.sources.add(node.this, scope, rows)
        return pivot(node, self._whole(scope, rows), scope, self.expressions)

    def named(self, node: Any, around: Scope) -> dict[str, Relation]:
        """Return the relations that a query can name: those around it, and its own in WITH."""
        clause = node.args.get("with_")
        if clause is None:
            return around.ctes
        ctes = dict(around.ctes)
        inner = Scope(self.reading, ctes, around)
        unsaid = self.reading.names.dialect in _UNSAID
        for cte in clause.expressions:
            alias = cte.args["alias"]
            name = self.reading.names.alias(alias.this)
            columns = [self.reading.names.column(one) for one in alias.args.get("columns") or ()]
            if not isinstance(cte.this, (exp.Query, exp.Pivot)):
                ctes[name] = named_as(self._change(cte.this, inner), columns)
            elif isinstance(cte.this, exp.SetOperation) and (clause.args.get("recursive") or unsaid):
                ctes[name] = self._recursive(cte.this, inner, name, columns)
            else:
                ctes[name] = named_as(self.query(cte.this, inner), columns)
        return ctes

    def _recursive(self, node: Any, around: Scope, name: str, columns: list[str]) -> Relation:
        first = node
        while isinstance(first, exp.SetOperation):
            first = first.this
        found = named_as(self.query(first, around), columns)
        for _ in range(_ROUNDS):
            inner = Scope(self.reading, {**around.ctes, name: found}, around)
            step = named_as(self.query(node, inner), columns)
            if same(found, step):
                return step
            found = step
        return found

    def _chain(self, node: Any, scope: Scope) -> Relation:
        """Return what set operations combine; their chains can be long, and are walked without recursion."""
        chain: list[Any] = []
        first = node
        while isinstance(first, exp.SetOperation) and (first is node or first.args.get("with_") is None):
            chain.append(first)
            first = first.this
        found = self.query(first, scope)
        for one in reversed(chain):
            found = combined(one, found, self.query(one.expression, scope))
            self.reading.spend((len(found.rows) + sum(len(value.direct) for _, value in found.columns)) // _QUICK)
        self._ordered(node, scope, found)
        return found

    def _parentheses(self, node: Any, scope: Scope) -> Relation:
        if isinstance(node.this, exp.Table):  # a join in parentheses that has a name
            rows: dict[Influence, None] = {}
            self.sources.add(node.this, scope, rows)
            found = self._whole(scope, rows)
        else:
            found = self.query(node.this, scope)
        self._ordered(node, scope, found)
        return found

    def _select(self, node: Any, scope: Scope) -> Relation:
        rows = self.sources.fill(node, scope)
        args, decides, lateral = node.args, self.expressions.decides, self.reading.names.dialect in _LATERAL
        for window in args.get("windows") or ():
            scope.windows[self.reading.names.alias(window.this)] = window
        found = projected(node, scope, self.expressions, lateral=lateral)
        rows.update(found.rows)
        found.rows, found.tables = rows, scope.tables
        for clause in ("prewhere", "where"):
            if args.get(clause) is not None:
                rows.update(decides(args[clause].this, scope, Dependence.FILTER))
        self._connected(args.get("connect"), scope, rows)
        for name, value in found.columns:
            scope.aliases.setdefault(name, value)
        if args.get("group") is not None:
            for value in keys_of(args["group"], scope, found, self.expressions):
                rows.update(dict.fromkeys(value.decides(Dependence.GROUP_BY)))
        for clause in ("having", "qualify"):
            if args.get(clause) is not None:
                rows.update(decides(args[clause].this, scope, Dependence.FILTER))
        self._distinct(args.get("distinct"), scope, found)
        self._ordered(node, scope, found)
        return found

    def _connected(self, connect: Any, scope: Scope, rows: dict[Influence, None]) -> None:
        """Read START WITH … CONNECT BY, by which rows of a table are joined to others of it."""
        for clause, kind in (("start", Dependence.FILTER), ("connect", Dependence.JOIN)):
            if connect is not None and connect.args.get(clause) is not None:
                rows.update(self.expressions.decides(connect.args[clause], scope, kind))

    def _distinct(self, distinct: Any, scope: Scope, found: Relation) -> None:
        if distinct is None:
            return
        on = distinct.args.get("on") if isinstance(distinct, exp.Distinct) else None
        value = found.every() if on is None else self.expressions.value(on, scope)
        found.rows.update(dict.fromkeys(value.decides(Dependence.GROUP_BY)))

    def _ordered(self, node: Any, scope: Scope, found: Relation) -> None:
        """Add what the order decides on: the result itself, and rows where their number is limited."""
        args = node.args
        limits = [one for name in ("limit", "offset") if (one := args.get(name)) is not None]
        distinct = args.get("distinct")
        cut = limits or (isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None)
        for clause in ("sort", "distribute", "cluster"):
            if args.get(clause) is not None and (limits or (scope.outer is not None and scope.outer.is_top)):
                for value in keys_of(args[clause], scope, found, self.expressions):
                    found.rows.update(dict.fromkeys(value.decides(Dependence.SORT)))
        if args.get("order") is not None and (cut or (scope.outer is not None and scope.outer.is_top)):
            for value in keys_of(args["order"], scope, found, self.expressions):
                found.rows.update(dict.fromkeys(value.decides(Dependence.SORT)))
        for limit in limits:
            count = limit.args.get("expression") or limit.args.get("count")
            if isinstance(count, exp.Expr) and not isinstance(count, exp.Literal):
                found.rows.update(self.expressions.decides(count, scope, Dependence.FILTER))

    def _whole(self, scope: Scope, rows: dict[Influence, None]) -> Relation:
        """Return all that a scope holds as one relation."""
        found = everything(scope, self.expressions)
        found.rows, found.tables = rows, scope.tables
        return found
