"""DuckDB: each statement reads and writes tables and files, when it runs; a relation runs when its rows are taken.

DuckDB looks for the program's frames of data in the first frame of a call that is not its own: ours seem to be.
"""

from typing import Any

from privacylib.families import duckdb
from privacylib.instrumentation.facts import Body
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _connection(call: Call) -> Any:
    """Return the connection of a call; functions of the module take the default one."""
    from duckdb import default_connection

    return call["self"] or call["connection"] or default_connection()


def _statement(call: Call) -> tuple[Operation, ...]:
    query = call["query"]
    return duckdb.statement(_connection(call), str(getattr(query, "query", query)), call["parameters"])


def _script(call: Call) -> tuple[Operation, ...]:
    return duckdb.before_the_last(call["self"], call["sql"])


def _submitted(call: Call) -> tuple[Operation, ...]:
    return duckdb.statement(call["self"], call["sql"])


def _view(call: Call) -> tuple[Operation, ...]:
    return duckdb.view(call["self"], call["name"], call["sql"])


def _appended(call: Call) -> tuple[Operation, ...]:
    return duckdb.appended(_connection(call), call["table_name"])


_BODY = Body(passes_for="duckdb")


def _on(method: str, describe: Any, *parameters: str) -> Patch:
    return Patch(f"duckdb:DuckDBPyConnection.{method}", describe, parameters=("self", *parameters), body=_BODY)


def _of_module(name: str, describe: Any, *parameters: str) -> tuple[Patch, ...]:
    """Patch a function where it is made, and where programs find it."""
    modules = ("_duckdb", "duckdb")
    return tuple(Patch(f"{module}:{name}", describe, parameters=parameters, body=_BODY) for module in modules)


INTEGRATION = Integration(
    "duckdb",
    (
        _on("execute", _statement, "query", "parameters"),
        _on("executemany", _statement, "query", "parameters"),
        _on("append", _appended, "table_name", "df"),
        _on("_prepare_script", _script, "sql", "values"),
        _on("_submit", _submitted, "sql", "values"),
        _on("_create_view", _view, "name", "sql"),
        *_of_module("execute", _statement, "query", "parameters"),
        *_of_module("executemany", _statement, "query", "parameters"),
        *_of_module("append", _appended, "table_name", "df"),
    ),
    distribution="duckdb",
    versions=("2.0", ""),
)
