"""The SELECT list: names, stars, and expressions."""

from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from privacylib.sql.edges import EVERY, Dependence
from privacylib.sql.queries.choosing import Test, chosen_by, liked
from privacylib.sql.queries.expressions import Expressions
from privacylib.sql.queries.functions import explodes
from privacylib.sql.relations import Relation, Rest
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Value

__all__ = ["everything", "keys_of", "projected"]


def projected(node: Any, scope: Scope, expressions: Expressions, *, lateral: bool) -> Relation:
    """Return the columns of a SELECT list.

    Args:
        node: The SELECT, or whatever else has a list of expressions.
        scope: Its scope.
        expressions: Reads expressions.
        lateral: Whether a column of the list can be used by those after it.
    """
    found = Relation()
    for one in node.expressions:
        star = _star_of(one)
        if explodes(one):
            found.rows.update(dict.fromkeys(expressions.value(one, scope).decides(Dependence.JOIN)))
        if star is not None:
            _expand(found, star, one, scope, expressions)
        elif isinstance(one, exp.Aliases):
            value = expressions.value(one.this, scope)
            found.columns.extend((scope.reading.names.column(name), value) for name in one.expressions)
        elif (chosen := one.find(exp.Columns)) is not None:
            _choose(found, chosen, one, scope, expressions)
        else:
            value = expressions.value(one, scope)
            value.parts = value.parts or expressions.struct(one, scope)
            name = output_name(one, scope) or f"_col_{len(found.columns)}"
            found.columns.append((name, value))
            if lateral and isinstance(one, exp.Alias):
                scope.aliases.setdefault(name, value)
    return found


def everything(scope: Scope, expressions: Expressions) -> Relation:
    """Return all columns of all relations of a scope."""
    found, star = Relation(), exp.Star()
    _expand(found, star, star, scope, expressions)
    return found


def output_name(node: Any, scope: Scope) -> str:
    """Return the name of a column of the result; empty where the database makes one up."""
    names = scope.reading.names
    if isinstance(node, exp.Alias):
        alias = node.args["alias"]
        if not isinstance(alias, exp.Identifier) or (alias.args.get("quoted") and names.texts_name):
            scope.reading.catalogue.by_literals = True
        return names.column(alias) if isinstance(alias, exp.Identifier) else str(alias)
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    if isinstance(node, exp.Column):
        return names.column(node.this)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return names.column(node.expression)
    return ""


def keys_of(clause: Any, scope: Scope, found: Relation, expressions: Expressions) -> Iterable[Value]:
    """Yield the values that GROUP BY or ORDER BY names, by expression, alias or position."""
    for one in _keys(clause):
        node = one.this if isinstance(one, exp.Ordered) else one
        if isinstance(node, exp.Literal) and not node.is_string:
            at = int(node.this) - 1 if str(node.this).isdigit() else -1
            if 0 <= at < len(found.columns) and not found.rests:
                yield found.columns[at][1]
        elif isinstance(node, exp.Var):  # ORDER BY ALL
            yield from (value for _, value in found.columns)
        elif isinstance(clause, exp.Order) and isinstance(node, exp.Column) and len(node.parts) == 1:
            value = found.known(scope.reading.names.column(node.this))
            yield expressions.value(node, scope) if value is None else value
        else:
            yield expressions.value(node, scope)
    if clause.args.get("all"):
        yield from _ungrouped(found)


def _ungrouped(found: Relation) -> Iterable[Value]:
    """Yield what GROUP BY ALL groups by: the columns that are not aggregated."""
    for _, value in found.columns:
        if not any(code >= 4 for code in value.direct.values()):
            yield value


def _keys(clause: Any) -> Iterable[Any]:
    for one in clause.expressions:
        yield from one.expressions if isinstance(one, (exp.Tuple, exp.Rollup, exp.Cube)) else (one,)
    for name in ("rollup", "cube", "grouping_sets"):
        for one in clause.args.get(name) or ():
            yield from _members(one)


def _members(node: Any) -> Iterable[Any]:
    """Yield the expressions of a grouping set, however deep they stand in tuples."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, (exp.Tuple, exp.Rollup, exp.Cube, exp.GroupingSets)):
            waiting.extend(one.expressions)
        elif isinstance(one, exp.Paren):
            waiting.append(one.this)
        elif isinstance(one, exp.Expr):
            yield one


def _star_of(node: Any) -> Any:
    if isinstance(node, exp.Star):
        return node
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        return node.this
    if isinstance(node, exp.Columns) and isinstance(node.this, exp.Star):
        return node.this
    if isinstance(node, (exp.Like, exp.ILike)) and isinstance(node.this, exp.Star):
        return exp.Star(**{**node.this.args, "ilike": node.expression})
    return None


def _choose(found: Relation, chosen: Any, node: Any, scope: Scope, expressions: Expressions) -> None:
    """Add one column for each that ``COLUMNS(…)`` matches."""
    scope.reading.catalogue.by_literals = True
    whole = everything(scope, expressions)
    if whole.rests or whole.anything is not None:
        scope.reading.missing("COLUMNS of a table whose columns are not known")
    is_meant: Test = bool  # all that have a name
    if isinstance(chosen.this, exp.Star):
        whole = Relation()
        _expand(whole, chosen.this, exp.Star(), scope, expressions)
    else:
        is_meant = chosen_by(chosen.this, scope.reading)
    for name, value in whole.columns:
        if is_meant(name):
            scope.chosen = value
            found.columns.append((name, expressions.value(node, scope)))


def _expand(found: Relation, star: Any, node: Any, scope: Scope, expressions: Expressions) -> None:
    """Add the columns that a star stands for."""
    names = scope.reading.names
    given = star.args
    without = frozenset(names.column(_last(one)) for one in given.get("except_") or ())
    replaced = {
        names.column(one.args["alias"]): expressions.value(one.this, scope) for one in given.get("replace") or ()
    }
    renames = {names.column(_last(one.this)): names.column(one.args["alias"]) for one in given.get("rename") or ()}
    merged = {} if isinstance(node, exp.Column) else scope.merged
    for name, value in merged.items():
        if name not in without:
            found.columns.append((renames.get(name, name), replaced.get(name, value)))
    gone = without | merged.keys()
    is_meant = _pattern_of(star, scope)
    for relation in _starred(node, scope):
        scope.reading.spend(len(relation.columns))
        for name, value in relation.columns:
            if name not in gone and is_meant(name):
                found.columns.append((renames.get(name, name), replaced.get(name, value)))
        if relation.anything is not None and relation.known(EVERY) is not None:
            found.anything = relation.anything
        if relation.base or relation.rests:
            hidden = gone | replaced.keys() | renames.keys()
            found.rests.append(Rest(relation, hidden, {new: old for old, new in renames.items()}))
            found.columns.extend(replaced.items())
            opened = ((new, relation.open(old)) for old, new in renames.items())
            found.columns.extend((new, value) for new, value in opened if value is not None)


def _pattern_of(star: Any, scope: Scope) -> Test:
    """Return what tells whether a star stands for a column, by the pattern that follows it."""
    pattern = star.args.get("ilike")
    if pattern is None:
        return lambda _: True
    scope.reading.catalogue.by_literals = True
    return liked(pattern.name)


def _last(node: Any) -> Any:
    """Return the identifier of a column, or an identifier as it is."""
    return node.this if isinstance(node, exp.Column) else node


def _starred(node: Any, scope: Scope) -> list[Relation]:
    if not isinstance(node, exp.Column):
        return list(scope.sources.values())
    part = node.args.get("table")
    relation = scope.relation(scope.reading.names.alias(part), scope.reading.names.table(part))
    if relation is None:
        relation = scope.parts(scope.reading.names.column(part))
    if relation is None:
        scope.reading.missing("a * of a table that is not there")
    return [] if relation is None else [relation]
