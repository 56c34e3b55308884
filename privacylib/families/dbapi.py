"""What all databases that take SQL have in common."""

from collections.abc import Callable
from typing import Any

from privacylib.model import Asset, Kind, Operation
from privacylib.sql import tables

__all__ = ["always", "made_meanwhile", "operations"]


def always(_: object) -> bool:
    """Return that it is so, of any call."""
    return True


def made_meanwhile(name: str) -> Callable[[Any], bool]:
    """Return what tells of a call whether an argument is made while it is sent, as rows are that an iterator yields."""
    return lambda call: not isinstance(call[name], (list, tuple))


def operations(
    text: str, place: Callable[[str], Asset], *, bound: bool = False, dialect: str = ""
) -> tuple[Operation, ...]:
    """Describe a statement.

    Args:
        text: The SQL, literals and all; they are dropped before anything is kept.
        place: Returns the asset of a table, by its dotted name.
        bound: Whether values of the program go in with it.
        dialect: Name of the SQL dialect.

    Returns:
        Its reads, then its writes. A statement that moves data inside the database, with no values of
        the program, names its own sources. One that cannot be parsed is opaque, on the table ``{…}``.
    """
    found = tables(text, dialect)
    if found.opaque:
        return (Operation(Kind.OPAQUE, place("{…}")),)
    reads = tuple(place(name) for name in found.reads)
    inside = found.moves and not bound
    writes = tuple(
        Operation(Kind.WRITE, place(name), derived_from=reads if inside else None, parsed=inside)
        for name in found.writes
    )
    return (*(Operation(Kind.READ, asset, found.columns) for asset in reads), *writes)
