"""Files that a statement names: they are assets as tables are."""

import re
from typing import Any

from sqlglot import exp

from privacylib.sql.datasets import dataset

__all__ = ["file_named", "file_of"]

_READERS = frozenset({
    "read_parquet", "parquet_scan", "read_csv", "read_csv_auto", "read_json", "read_json_auto", "read_json_objects",
    "read_ndjson", "read_ndjson_auto", "read_ndjson_objects", "read_text", "read_blob", "read_xlsx", "iceberg_scan",
    "delta_scan", "sqlite_scan", "read_files", "csv", "parquet", "openrowset", "st_read",
})  # fmt: skip
"""Functions that read the files of their first argument."""

_FORMATS = frozenset({"parquet", "csv", "json", "orc", "avro", "text", "delta", "iceberg", "binaryfile"})
"""Schemas by which Spark names a file as if it were a table."""

_BY_PATH = frozenset({"", "duckdb"})
"""Dialects that take a quoted path for the file."""

_FILE = re.compile(r".*(?:/|\.(?:parquet|csv|tsv|json|jsonl|ndjson|xlsx|txt|gz|zst)$)", re.IGNORECASE | re.DOTALL)


def file_of(table: Any, dialect: str) -> str | None:
    """Return the file that an item of FROM names as a table; None where it names none."""
    call = table.this
    if isinstance(call, exp.Identifier):
        return _quoted(call, table.args.get("db"), dialect)
    if isinstance(call, exp.Var) and call.name.startswith("@"):
        return file_named(call.name)
    if not isinstance(call, exp.Func):
        return None
    name = call.name.lower() if isinstance(call, exp.Anonymous) else call.sql_name().lower()
    if name not in _READERS:
        return None
    named = next((one for one in call.find_all(exp.Literal) if one.is_string), None)
    return "file:{…}" if named is None else file_named(named.name)


def _quoted(name: Any, schema: Any, dialect: str) -> str | None:
    """Return the file that a quoted name is the path or the URI of; None where it is that of a table."""
    path: str = name.name
    if "://" in path and name.args.get("quoted"):
        return dataset(path)  # it is named as its asset is
    if schema is not None:
        return file_named(path) if schema.name.lower() in _FORMATS and _FILE.match(path) else None
    is_path = dialect in _BY_PATH and _FILE.match(path)
    return file_named(path) if name.args.get("quoted") and (path.startswith("file:") or is_path) else None


def file_named(path: str) -> str:
    """Return the name by which a file stands among tables."""
    return dataset(path if path.startswith("file:") else f"file:{path}")
