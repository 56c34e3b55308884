"""Statements that write."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from privacylib.sql.queries import Queries
from privacylib.sql.reading import Reading

__all__ = ["write"]


def write(tree: Any, reading: Reading, queries: Queries) -> bool:
    """Read a statement that writes; return whether it is of a kind that is known."""
    rule = _RULES.get(tree.__class__)
    if rule is None:
        return False
    rule(tree, reading, queries)
    return True


def _insert(tree: Any, reading: Reading, queries: Queries) -> None:
    reading.kind = "INSERT"
    target = tree.this
    names = None
    if isinstance(target, exp.Schema):
        names = tuple(reading.names.column(one) for one in target.expressions)
        target = target.this
    sink = reading.name_of(target)
    reading.writes[sink] = None
    if names is None:
        names = reading.catalogue.columns(sink)
    if isinstance(tree.expression, exp.Query):
        reading.pour(queries.top(tree.expression), sink, names)


_RULES: dict[type, Callable[[Any, Reading, Queries], None]] = {exp.Insert: _insert}
