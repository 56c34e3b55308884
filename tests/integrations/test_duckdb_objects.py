"""Objects of the program that DuckDB reads and writes by: relations in variables, open files, appenders."""

import io
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import integrations
from privacylib.instrumentation import patching
from privacylib.testing import capture
from tests.watched import POLICY, watched

duckdb: Any = pytest.importorskip("duckdb")
pytestmark = [
    pytest.mark.library,
    pytest.mark.skipif(int(duckdb.__version__.partition(".")[0]) < 2, reason="relations are told when they are made"),
]

TABLES = """assets:
  - {match: "duckdb://**/main.people", labels: [CONTACT]}
  - {match: "duckdb://**/main.plain", labels: []}"""


@pytest.fixture
def db(tmp_path: Path) -> Generator[Any]:
    policy = POLICY.replace("assets:", TABLES)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection, watched(tmp_path, policy=policy):
        connection.execute("create table people as select 'ana' as email; create table plain (email text)")
        integrations.install(frozenset({"duckdb"}))
        try:
            yield connection
        finally:
            patching.uninstall()


def _by_statement(db: Any, found: Any) -> Any:
    return db.execute("from found"), found


def _by_relation(db: Any, found: Any) -> Any:
    return db.sql("from found"), found


def _by_another(db: Any, people: Any) -> Any:
    found = db.sql("from people")
    return db.sql("from found"), people, found


def _by_name(db: Any, people: Any) -> Any:
    db.register("rows", people)
    return (db.execute("from rows"),)


def _by_function(_: Any, people: Any) -> Any:
    def same(rows: object) -> object:
        return rows

    return (people.map(same, schema={"email": "varchar"}),)


WAYS = {
    "statement": _by_statement,
    "relation": _by_relation,
    "of one": _by_another,
    "name": _by_name,
    "map": _by_function,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_relation_in_a_variable_is_what_it_is_of(db: Any, way: str) -> None:
    people = db.table("people")
    with privacylib.zone("reply"):
        assert WAYS[way](db, people)[0].fetchall() == [("ana",)]
        assert privacylib.current().labels == {"CONTACT"}
    with privacylib.zone("ads"), pytest.raises(Exception, match="contact-reply"):
        WAYS[way](db, people)[0].fetchall()


def test_a_relation_in_a_variable_flows_into_no_table_that_may_not_have_it(db: Any) -> None:
    found = db.table("people")
    with privacylib.zone("reply"), pytest.raises(Exception, match=r"main\.plain"):
        assert not (db.execute("insert into plain from found"), found)
    assert db.execute("from plain").fetchall() == []


def _by_row(db: Any) -> None:
    appender = db.appender("plain")
    appender.append_row("ana")
    appender.flush()


def _by_rows(db: Any) -> None:
    with db.appender('main."plain"') as appender:
        appender.append_rows([("ana",)])


def _by_query(db: Any) -> None:
    with db.query_appender("insert into plain select email from people", {"x": "int"}) as appender:
        appender.append_row(1)


APPENDERS = {"row": _by_row, "rows": _by_rows, "query": _by_query}


@pytest.mark.parametrize("way", APPENDERS)
def test_an_appender_takes_no_rows_that_its_table_may_not_have(db: Any, way: str) -> None:
    with privacylib.zone("reply"):
        db.execute("from people").fetchall()
        with pytest.raises(privacylib.PolicyDenied, match=r"main\.plain"):
            APPENDERS[way](db)
    assert db.execute("from plain").fetchall() == []


@pytest.mark.parametrize("way", ["row", "rows"])
def test_rows_that_an_appender_may_have_are_a_write_of_its_table(db: Any, tmp_path: Path, way: str) -> None:
    with capture() as seen, privacylib.scope("job"):
        APPENDERS[way](db)
    assert [str(each).partition(" at ")[0] for each in seen.records] == [
        f"WRITE duckdb://{tmp_path}/shop.duckdb/main.plain"
    ]


def test_rows_that_a_generator_reads_are_judged_before_an_appender_has_them(db: Any) -> None:
    def rows() -> Generator[tuple[str]]:
        yield from db.cursor().execute("from people").fetchall()

    with privacylib.zone("reply"), pytest.raises(privacylib.PolicyDenied, match=r"main\.plain"):
        db.appender("plain").append_rows(rows())
    assert db.execute("from plain").fetchall() == []


def test_an_open_file_of_the_program_is_its_own_memory(db: Any) -> None:
    with capture() as seen, privacylib.scope("job"):
        assert db.read_csv(io.BytesIO(b"x\n1\n")).fetchall() == [(1,)]
    assert {f"{each.kind} {each.asset}" for each in seen.records} == {"READ memory://{…}"}
