"""``privacylib sql``: which columns depend on which in scripts of SQL, without running them."""

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from privacylib.cli import Subparsers
from privacylib.cli.tables import table
from privacylib.errors import PrivacyError
from privacylib.sql import ColumnEdge, Schema, Statement, lineage

__all__ = ["add"]

_FORM = "`TABLE: [COLUMN, …]` for each table, or `tables:` with those, `views:` and `search_path:`"


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    text = "show which columns depend on which in scripts of SQL"
    parser = subparsers.add_parser("sql", help=text, description=f"{text[0].upper()}{text[1:]}, without running them.")
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="a script of SQL")
    parser.add_argument("--dialect", metavar="D", default="", help="its dialect, as sqlglot has it (`postgres`, …)")
    parser.add_argument("--schema", metavar="F", type=Path, help=f"YAML or JSON: {_FORM}")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=sql)


def sql(arguments: argparse.Namespace) -> int:
    """Print the edges of scripts; what is incomplete or opaque is told."""
    schema = _schema(arguments.schema)
    told = [(file, at, one) for file in arguments.files for at, one in enumerate(_read(file, arguments, schema), 1)]
    if arguments.json:
        print(json.dumps([_members(file, at, one) for file, at, one in told], indent=2, ensure_ascii=False))
        return 0
    rows = [
        (f"{file.name}:{at}", one.kind, edge.source, edge.sink, edge.kind.value, "masked" if edge.masked else "")
        for file, at, one in told
        for edge in _ordered(one.edges)
    ]
    print(table(("statement", "kind", "source", "sink", "dependence", ""), rows))
    for file, at, one in told:
        if not one.complete:
            named = f", and names {', '.join(one.writes)}" if one.opaque and one.writes else ""
            print(f"{file.name}:{at} is {'opaque' if one.opaque else 'not complete'}: {one.reason}{named}")
    return 0


def _read(file: Path, arguments: argparse.Namespace, schema: Schema) -> tuple[Statement, ...]:
    try:
        return lineage(_text(file), arguments.dialect, schema).statements
    except ImportError:
        raise PrivacyError("SQL is read by sqlglot, which is not installed: pip install 'privacylib[sql]'") from None
    except ValueError:
        raise PrivacyError(f"--dialect {arguments.dialect}: sqlglot has no such dialect") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PrivacyError(f"{file} cannot be read: {type(error).__name__}") from None


def _schema(file: Path | None) -> Schema:
    """Return the schema that a file describes.

    Raises:
        PrivacyError: It cannot be read, or has another form.
    """
    if file is None:
        return Schema()
    try:
        given: dict[str, Any] = dict(yaml.safe_load(_text(file)) or {})
        if not isinstance(given.get("tables"), dict):
            return Schema(_tables(given))
        views, path = dict[str, str](given.get("views") or {}), tuple[str, ...](given.get("search_path") or ())
        return Schema(_tables(given["tables"]), views, path)
    except (yaml.YAMLError, TypeError, AttributeError, ValueError):
        raise PrivacyError(f"{file} is no schema; it has to be {_FORM}") from None


def _tables(given: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    found = {str(name): tuple(columns) for name, columns in given.items() if not isinstance(columns, str)}
    if len(found) != len(given) or not all(isinstance(one, str) for columns in found.values() for one in columns):
        raise ValueError("columns")
    return found


def _ordered(edges: Iterable[ColumnEdge]) -> list[ColumnEdge]:
    return sorted(edges, key=lambda edge: (str(edge.sink), str(edge.source), edge.kind.value))


def _members(file: Path, at: int, one: Statement) -> dict[str, Any]:
    return {
        "file": str(file),
        "statement": at,
        "kind": one.kind,
        "reads": list(one.reads),
        "writes": list(one.writes),
        "columns": list(one.columns),
        "complete": one.complete,
        "opaque": one.opaque,
        "reason": one.reason,
        "edges": [
            {
                "source": {"table": edge.source.table, "name": edge.source.name},
                "sink": {"table": edge.sink.table, "name": edge.sink.name},
                "kind": edge.kind.value,
                "masked": edge.masked,
            }
            for edge in _ordered(one.edges)
        ],
    }
