"""How a dialect reads the names of tables and columns."""

from functools import lru_cache
from typing import Any

__all__ = ["Names", "names_of"]

_TABLES_AS_WRITTEN = frozenset({"bigquery", "mysql", "doris", "starrocks", "singlestore"})
"""Dialects whose table names keep their case, whatever they make of column names."""

_TEXTS_AS_NAMES = frozenset({"", "sqlite", "mysql", "tsql", "spark", "hive", "databricks"})


class Names:
    """Normalise names by the case rules of one dialect.

    Args:
        dialect: Name of the dialect, as sqlglot has it; empty for its general one.
    """

    __slots__ = ("_fold_columns", "_fold_tables", "_quoted_too", "dialect", "texts_name")

    def __init__(self, dialect: str) -> None:
        from sqlglot.dialects.dialect import Dialect, NormalizationStrategy

        self.dialect = dialect
        self.texts_name = dialect in _TEXTS_AS_NAMES
        """Whether a text may stand where a name is meant."""
        strategy = Dialect.get_or_raise(dialect or None).normalization_strategy
        upper = strategy in (NormalizationStrategy.UPPERCASE, NormalizationStrategy.CASE_INSENSITIVE_UPPERCASE)
        as_written = dialect in _TABLES_AS_WRITTEN
        fold = str.upper if upper else str.lower
        if strategy is NormalizationStrategy.CASE_SENSITIVE and not as_written:
            fold = str
        self._fold_columns = fold
        self._fold_tables = str if as_written else fold
        self._quoted_too = as_written or "INSENSITIVE" in strategy.name

    def column(self, identifier: Any) -> str:
        """Return the name of a column, by its identifier."""
        text: str = identifier.name
        quoted = identifier.args.get("quoted") and not self._quoted_too
        return text if quoted else self._fold_columns(text)

    def table(self, identifier: Any) -> str:
        """Return one part of a table's name, by its identifier."""
        text: str = identifier.name
        given = identifier.args
        if given.get("temporary"):
            text = f"#{text}"
        elif identifier.key == "parameter":
            text = f"@{text}"
        return self.part(text, quoted=bool(given.get("quoted")))

    def part(self, text: str, *, quoted: bool) -> str:
        """Return one part of a table's name, by its text."""
        return text if quoted and not self._quoted_too else self._fold_tables(text)

    def alias(self, identifier: Any) -> str:
        """Return the name that a statement gives a table for itself."""
        text: str = identifier.name
        if self.dialect == "bigquery":
            return text.lower()
        return self.table(identifier)

    def stored(self, name: str) -> str:
        """Return a name of a schema as a key: without case where the dialect has none."""
        return self._fold_tables(name) if self._quoted_too else name

    def stored_column(self, name: str) -> str:
        """Return a column's name of a schema as a key."""
        return self._fold_columns(name) if self._quoted_too else name


@lru_cache(maxsize=64)
def names_of(dialect: str) -> Names:
    """Return the case rules of a dialect.

    Raises:
        ValueError: sqlglot does not know the dialect.
    """
    return Names(dialect)
