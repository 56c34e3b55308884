"""What an expression depends on."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, cast

from sqlglot import exp

from privacylib.sql.edges import Dependence
from privacylib.sql.functions import aggregates, masks
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.values import AGGREGATED, CLEAR, IDENTICAL, TRANSFORMED, Influence, Value, row_of

__all__ = ["Expressions", "Query"]

Query: TypeAlias = Callable[[Any, Scope], Relation]
"""Reads a query inside a scope."""

Step: TypeAlias = tuple[Any, int, "Dependence | None"]
"""A node, how much what it gives is changed on the way, and how it decides where it is not part of the value."""

_QUERIES = (exp.Query,)


class Expressions:
    """Read expressions. Nothing here recurses, but into queries, so that long chains are as good as short ones.

    Args:
        query: Reads a query that stands in an expression.
    """

    __slots__ = ("_query",)

    def __init__(self, query: Query) -> None:
        self._query = query

    def value(self, node: Any, scope: Scope) -> Value:
        """Return what an expression depends on."""
        if type(node) is exp.Column and not isinstance(node.this, exp.Star):
            return scope.column(node)
        value = Value()
        steps: list[Step] = [(node, IDENTICAL | CLEAR, None)]
        while steps:
            current, change, by = steps.pop()
            kind: Any = current.__class__
            if kind is exp.Column and not isinstance(current.this, exp.Star):
                _put(value, scope.column(current), change, by)
                continue
            rule = _RULES.get(kind)
            if rule is not None:
                rule(current, change, by, steps)
            elif kind is exp.Star or kind is exp.Column:
                _put(value, _rows(current, scope), change, by)
            elif isinstance(current, _QUERIES):
                self._inner(value, self._query(current, scope), change, by)
            else:
                _default(current, change, by, steps)
        return value

    def decides(self, node: Any, scope: Scope, by: Dependence) -> dict[Influence, None]:
        """Return what decides on rows by an expression."""
        return dict.fromkeys(self.value(node, scope).decides(by))

    @staticmethod
    def _inner(value: Value, relation: Relation, change: int, by: Dependence | None) -> None:
        _put(value, relation.every(), change, by)
        for pair, kind in relation.rows:
            value.indirect[pair, by or kind] = None


def _put(value: Value, found: Value, change: int, by: Dependence | None) -> None:
    if by is None:
        value.take(found, change)
    else:
        value.indirect.update(dict.fromkeys(found.decides(by)))


def _rows(node: Any, scope: Scope) -> Value:
    """Return what ``*`` stands for in a function: every row of what is selected from."""
    value = Value()
    if isinstance(node, exp.Column) and node.args.get("table"):
        found = scope.relation(scope.reading.names.alias(node.args["table"]))
        relations = [found] if found is not None else []
    else:
        relations = list(scope.sources.values())
    for relation in relations:
        for table in relation.grain:
            value.add(row_of(table), IDENTICAL | CLEAR)
    return value


def _pass(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    steps.append((node.this, change, by))


def _case(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    change = _at_least(change, TRANSFORMED)
    subject, default = node.args.get("this"), node.args.get("default")
    if subject is not None:
        steps.append((subject, change, by or Dependence.CONDITIONAL))
    for branch in node.args.get("ifs") or ():
        steps.append((branch.this, change, by or Dependence.CONDITIONAL))
        steps.append((branch.args["true"], change, by))
    if default is not None:
        steps.append((default, change, by))


def _if(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    change = _at_least(change, TRANSFORMED)
    steps.append((node.this, change, by or Dependence.CONDITIONAL))
    steps.extend((node.args[name], change, by) for name in ("true", "false") if node.args.get(name) is not None)


def _window(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    steps.append((node.this, _at_least(change, TRANSFORMED), by))
    ordering = by or Dependence.WINDOW
    steps.extend((one, change, ordering) for one in node.args.get("partition_by") or ())
    if node.args.get("order") is not None:
        steps.append((node.args["order"], change, ordering))


def _filtered(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    steps.append((node.this, change, by))
    steps.append((node.expression, change, by or Dependence.CONDITIONAL))


def _exists(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    steps.append((node.this, change, by or Dependence.FILTER))


def _in(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    steps.append((node.this, _at_least(change, TRANSFORMED), by))
    steps.extend((one, _at_least(change, TRANSFORMED), by) for one in node.expressions)
    asked = (node.args.get(name) for name in ("query", "unnest", "field"))
    steps.extend((one, change, by or Dependence.FILTER) for one in asked if one is not None)


def _default(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    change = _at_least(change, TRANSFORMED)
    if isinstance(node, exp.Func):
        if aggregates(node):
            change = _at_least(change, AGGREGATED)
        if masks(node):
            change &= ~CLEAR
    steps.extend((child, change, by) for child in children(node))


def children(node: Any) -> Iterator[Any]:
    """Yield the nodes right beneath one."""
    for value in node.args.values():
        for one in cast("list[Any]", value) if isinstance(value, list) else (value,):
            if isinstance(one, exp.Expr):
                yield one


def _nothing(node: Any, change: int, by: Dependence | None, steps: list[Step]) -> None:
    """Leave out what depends on nothing."""


def _at_least(change: int, least: int) -> int:
    return max(change & ~CLEAR, least) | (change & CLEAR)


_RULES: dict[type, Callable[[Any, int, "Dependence | None", list[Step]], None]] = {
    exp.Alias: _pass,
    exp.Paren: _pass,
    exp.Case: _case,
    exp.If: _if,
    exp.Window: _window,
    exp.Filter: _filtered,
    exp.Exists: _exists,
    exp.In: _in,
    exp.Literal: _nothing,
    exp.Identifier: _nothing,
    exp.DataType: _nothing,
    exp.Null: _nothing,
    exp.Boolean: _nothing,
    exp.Placeholder: _nothing,
    exp.Parameter: _nothing,
    exp.Var: _nothing,
}
