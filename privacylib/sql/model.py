"""What is known about a text of SQL."""

from attrs import frozen

__all__ = ["OPAQUE", "Tables"]


@frozen
class Tables:
    """Name what a text of SQL touches.

    Args:
        reads: Tables that are read, by their dotted names.
        writes: Tables that are written.
        columns: Columns that are named, where all are of the one table that is read; empty for all.
        moves: Whether what is written comes from tables only.
        opaque: Whether it cannot be told.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    moves: bool = False
    opaque: bool = False


OPAQUE = Tables(opaque=True)
