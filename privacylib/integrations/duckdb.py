"""DuckDB: each statement reads and writes tables and files, when it runs; a relation runs when its rows are taken.

DuckDB looks for the program's frames of data in the frame of a call, from 2.0 in the first that is not its own: ours
have the variables of the caller, or seem to be DuckDB's.
"""

from typing import Any

from privacylib.families.databases.dbapi import asks_by, made_meanwhile
from privacylib.families.databases.duckdb import appenders, calls
from privacylib.families.databases.duckdb.older import READERS
from privacylib.instrumentation.facts import Body, Outgoing, always
from privacylib.instrumentation.table import Describe, Integration, Patch, Test

__all__ = ["INTEGRATION"]


_WITHIN, _FROM_HOST = Body(passes_for="duckdb", asks_host=True), Body(in_caller=True, asks_host=True)
_OLDER, _NEWER = ("", "2.0"), ("2.0", "")


def _takes(first: str = "", *_: str) -> Test:
    return asks_by(first) if first in ("query", "sql", "name", "table_name", "view_name") else always


def _on(method: str, describe: Describe, *parameters: str, body: Body = _FROM_HOST, **more: Any) -> Patch:
    target = f"duckdb:{method if '.' in method else f'DuckDBPyConnection.{method}'}"
    return Patch(target, describe, parameters=("self", *parameters), body=body, takes=_takes(*parameters), **more)


def _anywhere(name: str, describe: Describe, *parameters: str, **more: Any) -> list[Patch]:
    """Patch a method, and the function of the same name where it is made, and where programs find it."""
    told: dict[str, Any] = {"parameters": parameters, "body": _FROM_HOST, "takes": _takes(*parameters), **more}
    functions = [Patch(f"{module}:{name}", describe, **told) for module in ("_duckdb", "duckdb")]
    return [_on(name, describe, *parameters, **more), *functions]


def _of_relation(names: str, describe: Describe, *parameters: str) -> list[Patch]:
    return [_on(f"DuckDBPyRelation.{name}", describe, *parameters, versions=_OLDER) for name in names.split()]


def _of_appender(name: str, describe: Describe, *parameters: str, **more: Any) -> Patch:
    return Patch(f"_duckdb:Appender.{name}", describe, parameters=("self", *parameters), versions=_NEWER, **more)


_BEFORE_TWO = (
    *(_anywhere(name, calls.made, "query", versions=_OLDER) for name in ("sql", "query", "from_query")),
    *(_anywhere(name, calls.named, f"{name}_name", versions=_OLDER) for name in ("table", "view")),
    *(_anywhere(name, calls.reading(reader), "path_or_buffer", versions=_OLDER) for name, reader in READERS.items()),
    _anywhere("table_function", calls.table, versions=_OLDER),
    *(_anywhere(name, calls.ended, versions=_OLDER) for name in ("commit", "rollback")),
    _of_relation("write_csv to_csv write_parquet to_parquet", calls.file, "file_name"),
    _of_relation("insert_into create to_table", calls.table, "table_name"),
    _of_relation("create_view to_view", calls.table, "view_name"),
    _of_relation("insert update query", calls.table),
)

INTEGRATION = Integration(
    "duckdb",
    (
        *_anywhere("execute", calls.statement, "query", "parameters"),
        *_anywhere("executemany", calls.statement, "query", "parameters"),
        *_anywhere("append", calls.appended, "table_name", "df"),
        _on("_prepare_script", calls.script, "sql", "values", versions=_NEWER, body=_WITHIN),
        _on("_submit", calls.submitted, "sql", "values", versions=_NEWER, body=_WITHIN),
        _on("_create_view", calls.view, "name", "sql", versions=_NEWER, body=_WITHIN),
        _on("_register_map", calls.mapped, "function", "schema", "input_sql", versions=_NEWER, body=_WITHIN),
        _on("DuckDBPyRelation._registry_text", calls.variable, versions=_NEWER, body=_WITHIN),
        *_anywhere("appender", appenders.made, "table", versions=_NEWER, after=appenders.of_table),
        *_anywhere("query_appender", appenders.made, "dml", versions=_NEWER, after=appenders.of_query),
        _of_appender("append_row", appenders.given),
        _of_appender("append_rows", appenders.given, "rows", sends=Outgoing(streams=made_meanwhile("rows"))),
        *(_of_appender(name, appenders.run) for name in ("flush", "__exit__")),
        *(patch for patches in _BEFORE_TWO for patch in patches),
    ),
    distribution="duckdb",
    versions=("1.4", ""),
)
