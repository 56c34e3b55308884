"""What a SELECT selects from: tables, queries, joins."""

from typing import Any

from sqlglot import exp

from privacylib.sql.edges import Dependence
from privacylib.sql.expressions import Expressions, Query
from privacylib.sql.reading import Reading
from privacylib.sql.relations import Relation, renamed
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Influence, Value

__all__ = ["Sources"]


class Sources:
    """Read what stands in FROM.

    Args:
        reading: The statement.
        expressions: Reads expressions.
        query: Reads a query.
    """

    __slots__ = ("_expressions", "_query", "_reading")

    def __init__(self, reading: Reading, expressions: Expressions, query: Query) -> None:
        self._reading = reading
        self._expressions = expressions
        self._query = query

    def scope(self, node: Any, scope: Scope) -> dict[Influence, None]:
        """Fill the scope of a SELECT with what it selects from, and return what decides on its rows."""
        rows: dict[Influence, None] = {}
        clause = node.args.get("from_")
        if clause is not None:
            self._add(clause.this, scope, rows)
        for join in node.args.get("joins") or ():
            self._join(join, scope, rows)
        return rows

    def relation(self, node: Any, scope: Scope) -> tuple[str, Relation]:
        """Return the name and the relation of one item of FROM."""
        alias = node.args.get("alias")
        name = self._reading.names.alias(alias.this) if alias is not None and alias.args.get("this") is not None else ""
        columns = (
            [self._reading.names.column(one) for one in alias.args.get("columns") or ()]
            if alias is not None and isinstance(alias, exp.TableAlias)
            else []
        )
        if isinstance(node, exp.Subquery):
            return name, renamed(self.subquery(node, scope), columns)
        if isinstance(node, exp.Values):
            return name, renamed(self.values(node, scope), columns)
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            own = self._reading.names.alias(node.this)
            if not node.args.get("db") and own in scope.ctes:
                return name or own, renamed(scope.ctes[own], columns)
            return name or self._reading.names.table(node.this), renamed(
                self._reading.table(self._reading.name_of(node)), columns
            )
        self._reading.missing("a source of a kind that is not known")
        return name, Relation()

    def subquery(self, node: Any, scope: Scope) -> Relation:
        """Return the relation of a query in parentheses."""
        return self._query(node.this, scope)

    def values(self, node: Any, scope: Scope) -> Relation:
        """Return the relation of VALUES."""
        found: list[Value] = []
        for row in node.expressions:
            cells = row.expressions if isinstance(row, exp.Tuple) else [row]
            for at, cell in enumerate(cells):
                if at == len(found):
                    found.append(Value())
                found[at].take(self._expressions.value(cell, scope))
        return Relation([(f"column{at + 1}", value) for at, value in enumerate(found)])

    def _add(self, node: Any, scope: Scope, rows: dict[Influence, None]) -> Relation:
        name, relation = self.relation(node, scope)
        rows.update(relation.rows)
        key, again = name, 1
        while key in scope.sources or not key:
            key, again = f"{name} {again}", again + 1
        scope.sources[key] = relation
        for join in node.args.get("joins") or ():
            self._join(join, scope, rows)
        return relation

    def _join(self, join: Any, scope: Scope, rows: dict[Influence, None]) -> None:
        before = list(scope.sources.values())
        relation = self._add(join.this, scope, rows)
        if join.args.get("on") is not None:
            rows.update(self._expressions.decides(join.args["on"], scope, Dependence.JOIN))
        names = [self._reading.names.column(one) for one in join.args.get("using") or ()]
        for name in names:
            self._merge(name, before, relation, scope, rows)

    def _merge(
        self,
        name: str,
        before: list[Relation],
        relation: Relation,
        scope: Scope,
        rows: dict[Influence, None],
    ) -> None:
        left = scope.merged.get(name)
        if left is None:
            left = next((value for one in before if (value := one.value(name)) is not None), Value())
        right = relation.value(name) or Value()
        for value in (left, right):
            rows.update(dict.fromkeys(value.decides(Dependence.JOIN)))
        scope.merged[name] = left
