"""Where a CREATE TABLE puts its rows beside the table's own name: a file, a directory, a bucket."""

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from privacylib.sql.files import file_named

__all__ = ["locations"]

_NAMES = frozenset({"path", "external_location", "location", "uris"})
"""Properties that name the place, of Spark, Trino, Athena, Iceberg's tables in Trino, and BigQuery."""

_ENGINES = frozenset({"s3", "file", "url", "hdfs", "gcs", "azureblobstorage"})
"""Engines of ClickHouse that keep a table in what their first argument names."""


def locations(tree: Any) -> list[str]:
    """Return the files that a CREATE TABLE names, as they stand among tables."""
    properties = tree.args.get("properties")
    found = [] if properties is None else [one for each in properties.expressions for one in _of(each)]
    return list(dict.fromkeys(map(file_named, found)))


def _of(each: Any) -> Iterator[str]:
    if isinstance(each, exp.LocationProperty):
        yield each.this.name if isinstance(each.this, (exp.Literal, exp.Var)) else "{…}"
    elif isinstance(each, exp.EngineProperty):
        engine = each.this
        first = engine.expressions[0] if isinstance(engine, exp.Anonymous) and engine.expressions else None
        if isinstance(first, exp.Literal) and engine.name.lower() in _ENGINES:
            yield first.name
    else:
        for one in each.find_all(exp.Property):
            value = one.args.get("value")
            if type(one) is exp.Property and one.name.lower() in _NAMES and isinstance(value, exp.Expr):
                yield from (text.name for text in value.find_all(exp.Literal))
