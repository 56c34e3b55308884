"""PIVOT and UNPIVOT: rows that become columns, and the way back."""

from typing import Any

from sqlglot import exp

from privacylib.sql.edges import EVERY, Dependence
from privacylib.sql.queries.expressions import Expressions
from privacylib.sql.queries.projections import projected
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.values import CLEAR, Value

__all__ = ["pivot", "pivoted"]


def pivoted(node: Any, relation: Relation, scope: Scope, expressions: Expressions) -> Relation:
    """Return what the pivots behind an item of FROM make of it."""
    for one in node.args.get("pivots") or ():
        relation = pivot(one, relation, scope, expressions)
    return relation


def pivot(node: Any, relation: Relation, scope: Scope, expressions: Expressions) -> Relation:
    """Return what one pivot makes of a relation."""
    scope.reading.catalogue.by_literals = True
    return (_unpivot if node.args.get("unpivot") else _pivot)(node, relation, scope, expressions)


def _inside(relation: Relation, scope: Scope) -> Scope:
    """Return a scope in which a pivot's own clauses are read."""
    inner = Scope(scope.reading, scope.ctes, scope.outer)
    inner.sources[""] = relation
    return inner


def _pivot(pivot: Any, relation: Relation, scope: Scope, expressions: Expressions) -> Relation:
    inner = _inside(relation, scope)
    fields = pivot.args.get("fields") or [one for one in pivot.expressions if isinstance(one, exp.In)]
    aggregates = pivot.args.get("using") or pivot.expressions
    keys = [one.this if isinstance(one, exp.In) else one for one in fields]
    if pivot.args.get("using"):
        keys = [one.this if isinstance(one, exp.In) else one for one in pivot.expressions]
    tests = Value()
    for key in keys:
        tests.take(expressions.value(key, inner))
    values = [expressions.value(one, inner) for one in aggregates]
    for value in values:
        value.indirect.update(dict.fromkeys(tests.decides(Dependence.CONDITIONAL)))
    used = {inner.reading.names.column(one.this) for part in (*keys, *aggregates) for one in part.find_all(exp.Column)}
    kept = _kept(pivot, relation, used, inner)
    found = Relation(kept, rows=dict(relation.rows), tables=relation.tables)
    for _, value in kept:
        found.rows.update(dict.fromkeys(value.decides(Dependence.GROUP_BY)))
    names = [inner.reading.names.column(one) for one in pivot.args.get("columns") or ()]
    if names:
        found.columns += [(name, values[at % len(values)]) for at, name in enumerate(names)]
    else:
        names = _made(pivot, aggregates, inner)
        found.columns += [(name, values[at % len(values)]) for at, name in enumerate(names)]
    if relation.is_open or not names:
        inner.reading.missing("a pivot whose columns are not known")
        found.anything = Value()
        for value in values:
            found.anything.take(value)
    if not names:
        found.columns.append((EVERY, found.anything or Value()))
    return found


def _kept(pivot: Any, relation: Relation, used: set[str], inner: Scope) -> list[tuple[str, Value]]:
    """Return the columns that a pivot groups by: those that it names, or all that it does not use."""
    group = pivot.args.get("group")
    if group is not None:
        names = [inner.reading.names.column(one.this) for one in group.expressions if isinstance(one, exp.Column)]
        return [(name, relation.value(name) or Value()) for name in names]
    return [(name, value) for name, value in relation.columns if name not in used]


def _made(pivot: Any, aggregates: list[Any], inner: Scope) -> list[str]:
    """Return the names that DuckDB gives the columns of its own form of PIVOT."""
    names: list[str] = []
    for field in pivot.expressions:
        for one in field.expressions if isinstance(field, exp.In) else ():
            text = one.args["alias"].name if isinstance(one, exp.PivotAlias) else one.name
            for aggregate in aggregates:
                alias = inner.reading.names.column(aggregate.args["alias"]) if isinstance(aggregate, exp.Alias) else ""
                names.append(f"{text}_{alias}" if alias else text)
    return names


def _unpivot(pivot: Any, relation: Relation, scope: Scope, expressions: Expressions) -> Relation:
    names = scope.reading.names
    inner = _inside(relation, scope)
    into = pivot.args.get("into")
    if into is not None:
        field, sinks, taken = into.this, into.expressions, pivot.expressions
    else:
        within = pivot.args["fields"][0]
        field, sinks, taken = within.this, pivot.expressions, within.expressions
    columns = [_columns_of(one) for one in _flat(sinks)]
    values = [Value() for _ in columns]
    used: set[str] = set()
    for name, value in _matched(taken, inner, expressions):
        used.add(name)
        values[0].take(value)
    for one in taken:
        parts = [] if _is_pattern(one) else _flat([one.this if isinstance(one, exp.PivotAlias) else one])
        for at, part in enumerate(parts):
            used.add(names.column(_columns_of(part)))
            values[at % len(values)].take(expressions.value(part, inner))
    kept = [(name, value) for name, value in relation.columns if name not in used]
    listed = [(names.column(column), value) for column, value in zip(columns, values, strict=True)]
    found = Relation([*kept, (names.column(_columns_of(field)), Value()), *listed], tables=relation.tables)
    found.rows = dict(relation.rows)
    if relation.is_open:
        inner.reading.missing("an unpivot of a table whose columns are not known")
    if not pivot.args.get("include_nulls"):
        for value in values:
            found.rows.update(dict.fromkeys(value.decides(Dependence.FILTER)))
    return found


def _is_pattern(node: Any) -> bool:
    return isinstance(node, (exp.Columns, exp.Star))


def _matched(nodes: list[Any], inner: Scope, expressions: Expressions) -> list[tuple[str, Value]]:
    """Return the columns that stars and patterns among some nodes stand for."""
    listed = exp.Select(expressions=[one for one in nodes if _is_pattern(one)])
    found = projected(listed, inner, expressions, lateral=False)
    return [*found.columns, *((EVERY, Value(dict.fromkeys(one.relation.unlisted(), CLEAR))) for one in found.rests)]


def _flat(nodes: list[Any]) -> list[Any]:
    return [part for one in nodes for part in (one.expressions if isinstance(one, exp.Tuple) else [one])]


def _columns_of(node: Any) -> Any:
    """Return the identifier of a column, however it is wrapped."""
    return node.this if isinstance(node, exp.Column) else node
