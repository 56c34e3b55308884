"""Column lineage of SQL: from text to edges, each question asked once."""

from collections.abc import Mapping, Sequence

from privacylib.sql.edges import Lineage
from privacylib.sql.schema import Schema

__all__ = ["lineage"]


def lineage(text: str, dialect: str = "", schema: Schema | Mapping[str, Sequence[str]] | None = None) -> Lineage:
    """Return which columns depend on which, in a script of SQL.

    Nothing that it holds is a literal, and nothing in the text makes it raise.

    Args:
        text: One statement, or several.
        dialect: Name of the SQL dialect, as sqlglot has it; empty for its general one.
        schema: Columns by table; where they are needed and missing, a statement is marked as not complete.

    Returns:
        The statements of the script, in order.

    Raises:
        ImportError: sqlglot is not installed (``pip install 'privacylib[sql]'``).
        ValueError: The dialect is not known.
    """
    from privacylib.sql.scripts import script

    return script(text, dialect, Schema.of(schema))
