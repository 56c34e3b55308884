"""Variables of a session: a value that one statement of a script keeps for those after it."""

from typing import Any

from sqlglot import exp

from privacylib.sql.changes.writing import Writing
from privacylib.sql.relations import Relation
from privacylib.sql.scopes import Scope

__all__ = ["assign", "initial", "kept", "selected"]

_COLUMN = "value"
"""Name of the one column that a variable has as a table."""


def assign(writing: Writing, tree: Any, scope: Scope) -> Relation | None:
    """Read SET: what a query or another variable gives goes into the variable."""
    writing.reading.kind = "SET"
    for item in tree.expressions:
        pair = item.this
        if isinstance(pair, (exp.EQ, exp.PropertyEQ)) and _moves(pair.expression):
            _keep(writing, pair.this, Relation([(_COLUMN, writing.expressions.value(pair.expression, scope))]))
    return scope.chosen_row


def initial(writing: Writing, variables: list[Any], default: Any, scope: Scope) -> None:
    """Read what a DECLARE gives its variables at first."""
    if _moves(default):
        for one in variables:
            _keep(writing, one, Relation([(_COLUMN, writing.expressions.value(default, scope))]))


def kept(tree: Any, dialect: str) -> Any:
    """Return a SELECT that keeps what it selects in variables, with the values alone; None where it does not."""
    forms = (exp.EQ, exp.PropertyEQ) if dialect == "tsql" else (exp.PropertyEQ,)
    if not isinstance(tree, exp.Select) or not all(_is_assignment(one, forms) for one in tree.expressions):
        return None
    plain = tree.copy()
    plain.set("expressions", [exp.alias_(one.expression, _COLUMN) for one in plain.expressions])
    return plain if plain.expressions else None


def selected(writing: Writing, tree: Any, relation: Relation) -> None:
    """Read that what a query gives is kept in the variables that its SELECT list names."""
    for one, (_, value) in zip(tree.expressions, relation.columns, strict=False):
        _keep(writing, one.this, Relation([(_COLUMN, value)], rows=relation.rows))


def _is_assignment(node: Any, forms: tuple[type, ...]) -> bool:
    return isinstance(node, forms) and isinstance(node.this, exp.Parameter)


def _moves(node: Any) -> bool:
    """Return whether an expression can bring data: a constant brings none."""
    return isinstance(node, exp.Expr) and node.find(exp.Query, exp.Parameter) is not None


def _keep(writing: Writing, variable: Any, relation: Relation) -> None:
    name = f"@{writing.reading.names.part(variable.name, quoted=False)}"
    writing.reading.pour(relation, name)
    writing.reading.catalogue.make(name, (_COLUMN,))
