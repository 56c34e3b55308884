"""What is known about the tables of a database."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from attrs import field, frozen

from privacylib.memo import Memo

__all__ = ["Schema"]

_numbers = count(1)
_of_mappings: "Memo[tuple[tuple[str, tuple[str, ...]], ...], Schema]" = Memo(16_384)


def _nothing() -> dict[str, Any]:
    return {}


def _columns(tables: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(columns) for name, columns in tables.items()}


@frozen(eq=False)
class Schema:
    """Hold the columns of tables and the definitions of views. It is not to be changed once it is made.

    Args:
        tables: Column names by ``table``, ``schema.table`` or ``catalog.schema.table``, as the database stores them.
        views: Their ``SELECT``, by name; they are expanded to the tables behind them.
        search_path: Schemas in which a bare name is looked for, first match wins.
        functions: Definitions (``CREATE FUNCTION …``, ``CREATE MACRO …``) by the function's last name; several that
            differ in their parameters may have one.
    """

    tables: Mapping[str, tuple[str, ...]] = field(factory=_nothing, converter=_columns)
    views: Mapping[str, str] = field(factory=_nothing)
    search_path: tuple[str, ...] = ()
    functions: Mapping[str, tuple[str, ...]] = field(factory=_nothing)
    number: int = field(init=False, factory=lambda: next(_numbers), repr=False)
    """Tells it from every other schema of the process."""

    @classmethod
    def of(cls, given: "Schema | Mapping[str, Sequence[str]] | None") -> "Schema":
        """Return a schema of what a caller gives: one, its tables alone, or nothing."""
        if isinstance(given, Schema):
            return given
        if not given:
            return NOTHING
        key = tuple((name, tuple(columns)) for name, columns in given.items())
        found = _of_mappings.get(key)
        if found is None:
            found = _of_mappings.keep(key, cls(given), sum(1 + len(columns) for _, columns in key))
        return found


NOTHING = Schema()
