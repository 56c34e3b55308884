"""What a statement does to columns: the words of column lineage."""

from enum import Enum

from attrs import frozen

__all__ = ["CALL", "EVERY", "Column", "ColumnEdge", "Dependence", "Lineage", "Statement"]

EVERY = "*"
"""Name of a column that stands for all columns, or for every row, of its table."""

CALL = "CALL"
"""Kind of a statement that runs something else, which may touch more than it names."""


class Dependence(str, Enum):
    """Say how a column depends on another, in the words of OpenLineage's columnLineage facet.

    The first three are direct: the value of the one is made of the value of the other. The rest are
    indirect: the other decides which rows or which values there are.
    """

    IDENTITY = "IDENTITY"
    TRANSFORMATION = "TRANSFORMATION"
    AGGREGATION = "AGGREGATION"
    JOIN = "JOIN"
    GROUP_BY = "GROUP_BY"
    FILTER = "FILTER"
    SORT = "SORT"
    WINDOW = "WINDOW"
    CONDITIONAL = "CONDITIONAL"

    @property
    def direct(self) -> bool:
        """Return whether the value itself is made of the source."""
        return self in _DIRECT


_DIRECT = frozenset({Dependence.IDENTITY, Dependence.TRANSFORMATION, Dependence.AGGREGATION})


@frozen(cache_hash=True, order=True)
class Column:
    """Name a column.

    Args:
        table: The table or file (``file:…``) as resolved; empty for the result of a plain query.
        name: The column; ``*`` for all, or every row, of it.
    """

    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.table}#{self.name}"


@frozen(cache_hash=True)
class ColumnEdge:
    """Say that one column depends on another.

    Args:
        source: Column of a table, a file, or a view that could not be expanded.
        sink: Column of what is written, or of the result.
        kind: How it depends on it.
        masked: Whether only a masked form of the source (a hash, a redacted text) reaches the sink.
    """

    source: Column
    sink: Column
    kind: Dependence
    masked: bool = False


@frozen
class Statement:
    """Describe one statement.

    Args:
        kind: What it is (``SELECT``, ``INSERT``, ``CREATE TABLE`` …, ``CALL``, ``OPAQUE``).
        reads: Tables and files that it reads, as resolved.
        writes: Tables and files that it writes.
        edges: How columns depend on columns.
        columns: Columns of its result, in order, where they are known.
        complete: Whether no schema was missing.
        opaque: Whether it could not be parsed, so that reads and writes are what it names.
        reason: Why it is opaque or incomplete; never data.
        untold: Whether it may touch any table: it calls what cannot be read, or has more names than are looked at.
    """

    kind: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    edges: frozenset[ColumnEdge] = frozenset()
    columns: tuple[str, ...] = ()
    complete: bool = True
    opaque: bool = False
    reason: str = ""
    untold: bool = False


@frozen
class Lineage:
    """Describe a script.

    Args:
        statements: One for each of its statements.
    """

    statements: tuple[Statement, ...] = ()

    @property
    def complete(self) -> bool:
        """Return whether no schema was missing in any statement."""
        return all(one.complete for one in self.statements)
