"""What all databases that take SQL have in common."""

from collections.abc import Callable
from typing import Any

from privacylib.decorators.sites import host_site
from privacylib.model import Asset, Kind, Operation, Part
from privacylib.sql import Schema, plans

__all__ = ["asks_by", "made_meanwhile", "operations"]

_NEVER = (type(None), bool, int, float, list, tuple, dict, set)
"""What no driver takes for a statement."""


def asks_by(*names: str) -> Callable[[Any], bool]:
    """Return what tells of a call whether one of some arguments can be a statement; drivers refuse what cannot."""
    return lambda call: any(not isinstance(call[name], _NEVER) for name in names)


def made_meanwhile(name: str) -> Callable[[Any], bool]:
    """Return what tells of a call whether an argument is made while it is sent, as rows are that an iterator yields."""
    return lambda call: not isinstance(call[name], (list, tuple))


def operations(
    text: str,
    place: Callable[[str], Asset],
    *,
    bound: bool = False,
    dialect: str = "",
    schema: Schema | None = None,
) -> tuple[Operation, ...]:
    """Describe a statement.

    Args:
        text: The SQL, literals and all; they are dropped before anything is kept.
        place: Returns the asset of a table, by its dotted name, or of a file, by ``file:`` and its path.
        bound: Whether values of the program go in with it.
        dialect: Name of the SQL dialect.
        schema: What is known about the tables.

    Returns:
        For each statement its reads, then its writes, one for all columns that depend on the same. A statement that
        moves data inside the database, with no values of the program, depends on its own sources alone. One that
        cannot be read is opaque, on all that it names, or on the table ``{…}``.
    """
    return tuple(_operation(step, place) for step in plans.plan(text, dialect, schema, bound=bound))


def _operation(step: plans.Step, place: Callable[[str], Asset]) -> Operation:
    if step.kind == plans.OPAQUE:
        return Operation(Kind.OPAQUE, place(step.table or "{…}"), site=host_site(), why=step.why)
    parts = tuple(Part(place(part.table), part.field, part.indirect) for part in step.parts)
    if step.kind == plans.READ:
        return Operation(Kind.READ, place(step.table), step.fields, parts=parts)
    sources = tuple(dict.fromkeys(part.asset for part in parts)) if step.parsed else None
    return Operation(
        Kind.WRITE, place(step.table), step.fields, sources, parsed=step.parsed, parts=parts, inside=step.inside
    )
