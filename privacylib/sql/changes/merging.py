"""MERGE: what is matched, and what is done then."""

from typing import Any

from sqlglot import exp

from privacylib.sql.changes.writing import Writing
from privacylib.sql.edges import Dependence
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Influence

__all__ = ["merge"]


def merge(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read MERGE."""
    reading = writing.reading
    reading.kind = "MERGE"
    inner = writing.inside(tree, scope)
    rows: dict[Influence, None] = {}
    sink = writing.sink(tree.this)
    source = Scope(reading, inner.ctes, inner.outer)
    taken = writing.queries.sources.add(tree.args["using"], source, rows)
    writing.put_target(tree.this, sink, inner)
    inner.sources.update(source.sources)
    if isinstance(tree.args.get("on"), exp.Expr):
        rows.update(writing.expressions.decides(tree.args["on"], inner, Dependence.FILTER))
    for one in tree.args.get("using_cond") or ():
        name = reading.names.column(one)
        for relation in (reading.table(sink, target=True), *taken):
            value = relation.value(name)
            rows.update(dict.fromkeys(value.decides(Dependence.FILTER)) if value is not None else {})
    whole = taken[0] if taken else Relation()
    for when in tree.args["whens"].expressions:
        if when.args.get("condition") is not None:
            rows.update(writing.expressions.decides(when.args["condition"], inner, Dependence.FILTER))
        _then(writing, when.args["then"], sink, inner, source, whole)
    reading.decide(rows, sink)
    return writing.returned(tree, tree.this, sink, inner, rows)


def _then(writing: Writing, then: Any, sink: str, both: Scope, source: Scope, whole: Relation) -> None:
    if isinstance(then, exp.Update):
        assigned: list[Any] = then.args.get("expressions") or [exp.Star()]
        if any(isinstance(one, exp.Star) for one in assigned):
            _all(writing, sink, whole)
        writing.assign(assigned, sink, both)
    elif isinstance(then, exp.Insert):
        if isinstance(then.this, (exp.Star, exp.Var)) or not (then.this or then.args.get("expression")):
            _all(writing, sink, whole)
        elif isinstance(then.expression, exp.Tuple):
            _insert(writing, then, sink, source)


def _insert(writing: Writing, then: Any, sink: str, source: Scope) -> None:
    reading = writing.reading
    listed = then.this.expressions if isinstance(then.this, exp.Tuple) else ()
    names = [reading.names.column(one.this if isinstance(one, exp.Column) else one) for one in listed]
    for name, one in zip(names or reading.catalogue.columns(sink) or (), then.expression.expressions, strict=False):
        reading.flow(writing.expressions.value(one, source), sink, name)
    if not names and reading.catalogue.columns(sink) is None:
        reading.missing("an insert into a table whose columns are not known")


def _all(writing: Writing, sink: str, whole: Relation) -> None:
    """Read that all columns are taken: by name, but DuckDB takes them by position."""
    known = writing.reading.catalogue.columns(sink)
    if writing.reading.names.dialect == "duckdb" and known is not None:
        writing.reading.pour(Relation(whole.columns, base=whole.base), sink, known)
        return
    if known is None or whole.is_open:
        writing.reading.pour(Relation(whole.columns, base=whole.base), sink)
        writing.reading.missing("all columns of a table whose columns are not known")
        return
    for name in known:
        value = whole.value(name)
        if value is not None:
            writing.reading.flow(value, sink, name)
