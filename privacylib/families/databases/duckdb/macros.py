"""Macros of DuckDB: asked for only where a statement or a view calls what DuckDB does not bring itself.

To list its functions takes DuckDB six times as long as all else that it is asked for when names have changed.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from attrs import evolve

from privacylib.memo import Memo
from privacylib.sql import Schema

__all__ = ["with_macros"]

_CALL = re.compile(
    r"(?P<no>\b(?:INTO|TABLE|VIEW|EXISTS|COPY|ON|INDEX)\s+)?(?:\w+\.|\"[^\"]+\"\.)*(?:\"([^\"]+)\"|\b(\w+))\s*\(",
    re.IGNORECASE,
)
_OWN = """
SELECT function_name FROM duckdb_functions() WHERE internal UNION SELECT keyword_name FROM duckdb_keywords()
UNION SELECT type_name FROM duckdb_types()
"""
_MACROS = """
SELECT lower(function_name), concat(
    'CREATE MACRO "', function_name, '"(', array_to_string(parameters, ', '), ') AS ',
    CASE WHEN function_type = 'table_macro' THEN macro_definition ELSE concat('(', macro_definition, ')') END)
FROM duckdb_functions() WHERE NOT internal AND function_type IN ('macro', 'table_macro') ORDER BY ALL
"""

_own: set[str] = set()
"""Names of what DuckDB brings itself, and words of SQL."""

_known: WeakKeyDictionary[Any, tuple[object, dict[str, tuple[str, ...]]]] = WeakKeyDictionary()
"""Macros that a connection sees, and what tells when it is to be asked again."""

_alike: Memo[Any, Schema] = Memo(65_536)
"""Schemas by what they hold."""

_calling: Memo[int, frozenset[str]] = Memo(16_384)
"""Names that the views of a schema call, by its number."""


def with_macros(
    schema: Schema, connection: Any, at: object, text: str, ask: Callable[[str], list[Any]], read: Callable[[str], str]
) -> Schema:
    """Return a schema with the macros that a connection sees, where a statement or a view may call one.

    Args:
        schema: What else it sees.
        connection: The driver's.
        at: Tells when it is to be asked again.
        text: The statement.
        ask: Returns the rows of a query.
        read: Returns a definition as it is to be read.
    """
    names = _calls((text,)) | _of_views(schema)
    if names and not _own:
        _own.update(str(name).lower() for (name,) in ask(_OWN))
    if names <= _own:
        return schema
    asked, macros = _known.get(connection, (None, dict[str, tuple[str, ...]]()))
    if asked != at:
        macros = _grouped(ask(_MACROS), read)
        _known[connection] = at, macros
    return _with(schema, macros) if macros else schema


def _with(schema: Schema, macros: Mapping[str, tuple[str, ...]]) -> Schema:
    key = (schema.number, *macros.items())
    found = _alike.get(key)
    return found or _alike.keep(key, evolve(schema, functions=macros), len(schema.tables) + len(macros))


def _grouped(rows: list[Any], read: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, text in rows:
        found[name] = (*found.get(name, ()), read(text))
    return found


def _of_views(schema: Schema) -> frozenset[str]:
    known = _calling.get(schema.number)
    return _calling.keep(schema.number, _calls(schema.views.values())) if known is None else known


def _calls(texts: Iterable[str]) -> frozenset[str]:
    every = (found for text in texts for found in _CALL.finditer(text))
    return frozenset((found[2] or found[3]).lower() for found in every if not found["no"])
