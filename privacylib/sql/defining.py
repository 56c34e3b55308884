"""Functions and macros that SQL defines: their parameters and their bodies."""

from typing import Any

from attrs import frozen
from sqlglot import exp

from privacylib.sql.text.names import Names
from privacylib.sql.text.parsing import parsed

__all__ = ["PARAMETERS", "Function", "defined", "fitting"]

PARAMETERS = "the parameters"
"""Alias of the parameters of a macro: they go before columns, and no table can have it unquoted."""

_WITHOUT_TABLES = frozenset({"js", "javascript", "python", "java", "scala", "r", "c"})
"""Languages whose functions see nothing but their arguments."""


@frozen(eq=False)
class Function:
    """Hold what a function does.

    Args:
        name: Its last name, in small letters.
        parameters: Their names, in order.
        body: The query or expression that it is; None where it cannot be read.
        columns: Names of the columns of the table that it gives, where they are told.
        text: Its definition.
        alone: Whether it sees nothing but its arguments.
    """

    name: str
    parameters: tuple[str, ...]
    body: Any
    columns: tuple[str, ...] = ()
    text: str = ""
    alone: bool = False


def defined(tree: Any, names: Names) -> Function | None:
    """Return the function that a CREATE FUNCTION or MACRO defines; None where it is of a form that is not known."""
    call = tree.this
    if not isinstance(call, exp.UserDefinedFunction):
        return None
    given = [one.this if isinstance(one, (exp.ColumnDef, exp.PropertyEQ)) else one for one in call.expressions]
    parameters = tuple(names.part(one.name, quoted=False) for one in given)
    language = next(tree.find_all(exp.LanguageProperty), None)
    word = "sql" if language is None else language.name.lower()
    body = _body(tree.expression, names.dialect) if word == "sql" else None
    table = next(tree.find_all(exp.ReturnsProperty), None)
    listed = table.this.expressions if table is not None and isinstance(table.this, exp.Schema) else ()
    columns = tuple(names.column(one.this) for one in listed if isinstance(one, exp.ColumnDef))
    if body is not None:
        body = body.transform(_marked, parameters, tree.args.get("kind") == "MACRO", names)
    text = tree.sql(names.dialect or None)
    return Function(call.this.name.lower(), parameters, body, columns, text, word in _WITHOUT_TABLES)


def _body(node: Any, dialect: str) -> Any:
    """Return the query or expression that a definition gives; None where it is no single one."""
    if isinstance(node, (exp.Heredoc, exp.RawString)) or (isinstance(node, exp.Literal) and node.is_string):
        node = parsed(node.name, dialect)
        return node if isinstance(node, exp.Query) else None
    if isinstance(node, exp.Return):
        node = node.this.this if isinstance(node.this, exp.Alias) else node.this
    return node if isinstance(node, (exp.Query, exp.Condition)) else None


def _marked(node: Any, parameters: tuple[str, ...], first: bool, names: Names) -> Any:
    """Return a parameter as a column of what is bound; of a macro whatever its tables have."""
    name = ""
    if isinstance(node, exp.Column) and len(node.parts) == 1 and first:
        name = names.part(node.name, quoted=False)
    elif isinstance(node, exp.Parameter):
        name, at = names.part(node.name, quoted=False), node.name
        name = parameters[int(at) - 1] if at.isdigit() and 0 < int(at) <= len(parameters) else name
    if name not in parameters:
        return node
    return exp.column(exp.to_identifier(name, quoted=True), exp.to_identifier(PARAMETERS, quoted=True))


def fitting(functions: list[Function], arguments: int) -> list[Function]:
    """Return the functions of one name that a number of arguments may call."""
    same = [one for one in functions if len(one.parameters) == arguments]
    return same or [one for one in functions if len(one.parameters) > arguments] or functions
