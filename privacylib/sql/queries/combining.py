"""Set operations: UNION, EXCEPT, INTERSECT."""

from typing import Any

from sqlglot import exp

from privacylib.sql.edges import Dependence
from privacylib.sql.relations import Relation
from privacylib.sql.values import CLEAR, IDENTICAL, Value

__all__ = ["combined", "same"]


def combined(node: Any, left: Relation, right: Relation) -> Relation:
    """Return what one set operation makes of two relations.

    UNION without ALL, EXCEPT and INTERSECT compare whole rows, as a grouping by all columns does.
    """
    found = Relation(rows={**left.rows, **right.rows}, tables=dict.fromkeys((*left.tables, *right.tables)))
    if not isinstance(node, exp.Union) or node.args.get("distinct"):
        for one in (left, right):
            found.rows.update(dict.fromkeys(one.every().decides(Dependence.GROUP_BY)))
    if not isinstance(node, exp.Union):
        found.columns, found.rests, found.base = list(left.columns), list(left.rests), left.base
        return found
    found.rests = [*left.rests, *right.rests]
    if node.args.get("by_name"):
        _by_name(found, left, right)
    else:
        _by_position(found, left, right)
    return found


def _by_position(found: Relation, left: Relation, right: Relation) -> None:
    for at, (name, value) in enumerate(left.columns):
        both = value.changed(IDENTICAL | CLEAR)
        if at < len(right.columns):
            both.take(right.columns[at][1])
        found.columns.append((name, both))


def _by_name(found: Relation, left: Relation, right: Relation) -> None:
    both: dict[str, Value] = {}
    for name, value in (*left.columns, *right.columns):
        both.setdefault(name, Value()).take(value)
    found.columns.extend(both.items())


def same(one: Relation, other: Relation) -> bool:
    """Return whether two relations depend on the same, column by column."""
    return (
        len(one.columns) == len(other.columns)
        and one.rows.keys() == other.rows.keys()
        and all(ours[1].same(theirs[1]) for ours, theirs in zip(one.columns, other.columns, strict=True))
    )
