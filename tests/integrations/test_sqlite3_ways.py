"""Ways out of a database of SQLite whose files only the statement itself tells."""

import sqlite3
import sys
from collections.abc import Generator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.instrumentation import patching
from tests.watched import POLICY, watched

WHOLE = POLICY.replace("assets:", 'assets:\n  - {match: "sqlite://**/shop.db/**", labels: [CONTACT]}')

SCRIPTS = (
    "attach '{}/o.db' as o; create table o.a as select * from people",
    "attach database '{}/o.db' as \"O\"; create table o.a as select * from people;",
    "begin; attach '{0}/p.db' as o; detach o; attach '{0}/o.db' as o; create table o.a as select * from people",
    "/* so */ attach '{}/' || 'o.db' as o; create table o.a as select * from people",
    "attach '{}/o.db' as o; create table if not exists o.a (x); insert into a select * from people",
    "vacuum into '{}/o.db'",
    "vacuum main into '{}/o.db'",
    "select 1; vacuum into '{}/o.db'",
    "vacuum into '{}/o' || '.db'",
)


@pytest.fixture
def db(tmp_path: Path) -> Generator[Any]:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as bare:
        bare.executescript("create table people (email); insert into people values ('ana')")
    with watched(tmp_path, policy=WHOLE):
        integrations.install(frozenset({"sqlite3"}))
        try:
            with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as connection:
                yield connection
        finally:
            patching.uninstall()


@pytest.mark.parametrize("text", SCRIPTS)
def test_no_way_out_is_taken_for_another(db: Any, tmp_path: Path, text: str) -> None:
    with privacylib.zone("reply"), pytest.raises(PolicyDenied):
        db.executescript(text.format(tmp_path))
    assert not (tmp_path / "o.db").exists()


@pytest.mark.parametrize("mark", ["?", ":to"])
def test_a_copy_goes_to_the_file_that_is_bound(db: Any, tmp_path: Path, mark: str) -> None:
    file = str(tmp_path / "o.db")
    values = (file,) if mark == "?" else {"to": file}
    for _ in range(2):  # what is known of a statement is not known of its values
        with privacylib.zone("reply"), pytest.raises(PolicyDenied, match=r"o\.db/people"):
            db.execute(f"vacuum into {mark}", values)
    assert not (tmp_path / "o.db").exists()


def test_what_a_script_attaches_is_read_by_its_own_name(db: Any, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mine.db", isolation_level=None)) as mine, privacylib.zone("reply"):
        with pytest.raises(PolicyDenied):
            mine.executescript(f"attach '{tmp_path}/shop.db' as o; create table a as select * from o.people")
        with suppress(sqlite3.OperationalError):
            mine.execute("detach o")
        mine.executescript("create table t (x); attach ':memory:' as m; create table m.a as select x from t; detach m")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="it came with Python 3.11")
def test_bytes_that_become_a_database_are_written_into_it(db: Any) -> None:
    memory: Any = sqlite3.connect(":memory:")
    with closing(memory), privacylib.zone("reply"):
        data = db.serialize()
        with pytest.raises(PolicyDenied):
            db.backup(memory)
        with pytest.raises(PolicyDenied):
            memory.deserialize(data)
        db.deserialize(data)
