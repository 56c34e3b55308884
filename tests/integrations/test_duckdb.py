"""DuckDB under the policy: tables, files, relations that run later, and frames of the program."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import integrations
from privacylib.instrumentation import patching
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.integrations.statements import seeing
from tests.watched import instrumented, watched

duckdb: Any = pytest.importorskip("duckdb")
pytestmark = pytest.mark.library

INSERT = "insert into {} values (?)"


class TestConformance(Conformance):
    name = "duckdb"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        file = directory / "shop.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute("create table contacts (email text); create table plain (email text)")

            def insert(table: str) -> None:
                connection.cursor().execute(INSERT.format(table), ["ana"])

            yield Host(
                sink=f"duckdb://{file}/main.contacts",
                allowed=lambda: insert("contacts"),
                refused=lambda: insert("plain"),
                arrived=lambda: bool(connection.cursor().execute("select 1 from plain").fetchone()),
                failing=lambda: connection.execute("select * from nowhere"),
                error=duckdb.CatalogException,
                streamed=lambda: connection.executemany(INSERT.format("contacts"), [["ana"], ["bo"]]),
            )


class TestDifferential(Differential):
    name = "duckdb"

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        with duckdb.connect(str(directory / "shop.duckdb")) as connection:
            connection.execute("create table a (x int)")
            yield connection

    def plain(self, text: str) -> str:
        return text.partition("unnamed_relation_")[0]

    calls = (
        lambda db: db,
        lambda db: db.execute("insert into a values (?)", [1]),
        lambda db: db.execute("select x from a").fetchall(),
        lambda db: db.executemany("insert into a values (?)", [[1], [2]]),
        lambda db: db.sql("select x from a"),
        lambda db: db.sql("select x from a").sql_query(),
        lambda db: db.sql("select x from a where x > $x", params={"x": 1}).fetchall(),
        lambda db: db.sql("create table b as select x from a"),
        lambda db: [db.table("b").order("x").fetchall(), db.table("b").columns],
        lambda db: db.execute("no sql"),
        lambda db: db.execute("select * from nowhere"),
        lambda db: db.execute(7),
        lambda db: db.execute(),
        lambda db: db.execute("select ?", []),
        lambda db: db.sql("select * from read_parquet('nowhere.parquet')"),
        lambda db: db.sql("select 1; select 2").fetchall(),
        lambda _: duckdb.execute("select 42").fetchone(),
        lambda db: db.begin().execute("insert into a values (9)").rollback(),
    )
    wrong = (
        lambda db: db.execute(7),
        lambda db: db.execute(None),
        lambda db: db.execute(),
        lambda db: db.sql(7),
        lambda db: db.sql(),
        lambda db: db.executemany(),
        lambda db: db.table(7),
        lambda db: db.append(7, 8),
        lambda _: duckdb.execute(),
    )


@pytest.fixture
def told(tmp_path: Path) -> Generator[Any]:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
        db.execute("create table a (x int); create table b (x int); insert into a values (1)")
        yield db


def named(seen: Any, place: Path) -> list[str]:
    return [f"{each.kind} {each.asset}".replace(f"{place}/", "") for each in seen.records]


def test_files_are_sources_and_sinks(told: Any, tmp_path: Path) -> None:
    with seeing("duckdb") as seen:
        told.execute(f"copy a to '{tmp_path}/a.parquet' (format parquet)")
        told.execute(f"copy (select x from a) to '{tmp_path}/a.csv'")
        told.execute(f"insert into b select * from read_parquet('{tmp_path}/a.parquet', union_by_name = true)")
        told.execute(f"copy b from '{tmp_path}/a.csv'")
        told.execute(f"create table c as select p.* from '{tmp_path}/a.csv', '{tmp_path}/a.parquet' p where '1' = '1'")
        told.execute(f"select * from read_csv(['{tmp_path}/a.csv', '{tmp_path}/a.csv'])").fetchall()
    assert named(seen, tmp_path) == [
        "WRITE file://a.parquet", "READ duckdb://shop.duckdb/main.a",
        "WRITE file://a.csv", "READ duckdb://shop.duckdb/main.a",
        "WRITE duckdb://shop.duckdb/main.b", "READ file://a.parquet",
        "WRITE duckdb://shop.duckdb/main.b", "READ file://a.csv",
        "WRITE duckdb://shop.duckdb/main.c", "READ file://a.parquet", "READ file://a.csv",
        "READ file://a.csv",
    ]  # fmt: skip
    table, file = f"duckdb://{tmp_path}/shop.duckdb/main.", f"file://{tmp_path}/a."
    assert {(edge["source"], edge["sink"]) for edge in seen.edges if edge["evidence"] == "parsed"} == {
        (f"{table}a#x", f"{file}parquet#x"), (f"{table}a#x", f"{file}csv#x"), (f"{file}parquet#x", f"{table}b#x"),
        (f"{file}csv#x", f"{table}b#x"), (f"{file}parquet#x", f"{table}c#x"),
    }  # fmt: skip


def test_a_relation_is_read_when_it_runs_and_not_before(told: Any, tmp_path: Path) -> None:
    with seeing("duckdb") as seen:
        relation = told.sql("select x from a").filter("x > 0")
        assert relation.columns == ["x"]
        assert not seen.records
        assert relation.fetchall() == [(1,)]
        relation.write_parquet(str(tmp_path / "out.parquet"))
        relation.insert_into("b")
        relation.to_table("d")
        told.sql("insert into b select x from d; select x from d").fetchall()
    assert named(seen, tmp_path) == [
        "READ duckdb://shop.duckdb/main.a",
        "WRITE file://out.parquet", "READ duckdb://shop.duckdb/main.a",
        "WRITE duckdb://shop.duckdb/main.b", "READ duckdb://shop.duckdb/main.a",
        "WRITE duckdb://shop.duckdb/main.d", "READ duckdb://shop.duckdb/main.a",
        "WRITE duckdb://shop.duckdb/main.b", "READ duckdb://shop.duckdb/main.d",
        "READ duckdb://shop.duckdb/main.d",
    ]  # fmt: skip


def test_frames_of_the_program_are_in_memory(told: Any, tmp_path: Path) -> None:
    pandas: Any = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1]})
    with seeing("duckdb") as seen:
        told.execute("insert into b select x from frame")
        told.sql("select x from frame").fetchall()
        told.append("b", frame)
    assert named(seen, tmp_path) == [
        "WRITE duckdb://shop.duckdb/main.b", "READ memory://frame", "READ memory://{…}",
        "WRITE duckdb://shop.duckdb/main.b",
    ]  # fmt: skip


def test_databases_that_are_attached_are_named_by_their_files(told: Any, tmp_path: Path) -> None:
    with seeing("duckdb") as seen:
        told.execute(f"attach '{tmp_path}/other.duckdb' as other; create schema other.deep")
        told.execute("create table other.main.t as select x from a")
        told.execute("create table other.deep.u as select x from other.t")
        told.execute("use other.deep")
        told.execute("select x from u")
        assert told.fetchall() == [(1,)]
        duckdb.execute("select 1")
    assert named(seen, tmp_path) == [
        "WRITE duckdb://other.duckdb/main.t", "READ duckdb://shop.duckdb/main.a",
        "WRITE duckdb://other.duckdb/deep.u", "READ duckdb://other.duckdb/main.t",
        "READ duckdb://other.duckdb/deep.u",
    ]  # fmt: skip


def test_looking_things_up_disturbs_no_transaction_and_no_result(told: Any, tmp_path: Path) -> None:
    with seeing("duckdb"):
        told.begin()
        told.execute("insert into a values (2)")
        told.execute("create table mine as select x from a")
        assert told.table("mine").count("x").fetchall() == [(2,)]
        told.execute("select x from mine order by x")
        assert told.fetchall() == [(1,), (2,)]
        told.rollback()
        assert told.execute("select count(*) from a").fetchall() == [(1,)]


def test_no_other_name_of_what_is_patched_is_a_gap(tmp_path: Path) -> None:
    with watched(tmp_path):
        integrations.install(frozenset({"duckdb"}))
        missed = [target for target in patching.uncovered if "duckdb" in target]
        patching.uninstall()
    assert not missed


@pytest.mark.parametrize("way", ["variable", "relation", "registered", "of a query"])
def test_what_comes_from_a_frame_of_the_program_is_judged_by_all_that_the_work_holds(tmp_path: Path, way: str) -> None:
    pandas: Any = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1]})
    with watched(tmp_path), duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
        db.execute("create table plain (x int)")
        integrations.install(frozenset({"duckdb"}))
        ways = {
            "variable": lambda: db.execute("insert into plain select x from frame"),
            "relation": lambda: db.from_df(frame).insert_into("plain"),
            "registered": lambda: db.register("shown", frame).execute("insert into plain select x from shown"),
            "of a query": lambda: db.execute("create table more as with f as (select x from frame) select x from f"),
        }
        with privacylib.scope("work"), privacylib.zone("reply"):
            users()
            with pytest.raises(privacylib.PolicyDenied):
                ways[way]()
        patching.uninstall()
        assert frame is not None


@pytest.mark.parametrize("name", ["shown", "Shown", "what is shown"])
def test_a_frame_that_is_registered_has_the_name_that_it_was_given(tmp_path: Path, name: str) -> None:
    pandas: Any = pytest.importorskip("pandas")
    with instrumented(tmp_path, "duckdb") as here, duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
        db.register(name, pandas.DataFrame({"x": [1]}))
        with privacylib.scope("work"):
            db.execute(f'create table made as select x from "{name}"')
    sink = f"duckdb://{tmp_path}/shop.duckdb/main.made#x"
    assert [source.lower() for source, into in here.pairs() if into == sink] == [f"memory://{name.lower()}#x"]
