"""Column lineage of SQL: from text to edges, each question asked once."""

from collections.abc import Mapping, Sequence

from privacylib.memo import Memo
from privacylib.sql.edges import Lineage
from privacylib.sql.schema import Schema
from privacylib.sql.text.stripping import shape_of

__all__ = ["lineage"]

ROOM = 65_536
"""Weight of the answers that are remembered: 3,000 ordinary statements, or 65,000 edges of large ones."""

_seen: Memo[tuple[int, int, str, int], Lineage] = Memo(ROOM)
"""Answers by the hash of the text: nothing of it is kept. Hashes of texts are keyed anew in each process."""

_shapes: Memo[tuple[int, int, str, int], Lineage] = Memo(ROOM)
"""Answers by the hash of the text without literals, where no literal names anything."""


def lineage(text: str, dialect: str = "", schema: Schema | Mapping[str, Sequence[str]] | None = None) -> Lineage:
    """Return which columns depend on which, in a script of SQL.

    Nothing that it holds or remembers is a literal, and nothing in the text makes it raise. A text that was seen
    before costs less than a microsecond.

    Args:
        text: One statement, or several.
        dialect: Name of the SQL dialect, as sqlglot has it; empty for its general one.
        schema: Columns by table; where they are needed and missing, a statement is marked as not complete. A
            `Schema` that is used again is faster than a mapping.

    Returns:
        The statements of the script, in order.

    Raises:
        ImportError: sqlglot is not installed (``pip install 'privacylib[sql]'``).
        ValueError: The dialect is not known.
    """
    known = schema if isinstance(schema, Schema) else Schema.of(schema)
    key = (hash(text), len(text), dialect, known.number)
    found = _seen.get(key)
    return _asked(text, dialect, known, key) if found is None else found


def _asked(text: str, dialect: str, schema: Schema, key: tuple[int, int, str, int]) -> Lineage:
    shape = shape_of(text)
    like = (hash(shape), len(shape), dialect, schema.number)
    found = _shapes.get(like) if shape else None
    if found is None:
        from privacylib.sql.scripts import script

        found, by_literals = script(text, dialect, schema)
        if shape and not by_literals:
            _shapes.keep(like, found, _weight(found))
    return _seen.keep(key, found, _weight(found))


def _weight(found: Lineage) -> int:
    return sum(2 + len(one.edges) + len(one.columns) for one in found.statements)
