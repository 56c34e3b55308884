"""What calls of DuckDB's methods and functions mean, by their arguments."""

import inspect
from collections.abc import Callable
from typing import Any

from privacylib.families.asked import Asked
from privacylib.families.databases.duckdb import older as duckdb_older
from privacylib.families.databases.duckdb import statements as duckdb
from privacylib.model import Operation

__all__ = [
    "appended", "connection_of", "ended", "file", "made", "mapped", "named", "reading", "script", "statement",
    "submitted", "table", "variable", "view",
]  # fmt: skip


def connection_of(call: Asked) -> Any:
    """Return the connection of a call; functions of the module take the default one."""
    from duckdb import default_connection

    return call["self"] or call["connection"] or default_connection()


def statement(call: Asked) -> tuple[Operation, ...]:
    """Describe a statement that runs now."""
    query = call["query"]
    return duckdb.statement(connection_of(call), str(getattr(query, "query", query)), call["parameters"])


def made(call: Asked) -> tuple[Operation, ...]:
    """Describe a relation of DuckDB before 2.0: when it is made, for what is done with it cannot be seen."""
    query = call["query"]
    return duckdb.statement(connection_of(call), str(getattr(query, "query", query)), call["params"], beside=True)


def named(call: Asked) -> tuple[Operation, ...]:
    """Describe a relation of a table or view, before 2.0."""
    return duckdb.statement(connection_of(call), f"FROM {call['table_name'] or call['view_name']}", beside=True)


def reading(reader: str) -> Callable[[Asked], tuple[Operation, ...]]:
    """Return what describes a relation of files, before 2.0."""

    def describe(call: Asked) -> tuple[Operation, ...]:
        text = duckdb_older.source(reader, call["path_or_buffer"])
        return duckdb.statement(connection_of(call), text, beside=True) if text else ()

    return describe


def file(call: Asked) -> tuple[Operation, ...]:
    """Describe that a relation is written to a file."""
    return duckdb_older.file_written(call["file_name"])


def table(call: Asked) -> tuple[Operation, ...]:
    """Describe that a relation is written to a table."""
    return duckdb_older.table_written(call["table_name"] or call["view_name"])


def ended(_: Asked) -> tuple[Operation, ...]:
    """Tell that a transaction has ended: names may mean something else now."""
    duckdb_older.changed()
    return ()


def script(call: Asked) -> tuple[Operation, ...]:
    """Describe all statements of a script but its last."""
    return duckdb.before_the_last(call["self"], call["sql"])


def submitted(call: Asked) -> tuple[Operation, ...]:
    """Describe the statement of a relation whose rows are taken, from 2.0."""
    return duckdb.statement(call["self"], call["sql"], call["values"])


def variable(call: Asked) -> tuple[Operation, ...]:
    """Describe that a statement takes a relation that a variable of the program holds, or a name is given to one."""
    relation = call["self"]
    text: str = inspect.unwrap(relation.__class__._registry_text)(relation)
    return duckdb.statement(relation._con, text, beside=True)


def mapped(call: Asked) -> tuple[Operation, ...]:
    """Describe that a function of the program is given a relation's rows, which it returns others for."""
    return duckdb.statement(call["self"], call["input_sql"], beside=True)


def view(call: Asked) -> tuple[Operation, ...]:
    """Describe that a relation becomes a view, from 2.0."""
    return duckdb.view(call["self"], call["name"], call["sql"])


def appended(call: Asked) -> tuple[Operation, ...]:
    """Describe that a frame of data is appended to a table."""
    return duckdb.appended(connection_of(call), call["table_name"])
