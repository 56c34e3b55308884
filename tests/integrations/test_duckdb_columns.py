"""Columns through a job on DuckDB: what the connection knows of its tables tells which column goes where."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib.graph import Graph, load
from privacylib.testing import capture
from tests.watched import Watched, instrumented

duckdb: Any = pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")
pytestmark = pytest.mark.library

STAGED = """
create view "shop"."main"."stg_{name}__dbt_tmp" as (
  with source as (select * from "shop"."main"."raw_{name}"), renamed as (select {columns} from source)
  select * from renamed
)
"""
CUSTOMERS = """
create table "shop"."main"."customers__dbt_tmp" as (
  with orders as (select * from "shop"."main"."stg_orders"), payments as (select * from "shop"."main"."stg_payments"),
  spent as (
    select orders.customer_id, sum(amount) as total_amount
    from payments left join orders on payments.order_id = orders.order_id group by orders.customer_id
  )
  select customer_id, total_amount as customer_lifetime_value from spent
)
"""


@contextmanager
def warehouse(directory: Path) -> Generator[tuple[Any, Watched]]:
    """Yield a connection to a database that holds what was loaded, under no rule."""
    with duckdb.connect(str(directory / "shop.duckdb")) as db:
        db.execute("create table raw_orders (id int, user_id int, status text)")
        db.execute("create table raw_payments (id int, order_id int, payment_method text, amount int)")
        with instrumented(directory, "duckdb") as here, privacylib.scope("job"):
            yield db, here


def exchanged(db: Any, kind: str, name: str, made: str) -> None:
    """Make a table or view as dbt does: beside the one that is there, then in its place, in one transaction."""
    db.execute("begin")
    db.execute(made)
    db.execute(f'drop {kind} if exists "shop"."main"."{name}" cascade')
    db.execute(f'alter {kind} "shop"."main"."{name}__dbt_tmp" rename to "{name}"')
    db.execute("commit")


def built(db: Any) -> None:
    """Run the project: two views over what was loaded, and a table of their join."""
    orders, payments = "id as order_id, user_id as customer_id", "id as payment_id, order_id, amount / 100 as amount"
    exchanged(db, "view", "stg_orders", STAGED.format(name="orders", columns=orders))
    exchanged(db, "view", "stg_payments", STAGED.format(name="payments", columns=payments))
    exchanged(db, "table", "customers", CUSTOMERS)


def reached(graph: Graph, place: str, column: str) -> set[str]:
    """Return the columns behind a column."""
    return {name.removeprefix(place) for name in graph.downstream(place + column) if "#" in name}


@pytest.mark.parametrize("times", [1, 2])
def test_a_project_of_dbt_is_one_path_from_what_was_loaded(tmp_path: Path, times: int) -> None:
    with warehouse(tmp_path) as (db, here):
        for _ in range(times):
            built(db)
    graph, place = load([here.spool]), f"duckdb://{tmp_path}/shop.duckdb/main."
    assert reached(graph, place, "raw_payments#amount") == {
        "stg_payments__dbt_tmp#amount", "stg_payments#amount",
        "customers__dbt_tmp#customer_lifetime_value", "customers#customer_lifetime_value",
    }  # fmt: skip
    path = graph.path(f"{place}raw_payments#amount", f"{place}customers#customer_lifetime_value")
    assert path is not None
    assert [step.sink.removeprefix(place) for step in path.steps] == [
        "customers__dbt_tmp#customer_lifetime_value",
        "customers#customer_lifetime_value",
    ]
    assert not graph.path(f"{place}raw_orders#status", f"{place}customers#customer_lifetime_value")
    assert "customers#customer_id" in reached(graph, place, "raw_orders#user_id")


def test_a_seed_is_one_path_to_the_last_model(tmp_path: Path) -> None:
    seed = tmp_path / "raw_payments.csv"
    seed.write_text("id,order_id,payment_method,amount\n1,1,card,500\n")
    with warehouse(tmp_path) as (db, here):
        db.execute(f"copy raw_payments from '{seed}' (format csv, header true, delimiter ',')")
        built(db)
    place = f"duckdb://{tmp_path}/shop.duckdb/main."
    path = load([here.spool]).path(f"file://{seed}#amount", f"{place}customers#customer_lifetime_value")
    assert path is not None
    assert path.witnessed
    assert [step.sink.removeprefix(place) for step in path.steps] == [
        "raw_payments#amount", "customers__dbt_tmp#customer_lifetime_value", "customers#customer_lifetime_value",
    ]  # fmt: skip


def columns(here: Watched, place: str) -> set[tuple[str, str]]:
    """Return the pairs of columns that were seen, with short names."""
    pairs = {(source.removeprefix(place), sink.removeprefix(place)) for source, sink in here.pairs()}
    return {(source, sink) for source, sink in pairs if "#" in source}


def test_views_are_what_they_are_made_of_with_the_names_that_they_give(tmp_path: Path) -> None:
    with warehouse(tmp_path) as (db, here):
        db.execute("create view Told (who, what) as select user_id, status from raw_orders")
        db.execute("create table kept as select WHAT from told")
    assert ("raw_orders#status", "kept#what") in columns(here, f"duckdb://{tmp_path}/shop.duckdb/main.")


def test_what_a_transaction_made_is_known_to_it_until_it_is_rolled_back(tmp_path: Path) -> None:
    with warehouse(tmp_path) as (db, here):
        db.begin()
        db.execute("create table mine as select id as a from raw_orders")
        db.execute("create temp table also as select * from mine")
        db.rollback()
        db.execute("create table mine (b int)")
        db.execute("create table also as select * from mine")
    found = columns(here, f"duckdb://{tmp_path}/shop.duckdb/main.")
    assert {("raw_orders#id", "mine#a"), ("mine#a", "also#a"), ("mine#b", "also#b")} <= found


def test_what_another_connection_changes_is_noticed(tmp_path: Path) -> None:
    with warehouse(tmp_path) as (db, here):
        db.execute("create table first as select * from raw_orders")
        with db.cursor() as other:
            other.execute("alter table raw_orders add column note text")
        db.execute("select id from raw_orders union all select 1")
        db.execute("create table second as select * from raw_orders")
    found = columns(here, f"duckdb://{tmp_path}/shop.duckdb/main.")
    assert {sink for _, sink in found if sink.endswith("#note")} == {"second#note"}


def test_a_connection_that_cannot_be_asked_is_told_by_a_second_one(tmp_path: Path) -> None:
    with warehouse(tmp_path) as (db, here):
        db.execute("insert into raw_orders select range, 1, '' from range(9000)")
        db.execute("select id from raw_orders")
        db.execute("create table kept as select * from raw_orders")
        db.begin()
        with pytest.raises(duckdb.Error):
            db.execute("select * from nowhere")
        with pytest.raises(duckdb.Error):
            db.execute("create table never as select * from raw_orders")
        db.rollback()
    assert ("raw_orders#status", "kept#status") in columns(here, f"duckdb://{tmp_path}/shop.duckdb/main.")


def test_databases_beside_are_told_by_their_names_in_any_case(tmp_path: Path) -> None:
    with warehouse(tmp_path) as (db, here):
        db.execute(f"attach '{tmp_path}/Other.v2.duckdb' as Beside; attach ':memory:' as \"with.dot\"")
        db.execute("create table BESIDE.main.orders as select * from raw_orders")
        db.execute("create table kept as select STATUS from beside.orders")
    found = columns(here, f"duckdb://{tmp_path}/")
    assert ("shop.duckdb/main.raw_orders#status", "Other.v2.duckdb/main.orders#status") in found
    assert ("Other.v2.duckdb/main.orders#status", "shop.duckdb/main.kept#status") in found


def test_macros_are_looked_into_wherever_they_were_made(tmp_path: Path) -> None:
    with warehouse(tmp_path) as (db, here):
        db.execute("create macro state_of(x) as (select max(status) from raw_orders where id = x)")
        with db.cursor() as other:
            other.execute(
                "create macro of_user(u, least := 0) as table select id, amount from raw_payments where id > u"
            )
        db.execute("create table kept as select state_of(order_id) as state from raw_payments")
        db.execute("create table also as select amount from of_user(3)")
    found = columns(here, f"duckdb://{tmp_path}/shop.duckdb/main.")
    assert {("raw_orders#status", "kept#state"), ("raw_payments#amount", "also#amount")} <= found


def test_what_was_prepared_before_is_told_when_it_is_executed(tmp_path: Path) -> None:
    with warehouse(tmp_path) as (db, here):
        db.execute("create table kept (state text); create table other (id int)")
        with capture() as prepared:
            db.execute("prepare put as insert into kept select status from raw_orders where id > ?")
        with db.cursor() as other:
            other.execute("prepare put as insert into other select id from raw_orders")
        with capture() as executed:
            db.execute("execute put(0)")
        db.execute("execute put(1)")
        db.execute("deallocate put")
        with capture() as forgotten, pytest.raises(duckdb.Error):
            db.execute("execute put(0)")
    places = {each.asset.rpartition("/main.")[2] for each in executed.records}
    assert places == {"raw_orders", "kept"}
    assert {str(each.kind) for each in executed.records} == {"READ", "WRITE"}
    assert not prepared.records
    assert {str(each.kind) for each in forgotten.records} == {"OPAQUE", "WRITE"}
    assert ("raw_orders#status", "kept#state") in columns(here, f"duckdb://{tmp_path}/shop.duckdb/main.")


def test_columns_that_data_has_named_are_kept_as_templates(tmp_path: Path) -> None:
    with warehouse(tmp_path) as (db, here):
        db.execute("create table mails (who text, n int)")
        db.execute("insert into mails values ('ana@example.org', 1), ('bo@example.org', 2)")
        db.execute("create table wide as pivot mails on who using sum(n)")
        db.execute("create table copied as select * from wide")
        db.execute('select "bo@example.org" from copied').fetchall()
        pairs = here.pairs()
    file = f"duckdb://{tmp_path}/shop.duckdb/main"
    assert (f"{file}.wide#{{email}}", f"{file}.copied#{{email}}") in pairs
    assert not [path for path in here.spool.rglob("*") if path.is_file() and b"@example.org" in path.read_bytes()]
