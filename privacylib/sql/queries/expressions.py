"""What an expression depends on."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, cast

from sqlglot import exp

from privacylib.sql.defining import Function, fitting
from privacylib.sql.edges import EVERY, Dependence
from privacylib.sql.queries.branches import RULES, Step, at_least
from privacylib.sql.queries.calls import relation_of
from privacylib.sql.queries.functions import aggregates, masks
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.values import AGGREGATED, CLEAR, IDENTICAL, TRANSFORMED, Influence, Value

__all__ = ["Expressions", "Query"]

Query: TypeAlias = Callable[[Any, Scope], Relation]
"""Reads a query inside a scope."""


class Expressions:
    """Read expressions.

    Args:
        query: Reads a query that stands in an expression.
    """

    __slots__ = ("_query",)

    def __init__(self, query: Query) -> None:
        self._query = query

    def called(self, function: Function, call: Any, scope: Scope) -> Relation | None:
        """Return what a call of a function gives as rows; None where its body cannot be read."""
        return relation_of(function, list(children(call)), scope, self.value, self._query)

    def value(self, node: Any, scope: Scope) -> Value:
        """Return what an expression depends on."""
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
            return scope.column(node)
        return _Walk(node, scope, self._query).value

    def decides(self, node: Any, scope: Scope, by: Dependence) -> dict[Influence, None]:
        """Return what decides on rows by an expression."""
        return dict.fromkeys(self.value(node, scope).decides(by))

    def struct(self, node: Any, scope: Scope) -> dict[str, Value] | None:
        """Return the values of the parts of which an expression builds a structured value; None where it does not."""
        change, order = IDENTICAL | CLEAR, dict[Influence, None]()
        while isinstance(node, (exp.Alias, exp.Paren, exp.ArrayAgg, exp.Order, exp.Distinct)):
            if isinstance(node, exp.ArrayAgg):
                change = AGGREGATED | CLEAR
            elif isinstance(node, exp.Order):
                order = {each: None for one in node.expressions for each in self.decides(one, scope, Dependence.SORT)}
            node = node.expressions[0] if isinstance(node, exp.Distinct) and node.expressions else node.this
        if not isinstance(node, exp.Struct):
            return None
        names = scope.reading.names
        scope.reading.catalogue.by_literals = True
        parts: dict[str, Value] = {}
        for one in node.expressions:
            if isinstance(one, exp.PropertyEQ):
                parts[names.column(one.this)] = self.value(one.expression, scope).changed(change)
            elif isinstance(one, exp.Column):
                parts[names.column(one.this)] = self.value(one, scope).changed(change)
        for part in parts.values():
            part.indirect.update(order)
        return parts


class _Walk:
    """Go through one expression, node by node. It recurses into queries only: a chain of a thousand terms is no matter.

    Args:
        node: The expression.
        scope: What its names stand for.
        query: Reads a query in it.
    """

    __slots__ = ("_query", "_scope", "_steps", "value")

    def __init__(self, node: Any, scope: Scope, query: Query) -> None:
        self._query = query
        self._scope = scope
        self._steps: list[Step] = [(node, IDENTICAL | CLEAR, None)]
        self.value = Value()
        while self._steps:
            self._take(*self._steps.pop())

    def _take(self, node: Any, change: int, by: Dependence | None) -> None:
        rule, own = RULES.get(node.__class__), _OWN.get(node.__class__)
        if rule is not None:
            rule(node, change, by, self._steps)
        elif own is not None:
            own(self, node, change, by)
        elif isinstance(node, exp.Query):
            relation = self._query(node, self._scope)
            self._put(relation.every(), change, by)
            for pair, kind in relation.rows:
                self.value.indirect[pair, by or kind] = None
        else:
            self._function(node, change, by)

    def _put(self, found: Value, change: int, by: Dependence | None) -> None:
        if by is None:
            self.value.take(found, change)
        else:
            self.value.indirect.update(dict.fromkeys(found.decides(by)))

    def _function(self, node: Any, change: int, by: Dependence | None) -> None:
        """Take what makes a value of all that is in it."""
        if isinstance(node, exp.Func) and self._scope.reading.catalogue.functions and self._called(node, change, by):
            return
        change = at_least(change, TRANSFORMED)
        if isinstance(node, exp.Func):
            if aggregates(node):
                change = at_least(change, AGGREGATED)
            if masks(node):
                change &= ~CLEAR
        self._steps.extend((child, change, by) for child in children(node))

    def _called(self, node: Any, change: int, by: Dependence | None) -> bool:
        """Take a call of a function whose definition is known; return whether it could be read."""
        reading = self._scope.reading
        name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
        arguments = list(children(node))
        for one in fitting(reading.catalogue.functions_of(name), len(arguments)):
            found = relation_of(one, arguments, self._scope, value_of(self._query), self._query)
            if found is None:
                if not one.alone:
                    reading.untold("a function whose body cannot be read")
                return False
            self._put(found.every(), change, by)
            for pair, kind in found.rows:
                self.value.indirect[pair, by or kind] = None
        return name in reading.catalogue.functions

    def column(self, node: Any, change: int, by: Dependence | None) -> None:
        """Take a column; ``t.*`` in a function says nothing of any of them."""
        if isinstance(node.this, exp.Parameter):
            self._put(self._scope.numbered(self._scope.reading.names.alias(node.args["table"])), change, by)
        elif not isinstance(node.this, exp.Star):
            self._put(self._scope.column(node), change, by)

    def parameter(self, node: Any, change: int, by: Dependence | None) -> None:
        """Take a parameter; a number behind a dollar is a column of a file in Snowflake."""
        if self._scope.reading.names.dialect == "snowflake" and isinstance(node.this, exp.Literal):
            self._put(self._scope.numbered(), change, by)
        elif isinstance(node.this, exp.Var):
            self._put(self._scope.variable(node.name), change, by)

    def star(self, _: Any, change: int, by: Dependence | None) -> None:
        """Take the star of ``count(*)``, which stands for every row of what is selected from."""
        self._put(Value({(table, EVERY): IDENTICAL | CLEAR for table in self._scope.tables}), change, by)

    def chosen(self, _: Any, change: int, by: Dependence | None) -> None:
        """Take what ``COLUMNS(…)`` stands for at the moment."""
        self._put(self._scope.chosen, change, by)

    def part(self, node: Any, change: int, by: Dependence | None) -> None:
        """Take a part of a structured value."""
        inner = _element(node.this.unnest())
        if isinstance(inner, exp.Column) and isinstance(node.expression, exp.Identifier):
            self._put(self._scope.part(inner, node.expression), change, by)
            return
        if isinstance(inner, exp.Identifier) and self._scope.reading.names.dialect == "duckdb":
            self._put(self._scope.chained(inner, node.expression), at_least(change, TRANSFORMED), by)
        self._function(node, change, by)

    def keyed(self, node: Any, change: int, by: Dependence | None) -> None:
        """Take what a text names in brackets, as it may name a part."""
        key = node.expressions[0] if len(node.expressions) == 1 else None
        value = self._scope.column(node.this) if isinstance(node.this, exp.Column) else None
        if value is None or not value.parts or not (isinstance(key, exp.Literal) and key.is_string):
            self._function(node, change, by)
            return
        self._put(value.part(self._scope.reading.names.column(key)), change, by)

    def extracted(self, node: Any, change: int, by: Dependence | None) -> None:
        """Take ``struct_extract``, which is a function for the brackets."""
        self.keyed(exp.Bracket(this=node.this, expressions=[node.expression]), change, by)

    def named(self, node: Any, change: int, by: Dependence | None) -> None:
        """Take a function that sqlglot has no node for."""
        row = self._scope.chosen_row
        if node.name.lower() == "getvariable" and node.expressions:
            self._scope.reading.catalogue.by_literals = True
            self._put(self._scope.variable(node.expressions[0].name, surely=True), change, by)
            return
        if node.name.lower() == "table" and len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Column):
            relation = self._query(_table_of(node.expressions[0]), self._scope)
            self._put(relation.every(), at_least(change, TRANSFORMED), by)
            return
        if row is None or node.name.upper() != "VALUES":
            self._function(node, change, by)
            return
        column = node.expressions[0]
        name = self._scope.reading.names.column(column.this if isinstance(column, exp.Column) else column)
        self._put(row.value(name) or Value(), change, by)

    def exists(self, node: Any, change: int, by: Dependence | None) -> None:
        """Take EXISTS, which looks at rows alone."""
        if not isinstance(node.this, exp.Query):
            self._function(node, change, by)
            return
        for pair, _ in self._query(node.this, self._scope).rows:
            self.value.indirect[pair, by or Dependence.FILTER] = None

    def window(self, node: Any, change: int, by: Dependence | None) -> None:
        """Take a function over a window, which may be named, and made of others that are."""
        change = at_least(change, TRANSFORMED)
        self._steps.append((node.this, change, by))
        ordering, seen = by or Dependence.WINDOW, 0
        while node is not None and seen < _WINDOWS:
            self._steps.extend((one, change, ordering) for one in node.args.get("partition_by") or ())
            if node.args.get("order") is not None:
                self._steps.extend((one, change, ordering) for one in node.args["order"].expressions)
            named = node.args.get("alias")
            node, seen = self._scope.window(named) if named is not None else None, seen + 1


def _table_of(column: Any) -> Any:
    """Return the table that a function is given, which the parser takes for a column."""
    return exp.Table(**dict(zip(("this", "db", "catalog"), reversed(column.parts), strict=False)))


def _element(node: Any) -> Any:
    """Return the array that a number picks an element of: its parts are those of its elements."""
    key = node.expressions[0] if isinstance(node, exp.Bracket) and len(node.expressions) == 1 else None
    return node.this.unnest() if isinstance(key, exp.Literal) and not key.is_string else node


def value_of(query: Query) -> Callable[[Any, Scope], Value]:
    """Return what reads an expression in a scope."""
    return Expressions(query).value


def children(node: Any) -> Iterator[Any]:
    """Yield the nodes right beneath one."""
    for value in node.args.values():
        for one in cast("list[Any]", value) if isinstance(value, list) else (value,):
            if isinstance(one, exp.Expr):
                yield one


_WINDOWS = 8
"""Windows made of each other that are looked at: one that names itself is an error of the statement."""

_OWN: dict[type, Callable[[_Walk, Any, int, "Dependence | None"], None]] = {
    exp.Anonymous: _Walk.named,
    exp.Bracket: _Walk.keyed,
    exp.Column: _Walk.column,
    exp.Columns: _Walk.chosen,
    exp.Dot: _Walk.part,
    exp.Exists: _Walk.exists,
    exp.Parameter: _Walk.parameter,
    exp.Star: _Walk.star,
    exp.StructExtract: _Walk.extracted,
    exp.Window: _Walk.window,
}
"""How the nodes are taken that need to know what they stand in."""
