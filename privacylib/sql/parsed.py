"""Tables of a statement by sqlglot, which is imported here only."""

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from privacylib.sql.model import OPAQUE, Tables

__all__ = ["by_parser"]

_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


def by_parser(statement: str, dialect: str) -> Tables | None:
    """Return the tables of one statement; None where the parser does not take it.

    Args:
        statement: SQL without literals and comments.
        dialect: Name of the dialect; empty for sqlglot's general one.
    """
    try:
        tree: Any = sqlglot.parse_one(statement, read=dialect or None)
    except (SqlglotError, RecursionError):
        return None
    if isinstance(tree, exp.Create):
        if not isinstance(tree.expression, exp.Query) or tree.kind not in ("TABLE", "VIEW"):
            return Tables()
    elif not isinstance(tree, (*_CHANGES, exp.Query)):
        return OPAQUE
    return _of_tree(tree)


def _of_tree(tree: Any) -> Tables:
    sink = None if isinstance(tree, exp.Query) else tree.this.find(exp.Table)
    local = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    used = [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier) and table is not sink]
    reads = tuple(dict.fromkeys(_name(table) for table in used if table.db or table.name not in local))
    return Tables(
        reads=reads,
        writes=(_name(sink),) if sink is not None else (),
        columns=_columns(tree) if len(reads) == 1 and not local and isinstance(tree, exp.Select) else (),
        moves=sink is not None and isinstance(tree.args.get("expression"), exp.Query),
    )


def _name(table: Any) -> str:
    return ".".join(part for part in (table.catalog, table.db, table.name) if part)


def _columns(tree: Any) -> tuple[str, ...]:
    """Return the columns that a query names; none where it takes all, or where a quoted one may be a literal.

    SQLite and MySQL read ``"text"`` as a string where no column has that name.
    """
    named = list(tree.find_all(exp.Column))
    if any(column.this.args.get("quoted") for column in named) or tree.find(exp.Star) is not None:
        return ()
    return tuple(sorted({column.name for column in named}))
