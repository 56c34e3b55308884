"""What is known about the tables of a database."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

__all__ = ["Schema"]


def _nothing() -> dict[str, Any]:
    return {}


def _columns(tables: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(columns) for name, columns in tables.items()}


@frozen(eq=False)
class Schema:
    """Hold the columns of tables and the definitions of views.

    Args:
        tables: Column names by ``table``, ``schema.table`` or ``catalog.schema.table``, as the database stores them.
        views: Their ``SELECT``, by name; they are expanded to the tables behind them.
        search_path: Schemas in which a bare name is looked for, first match wins.
    """

    tables: Mapping[str, tuple[str, ...]] = field(factory=_nothing, converter=_columns)
    views: Mapping[str, str] = field(factory=_nothing)
    search_path: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: "Schema | Mapping[str, Sequence[str]] | None") -> "Schema":
        """Return a schema of what a caller gives: one, its tables alone, or nothing."""
        return given if isinstance(given, Schema) else cls(given or {})
