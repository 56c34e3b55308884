"""DuckDB whichever version is here: what it lets be seen, and that being seen changes nothing."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import integrations
from privacylib.instrumentation import patching
from privacylib.testing import capture
from tests.integrations.conformance import users
from tests.watched import Watched, watched

duckdb: Any = pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

OLDER = int(duckdb.__version__.partition(".")[0]) < 2
MANY = 100_000


@pytest.fixture(name="job")
def a_job(tmp_path: Path) -> Generator[tuple[Any, Watched]]:
    """Yield a seen connection, and what is recorded."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as db, watched(tmp_path) as here:
        db.execute("create table a (x int); create table b (x int); insert into a values (1)")
        integrations.install(frozenset({"duckdb"}))
        yield db, here
        patching.uninstall()


def parsed(here: Watched, directory: Path) -> set[tuple[str, str]]:
    place = f"duckdb://{directory}/shop.duckdb/main."
    return {(one.removeprefix(place), other.removeprefix(place)) for one, other in here.pairs()}


def changed_beside(db: Any) -> None:
    """Let another connection change what names mean, so that the next statement asks."""
    with db.cursor() as other:
        other.execute("create or replace table beside (x int)")


def test_relations_are_seen_and_nothing_that_is_elsewhere_is_missed(job: tuple[Any, Watched], tmp_path: Path) -> None:
    db, _ = job
    file = tmp_path / "out.csv"
    with capture() as seen, privacylib.scope("job"):
        db.sql("select x from a").write_csv(str(file))
        assert db.read_csv(str(file)).fetchall() == [(1,)]
        db.table("a").insert_into("b")
    place = f"duckdb://{tmp_path}/shop.duckdb/main."
    written = "OPAQUE duckdb://{…}/b" if OLDER else f"WRITE {place}b"
    assert {f"{each.kind} {each.asset}" for each in seen.records} == {
        f"READ {place}a", f"WRITE file://{file}", f"READ file://{file}", written,
    }  # fmt: skip
    assert not [target for target in patching.uncovered if "duckdb" in target]


def test_what_a_transaction_changes_counts_until_it_is_rolled_back(job: tuple[Any, Watched], tmp_path: Path) -> None:
    db, here = job
    with privacylib.scope("job"):
        db.begin()
        db.execute("alter table a add column gone int")
        db.execute("create table first as select * from a")
        db.execute("select x from first")
        db.rollback()
        db.execute("create table after as select * from a")
        db.execute("create temp table mine as select x as y from a")
        db.execute("create table last as select *, 1 as z from a union all select *, 2 from mine")
    found = parsed(here, tmp_path)
    assert ("a#gone", "first#gone") in found
    assert ("mine#y", "last#x") in found
    assert ("a#x", "after#x") in found
    assert not any(sink == "after#gone" for _, sink in found)


def test_another_connection_sees_what_was_committed(job: tuple[Any, Watched], tmp_path: Path) -> None:
    db, here = job
    with privacylib.scope("job"), db.cursor() as other:
        other.execute("create table early as select * from a")
        db.begin()
        db.execute("alter table a add column late int")
        other.execute("select x from a")
        db.commit()
        other.execute("create table then_made as select * from a")
    assert ("a#late", "then_made#late") in parsed(here, tmp_path)


def test_variables_of_the_caller_are_found_where_it_is_seen(job: tuple[Any, Watched]) -> None:
    db, _ = job
    with capture() as seen, privacylib.scope("job"):
        frame = db.sql("select 42 as x")
        assert db.execute("select x from frame").fetchall() == [(42,)]
        assert db.sql("select x from frame").fetchall() == [(42,)]
        assert duckdb.execute("select 43").fetchall() == [(43,)]
        with pytest.raises(duckdb.CatalogException):
            db.execute("select * from args")
    assert frame is not None
    assert {each.asset.partition(":")[0] for each in seen.records} <= {"memory", "duckdb"}


def test_a_result_that_is_half_fetched_stays_whole_beside_a_relation(job: tuple[Any, Watched]) -> None:
    db, _ = job
    with privacylib.scope("job"):
        db.execute(f"select * from range({MANY})")
        db.fetchone()
        changed_beside(db)
        relation = db.sql("select x from a")
        assert len(db.fetchall()) == MANY - 1
        assert relation.fetchall() == [(1,)]


def test_what_is_fetched_after_a_denial_is_not_cut_short_unsaid(job: tuple[Any, Watched]) -> None:
    db, _ = job
    with privacylib.scope("job", fresh=True), privacylib.zone("reply"):
        db.execute(f"select * from range({MANY})")
        db.fetchone()
        changed_beside(db)
        users()
        with pytest.raises(privacylib.PolicyDenied):
            db.execute("insert into b values (?)", [1])
        try:
            left = len(db.fetchall())
        except duckdb.Error:  # as where the statement had failed
            left = MANY - 1
        assert left == MANY - 1
        assert db.sql("from b").fetchall() == []
