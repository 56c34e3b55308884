"""What DuckDB has in FROM that no other does: a query or a table that a text names, and the summary of a relation."""

from typing import Any

from sqlglot import exp

from privacylib.sql.queries.expressions import Query
from privacylib.sql.reading import Reading
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.text.parsing import parsed
from privacylib.sql.values import AGGREGATED, CLEAR, Value

__all__ = ["by_text", "summary"]

_TOLD = ("min", "max", "approx_unique", "avg", "std", "q25", "q50", "q75", "count", "null_percentage")


def by_text(node: Any, scope: Scope, reading: Reading, query: Query) -> Relation | None:
    """Return the relation of ``query('…')`` or ``query_table('…')``; None where an item of FROM is neither.

    Raises:
        LookupError: What it names is worked out when it runs, so that nothing can be told.
    """
    call = node.this
    function = call.name.lower() if isinstance(call, exp.Anonymous) else ""
    if reading.names.dialect != "duckdb" or function not in ("query", "query_table"):
        return None
    reading.catalogue.by_literals = True
    texts = _texts(call.expressions[0] if call.expressions else None)
    tree = parsed(texts[0] if function == "query" else _union(texts), "duckdb")
    if isinstance(tree, (exp.Query, exp.Pivot)):
        return query(tree, scope)
    raise LookupError(function)


def _texts(given: Any) -> list[str]:
    listed = given.expressions if isinstance(given, exp.Array) else [given]
    if not listed or not all(isinstance(one, exp.Literal) and one.is_string for one in listed):
        raise LookupError("a text that is worked out")
    return [one.name for one in listed]


def _union(tables: list[str]) -> str:
    named = (exp.to_table(one, dialect="duckdb").sql("duckdb", identify=True) for one in tables)
    return " UNION ALL BY NAME ".join(f"SELECT * FROM {one}" for one in named)  # noqa: S608 - it is only looked at


def summary(node: Any, scope: Scope, query: Query) -> Relation:
    """Return the relation of ``SUMMARIZE``: each of its numbers is made of any column, and some are values of it."""
    inner = node.this
    plain = inner if isinstance(inner, exp.Query) else exp.Select(expressions=[exp.Star()]).from_(inner)
    relation = query(plain, scope)
    whole = relation.every().changed(AGGREGATED | CLEAR)
    columns = [(name, Value()) for name in ("column_name", "column_type")]
    return Relation([*columns, *((name, whole) for name in _TOLD)], rows=relation.rows, tables=relation.tables)
