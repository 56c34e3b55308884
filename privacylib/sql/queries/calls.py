"""Calls of functions and macros that SQL defines: what one comes to, by the body and the arguments."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from privacylib.sql.defining import PARAMETERS, Function
from privacylib.sql.relations import Relation, named_as
from privacylib.sql.scopes import Scope
from privacylib.sql.values import Value

__all__ = ["relation_of"]

_A_CALL = 50
"""Columns to which a call comes at least, in work."""


def _bound(function: Function, arguments: list[Any], scope: Scope, value: Callable[[Any, Scope], Value]) -> Scope:
    """Return the scope of the body of a function, in which its parameters are what a call gives.

    Args:
        function: The function.
        arguments: What it is given, in order or by name.
        scope: What the arguments can use.
        value: Reads an argument.
    """
    scope.reading.spend(_A_CALL)
    given = {name: Value() for name in function.parameters}
    for at, one in enumerate(arguments):
        named = isinstance(one, (exp.PropertyEQ, exp.Kwarg))
        name = scope.reading.names.part(one.this.name, quoted=False) if named else ""
        if not named and at < len(function.parameters):
            name = function.parameters[at]
        given.setdefault(name, Value()).take(value(one.expression if named else one, scope))
    inner = Scope(scope.reading, {})
    inner.sources[PARAMETERS] = Relation(given.items())
    return inner


def relation_of(
    function: Function,
    arguments: list[Any],
    scope: Scope,
    value: Callable[[Any, Scope], Value],
    query: Callable[[Any, Scope], Relation],
) -> Relation | None:
    """Return what a call of a function gives as rows; None where its body cannot be read.

    Args:
        function: The function.
        arguments: What it is given.
        scope: What the arguments can use.
        value: Reads an expression.
        query: Reads a query.
    """
    calling = scope.reading.catalogue.calling
    if function.body is None or function.name in calling:
        return None
    inner = _bound(function, arguments, scope, value)
    calling.add(function.name)
    try:
        if isinstance(function.body, exp.Query):
            return named_as(query(function.body, inner), function.columns)
        return Relation([(function.name, value(function.body, inner))])
    finally:
        calling.discard(function.name)
