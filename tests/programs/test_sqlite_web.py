"""sqlite-web, a Flask program on peewee."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from privacylib.graph import load
from tests.programs.running import (
    BIN,
    Answer,
    Found,
    Program,
    answers,
    expected,
    found_in,
    read_file,
    run_command,
    served,
)  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.library]

READ = read_file("sqlite_web.yaml")
COMMAND = [str(BIN / "sqlite_web"), "-x", "-p", "{port}", "shop.db"]
SHOP = """
    create table customers (id integer primary key, name text, email text);
    create table orders (id integer primary key, customer_id integer references customers(id), item text);
    create table notes (id integer primary key, note text);
    create table archive (id integer, name text);
    create table totals (who text, n integer);
    create table kept (id integer primary key, note text);
    create table secrets (id integer primary key, token text);
    insert into customers values (1, 'canary-ana', 'canary-ana@example.org'), (2, 'Bo', 'bo@example.org');
    insert into orders values (1, 1, 'canary-tea'), (2, 2, 'rice');
    insert into notes values (1, 'canary');
    insert into secrets values (1, 'canary-token');
"""
POLICY = """
version: 1
labels: {CONTACT: {}}
purposes: {browse: {}, export: {}}
assets:
  - {match: "sqlite://**/shop.db/customers", labels: [CONTACT]}
  - {match: "sqlite://**/shop.db/mailing", labels: [CONTACT]}
  - {match: "sqlite://**/shop.db/recent", labels: [CONTACT]}
  - {match: "sqlite://**/shop.db/shown", labels: [CONTACT]}
  - {match: "sqlite://**/shop.db/totals", labels: [CONTACT]}
  - {match: "sqlite://**/shop.db/archive", labels: [CONTACT]}
  - {match: "http://sqlite_web/**", labels: [], fields: {response: [CONTACT]}}
zones:
  - {match: "http://sqlite_web/{table}/export/", purpose: export}
  - {match: "http://sqlite_web/**", purpose: browse}
requirements:
  - {id: contacts-stay-here, applies_to: [CONTACT], allow: {purposes: [browse]}, mode: enforce}
"""


def prepared(directory: Path) -> Path:
    work = directory / "work"
    work.mkdir()
    with closing(sqlite3.connect(work / "shop.db")) as database:
        database.executescript(SHOP)
    return work


def run(directory: Path, *before: str) -> list[Answer]:
    with served([*before, *COMMAND], prepared(directory)) as (port, _):
        return answers(port, READ)


def edges_in(place: Path) -> Found:
    return found_in(place / "spool", {f"sqlite://{place}/work/shop.db/": "shop/", f"file://{place}/work/": "file/"})


def observed(place: Path) -> Found:
    """Run the program under privacylib, and return its edges."""
    run(place, *run_command(place / "spool"))
    return edges_in(place)


PROGRAM = Program("sqlite-web (Flask)", observed, expected(READ), READ)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sqlite_web")
    return tmp_path_factory.mktemp("seen")


@pytest.fixture(scope="module")
def seen(place: Path) -> list[Answer]:
    return run(place, *run_command(place / "spool"))


@pytest.fixture(scope="module")
def found(place: Path, seen: list[Answer]) -> Found:
    assert seen
    return edges_in(place)


def test_every_true_edge_is_found(found: Found) -> None:
    assert found.recall(expected(READ)) == []


def test_what_is_above_context_is_true(found: Found) -> None:
    assert len(found.above) >= 12
    assert found.precision(expected(READ)) >= 0.95
    assert found.impossible(READ) == []


def test_answers_are_those_that_the_program_gives(seen: list[Answer]) -> None:
    assert [answer.status for answer in seen] == [request.get("status", 200) for request in READ["requests"]]


def test_enforced_its_one_forbidden_flow_is_refused_and_all_else_works(tmp_path: Path, seen: list[Answer]) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    ran = run(tmp_path, *run_command(tmp_path / "spool", "--policy", str(policy), "--mode", "enforce"))
    bodies = {request["path"]: (one, other) for request, one, other in zip(READ["requests"], ran, seen, strict=True)}
    refused, given = bodies.pop("/customers/export/")
    assert b"canary-ana@example.org" in given.body
    assert b"contacts-stay-here" in refused.body  # the program shows the error as a page of its own
    assert b"canary" not in refused.body
    assert all(one.status == other.status for one, other in bodies.values())
    assert b"canary-ana@example.org" in bodies["/customers/row/WzFd/"][0].body
    assert {denied.requirement for denied in load([tmp_path / "spool"]).denied()} == {"contacts-stay-here"}
