"""Scripts: one statement after the other, each knowing what those before it made."""

import re
from typing import Any

from sqlglot import exp

from privacylib.sql.catalogue import Catalogue
from privacylib.sql.changes.kinds import Changes
from privacylib.sql.edges import CALL, Lineage, Statement
from privacylib.sql.reading import Reading, TooLargeError
from privacylib.sql.schema import Schema
from privacylib.sql.text.names import names_of
from privacylib.sql.text.naming import MOST, named
from privacylib.sql.text.parsing import split
from privacylib.sql.text.stripping import LONGEST, stripped

__all__ = ["changed", "script"]


def script(text: str, dialect: str, schema: Schema) -> tuple[Lineage, bool]:
    """Return the lineage of a script, and whether a literal in it names something.

    Args:
        text: The script.
        dialect: Name of its dialect.
        schema: What is known about its tables.
    """
    catalogue = Catalogue(schema, names_of(dialect))
    if len(text) > LONGEST:
        return Lineage((_opaque(text[:LONGEST], catalogue, "it is too long to be read"),)), False
    statements = tuple(_statement(part, tree, catalogue) for part, tree in split(text, dialect))
    return Lineage(statements), catalogue.by_literals


def changed(text: str, dialect: str, schema: Schema) -> Schema:
    """Return what is known about tables after a script that may make, drop or rename some.

    Args:
        text: The script.
        dialect: Name of its dialect.
        schema: What is known before.
    """
    catalogue = Catalogue(schema, names_of(dialect))
    for part, tree in split(text[:LONGEST], dialect):
        _statement(part, tree, catalogue)
    return catalogue.schema()


def _statement(part: str, tree: Any, catalogue: Catalogue) -> Statement:
    reading = Reading(catalogue)
    try:
        why = "" if Changes(reading).statement(part, tree) else _why(part, tree)
    except TooLargeError:
        why = "it comes to too many columns"
    except Exception as error:  # noqa: BLE001 - what nobody has thought of is opaque, and never an error of the host
        why = f"reading it failed ({type(error).__name__})"
    if why:
        return _opaque(part, catalogue, why)
    return Statement(
        reading.kind,
        reading.sources(),
        tuple(reading.writes),
        reading.found(),
        reading.columns,
        complete=not reading.reason,
        reason=reading.reason,
        untold=bool(reading.calls),
    )


def _why(part: str, tree: Any) -> str:
    """Return why a statement cannot be told; of its words only those that run something are kept."""
    called = _CALLED.match(part)
    if called:
        return f"what {called[1].upper()} does is not known"
    if tree is None:
        return "the parser does not know it"
    if isinstance(tree, (exp.Condition, exp.Alias)):
        return "it is no statement"
    return f"what {tree.key.upper()} does is not known"


_CALLED = re.compile(r"\s*(CALL|DO|EXEC|EXECUTE)\b", re.IGNORECASE)


def _opaque(part: str, catalogue: Catalogue, reason: str) -> Statement:
    """Return a statement of which the tables alone are known that it names."""
    tables = named(stripped(part), catalogue.names)
    called = _CALLED.match(part) is not None
    cut = len(part) >= LONGEST or len(tables) >= MOST
    kind = CALL if called else "OPAQUE"
    return Statement(kind, tables, tables, complete=False, opaque=True, reason=reason, untold=called or cut)
