"""Marks of a record."""

from enum import IntFlag

__all__ = ["Flag"]


class Flag(IntFlag):
    """Mark a record. The numbers are part of the spool format."""

    FAILED = 1
    OUTLIVED = 2
    PAIRED = 4
    """The parent is the span of the CALL in another process that this SERVE answers."""
    ORPHAN = 8
    """It happened outside any scope, in a task or thread that nobody opened one for."""
