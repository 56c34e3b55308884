"""Scripts: one statement after the other, each knowing what those before it made."""

from typing import Any

from privacylib.sql.catalogue import Catalogue
from privacylib.sql.changes import Changes
from privacylib.sql.edges import Lineage, Statement
from privacylib.sql.names import names_of
from privacylib.sql.naming import named
from privacylib.sql.parsing import split
from privacylib.sql.reading import Reading
from privacylib.sql.schema import Schema
from privacylib.sql.statements import stripped

__all__ = ["script"]


def script(text: str, dialect: str, schema: Schema) -> Lineage:
    """Return the lineage of a script."""
    catalogue = Catalogue(schema, names_of(dialect))
    return Lineage(tuple(_statement(part, tree, catalogue) for part, tree in split(text, dialect)))


def _statement(part: str, tree: Any, catalogue: Catalogue) -> Statement:
    reading = Reading(catalogue)
    try:
        known = Changes(reading).statement(part, tree)
    except Exception:  # noqa: BLE001 - what nobody has thought of is opaque, and never an error of the host
        known = False
    if not known:
        tables = named(stripped(part), catalogue.names)
        return Statement("OPAQUE", tables, tables, complete=False, opaque=True, reason="it cannot be read")
    return Statement(
        reading.kind,
        reading.sources(),
        tuple(reading.writes),
        reading.found(),
        reading.columns,
        complete=not reading.reason,
        reason=reading.reason,
    )
