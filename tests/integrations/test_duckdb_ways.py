"""Ways out of a database of DuckDB that name neither the table nor the file where one would look."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import integrations
from privacylib.instrumentation import patching
from tests.watched import POLICY, watched

duckdb: Any = pytest.importorskip("duckdb")
pytestmark = pytest.mark.library

WHOLE = POLICY.replace("assets:", 'assets:\n  - {match: "duckdb://**/shop.duckdb/**", labels: [CONTACT]}')

WAYS = {
    "attached in the same call": ("attach '{}/o.duckdb' as o; create table o.a as select * from people",),
    "without a name": ("attach '{}/o.duckdb'; create table o.a as select * from people",),
    "used in the same call": (
        "attach '{}/o.duckdb' as o; use o; create table a as select * from shop.people; use shop",
    ),
    "attached anew": (
        "attach '{}/shop2.duckdb' as o",
        "detach o; attach '{}/o.duckdb' as o; create table o.people as select * from people",
    ),
    "made under one name and used under another": (
        "attach '{}/o.duckdb' as o; create temp view v as select * from people; use o; create table a as from v",
    ),
    "a macro": (
        "attach '{}/o.duckdb' as o; create macro m() as table from people; use o; create table a as from shop.m()",
    ),
    "a whole database": ("attach '{}/o.duckdb' as o", "copy from database shop to o"),
    "a whole database in one call": ("attach '{}/o.duckdb' as o; copy from database shop to o",),
    "into a directory": ("export database '{}/o'",),
    "a text": ("copy (from query('select * from people')) to '{}/o.csv'",),
    "a worked out text": ("copy (from query('select * ' || 'from people')) to '{}/o.csv'",),
    "a table by a text": ("copy (from query_table('people')) to '{}/o.csv'",),
    "tables by texts": ("copy (from query_table(['people'])) to '{}/o.csv'",),
    "a summary": ("copy (summarize people) to '{}/o.csv'",),
}


@pytest.fixture
def db(tmp_path: Path) -> Generator[Any]:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection, watched(tmp_path, policy=WHOLE):
        connection.execute("create table people as select 'ana' as email")
        integrations.install(frozenset({"duckdb"}))
        try:
            yield connection
        finally:
            patching.uninstall()


@pytest.mark.parametrize("way", WAYS)
def test_no_way_out_is_taken_for_another(db: Any, tmp_path: Path, way: str) -> None:
    *before, last = (text.format(tmp_path) for text in WAYS[way])
    with privacylib.zone("reply"):
        for text in before:
            db.execute(text)
        with pytest.raises(privacylib.PolicyDenied):
            db.execute(last)
    assert not list(tmp_path.glob("o*.csv"))
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("text", ["from query_table(?)", "from query_table([?])", "call query_table('people')"])
def test_what_a_text_names_is_read(db: Any, text: str) -> None:
    with privacylib.zone("reply"):
        db.execute(text, ["people"] if "?" in text else None)
        assert privacylib.current().labels == {"CONTACT"}


def test_what_one_call_moves_to_and_fro_stays_where_it_is(db: Any, tmp_path: Path) -> None:
    with privacylib.zone("reply"):
        db.execute(f"attach '{tmp_path}/o.duckdb' as o; use o; create table a (x int); use shop; select * from people")
        db.execute("create table more as select * from people")
        assert db.execute("select count(*) from shop.more").fetchall() == [(1,)]


def test_what_is_bound_names_the_table(db: Any) -> None:
    db.execute("create table plain (x int)")
    with privacylib.scope("work"), privacylib.zone("reply"):
        db.execute("select ? from query_table(?)", [1, "plain"])
        assert [read.rpartition("/")[2] for read in privacylib.current().reads] == ["main.plain"]


def test_what_is_prepared_is_judged_where_it_is_executed(db: Any, tmp_path: Path) -> None:
    db.execute(f"prepare one as select * from people; prepare out as copy people to '{tmp_path}/o.csv'")
    with pytest.raises(privacylib.PolicyDenied):
        db.execute("execute one")
    with privacylib.zone("reply"):
        assert db.execute("execute one").fetchall() == [("ana",)]
        with pytest.raises(privacylib.PolicyDenied):
            db.execute("execute out")
    assert not (tmp_path / "o.csv").exists()


def test_what_was_prepared_unseen_may_write_anywhere(db: Any, tmp_path: Path) -> None:
    patching.uninstall()
    db.execute(f"prepare out as copy people to '{tmp_path}/o.csv'")
    integrations.install(frozenset({"duckdb"}))
    with privacylib.zone("reply"), pytest.raises(privacylib.PolicyDenied):
        db.execute("execute out")
    assert not (tmp_path / "o.csv").exists()
