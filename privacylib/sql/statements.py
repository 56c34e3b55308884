"""Statements as programs run them: column by column where sqlglot is installed, else by their words."""

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec

from privacylib.memo import Memo
from privacylib.sql.edges import EVERY, Lineage, Statement
from privacylib.sql.engine import lineage
from privacylib.sql.model import Tables
from privacylib.sql.schema import Schema
from privacylib.sql.text.idle import IDLE
from privacylib.sql.text.stripping import LONGEST, QUOTED, holds_any, stripped
from privacylib.sql.text.words import by_words

__all__ = ["changed", "is_catalogue", "moves", "script", "tables"]

_STATEMENT = re.compile(rf"(?:{QUOTED}|[^;])+")
_NO_DATA = re.compile(rf"\s*(?:{IDLE}|DESCRIBE|DESC|ALTER|TRUNCATE|CREATE\s+TRIGGER)(?!\w)", re.IGNORECASE)
_CATALOGUE = re.compile(r"(?:\w+\.)?sqlite_|pragma_|information_schema\.|pg_", re.IGNORECASE)
_MOVING = re.compile(r"INSERT|UPDATE|MERGE|COPY|EXPORT|CREATE|REFRESH|CACHE|LOAD")
_ROOM = 16_384

_by_words: Memo[int, Lineage] = Memo(_ROOM)


@lru_cache(maxsize=1)
def _has_parser() -> bool:
    return find_spec("sqlglot") is not None


def script(text: str, dialect: str = "", schema: Schema | None = None) -> Lineage:
    """Return what a text of SQL does, as far as it can be told here.

    Args:
        text: One statement, or several.
        dialect: Name of the dialect, as sqlglot has it.
        schema: What is known about the tables.
    """
    if _has_parser():
        return lineage(text, dialect, schema)
    key = hash(text)
    found = _by_words.get(key)
    return _by_words.keep(key, _read(text)) if found is None else found


def _read(text: str) -> Lineage:
    if len(text) > LONGEST:
        return Lineage((Statement("OPAQUE", opaque=True, complete=False, reason="it is too long to be read"),))
    plain = stripped(text)
    return Lineage(tuple(_one(part) for part in _STATEMENT.findall(plain) if part.strip()))


def _one(part: str) -> Statement:
    if _NO_DATA.match(part):
        return Statement("OTHER")
    found = by_words(part)
    kind = "OPAQUE" if found.opaque else ("INSERT" if found.moves else "SELECT")
    return Statement(kind, found.reads, found.writes, complete=False, opaque=found.opaque, reason="there is no parser")


def changed(text: str, dialect: str, schema: Schema) -> Schema:
    """Return what is known about tables after a text that may make, drop or rename some.

    Args:
        text: One statement, or several.
        dialect: Name of the dialect, as sqlglot has it.
        schema: What is known before.
    """
    if not _has_parser():
        return schema
    from privacylib.sql import scripts

    return scripts.changed(text, dialect, schema)


def moves(text: str) -> bool:
    """Return whether all that SQL writes comes from tables: no value of the program stands in it.

    Small numbers, as in ``LIMIT 10``, say nothing of anybody.
    """
    return not holds_any(text)


def tables(text: str, dialect: str = "", schema: Schema | None = None) -> Tables:
    """Return the tables that SQL touches. Literals are dropped first, and never kept.

    Args:
        text: One statement, or several.
        dialect: Name of the dialect, as sqlglot has it; empty for its general one.
        schema: What is known about the tables.
    """
    found = script(text, dialect, schema)
    every = found.statements
    reads = _once(name for one in every for name in one.reads if not one.opaque and not _CATALOGUE.match(name))
    return Tables(
        reads=reads,
        writes=_once(name for one in every for name in one.writes if not one.opaque),
        columns=_columns(every, reads),
        moves=len(every) == 1 and bool(_MOVING.match(every[0].kind)) and bool(every[0].writes) and moves(text),
        opaque=any(one.opaque for one in every),
    )


def _columns(every: tuple[Statement, ...], reads: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that are read, where all are of the one table that one statement reads."""
    if len(every) != 1 or len(reads) != 1 or every[0].writes:
        return ()
    named = {edge.source.name for edge in every[0].edges}
    return () if EVERY in named else tuple(sorted(named))


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def is_catalogue(name: str) -> bool:
    """Return whether a table is one of those in which a database tells of itself."""
    return _CATALOGUE.match(name) is not None
