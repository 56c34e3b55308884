"""Functions in FROM: what they make rows of, and what their columns are."""

from typing import Any

from sqlglot import exp

from privacylib.sql.defining import Function, fitting
from privacylib.sql.edges import Dependence
from privacylib.sql.queries.expressions import Expressions
from privacylib.sql.relations import Relation, named_as
from privacylib.sql.scopes import Scope
from privacylib.sql.values import CLEAR, TRANSFORMED, Value

__all__ = ["unnested"]

_COUNTING = frozenset({
    "generate_series", "range", "sequence", "generate_array", "generate_date_array", "repeat_row", "numbers", "seq4",
    "generator", "rowgenerator", "generate_subscripts",
})  # fmt: skip
"""Functions that make rows of nothing but their arguments."""

_OWN = {
    "posexplode": ("pos", "col"), "explode": ("col",), "flatten": ("seq", "key", "path", "index", "value", "this"),
    "json_each": ("key", "value"), "jsonb_each": ("key", "value"), "json_each_text": ("key", "value"),
    "jsonb_each_text": ("key", "value"), "openjson": ("key", "value", "type"), "string_split": ("value", "ordinal"),
    "split_to_table": ("seq", "index", "value"), "regexp_split_to_table": ("regexp_split_to_table",),
}  # fmt: skip
"""Columns of functions that have names for them."""


def unnested(node: Any, name: str, columns: list[str], scope: Scope, expressions: Expressions) -> Relation:
    """Return the relation of a function in FROM.

    Args:
        node: The item of FROM.
        name: Its alias.
        columns: Names that the alias gives its columns.
        scope: The scope that it stands in; it may use what stands before it.
        expressions: Reads its arguments.
    """
    call = node if isinstance(node, exp.Unnest) else node.this
    if call is None:
        scope.reading.missing("a source of a kind that is not known")
        return Relation()
    if isinstance(call, exp.Table):
        raise TypeError("no function, but something that nobody has thought of, with a table in it")
    call = _bare(call)
    queries = call.expressions if isinstance(call, exp.Unnest) else [call]
    given = [expressions.value(one, scope) for one in queries]
    values = [one.changed(TRANSFORMED | CLEAR) for one in given]
    whole = Value()
    for value in values:
        whole.take(value)
    function = _name(call)
    if function == "result_scan":
        scope.reading.missing("the result of an earlier statement")
        return Relation(named_as(Relation(), columns).columns, anything=whole)
    known = fitting(scope.reading.catalogue.functions_of(function), len(call.expressions))
    if known:
        return named_as(_called(known, call, whole, scope, expressions), columns)
    if not whole.direct and not whole.indirect and isinstance(call, exp.Anonymous) and function not in _COUNTING:
        return _renamed(scope.reading.table(function), columns)
    relation = Relation(_listed(node, call, name, columns, values, whole, function, scope), anything=whole)
    _take_apart(relation, given, columns)
    relation.rows = dict.fromkeys(whole.decides(Dependence.JOIN))
    if columns:
        relation.anything = None
    return relation


def _bare(call: Any) -> Any:
    """Return the function in ``TABLE(function(…))``."""
    while isinstance(call, exp.Anonymous) and call.name.lower() == "table" and len(call.expressions) == 1:
        if not isinstance(call.expressions[0], exp.Func):
            break
        call = call.expressions[0]
    return call


def _called(known: list[Function], call: Any, whole: Value, scope: Scope, expressions: Expressions) -> Relation:
    """Return what functions of one name give, any of which may be called: by position, all of them."""
    found = [expressions.called(one, call, scope) for one in known]
    first = found[0]
    if len(found) == 1 and first is not None:
        return first
    if None in found and not all(one.alone for one in known):
        scope.reading.untold("a function whose body cannot be read")
    else:
        scope.reading.missing("a function of which there are several")
    every = Value()
    every.take(whole)
    for one in found:
        every.take(one.every() if one is not None else Value())
    return Relation(anything=every)


def _take_apart(relation: Relation, given: list[Value], columns: list[str]) -> None:
    """Add the parts of the structured values that rows are made of, by name; a column of whole ones has them too."""
    parts = given[0].parts if len(given) == 1 else None
    if not parts:
        return
    for _, value in relation.columns:
        value.parts = parts
    if not columns:
        known = {name for name, _ in relation.columns}
        relation.columns += [(name, given[0].part(name)) for name in parts if name not in known]


def _listed(
    node: Any, call: Any, name: str, columns: list[str], values: list[Value], whole: Value, function: str, scope: Scope
) -> list[tuple[str, Value]]:
    offset = node.args.get("offset")
    if isinstance(call, exp.Unnest) and columns:
        listed = [
            (one, values[at] if at < len(values) and len(values) > 1 else whole) for at, one in enumerate(columns)
        ]
    elif columns:
        listed = [(one, whole) for one in columns]
    else:
        listed = [(one, whole) for one in (name, *_OWN.get(function, ("unnest",))) if one]
    if isinstance(offset, exp.Identifier):
        listed.append((scope.reading.names.column(offset), whole))
    elif (offset or node.args.get("ordinality")) and len(columns) < 2:
        listed.append(("ordinality", whole))
    return listed


def _renamed(relation: Relation, columns: list[str]) -> Relation:
    if columns:
        base = relation.base
        return Relation((one, Value({(base, one): CLEAR})) for one in columns)
    return relation


def _name(call: Any) -> str:
    if isinstance(call, exp.Anonymous):
        return call.name.lower()
    return call.sql_name().lower() if isinstance(call, exp.Func) else ""
