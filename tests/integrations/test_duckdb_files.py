"""Columns through files that DuckDB writes and reads: what it finds in a file tells which column goes where."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib.graph import load
from tests.watched import Watched, instrumented

duckdb: Any = pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")
pytestmark = pytest.mark.library


@pytest.fixture(name="job")
def a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[tuple[Any, Watched]]:
    """Yield a seen connection of a job in a directory where files of people were written."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("out").mkdir()
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
        db.execute("create table users (id int, email text)")
        db.execute("insert into users values (1, 'someone')")
        for name in ("in/one", "in/two"):
            db.execute(f"copy (select id as number, email as mail from users) to '{name}.parquet'")
        db.execute("copy users to 'in/users.csv' (header)")
        with instrumented(tmp_path, "duckdb") as here, privacylib.scope("job"):
            yield db, here


def parsed(here: Watched, directory: Path) -> set[tuple[str, str]]:
    """Return the pairs that SQL was read to join, with short names."""

    def short(place: str) -> str:
        return place.replace(f"duckdb://{directory}/shop.duckdb/main.", "").replace(f"file://{directory}/", "")

    edges = load([here.spool]).edges()
    return {(short(edge.source), short(edge.sink)) for edge in edges if edge.evidence.value == "parsed"}


@pytest.mark.parametrize(
    ("read", "files"),
    [
        ("read_parquet('in/one.parquet')", ("one",)),
        ("'in/one.parquet'", ("one",)),
        ("read_parquet('in/*.parquet')", ("one", "two")),
        ("'in/*.parquet'", ("one", "two")),
        ("read_parquet(['in/one.parquet', 'in/two.parquet'], union_by_name = true)", ("one", "two")),
    ],
)
def test_a_star_is_the_columns_of_the_files_behind_a_name(
    job: tuple[Any, Watched], tmp_path: Path, read: str, files: tuple[str, ...]
) -> None:
    db, here = job
    db.execute(f"create table kept as select * from {read}")
    expected = {(f"in/{file}.parquet#{name}", f"kept#{name}") for file in files for name in ("number", "mail")}
    assert parsed(here, tmp_path) == expected


@pytest.mark.parametrize(
    ("read", "values"),
    [
        ("read_csv(?)", ["in/users.csv"]),
        ("read_csv($from)", {"from": "in/users.csv"}),
        ("read_csv($1)", ["in/users.csv"]),
    ],
)
def test_a_file_is_named_by_what_is_bound(job: tuple[Any, Watched], tmp_path: Path, read: str, values: Any) -> None:
    db, here = job
    db.execute(f"create table kept as select email from {read}", values)
    assert parsed(here, tmp_path) == {("in/users.csv#email", "kept#email")}


def test_copy_goes_by_position_and_by_the_columns_that_it_lists(job: tuple[Any, Watched], tmp_path: Path) -> None:
    db, here = job
    db.execute("create table kept (mail text, number int)")
    db.execute("copy kept (number, mail) from 'in/users.csv' (format csv, header true, delimiter ',')")
    db.execute("copy kept (mail) to 'out/mails.csv' (header); copy kept to 'out/kept.parquet'")
    assert parsed(here, tmp_path) == {
        ("in/users.csv#id", "kept#number"), ("in/users.csv#email", "kept#mail"), ("kept#mail", "out/mails.csv#mail"),
        ("kept#mail", "out/kept.parquet#mail"), ("kept#number", "out/kept.parquet#number"),
    }  # fmt: skip


def test_a_script_reads_what_it_has_written(job: tuple[Any, Watched], tmp_path: Path) -> None:
    db, here = job
    db.execute("copy users to 'out/now.csv'; create table kept as select * from 'out/now.csv'")
    assert ("out/now.csv#email", "kept#email") in parsed(here, tmp_path)


def test_a_view_of_a_file_is_the_file(job: tuple[Any, Watched], tmp_path: Path) -> None:
    db, here = job
    db.execute("create view seen as select * from 'in/users.csv'")
    db.execute("create table kept as select * from seen")
    assert ("in/users.csv#email", "kept#email") in parsed(here, tmp_path)


def test_columns_of_a_file_that_changes_are_looked_at_again(job: tuple[Any, Watched], tmp_path: Path) -> None:
    db, here = job
    for column in ("first", "second"):
        Path("in/new.csv").write_text(f"{column}, of_another_width{'_' * len(column)}\n1,2\n")
        db.execute("create or replace table kept as select * from 'in/new.csv'")
    found = {sink for source, sink in parsed(here, tmp_path) if source.startswith("in/new.csv")}
    assert {"kept#first", "kept#second"} <= found


def test_looking_at_files_ends_no_transaction(job: tuple[Any, Watched], tmp_path: Path) -> None:
    db, here = job
    db.begin()
    db.execute("create table kept as select * from users")
    with pytest.raises(duckdb.Error):
        db.execute("select * from read_csv('nowhere.csv')")
    db.rollback()
    db.begin()
    db.execute("select email from users")
    db.execute("create table kept as select * from 'in/one.parquet'")
    db.commit()
    assert ("in/one.parquet#mail", "kept#mail") in parsed(here, tmp_path)


@pytest.mark.parametrize("pattern", ["parts/*/*.parquet", "parts/**/*.parquet", "parts/number=1/*.parquet"])
def test_partitions_are_read_from_the_directory_that_copy_wrote(
    job: tuple[Any, Watched], tmp_path: Path, pattern: str
) -> None:
    db, here = job
    db.execute(
        "copy (select id as number, email as mail from users) to 'parts' (format parquet, partition_by (number))"
    )
    db.execute(f"create table kept as select mail from read_parquet('{pattern}')")
    db.execute(f"create view seen as select mail from '{pattern}'")
    db.execute("create table also as select mail from seen")
    assert {("users#email", "parts#mail"), ("parts#mail", "kept#mail"), ("parts#mail", "also#mail")} <= parsed(
        here, tmp_path
    )
