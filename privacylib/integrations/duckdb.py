"""DuckDB: each statement reads and writes tables and files, when it runs; a relation runs when its rows are taken.

DuckDB looks for the program's frames of data in the frame of a call, from 2.0 in the first that is not its own: ours
have the variables of the caller, or seem to be DuckDB's.
"""

from typing import Any

from privacylib.families import duckdb, duckdb_older
from privacylib.instrumentation.facts import Body
from privacylib.instrumentation.table import Call, Describe, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _connection(call: Call) -> Any:
    """Return the connection of a call; functions of the module take the default one."""
    from duckdb import default_connection

    return call["self"] or call["connection"] or default_connection()


def _statement(call: Call) -> tuple[Operation, ...]:
    query = call["query"]
    return duckdb.statement(_connection(call), str(getattr(query, "query", query)), call["parameters"])


def _made(call: Call) -> tuple[Operation, ...]:
    """Describe a relation of DuckDB before 2.0: when it is made, for what is done with it cannot be seen."""
    query = call["query"]
    return duckdb.statement(_connection(call), str(getattr(query, "query", query)), call["params"], beside=True)


def _named(call: Call) -> tuple[Operation, ...]:
    return duckdb.statement(_connection(call), f"FROM {call['table_name'] or call['view_name']}", beside=True)


def _reading(reader: str) -> Describe:
    def describe(call: Call) -> tuple[Operation, ...]:
        text = duckdb_older.source(reader, call["path_or_buffer"])
        return duckdb.statement(_connection(call), text, beside=True) if text else ()

    return describe


def _file(call: Call) -> tuple[Operation, ...]:
    return duckdb_older.file_written(call["file_name"])


def _table(call: Call) -> tuple[Operation, ...]:
    return duckdb_older.table_written(call["table_name"] or call["view_name"])


def _ended(_: Call) -> tuple[Operation, ...]:
    duckdb_older.changed()
    return ()


def _script(call: Call) -> tuple[Operation, ...]:
    return duckdb.before_the_last(call["self"], call["sql"])


def _submitted(call: Call) -> tuple[Operation, ...]:
    return duckdb.statement(call["self"], call["sql"])


def _view(call: Call) -> tuple[Operation, ...]:
    return duckdb.view(call["self"], call["name"], call["sql"])


def _appended(call: Call) -> tuple[Operation, ...]:
    return duckdb.appended(_connection(call), call["table_name"])


_WITHIN, _FROM_HOST = Body(passes_for="duckdb"), Body(in_caller=True)
_OLDER, _NEWER = ("", "2.0"), ("2.0", "")


def _on(
    method: str, describe: Describe, *parameters: str, versions: tuple[str, str] = ("", ""), body: Body = _FROM_HOST
) -> Patch:
    target = f"duckdb:{method if '.' in method else f'DuckDBPyConnection.{method}'}"
    return Patch(target, describe, parameters=("self", *parameters), body=body, versions=versions)


def _anywhere(name: str, describe: Describe, *parameters: str, versions: tuple[str, str] = ("", "")) -> list[Patch]:
    """Patch a method, and the function of the same name where it is made, and where programs find it."""
    functions = [
        Patch(f"{module}:{name}", describe, parameters=parameters, body=_FROM_HOST, versions=versions)
        for module in ("_duckdb", "duckdb")
    ]
    return [_on(name, describe, *parameters, versions=versions), *functions]


def _of_relation(names: str, describe: Describe, *parameters: str) -> list[Patch]:
    return [_on(f"DuckDBPyRelation.{name}", describe, *parameters, versions=_OLDER) for name in names.split()]


_BEFORE_TWO = (
    *(_anywhere(name, _made, "query", versions=_OLDER) for name in ("sql", "query", "from_query")),
    *(_anywhere(name, _named, f"{name}_name", versions=_OLDER) for name in ("table", "view")),
    *(
        _anywhere(name, _reading(reader), "path_or_buffer", versions=_OLDER)
        for name, reader in duckdb_older.READERS.items()
    ),
    _anywhere("table_function", _table, versions=_OLDER),
    *(_anywhere(name, _ended, versions=_OLDER) for name in ("commit", "rollback")),
    _of_relation("write_csv to_csv write_parquet to_parquet", _file, "file_name"),
    _of_relation("insert_into create to_table", _table, "table_name"),
    _of_relation("create_view to_view", _table, "view_name"),
    _of_relation("insert update query", _table),
)

INTEGRATION = Integration(
    "duckdb",
    (
        *_anywhere("execute", _statement, "query", "parameters"),
        *_anywhere("executemany", _statement, "query", "parameters"),
        *_anywhere("append", _appended, "table_name", "df"),
        _on("_prepare_script", _script, "sql", "values", versions=_NEWER, body=_WITHIN),
        _on("_submit", _submitted, "sql", "values", versions=_NEWER, body=_WITHIN),
        _on("_create_view", _view, "name", "sql", versions=_NEWER, body=_WITHIN),
        *(patch for patches in _BEFORE_TWO for patch in patches),
    ),
    distribution="duckdb",
    versions=("1.4", ""),
)
