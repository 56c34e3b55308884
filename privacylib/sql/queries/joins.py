"""Joins: their conditions, and the columns that they merge."""

from typing import Any

from privacylib.sql.edges import Dependence
from privacylib.sql.queries.expressions import Expressions
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Influence, Value

__all__ = ["joined"]


def joined(
    join: Any,
    left: list[Relation],
    right: list[Relation],
    scope: Scope,
    rows: dict[Influence, None],
    expressions: Expressions,
) -> None:
    """Add what a join decides on, and what it merges.

    Args:
        join: The node.
        left: What is joined to.
        right: What is joined.
        scope: The scope of both.
        rows: What decides on the rows, by now.
        expressions: Reads the condition.
    """
    for clause in ("on", "match_condition"):
        if join.args.get(clause) is not None:
            rows.update(expressions.decides(join.args[clause], scope, Dependence.JOIN))
    names = [scope.reading.names.column(one) for one in join.args.get("using") or ()]
    if join.args.get("method") == "NATURAL":
        names = _common(left, right, scope, rows)
    halves = join.args.get("kind") in ("SEMI", "ANTI")
    for name in names:
        value = _merge(name, left, right, scope, rows, "" if halves else join.args.get("side") or "")
        if not halves:
            scope.merged[name] = value
    if halves:
        scope.sources = {key: one for key, one in scope.sources.items() if one not in right}


def _common(left: list[Relation], right: list[Relation], scope: Scope, rows: dict[Influence, None]) -> list[str]:
    """Return the columns that both sides have; they can be told where all of them are listed."""
    scope.reading.spend(len(left))
    if any(one.is_open for one in (*left, *right)):
        scope.reading.missing("a natural join of tables whose columns are not known")
        for one in (*left, *right):
            rows.update(dict.fromkeys((pair, Dependence.JOIN) for pair in one.unlisted()))
    theirs = {name for one in right for name, _ in one.columns}
    return list(dict.fromkeys(name for one in left for name, _ in one.columns if name in theirs))


def _merge(
    name: str, left: list[Relation], right: list[Relation], scope: Scope, rows: dict[Influence, None], side: str
) -> Value:
    """Return the one column that two of the same name become."""
    ours = scope.merged.get(name) or _first(name, left)
    theirs = _first(name, right)
    for value in (ours, theirs):
        rows.update(dict.fromkeys(value.decides(Dependence.JOIN)))
    if side == "RIGHT":
        return theirs
    if side != "FULL":
        return ours
    either = Value()
    either.take(ours)
    either.take(theirs)
    either.indirect.update(dict.fromkeys(ours.decides(Dependence.CONDITIONAL)))
    return either


def _first(name: str, relations: list[Relation]) -> Value:
    for one in relations:
        value = one.known(name)
        if value is not None:
            return value
    for one in relations:
        value = one.open(name)
        if value is not None:
            return value
    return Value()
