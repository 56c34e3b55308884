"""Scripts: one statement after the other, each knowing what those before it made."""

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from privacylib.sql.catalogue import Catalogue
from privacylib.sql.edges import Lineage, Statement
from privacylib.sql.names import names_of
from privacylib.sql.queries import Queries
from privacylib.sql.reading import Reading
from privacylib.sql.schema import Schema
from privacylib.sql.writes import write

__all__ = ["script"]


def script(text: str, dialect: str, schema: Schema) -> Lineage:
    """Return the lineage of a script."""
    catalogue = Catalogue(schema, names_of(dialect))
    try:
        trees = sqlglot.parse(text, read=dialect or None)
    except (SqlglotError, RecursionError):
        return Lineage((Statement("OPAQUE", opaque=True, reason="it cannot be parsed"),))
    return Lineage(tuple(_statement(tree, catalogue) for tree in trees if tree is not None))


def _statement(tree: Any, catalogue: Catalogue) -> Statement:
    reading = Reading(catalogue)
    queries = Queries(reading)
    if isinstance(tree, exp.Query):
        reading.kind = "SELECT"
        relation = queries.top(tree)
        reading.columns = tuple(name for name, _ in relation.columns)
        reading.pour(relation, "")
    elif not write(tree, reading, queries):
        return Statement("OPAQUE", opaque=True, reason="a statement of a kind that is not known")
    return Statement(
        reading.kind,
        tuple(reading.reads),
        tuple(reading.writes),
        reading.found(),
        reading.columns,
        complete=not reading.reason,
        reason=reading.reason,
    )
