"""COPY FROM DATABASE and EXPORT DATABASE of DuckDB: each table of a database goes to its namesake, or into a file."""

import re

from privacylib.sql.changes.writing import Writing
from privacylib.sql.files import file_named

__all__ = ["WHOLE", "copied", "exported"]

_NAME = r"(?:\"[^\"]+\"|\w+)"

WHOLE = re.compile(
    rf"\s*(?:COPY\s+FROM\s+DATABASE\s+(?P<source>{_NAME})\s+TO\s+(?P<sink>{_NAME})\s*(?P<part>\(\s*SCHEMA\s*\))?.*"
    rf"|EXPORT\s+DATABASE\s+(?:(?P<exported>{_NAME})\s+TO\s+)?'(?P<folder>(?:[^']|'')*)'(?P<options>.*))",
    re.IGNORECASE | re.DOTALL,
)
"""Either of them; sqlglot takes the first for a COPY of a table that is called `database`."""

_FORMAT = re.compile(r"\bFORMAT\s+'?(\w+)", re.IGNORECASE)
_UNNAMED = re.compile(r"\W")


def copied(writing: Writing, found: re.Match[str]) -> None:
    """Read that one database is copied into another; of a database that is not known nothing can be told."""
    tables = writing.reading.catalogue.tables_of(_folded(found["source"]))
    if tables:
        writing.reading.kind = "COPY"
    for table in () if found["part"] else tables:
        _pour(writing, table, f"{_folded(found['sink'])}.{table.partition('.')[2]}")


def exported(writing: Writing, found: re.Match[str]) -> None:
    """Read that the tables of a database go into files of one directory."""
    catalogue = writing.reading.catalogue
    catalogue.by_literals = True
    tables = catalogue.tables_of(_folded(found["exported"] or catalogue.database))
    if tables:
        writing.reading.kind = "EXPORT"
    form = _FORMAT.search(found["options"])
    for table in tables:
        _, schema, name = table.split(".")
        stem = _UNNAMED.sub("_", name if schema == "main" else f"{schema}_{name}")
        _pour(writing, table, file_named(f"{found['folder']}/{stem}.{form[1].lower() if form else 'csv'}"))


def _pour(writing: Writing, table: str, sink: str) -> None:
    writing.reading.writes[sink] = None
    writing.reading.pour(writing.reading.table(table), sink)
    writing.reading.columns = ()  # they are of many


def _folded(name: str) -> str:
    return name.strip('"').lower()
