"""What a call reads while it takes its payload is denied before it goes on, and a list is as fast as ever."""

import logging
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.instrumentation import patching
from tests.integrations.conformance import users
from tests.watched import watched

pytestmark = pytest.mark.library


def read() -> str:
    users()
    return "ana"


class Lazy:
    """Give its text, or its value for SQLite, only when it is asked."""

    def __str__(self) -> str:
        return read()

    def __conform__(self, _: object) -> str:
        return read()


class Missing(dict[str, str]):
    def __missing__(self, _: str) -> str:
        return read()


def rows() -> Iterator[tuple[str]]:
    yield (read(),)


def of_a_function(db: Any) -> None:
    db.create_function("ana", 0, read)
    db.execute("insert into plain select ana()")


INSERT = "insert into plain values (?)"

STATEMENTS: dict[str, Callable[[Any], object]] = {
    "rows of a generator": lambda db: db.executemany(INSERT, rows()),
    "a value that adapts itself": lambda db: db.execute(INSERT, (Lazy(),)),
    "a value that was missing": lambda db: db.execute("insert into plain values (:name)", Missing()),
    "a function": of_a_function,
}


@pytest.fixture
def here(tmp_path: Path) -> Generator[Path]:
    with watched(tmp_path):
        integrations.install(frozenset({"sqlite3", "logging", "duckdb"}))
        try:
            yield tmp_path
        finally:
            patching.uninstall()


@pytest.mark.parametrize("way", STATEMENTS)
def test_what_a_statement_reads_while_it_runs_does_not_go_into_it(here: Path, way: str) -> None:
    with closing(sqlite3.connect(here / "shop.db", isolation_level=None)) as db:
        db.execute("create table plain (email)")
        for _ in range(2):  # on the long way, and on the short one
            with (
                privacylib.scope("work"),
                privacylib.zone("reply"),
                suppress(sqlite3.Error),
                pytest.raises(PolicyDenied),
            ):
                STATEMENTS[way](db)
        assert db.execute("select count(*) from plain").fetchone() == (0,)


def test_rows_of_another_connection_are_read_into_the_statement(here: Path) -> None:
    with closing(sqlite3.connect(here / "a.db")) as source, closing(sqlite3.connect(here / "b.db")) as sink:
        source.executescript("create table contacts (email); insert into contacts values ('ana')")
        sink.executescript("create table plain (email)")

        def people() -> Iterator[tuple[str]]:
            yield from source.execute("select email from contacts")

        with privacylib.zone("reply"), pytest.raises(PolicyDenied):
            sink.executemany(INSERT, people())
        assert sink.execute("select count(*) from plain").fetchone() == (0,)


def test_statements_of_a_script_do_not_read_into_those_before_them(here: Path) -> None:
    with closing(sqlite3.connect(here / "shop.db")) as db, privacylib.zone("reply"):
        db.executescript("create table contacts (email); create table plain (x); create table more (x)")
        db.execute("insert into more values (1)")
        db.commit()
        db.executescript("insert into plain select x from more; update contacts set email = email")
        assert db.execute("select x from plain").fetchall() == [(1,)]


class Reading(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{record.msg} {read()}"


@pytest.mark.parametrize("way", ["argument", "formatter"])
def test_what_a_line_reads_while_it_is_written_is_not_in_it(here: Path, way: str) -> None:
    logger, path = logging.getLogger("plain"), here / "plain.log"
    handler = logging.FileHandler(path)
    if way == "formatter":
        handler.setFormatter(Reading())
    logger.addHandler(handler)
    logger.propagate = False
    raises, logging.raiseExceptions = logging.raiseExceptions, False  # it would print them
    try:
        for _ in range(2):
            with privacylib.scope("work"), privacylib.zone("reply"):
                logger.warning("users %s", Lazy() if way == "argument" else "none")
    finally:
        logging.raiseExceptions = raises
        logger.propagate = True
        logger.removeHandler(handler)
        handler.close()
    assert path.read_text() == ""


def test_what_a_function_of_duckdb_reads_does_not_go_into_the_statement(here: Path) -> None:
    duckdb: Any = pytest.importorskip("duckdb")

    def ana(_: str) -> str:
        return read()

    with duckdb.connect(str(here / "shop.duckdb")) as db:
        db.execute("create table plain (email text)")
        db.create_function("ana", ana, ["VARCHAR"], "VARCHAR", side_effects=True)
        with privacylib.scope("work"), privacylib.zone("reply"), suppress(duckdb.Error):
            db.execute("insert into plain select ana('x')")
        assert db.execute("select count(*) from plain").fetchone() == (0,)
