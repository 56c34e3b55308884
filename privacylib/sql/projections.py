"""The SELECT list: names, stars, and expressions."""

from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from privacylib.sql.expressions import Expressions
from privacylib.sql.relations import Relation, Rest
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Value

__all__ = ["grouped_by", "projected"]


def projected(node: Any, scope: Scope, expressions: Expressions) -> Relation:
    """Return the columns of a SELECT list."""
    found = Relation()
    for one in node.expressions:
        star = _star_of(one)
        if star is not None:
            _expand(found, star, one, scope, expressions)
            continue
        value = expressions.value(one, scope)
        name = output_name(one, scope) or f"_col_{len(found.columns)}"
        found.columns.append((name, value))
        if isinstance(one, exp.Alias):
            scope.aliases[name] = value
    return found


def output_name(node: Any, scope: Scope) -> str:
    """Return the name of a column of the result; empty where the database makes one up."""
    names = scope.reading.names
    if isinstance(node, exp.Alias):
        return names.column(node.args["alias"])
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Column):
        return names.column(node.this)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return names.column(node.expression)
    return ""


def grouped_by(clause: Any, scope: Scope, found: Relation, expressions: Expressions) -> Iterable[Value]:
    """Yield the values that GROUP BY or ORDER BY names, by expression, alias or position."""
    for one in _keys(clause):
        node = one.this if isinstance(one, exp.Ordered) else one
        if isinstance(node, exp.Literal) and not node.is_string:
            at = int(node.this) - 1 if str(node.this).isdigit() else -1
            if 0 <= at < len(found.columns) and not found.rests:
                yield found.columns[at][1]
        elif isinstance(clause, exp.Order) and type(node) is exp.Column and len(node.parts) == 1:
            value = found.known(scope.reading.names.column(node.this))
            yield expressions.value(node, scope) if value is None else value
        else:
            yield expressions.value(node, scope)
    if clause.args.get("all") or any(isinstance(one, exp.Var) for one in clause.expressions):
        yield from (value for _, value in found.columns)


def _keys(clause: Any) -> Iterable[Any]:
    yield from clause.expressions
    for name in ("rollup", "cube", "grouping_sets"):
        for one in clause.args.get(name) or ():
            yield from one.expressions or (one,)


def _star_of(node: Any) -> Any:
    if isinstance(node, exp.Star):
        return node
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        return node.this
    return None


def _expand(found: Relation, star: Any, node: Any, scope: Scope, expressions: Expressions) -> None:
    """Add the columns that a star stands for."""
    names = scope.reading.names
    without = frozenset(
        names.column(one.this if isinstance(one, exp.Column) else one) for one in star.args.get("except_") or ()
    )
    replaced = {
        names.column(one.args["alias"]): expressions.value(one.this, scope) for one in star.args.get("replace") or ()
    }
    renames = {names.column(one.this.this): names.column(one.args["alias"]) for one in star.args.get("rename") or ()}
    seen = set(without)
    whole = isinstance(node, exp.Star)
    if whole:
        for name, value in scope.merged.items():
            if name not in seen:
                found.columns.append((renames.get(name, name), replaced.get(name, value)))
            seen.add(name)
    for relation in _starred(node, scope):
        for name, value in relation.columns:
            if name not in (seen if whole else without):
                found.columns.append((renames.get(name, name), replaced.get(name, value)))
        if relation.is_open:
            gone = frozenset(seen) | frozenset(replaced) | frozenset(renames)
            found.rests.append((len(found.columns), Rest(relation, gone, {new: old for old, new in renames.items()})))
            found.columns.extend(replaced.items())
            for old, new in renames.items():
                value = relation.open(old)
                if value is not None:
                    found.columns.append((new, value))


def _starred(node: Any, scope: Scope) -> list[Relation]:
    if isinstance(node, exp.Star):
        return list(scope.sources.values())
    names = scope.reading.names
    part = node.args.get("table")
    relation = scope.relation(names.alias(part), names.table(part)) if part is not None else None
    return [] if relation is None else [relation]
