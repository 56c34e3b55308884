"""MATCH_RECOGNIZE: rows that follow each other by a pattern."""

import re
from typing import Any

from privacylib.sql.edges import Dependence
from privacylib.sql.queries.expressions import Expressions
from privacylib.sql.queries.projections import output_name
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Influence

__all__ = ["matched"]


def matched(node: Any, relation: Relation, scope: Scope, expressions: Expressions) -> Relation:
    """Return what a pattern of rows makes of a relation.

    Args:
        node: The clause.
        relation: What it reads.
        scope: The scope that it stands in.
        expressions: Reads its expressions.
    """
    inner = _inside(node, relation, scope)
    rows: dict[Influence, None] = dict(relation.rows)
    keys = [(output_name(one, inner), expressions.value(one, inner)) for one in node.args.get("partition_by") or ()]
    for _, value in keys:
        rows.update(dict.fromkeys(value.decides(Dependence.WINDOW)))
    if node.args.get("order") is not None:
        for one in node.args["order"].expressions:
            rows.update(expressions.decides(one.this, inner, Dependence.WINDOW))
    for one in node.args.get("define") or ():
        rows.update(expressions.decides(one.this, inner, Dependence.FILTER))
    kept = relation.columns if _keeps_all(node) else keys
    measures = ((output_name(one.this, inner), expressions.value(one.this, inner)) for one in node.args["measures"])
    if _keeps_all(node) and relation.is_open:
        scope.reading.missing("a pattern of rows of a table whose columns are not known")
    return Relation([*kept, *measures], rows=rows, tables=relation.tables)


def _inside(node: Any, relation: Relation, scope: Scope) -> Scope:
    """Return a scope in which a name stands for a column of any row, and the pattern's words for rows."""
    words = Scope(scope.reading, scope.ctes, scope.outer)
    for word in re.findall(r"\w+", node.args["pattern"].name):
        words.sources[scope.reading.names.part(word, quoted=False)] = relation
    inner = Scope(scope.reading, scope.ctes, words)
    inner.sources[""] = relation
    return inner


def _keeps_all(node: Any) -> bool:
    rows = node.args.get("rows")
    return rows is not None and rows.name.upper().startswith("ALL")
