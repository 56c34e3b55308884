"""UPDATE and DELETE."""

from typing import Any

from sqlglot import exp

from privacylib.sql.changes.writing import Writing
from privacylib.sql.edges import Dependence
from privacylib.sql.queries.projections import keys_of
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Influence

__all__ = ["delete", "truncate", "update"]


def update(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read UPDATE, with the tables that it joins or takes from."""
    writing.reading.kind = "UPDATE"
    inner = writing.inside(tree, scope)
    rows: dict[Influence, None] = {}
    table = _aliased(tree.this, tree.args.get("from_")) or tree.this
    sink = writing.sink(table)
    if table is tree.this:
        writing.put_target(table, sink, inner)
        _join(writing, table, inner, rows)
    rows.update(writing.queries.sources.fill(tree, inner))
    rows.update(writing.where(tree, inner))
    _cut(writing, tree, inner, rows)
    writing.assign(tree.expressions, sink, inner)
    writing.reading.decide(rows, sink)
    return writing.returned(tree, table, sink, inner, rows)


def delete(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read DELETE, with the tables that it joins or uses."""
    reading = writing.reading
    reading.kind = "DELETE"
    inner = writing.inside(tree, scope)
    rows: dict[Influence, None] = {}
    named = tree.args.get("tables") or ()
    listed = [_aliased(one, tree.this) or one for one in named]
    if named:
        sinks = [writing.sink(one) for one in listed]
        writing.queries.sources.add(tree.this, inner, rows, target=True)
    else:
        sinks = [writing.sink(tree.this)]
        writing.put_target(tree.this, sinks[0], inner)
        _join(writing, tree.this, inner, rows)
    for one in tree.args.get("using") or ():
        if not (isinstance(one, exp.Table) and reading.name_of(one) in sinks and not one.args.get("alias")):
            writing.queries.sources.add(one, inner, rows)
    rows.update(writing.where(tree, inner))
    _cut(writing, tree, inner, rows)
    for sink in sinks:
        reading.decide(rows, sink)
    return writing.returned(tree, listed[0] if listed else tree.this, sinks[0], inner, rows)


def truncate(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read TRUNCATE."""
    writing.reading.kind = "TRUNCATE"
    for one in tree.expressions:
        writing.sink(one)
    return Relation(tables=scope.tables) if scope.tables else None


def _join(writing: Writing, table: Any, scope: Scope, rows: dict[Influence, None]) -> None:
    """Read what is joined to the table that is written."""
    for join in table.args.get("joins") or ():
        writing.queries.sources.join(join, scope, rows)


def _cut(writing: Writing, tree: Any, scope: Scope, rows: dict[Influence, None]) -> None:
    """Read the ORDER BY of a statement that a LIMIT cuts."""
    if tree.args.get("order") is not None and tree.args.get("limit") is not None:
        for value in keys_of(tree.args["order"], scope, Relation(), writing.expressions):
            rows.update(dict.fromkeys(value.decides(Dependence.SORT)))


def _aliased(table: Any, among: Any) -> Any:
    """Return the table whose alias a statement gives as the one to write; None where it is a table's own name."""
    if among is None or table.args.get("db") or not isinstance(table.this, exp.Identifier):
        return None
    name = table.name.lower()
    tables = list(among.find_all(exp.Table))
    aliased = (one for one in tables if (one.alias or "").lower() == name)
    return next(aliased, None) or next((one for one in tables if one.name.lower() == name and not one.alias), None)
