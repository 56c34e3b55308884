"""INSERT: values and queries, what is done on a conflict, and several tables at once."""

from typing import Any

from sqlglot import exp

from privacylib.sql.changes.writing import Writing
from privacylib.sql.edges import EVERY, Dependence
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Influence, Value

__all__ = ["insert", "insert_many"]


def insert(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read INSERT."""
    reading = writing.reading
    reading.kind = "INSERT"
    reading.only_new = tree.args.get("conflict") is None
    table, names = writing.target(tree.this)
    sink = writing.sink(table)
    inner = writing.inside(tree, scope)
    known = names or reading.catalogue.columns(sink)
    given = Relation()
    if isinstance(tree.expression, (exp.Query, exp.Values)):
        given = writing.queries.query(tree.expression, inner)
        if tree.args.get("by_name") or sink.startswith("file:") or "://" in sink:
            reading.pour(given, sink)
            if not (tree.args.get("by_name") or given.is_open):
                reading.catalogue.make(sink, tuple(name for name, _ in given.columns))
        elif known is None:
            _pour_somewhere(given, sink, writing)
        else:
            reading.pour(given, sink, _but_partition(table, known, given, writing))
    if tree.args.get("conflict") is not None:
        _conflict(writing, tree, sink, given, known, inner)
    return (
        writing.returned(tree, table, sink, Scope(reading, inner.ctes, inner), given.rows) if _is_table(table) else None
    )


def _pour_somewhere(given: Relation, sink: str, writing: Writing) -> None:
    """Keep that a query goes into a table by position, where nobody knows what stands there."""
    reading = writing.reading
    for _, value in given.columns:
        reading.flow(value, sink, EVERY)
    reading.pour(Relation(base=given.base, rows=given.rows), sink)
    for pair in given.unlisted():
        reading.edge(pair, (sink, EVERY), Dependence.IDENTITY)
    if any(value.direct for _, value in given.columns) or given.is_open:
        reading.missing("an insert into a table whose columns are not known")


def _is_table(table: Any) -> bool:
    return isinstance(table, exp.Table)


def _but_partition(
    table: Any, known: tuple[str, ...] | None, given: Relation, writing: Writing
) -> tuple[str, ...] | None:
    """Return the columns that a query fills: a partition with a constant is none of them."""
    partition = table.args.get("partition")
    if partition is None or known is None or given.rests:
        return known
    names = writing.reading.names
    fixed = {names.column(one.this.this) for one in partition.expressions if isinstance(one, exp.EQ)}
    dynamic = [names.column(one.this) for one in partition.expressions if isinstance(one, exp.Column)]
    plain = [name for name in known if name not in fixed and name not in dynamic]
    return (*plain, *dynamic)


def _conflict(
    writing: Writing, tree: Any, sink: str, given: Relation, known: tuple[str, ...] | None, around: Scope
) -> None:
    """Read ON CONFLICT and ON DUPLICATE KEY: the rows proposed are compared with those there, and may change them."""
    reading, clause = writing.reading, tree.args["conflict"]
    table, _ = writing.target(tree.this)
    names = known or tuple(name for name, _ in given.columns)
    proposed = Relation(zip(names, (value for _, value in given.columns), strict=False))
    if not given.columns:
        proposed = Relation((name, Value()) for name in names)
    inner = Scope(reading, around.ctes, around)
    writing.put_target(table, sink, inner)
    for name in ("excluded", *_alias(tree.expression, reading)):
        inner.sources[reading.names.stored(name)] = proposed
    inner.chosen_row = proposed
    rows: dict[Influence, None] = {}
    for key in clause.args.get("conflict_keys") or ():
        node = key.this if isinstance(key, exp.Ordered) else key
        for one in node.find_all(exp.Column):
            column = reading.names.column(one.this)
            values = (proposed.value(column), reading.table(sink, target=True).value(column))
            for value in values:
                rows.update(dict.fromkeys(value.decides(Dependence.FILTER)) if value is not None else {})
    _prefer_target(inner, sink, writing)
    writing.assign(clause.expressions, sink, inner)
    rows.update(writing.where(clause, inner))
    reading.decide(rows, sink)


def _prefer_target(scope: Scope, sink: str, writing: Writing) -> None:
    """Let a bare column be one of the table: what is proposed is named by its alias."""
    relation = writing.reading.table(sink, target=True)
    for name, value in relation.columns:
        scope.merged.setdefault(name, value)


def _alias(node: Any, reading: Any) -> list[str]:
    """Return the alias that MySQL gives the new row."""
    alias = node.args.get("alias") if node is not None else None
    return [reading.names.alias(alias.this)] if alias is not None and alias.args.get("this") is not None else []


def insert_many(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read an INSERT into several tables."""
    reading = writing.reading
    reading.kind = "INSERT"
    source = tree.args["source"]
    inner = Scope(reading, writing.queries.named(tree, scope), scope)
    rows: dict[Influence, None] = {}
    whole = exp.Subquery(this=source) if isinstance(source, exp.Select) else source
    writing.queries.sources.add(whole, inner, rows)
    given = next(iter(inner.sources.values()), Relation())
    tried: dict[Influence, None] = {}
    for one in tree.expressions:
        own = _condition(writing, one, inner)
        tried.update(own)
        later = tree.args.get("kind") == "FIRST" or one.args.get("else_")
        _branch(writing, one, given, rows | (tried if later else own), inner)
    return None


def _condition(writing: Writing, node: Any, scope: Scope) -> dict[Influence, None]:
    """Return what the WHEN of one of the tables decides on."""
    if not isinstance(node, exp.ConditionalInsert) or node.args.get("expression") is None:
        return {}
    return writing.expressions.decides(node.expression, scope, Dependence.FILTER)


def _branch(writing: Writing, node: Any, given: Relation, rows: dict[Influence, None], scope: Scope) -> None:
    """Read one of the tables that an INSERT fills."""
    reading, part = writing.reading, given
    if isinstance(node, exp.ConditionalInsert):
        node = node.this
    table, names = writing.target(node.this)
    sink = writing.sink(table)
    if isinstance(node.expression, exp.Select):
        part = writing.queries.query(node.expression, scope)
    elif isinstance(node.expression, exp.Values):
        part = writing.queries.sources.values(node.expression, scope)
    reading.pour(Relation(part.columns), sink, names or reading.catalogue.columns(sink))
    reading.decide(rows | part.rows, sink)
