"""SQL under the policy, column by column: what is judged, and where data ends up."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.graph import load
from privacylib.instrumentation import patching
from tests.watched import Watched, watched

pytest.importorskip("sqlglot")

POLICY = """
version: 1
labels: {{CONTACT: {{}}, CONTACT.EMAIL: {{}}}}
purposes: {{reply: {{}}, ads: {{}}}}
assets:
  - {{match: "sqlite://**/users", labels: [], fields: {{email: [CONTACT.EMAIL]}}}}
  - {{match: "sqlite://**/mails", labels: [], fields: {{mail: [CONTACT.EMAIL]}}}}
  - {{match: "sqlite://**/stage", labels: [], fields: {{email: [CONTACT.EMAIL]}}}}
  - {{match: "sqlite://**/few", labels: [], fields: {{email: [CONTACT.EMAIL]}}}}
  - {{match: "sqlite://**/*", labels: []}}
requirements:
  - {{id: mail-reply, applies_to: [CONTACT.EMAIL], allow: {{purposes: [reply]}}, mode: enforce{more}}}
"""


@contextmanager
def shop(directory: Path, more: str = "") -> Generator[tuple[sqlite3.Connection, Watched]]:
    """Yield a connection to a database of users, under a policy."""
    directory.mkdir(exist_ok=True)
    with watched(directory, policy=POLICY.format(more=more)) as here:
        integrations.install(frozenset({"sqlite3"}))
        try:
            with closing(sqlite3.connect(directory / "shop.db", isolation_level=None)) as connection:
                connection.executescript(
                    "create table users (id integer, email text, age integer);"
                    "create table mails (id integer, mail text); create table plain (id integer, text text)"
                )
                yield connection, here
        finally:
            patching.uninstall()


def test_each_column_is_judged_by_what_goes_into_it(tmp_path: Path) -> None:
    with shop(tmp_path) as (db, _), privacylib.zone("reply"):
        db.execute("insert into mails select id, email from users")
        db.execute("insert into plain (id) select id from users")
        with pytest.raises(PolicyDenied):
            db.execute("insert into plain select id, lower(email) from users")
        with pytest.raises(PolicyDenied):
            db.execute("insert into mails (id) select email from users")


def test_other_columns_of_a_labelled_table_are_free(tmp_path: Path) -> None:
    with shop(tmp_path) as (db, _), privacylib.zone("ads"):
        db.execute("select id, age from users").fetchall()
        with pytest.raises(PolicyDenied):
            db.execute("select * from users")


def test_what_only_decides_counts_where_the_policy_says_so(tmp_path: Path) -> None:
    asks = "select id from users where email like 'a%'"
    moves = "insert into plain (id) select id from users order by email limit 5"
    with shop(tmp_path / "free") as (db, _), privacylib.zone("ads"):
        db.execute(asks).fetchall()
        db.execute(moves)
    with shop(tmp_path / "strict", ", indirect: true") as (db, _), privacylib.zone("ads"):
        with pytest.raises(PolicyDenied):
            db.execute(asks)
        with pytest.raises(PolicyDenied):
            db.execute(moves)


def test_a_column_that_was_added_is_known(tmp_path: Path) -> None:
    with shop(tmp_path) as (db, _), privacylib.zone("ads"):
        db.execute("select * from plain").fetchall()
        db.execute("alter table plain add column mail text")
        db.execute("create table copied as select * from plain")
        with closing(sqlite3.connect(tmp_path / "shop.db")) as other:
            assert [row[1] for row in other.execute("pragma table_info(copied)")] == ["id", "text", "mail"]
        db.execute("drop table plain")
        db.execute("create table plain (note text)")
        db.execute("create table noted as select * from plain")
    edges = {
        (edge.source.rpartition("/")[2], edge.sink.rpartition("/")[2]) for edge in load([tmp_path / "spool"]).edges()
    }
    assert ("plain#mail", "copied#mail") in edges
    assert ("plain#note", "noted#note") in edges


def test_one_command_tells_where_a_column_ends_up(tmp_path: Path) -> None:
    with shop(tmp_path) as (db, here), privacylib.zone("reply"), privacylib.scope("job"):
        db.execute("create temp table stage as select id, email from users")
        db.execute("create view few as select id, email from users where age > 17")
        db.execute("insert into mails (mail) select lower(email) from few")
        db.execute("create table counted as select count(id) as n from users")
        file = f"sqlite://{tmp_path}/shop.db"
        found = load([here.spool]).downstream(f"{file}/users#email")
    ends = {name.rpartition("/")[2] for name in found}
    assert {"mails#mail", "stage#email"} <= ends
    assert not any(name.startswith("counted") for name in ends)
